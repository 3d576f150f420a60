#include "rules/timeframe.h"

#include <algorithm>
#include <chrono>

namespace tightrope::rules {
namespace {

double hours_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double, std::ratio<3600>>(to - from).count();
}

// The hour so many before the one that `time` is in.
Bucket hour_before(const Calendar& calendar, Bucket hour) {
  return calendar.hour_of(calendar.start_of(hour) - Duration(1));
}

}  // namespace

bool TimeframeNow::contains(Bucket bucket) const noexcept {
  if (hours.empty()) return bucket.whole_day() && days.contains(bucket.day);
  return std::binary_search(hours.begin(), hours.end(), bucket);
}

TimeframeNow timeframe_now(const Calendar& calendar, Timeframe frame, Timestamp now) {
  TimeframeNow result;
  const Window window = frame.window;
  const Timestamp hour_end = calendar.next_hour(now);
  if (window.kind == Window::Kind::hours) {
    Bucket bucket = calendar.hour_of(now);
    for (int i = 0; i < frame.earlier; ++i) bucket = hour_before(calendar, bucket);
    for (int i = 0; i < window.length; ++i) {
      result.hours.push_back(bucket);
      bucket = hour_before(calendar, bucket);
    }
    std::reverse(result.hours.begin(), result.hours.end());
    result.days = {result.hours.front().day, result.hours.back().day};
    result.hours_elapsed = window.length;
    return result;
  }
  const Day today = calendar.day_of(now);
  result.days = calendar.days_of(window, today);
  const Timestamp begin = calendar.start_of(result.days.first);
  result.hours_elapsed =
      std::max(0.0, hours_between(begin, std::min(hour_end, calendar.start_of(result.days.last + 1))));
  const DayRange period = calendar.period_of(window, today);
  const Timestamp period_begin = calendar.start_of(period.first);
  const double whole = hours_between(period_begin, calendar.start_of(period.last + 1));
  result.elapsed_share = std::clamp(hours_between(period_begin, hour_end) / whole, 0.0, 1.0);
  result.days = {result.days.first - frame.earlier, result.days.last - frame.earlier};
  return result;
}

}  // namespace tightrope::rules
