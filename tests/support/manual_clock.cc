#include "tests/support/manual_clock.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <utility>

namespace tightrope::testing {

namespace asio = boost::asio;
using rules::Duration;
using rules::Timestamp;

struct ManualClock::State {
  using Sleepers = std::multimap<Timestamp, asio::steady_timer*>;

  // A sleeper's entry, for as long as it waits.
  class Registration {
   public:
    Registration(State& state, Timestamp deadline, asio::steady_timer& timer)
        : state_(state), place_(state.sleepers.emplace(deadline, &timer)) {}
    ~Registration() { state_.sleepers.erase(place_); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    State& state_;
    Sleepers::iterator place_;
  };

  static asio::awaitable<void> sleep(std::shared_ptr<State> state, Timestamp deadline) {
    const auto executor = co_await asio::this_coro::executor;
    // Never expires: advance() wakes it.
    asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
    while (state->now.load() < deadline) {
      const Registration registration(*state, deadline, timer);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
  }

  explicit State(Timestamp start) : now(start) {}

  std::atomic<Timestamp> now;
  Sleepers sleepers;
};

ManualClock::ManualClock(Timestamp start) : state_(std::make_shared<State>(start)) {}

Timestamp ManualClock::now() const noexcept {
  return state_->now.load();
}

asio::awaitable<void> ManualClock::sleep_until(Timestamp deadline) {
  return State::sleep(state_, deadline);
}

void ManualClock::advance(Duration by) {
  set(now() + by);
}

void ManualClock::set(Timestamp to) {
  state_->now.store(to);
  for (const auto& [deadline, timer] : state_->sleepers) {
    if (to < deadline) break;
    timer->cancel();  // posts; nobody runs, and no entry goes, before the executor does
  }
}

std::size_t ManualClock::sleepers() const noexcept {
  return state_->sleepers.size();
}

std::optional<Timestamp> ManualClock::next_deadline() const {
  if (state_->sleepers.empty()) return std::nullopt;
  return state_->sleepers.begin()->first;
}

}  // namespace tightrope::testing
