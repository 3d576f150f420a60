#include "collectors/rate_gate.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <map>

#include "collectors/start_log.h"

namespace tightrope::collectors {
namespace {

namespace asio = boost::asio;
using rules::Duration;
using rules::Timestamp;

// Also what a source that comes later finds of those before it.
constexpr Duration kForgottenAfter = std::chrono::hours(24);
constexpr Duration kLongestTimer = std::chrono::hours(1);
// A timer that runs so much longer than was to be waited shows that the wall clock was set back.
constexpr Duration kSetBack = std::chrono::seconds(10);

}  // namespace

// Shared with the passes and with those who wait, who may be destroyed after the gates.
struct RateGates::Gate {
  struct Waiter;

  // When it may begin, as far as is known now, if everybody before it begins as soon as allowed. Places of
  // `concurrent` are not looked at: nobody knows when one becomes free.
  Timestamp estimate(const Waiter& of, Timestamp now) const;

  // The clock shows `now`. Where it showed more before, it was set back: everything moves with it, so that
  // nobody waits longer than before.
  void clock_shows(Timestamp now) {
    if (now < shown) set_back(shown - now);
    shown = now;
  }
  void set_back(Duration by) {
    ++times_set_back;
    starts.shift_back(by);
    if (closed_until > Timestamp::min() + by) closed_until -= by;
    wake_all();
  }
  void wake_all();
  void wake_first();

  void begin(Timestamp now) {
    starts.forget_before(now - longest);
    starts.add(now);
    ++active;
  }
  void give_back() {
    --active;
    wake_first();
  }
  bool idle(Timestamp now) const {
    return waiting.empty() && active == 0 && closed_until <= now && shown < now - longest;
  }

  StartLog starts;
  int active = 0;
  Timestamp closed_until = Timestamp::min();
  Timestamp shown = Timestamp::min();  // the latest that the clock was seen to show
  int times_set_back = 0;
  // Of all times of all rates that were asked for, and of those that another source may ask for.
  Duration longest = kForgottenAfter;
  std::list<Waiter*> waiting;  // in the order of asking
};

// In the queue as long as it lives.
struct RateGates::Gate::Waiter {
  Waiter(std::shared_ptr<Gate> waits_at, config::RateLimits wanted, const asio::any_io_executor& executor)
      : gate(std::move(waits_at)), limits(std::move(wanted)), turn(executor) {
    std::erase_if(limits.rates, [](const auto& rate) { return rate.in <= Duration(0); });
    for (const auto& rate : limits.rates) gate->longest = std::max(gate->longest, rate.in);
    place = gate->waiting.insert(gate->waiting.end(), this);
  }
  ~Waiter() {
    const bool was_first = first();
    gate->waiting.erase(place);
    if (was_first) gate->wake_first();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  bool first() const { return gate->waiting.front() == this; }
  bool has_place() const { return limits.concurrent <= 0 || gate->active < limits.concurrent; }

  const std::shared_ptr<Gate> gate;
  config::RateLimits limits;
  asio::steady_timer turn;  // cancelled to make it look again
  std::list<Waiter*>::iterator place;
};

Timestamp RateGates::Gate::estimate(const Waiter& of, Timestamp now) const {
  Timestamp at = std::max(now, closed_until);
  if (of.first()) return starts.earliest(of.limits.rates, at);
  StartLog imagined = starts;
  for (const Waiter* waiter : waiting) {
    at = imagined.earliest(waiter->limits.rates, at);
    if (waiter == &of) break;
    imagined.add(at);
  }
  return at;
}

void RateGates::Gate::wake_all() {
  for (Waiter* waiter : waiting) waiter->turn.cancel();
}

void RateGates::Gate::wake_first() {
  if (!waiting.empty()) waiting.front()->turn.cancel();
}

namespace {

// Until the clock shows `until` or `turn` is cancelled, or for an hour. Where the time passes and the clock
// does not show it, gives back by how much it was set back, else 0.
asio::awaitable<Duration> wait_until(Clock& clock, asio::steady_timer& turn, Timestamp until) {
  const Timestamp now = clock.now();
  if (until == Timestamp::max()) {
    turn.expires_at(asio::steady_timer::time_point::max());
    co_await turn.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return Duration(0);
  }
  if (until <= now) co_return Duration(0);
  const Timestamp planned = now + kLongestTimer < until ? now + kLongestTimer : until;
  turn.expires_after(planned - now + kSetBack);
  const auto executor = co_await asio::this_coro::executor;
  auto sleeping = asio::co_spawn(executor, clock.sleep_until(planned), asio::deferred);
  auto both = asio::experimental::make_parallel_group(std::move(sleeping), turn.async_wait(asio::deferred));
  const auto [order, sleep_error, turn_error] =
      co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const bool passed = order[0] == 1 && !turn_error;
  co_return passed ? std::max(planned - clock.now(), Duration(0)) : Duration(0);
}

}  // namespace

struct RateGates::Gates {
  std::map<std::string, std::shared_ptr<Gate>, std::less<>> by_key;
};

RateGates::Pass::~Pass() {
  if (gate_) gate_->give_back();
}

RateGates::Pass::Pass(Pass&& other) noexcept : gate_(std::move(other.gate_)) {}

RateGates::Pass& RateGates::Pass::operator=(Pass&& other) noexcept {
  if (this == &other) return *this;
  if (gate_) gate_->give_back();
  gate_ = std::move(other.gate_);
  return *this;
}

RateGates::RateGates(Clock& clock) : clock_(clock), gates_(std::make_unique<Gates>()) {}

RateGates::~RateGates() = default;

std::shared_ptr<RateGates::Gate> RateGates::gate(const std::string& key) {
  auto& by_key = gates_->by_key;
  const auto found = by_key.find(key);
  if (found != by_key.end()) return found->second;
  const Timestamp now = clock_.now();
  std::erase_if(by_key, [now](const auto& entry) { return entry.second->idle(now); });
  return by_key.emplace(key, std::make_shared<Gate>()).first->second;
}

asio::awaitable<std::variant<RateGates::Pass, Timestamp>> RateGates::pass(std::string key,
                                                                          config::RateLimits limits,
                                                                          Timestamp latest) {
  Clock& clock = clock_;
  const std::shared_ptr<Gate> passed = gate(key);
  const auto executor = co_await asio::this_coro::executor;
  Gate::Waiter waiter(passed, std::move(limits), executor);
  std::variant<Pass, Timestamp> outcome;
  for (;;) {
    const Timestamp now = clock.now();
    passed->clock_shows(now);
    // Who waits however long it takes need not know how long before it is the first.
    const bool asks = waiter.first() || latest != Timestamp::max();
    const Timestamp at = asks ? passed->estimate(waiter, now) : now;
    if (at > latest) {
      outcome = at;
      co_return std::move(outcome);
    }
    const bool next = waiter.first() && waiter.has_place();
    if (next && at <= now) {
      passed->begin(now);
      std::get<Pass>(outcome).gate_ = passed;
      co_return std::move(outcome);
    }
    // Where others are before it, or hold all places, nobody knows for how long: until somebody wakes it.
    Timestamp until = at;
    if (!next) until = latest == Timestamp::max() ? latest : latest + Duration(1);
    const int times_set_back = passed->times_set_back;
    auto waiting = wait_until(clock, waiter.turn, until);
    const Duration set_back = co_await std::move(waiting);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    if (set_back > Duration(0) && passed->times_set_back == times_set_back) {
      passed->set_back(set_back);
      passed->shown = clock.now();
    }
  }
}

void RateGates::close(const std::string& key, Timestamp until) {
  const std::shared_ptr<Gate> closed = gate(key);
  closed->clock_shows(clock_.now());
  if (until <= closed->closed_until) return;
  closed->closed_until = until;
  closed->wake_all();  // some may not want to wait so long
}

}  // namespace tightrope::collectors
