#include "collectors/side_thread.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

namespace tightrope::collectors {

namespace asio = boost::asio;

namespace {

struct Job {
  Job(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point until)
      : end(executor, until) {}
  asio::steady_timer end;  // cancelled when the job has ended; touched on the caller's thread only
  bool ended = false;      // likewise
  std::exception_ptr failure;
};

}  // namespace

asio::awaitable<void> SideThread::run(std::function<void()> job, std::function<void()> interrupt,
                                      std::chrono::steady_clock::time_point until) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Job>(executor, until);
  asio::post(thread_, [state, executor, work = std::move(job)] {
    try {
      work();
    } catch (...) {
      state->failure = std::current_exception();
    }
    asio::post(executor, [state] {
      state->ended = true;
      state->end.cancel();
    });
  });
  // Cancellation is noted, and thrown once the job has ended.
  co_await asio::this_coro::throw_if_cancelled(false);
  for (bool interrupted = false; !state->ended;) {
    boost::system::error_code woken;
    co_await state->end.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (state->ended || interrupted) continue;
    interrupted = true;
    interrupt();
    state->end.expires_at(std::chrono::steady_clock::time_point::max());
  }
  co_await asio::this_coro::throw_if_cancelled(true);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  if (state->failure) std::rethrow_exception(state->failure);
}

}  // namespace tightrope::collectors
