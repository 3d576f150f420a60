// Waits for sockets that somebody else owns and closes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace tightrope::collectors {

enum class SocketEvent { readable, writable, failed };

// All calls on the executor's one thread. Events come from the executor, never from within a call. Sockets
// are borrowed: they are let go of, and never closed.
class SocketWatch : public std::enable_shared_from_this<SocketWatch> {
 public:
  using Listener = std::function<void(int socket, SocketEvent event)>;
  SocketWatch(boost::asio::any_io_executor executor, Listener listener);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // From now on the listener hears of these events, as often as the socket is ready, until told otherwise.
  void watch(int socket, bool read, bool write);
  // REQUIRES: before the socket is closed.
  void forget(int socket);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  struct Watched {
    Descriptor descriptor;
    std::uint64_t generation;  // numbers of sockets are used again: a late event must not reach the next one
    bool wants_read = false;
    bool wants_write = false;
    bool waits_read = false;
    bool waits_write = false;
  };
  void take_up_waits(int socket, Watched& watched);
  void wait(int socket, Watched& watched, Descriptor::wait_type what);
  void ready(int socket, std::uint64_t generation, Descriptor::wait_type what, bool failed);

  boost::asio::any_io_executor executor_;
  Listener listener_;
  std::uint64_t last_generation_ = 0;
  std::unordered_map<int, Watched> watched_;
};

}  // namespace tightrope::collectors
