// The stretches of time that figures are summed over: a window that ends now, or ended so much earlier.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "rules/calendar.h"

namespace tightrope::rules {

// A window, and how much before now it ends: days, or hours of an hourly window. Only windows of hours and
// days and `yesterday` can end earlier.
struct Timeframe {
  Window window;
  std::int16_t earlier = 0;
  friend constexpr auto operator<=>(const Timeframe&, const Timeframe&) noexcept = default;
};

// So many days after its end what is restated still counts for a flight. Then it is closed: there is nothing
// to be done about it, and later its figures leave the memory one by one.
constexpr int kFlightCountsOn = 7;

// A timeframe at a moment: which buckets are in it, and how far its window has come.
struct TimeframeNow {
  DayRange days;              // for hourly windows, those their hours touch
  std::vector<Bucket> hours;  // for hourly windows, in order; else empty
  double hours_elapsed = 0;   // of the window, counted to the end of the current hour
  double elapsed_share = 1;   // of the whole period of a week, month, quarter or flight

  bool contains(Bucket bucket) const noexcept;
};
TimeframeNow timeframe_now(const Calendar& calendar, Timeframe frame, Timestamp now);

}  // namespace tightrope::rules
