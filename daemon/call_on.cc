#include "daemon/call_on.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace tightrope::daemon {
namespace {

struct PostWork {
  template <class Handler>
  void operator()(Handler&& handler, const asio::any_io_executor& executor,
                  std::function<void(Finish)> work) const {
    // The executor that waits has work to do until it was called back: it must not run out before.
    auto home =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    // Finish is copyable and the handler is not.
    auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    Finish finish = [home = std::move(home), shared = std::move(shared)] {
      asio::post(home, [shared] {
        auto resume = std::move(*shared);
        resume();
      });
    };
    asio::post(executor, [work = std::move(work), finish = std::move(finish)] { work(finish); });
  }
};

}  // namespace

asio::awaitable<void> call_on(asio::any_io_executor executor, std::function<void(Finish)> work) {
  return asio::async_initiate<decltype(asio::use_awaitable), void()>(PostWork(), asio::use_awaitable,
                                                                     executor, std::move(work));
}

}  // namespace tightrope::daemon
