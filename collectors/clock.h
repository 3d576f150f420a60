// The only source of "now" and of waiting. Nothing else in Tightrope reads a clock.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "rules/units.h"

namespace tightrope::collectors {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time, which may jump ahead. Any thread.
  virtual rules::Timestamp now() const noexcept = 0;
  // Returns at the deadline or soon after it; a wall clock that jumps ahead is noticed within a second.
  // Throws boost::system::system_error(operation_aborted) when cancelled. On the awaiting coroutine's
  // executor.
  virtual boost::asio::awaitable<void> sleep_until(rules::Timestamp deadline) = 0;
};

}  // namespace tightrope::collectors
