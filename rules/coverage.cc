#include "rules/coverage.h"

#include "rules/rebucket.h"

namespace tightrope::rules {
namespace {

Bucket last_hour_of(const Calendar& calendar, Day day) noexcept {
  return {day, static_cast<std::int8_t>(calendar.hours_in(day) - 1)};
}

}  // namespace

Coverage coverage(const Calendar& from, const Calendar& to, DayRange days) noexcept {
  Bucket first = rebucket(from, to, {days.first, 0});
  if (rebucket(from, to, last_hour_of(from, days.first - 1)) == first)
    first = rebucket(from, to, {days.first, 1});
  return {days, first, rebucket(from, to, last_hour_of(from, days.last))};
}

}  // namespace tightrope::rules
