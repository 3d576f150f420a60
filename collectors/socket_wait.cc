#include "collectors/socket_wait.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace tightrope::collectors {
namespace {

namespace asio = boost::asio;

struct Wait {
  Wait(const asio::any_io_executor& executor, int socket, std::chrono::steady_clock::time_point until)
      : descriptor(executor, socket), end(executor, until) {}
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer end;  // cancelled when the socket is ready
  SocketReadiness ready;
};

// Before the socket's owner may close it. Handlers that have not run yet find the rest of the Wait in place.
struct Release {
  explicit Release(Wait& of) : wait(of) {}
  ~Release() { wait.descriptor.release(); }
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  Wait& wait;
};

void begin(const std::shared_ptr<Wait>& wait, asio::posix::stream_descriptor::wait_type what,
           bool SocketReadiness::*which) {
  wait->descriptor.async_wait(what, [wait, which](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return;  // let go of
    wait->ready.*which = true;
    wait->end.cancel();
  });
}

}  // namespace

asio::awaitable<SocketReadiness> wait_for_socket(int socket, SocketReadiness asked,
                                                 std::chrono::steady_clock::time_point until) {
  const auto executor = co_await asio::this_coro::executor;
  const auto wait = std::make_shared<Wait>(executor, socket, until);
  const Release release(*wait);
  if (asked.readable) begin(wait, asio::posix::stream_descriptor::wait_read, &SocketReadiness::readable);
  if (asked.writable) begin(wait, asio::posix::stream_descriptor::wait_write, &SocketReadiness::writable);
  boost::system::error_code woken;
  co_await wait->end.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (woken && !wait->ready.any()) throw boost::system::system_error(woken);
  co_return wait->ready;
}

}  // namespace tightrope::collectors
