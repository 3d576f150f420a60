#include "daemon/clock.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr Duration kWatchInterval = std::chrono::seconds(1);
// Keeps the conversion to the steady clock's finer unit within range; a longer sleep goes round the loop.
constexpr Duration kLongestTimer = std::chrono::hours(24);

// now() of every thread, from one wall clock.
class SharedTime {
 public:
  explicit SharedTime(WallClock wall) : wall_(std::move(wall)) {}

  Timestamp wall() const { return wall_(); }
  Timestamp now() const noexcept {
    const std::lock_guard lock(mutex_);
    return time_.at(wall_(), std::chrono::steady_clock::now());
  }
  Duration ahead() const noexcept { return std::max(now() - wall_(), Duration(0)); }
  void not_before(Timestamp earliest) noexcept {
    const std::lock_guard lock(mutex_);
    time_.not_before(earliest, wall_(), std::chrono::steady_clock::now());
  }

 private:
  const WallClock wall_;
  mutable std::mutex mutex_;
  mutable ForwardTime time_;
};

// A timer measures a duration, so a wall clock that is set while it runs makes it wrong. One watchdog looks
// once a second, for all sleepers together, whether that happened, and only then wakes them to measure again.
// It runs only while somebody sleeps, so that an executor without work can end.
struct Sleepers {
  Sleepers(asio::any_io_executor on, WallClock clock)
      : executor(std::move(on)), time(std::move(clock)), watchdog(executor) {}

  asio::any_io_executor executor;
  SharedTime time;
  asio::steady_timer watchdog;
  bool watching = false;  // a wait on the watchdog is pending
  JumpDetector detector;
  std::unordered_set<asio::steady_timer*> timers;
};

void watch(std::shared_ptr<Sleepers> sleepers) {
  sleepers->watching = true;
  sleepers->watchdog.expires_after(kWatchInterval);
  Sleepers& of = *sleepers;
  of.watchdog.async_wait([sleepers = std::move(sleepers)](boost::system::error_code) {
    sleepers->watching = false;
    if (sleepers->timers.empty()) return;
    if (sleepers->detector.jumped(sleepers->time.wall(), std::chrono::steady_clock::now())) {
      for (asio::steady_timer* timer : sleepers->timers) timer->cancel();
    }
    watch(sleepers);
  });
}

// A sleeper's place among those that the watchdog wakes.
class Registration {
 public:
  Registration(const std::shared_ptr<Sleepers>& sleepers, asio::steady_timer& timer)
      : sleepers_(sleepers), timer_(timer) {
    sleepers_->timers.insert(&timer_);
    if (sleepers_->watching) return;
    // The reference is taken before the wait, so that a jump within the first second is seen.
    (void)sleepers_->detector.jumped(sleepers_->time.wall(), std::chrono::steady_clock::now());
    watch(sleepers_);
  }
  ~Registration() {
    sleepers_->timers.erase(&timer_);
    if (sleepers_->timers.empty()) sleepers_->watchdog.cancel();
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::shared_ptr<Sleepers> sleepers_;
  asio::steady_timer& timer_;
};

asio::awaitable<void> sleep(std::shared_ptr<Sleepers> sleepers, Timestamp deadline) {
  asio::steady_timer timer(sleepers->executor);
  while (true) {
    const Timestamp now = sleepers->time.now();
    if (deadline <= now) co_return;
    // Compared before it is subtracted: a deadline at the end of time must not overflow.
    const Duration remaining = now + kLongestTimer < deadline ? kLongestTimer : deadline - now;
    timer.expires_after(remaining);
    const Registration registration(sleepers, timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
}

class SleepingClock final : public SystemClock {
 public:
  SleepingClock(asio::any_io_executor executor, WallClock wall)
      : sleepers_(std::make_shared<Sleepers>(std::move(executor), std::move(wall))) {}

  Timestamp now() const noexcept override { return sleepers_->time.now(); }
  asio::awaitable<void> sleep_until(Timestamp deadline) override { return sleep(sleepers_, deadline); }
  Duration ahead() const noexcept override { return sleepers_->time.ahead(); }
  void not_before(Timestamp earliest) noexcept override { sleepers_->time.not_before(earliest); }

 private:
  std::shared_ptr<Sleepers> sleepers_;  // shared with those that sleep, who may be destroyed after the clock
};

}  // namespace

Timestamp system_time() noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::unique_ptr<SystemClock> make_system_clock(asio::any_io_executor executor, WallClock wall) {
  return std::make_unique<SleepingClock>(std::move(executor), std::move(wall));
}

Timestamp ForwardTime::at(Timestamp wall, Steady steady) noexcept {
  if (from_) {
    const Timestamp slowed = *from_ + std::chrono::duration_cast<Duration>(steady - since_) / 2;
    if (wall < slowed) return slowed;
  }
  from_ = wall;
  since_ = steady;
  return wall;
}

void ForwardTime::not_before(Timestamp earliest, Timestamp wall, Steady steady) noexcept {
  from_ = std::max(at(wall, steady), earliest);
  since_ = steady;
}

bool JumpDetector::jumped(Timestamp wall, Steady steady) noexcept {
  if (!reference_) {
    reference_ = Reading{.wall = wall, .steady = steady};
    return false;
  }
  const Duration by_wall = wall - reference_->wall;
  const Duration by_steady = std::chrono::duration_cast<Duration>(steady - reference_->steady);
  const Duration apart = by_wall > by_steady ? by_wall - by_steady : by_steady - by_wall;
  if (apart <= kTolerance) return false;
  reference_ = Reading{.wall = wall, .steady = steady};
  return true;
}

}  // namespace tightrope::daemon
