// Days, hours and windows in a client's time zone. A day has 23, 24 or 25 hours where clocks are changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::rules {

// The stretch of time a KPI is summed over. `Nd` is the N calendar days that end with today so far; `Nh` the
// N hour buckets that end with the current one; week, month and quarter run from their first day to today,
// and a flight from its first day to today or its last. Months and quarters are the fiscal ones.
struct Window {
  enum class Kind : std::uint8_t { hours, days, yesterday, today, week, month, quarter, flight };
  Kind kind = Kind::days;
  std::int16_t length = 7;  // hours or days; 1 for the others
  Day first{};              // of a flight, both included; else 0
  Day last{};

  static constexpr int kMostHours = 72;
  static constexpr int kMostDays = 92;

  friend constexpr auto operator<=>(const Window&, const Window&) noexcept = default;
};

// "24h", "7d" (no leading zeros), "yesterday", "today", "week", "month", "quarter",
// "2026-11-01..2026-12-24" (a flight of at most kMostDays); nothing otherwise or beyond the limits above.
std::optional<Window> parse_window(std::string_view text) noexcept;
std::string to_string(Window window);

// The days [first, last], both included. Empty when last < first.
struct DayRange {
  Day first;
  Day last;
  constexpr bool contains(Day day) const noexcept { return first <= day && day <= last; }
  constexpr int length() const noexcept { return last < first ? 0 : last - first + 1; }
  friend constexpr bool operator==(DayRange, DayRange) noexcept = default;
};

// Where the months and years of the books begin. Month `m` runs from this day of it to the day before in the
// next one; quarters are three months each, counted from the first month of the year.
struct Fiscal {
  int month_starts_on = 1;  // 1 to 28, so that every month has the day
  int year_starts_in = 1;   // 1 to 12
  friend constexpr bool operator==(const Fiscal&, const Fiscal&) = default;
};

// A client's zone as a table of its offsets, and the first day of its week. A value, immutable after
// construction; any thread. Zones come from the system's zone database, which reaches to 2037: later times
// keep the last known offset.
//
// Days follow each other without gap or overlap: a day begins when the zone's calendar first shows it (at its
// first existing moment, where midnight is skipped) and ends where the next begins. A day that the zone
// leaves out has no hours.
class Calendar {
 public:
  // Nothing when the zone database has no such zone.
  static std::optional<Calendar> open(std::string_view iana_zone, std::chrono::weekday week_start,
                                      Fiscal fiscal = {});
  // Names of zones, for suggestions.
  static std::vector<std::string> zone_names();

  Day day_of(Timestamp time) const noexcept;
  // The bucket of the hour that contains the time.
  Bucket hour_of(Timestamp time) const noexcept;
  Timestamp start_of(Day day) const noexcept;
  // For an hour beyond the last of its day, the end of the day.
  Timestamp start_of(Bucket bucket) const noexcept;
  Timestamp end_of(Bucket bucket) const noexcept;  // the start of what follows it
  // 23, 24 or 25; other lengths where zones jump further. A last part of an hour counts: 24.5 hours are 25.
  int hours_in(Day day) const noexcept;

  // "2026-11-20", "2026-11-20T08", or with an offset where the wall clock says an hour twice:
  // "2026-11-01T01-05:00". Without one, the first of the two. Nothing for hours and days that do not exist.
  std::optional<Bucket> parse_bucket(std::string_view text) const;
  // parse_bucket's inverse, for every bucket that exists: what the wall clock shows as it begins.
  std::string format(Bucket bucket) const;

  // The days of a window as seen at `today`. For Kind::hours, all days its hours can touch.
  DayRange days_of(Window window, Day today) const noexcept;
  // The whole period (week, month, quarter, flight; else days_of) that `today` is in: the end lies ahead. A
  // flight is the same before it begins and after it ended.
  DayRange period_of(Window window, Day today) const noexcept;
  // The next instant after `time` at which some window may change: the next hour begins.
  Timestamp next_hour(Timestamp time) const noexcept;

  const std::string& zone_name() const noexcept { return name_; }
  // The local text for people: "Fri 20 Nov 21:04".
  std::string format_local(Timestamp time) const;
  // The same for a reader who may be elsewhere: "Fri 20 Nov 21:04, New York time"; "..., UTC" for a zone that
  // has no place's name.
  std::string format_with_zone(Timestamp time) const;

 private:
  // A stretch of time with one offset from UTC. The wall clock is a count of milliseconds, as if it were UTC.
  struct Stretch {
    Timestamp begin;
    Duration offset;
    // The latest that the wall clock ever showed before `begin`: clocks that are put back do not put back the
    // day.
    Timestamp wall_before;
  };

  // An hour, and the offset in force as it begins.
  struct ShownHour {
    Bucket bucket;
    Duration offset;
  };

  Calendar(std::string name, std::chrono::weekday week_start, Fiscal fiscal, std::vector<Stretch> stretches);
  // The first day of the fiscal month that `day` is in, and of one `months` later.
  Day fiscal_month_start(Day day, int months) const noexcept;
  const Stretch& stretch_at(Timestamp time) const noexcept;
  // What the wall clock shows.
  Timestamp wall(Timestamp time) const noexcept { return time + stretch_at(time).offset; }

  // The day's hours are those of the wall clock, and no other day's hours show its date.
  bool is_plain(Day day) const noexcept;
  // The hours at whose beginning the wall clock shows that hour of that day, in order of time.
  std::vector<ShownHour> hours_shown(Day day, int hour) const;

  std::string name_;
  std::chrono::weekday week_start_;
  Fiscal fiscal_;
  std::vector<Stretch> stretches_;  // by `begin`, the first from the beginning of time; not empty
};

}  // namespace tightrope::rules
