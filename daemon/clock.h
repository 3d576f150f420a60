// The clock that everything lives by but in tests.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "collectors/clock.h"
#include "rules/units.h"

namespace tightrope::daemon {

namespace asio = boost::asio;
using rules::Duration;
using rules::Timestamp;

using collectors::Clock;

// Reads the wall clock. Never throws; any thread.
using WallClock = std::function<Timestamp()>;
Timestamp system_time() noexcept;

// Time that follows the wall clock and never goes back. After a wall clock was set back it goes on at half
// the speed until the wall clock has caught up: what waits for a moment waits twice as long at most, and
// nothing is stamped earlier than what came before it.
class ForwardTime {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // REQUIRES: `steady` is not before that of any earlier call.
  Timestamp at(Timestamp wall, Steady steady) noexcept;
  // From now on nothing before `earliest`.
  void not_before(Timestamp earliest, Timestamp wall, Steady steady) noexcept;

 private:
  std::optional<Timestamp> from_;  // given last while it was the wall clock's
  Steady since_;                   // when that was
};

// The clock of the daemon. now() never goes back (ForwardTime).
class SystemClock : public Clock {
 public:
  // By how much now() is ahead of the wall clock; 0 unless that was set back. Any thread.
  virtual Duration ahead() const noexcept = 0;
  // now() is not before `earliest`, from now on: for what an earlier run has stamped. Any thread.
  virtual void not_before(Timestamp earliest) noexcept = 0;
};

// REQUIRES: sleep_until is awaited on `executor`, which runs one handler at a time, and the executor's
// context outlives the clock. Ten thousand sleepers cost one timer each, and one wake a second for all of
// them together.
std::unique_ptr<SystemClock> make_system_clock(asio::any_io_executor executor, WallClock wall = system_time);

// Tells a wall clock that was set from one that merely runs: compares it with one that cannot be set.
class JumpDetector {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  // Less than this is left to the sleepers, who look at the wall clock again when they wake.
  static constexpr Duration kTolerance{50};

  // True when, since the last call that said so (or the first call), the two clocks have come apart by more
  // than kTolerance.
  bool jumped(Timestamp wall, Steady steady) noexcept;

 private:
  struct Reading {
    Timestamp wall;
    Steady steady;
  };
  std::optional<Reading> reference_;
};

}  // namespace tightrope::daemon
