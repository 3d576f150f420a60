// Waits, in a coroutine, for a socket that a library owns.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace tightrope::collectors {

struct SocketReadiness {
  bool readable = false;
  bool writable = false;
  bool any() const noexcept { return readable || writable; }
};

// What the socket is ready for, of what is asked; nothing when it is ready for nothing until then. A socket
// that failed is ready: its owner will see. The socket is borrowed, and let go of on every way out.
// Cancellation throws operation_aborted.
boost::asio::awaitable<SocketReadiness> wait_for_socket(int socket, SocketReadiness asked,
                                                        std::chrono::steady_clock::time_point until);

}  // namespace tightrope::collectors
