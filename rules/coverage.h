// What an answer speaks for.
#pragma once

#include "rules/calendar.h"
#include "rules/units.h"

namespace tightrope::rules {

// The buckets of which an answer has every figure that its source has: one that is not in the answer is not
// at the source either.
struct Coverage {
  DayRange days;                 // the whole days
  Bucket first_hour, last_hour;  // the hours, both included

  constexpr bool contains(Bucket bucket) const noexcept {
    return bucket.whole_day() ? days.contains(bucket.day) : first_hour <= bucket && bucket <= last_hour;
  }
  friend constexpr bool operator==(const Coverage&, const Coverage&) noexcept = default;
};

// An answer for these days of `from`, in the buckets of `to` (see rebucket()). An hour of `to` that the day
// before has a part of is not covered. REQUIRES: `days` is not empty.
Coverage coverage(const Calendar& from, const Calendar& to, DayRange days) noexcept;

}  // namespace tightrope::rules
