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

// REQUIRES: sleep_until is awaited on `executor`, which runs one handler at a time, and the executor's
// context outlives the clock. Ten thousand sleepers cost one timer each, and one wake a second for all of
// them together.
std::unique_ptr<Clock> make_system_clock(asio::any_io_executor executor, WallClock wall = system_time);

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
