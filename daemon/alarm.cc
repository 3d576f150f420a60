#include "daemon/alarm.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace tightrope::daemon {

struct Alarm::State {
  State(asio::any_io_executor executor, Clock& time) : clock(time), moved(std::move(executor)) {
    moved.expires_at(asio::steady_timer::time_point::max());
  }
  Clock& clock;
  asio::steady_timer moved;  // never expires: cancelling it wakes whoever waits
  std::optional<Timestamp> due;
};

Alarm::Alarm(asio::any_io_executor executor, Clock& clock)
    : state_(std::make_unique<State>(std::move(executor), clock)) {}
Alarm::~Alarm() = default;

void Alarm::set(std::optional<Timestamp> due) {
  if (due == state_->due) return;
  // A later moment needs no waking: ring() looks again when the earlier one has come.
  const bool earlier = due && (!state_->due || *due < *state_->due);
  state_->due = due;
  if (earlier) state_->moved.cancel();
}

asio::awaitable<void> Alarm::ring() {
  namespace experimental = asio::experimental;
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    if (state_->due && *state_->due <= state_->clock.now()) co_return;
    if (!state_->due) {
      boost::system::error_code ignored;
      auto token = asio::redirect_error(asio::use_awaitable, ignored);
      co_await state_->moved.async_wait(token);
    } else {
      auto group = experimental::make_parallel_group(
          asio::co_spawn(executor, state_->clock.sleep_until(*state_->due), asio::deferred),
          state_->moved.async_wait(asio::deferred));
      auto [order, slept, moved] =
          co_await group.async_wait(experimental::wait_for_one(), asio::use_awaitable);
      static_cast<void>(order);
      static_cast<void>(slept);
      static_cast<void>(moved);
    }
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace tightrope::daemon
