// A calendar whose events become figures: hours and days of what was planned and done.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/login.h"
#include "rules/units.h"

namespace tightrope::config {

enum class CalendarMeasure {
  hours,  // the elapsed time of all its events, added up
  days,   // 1 for a day that any of its events touches, however many do
};
enum class CalendarText { summary, category };

// What events of one kind come to.
struct CalendarRule {
  // Globs, without regard to case. An event is meant when any of its categories matches one of the first and
  // its summary one of the second; an empty list says nothing.
  std::vector<std::string> categories;
  std::vector<std::string> summaries;
  std::string metric;
  CalendarMeasure measure = CalendarMeasure::hours;
  std::vector<std::pair<std::size_t, std::string>> constants;    // dimension -> fixed value
  std::vector<std::pair<std::size_t, CalendarText>> dimensions;  // dimension -> what the event says
  std::optional<rules::Duration>
      all_day;               // of hours: what one day of an all-day event counts; else the whole day
  bool transparent = false;  // whether events count that leave their time free
  bool tentative = false;    // whether those count that are not settled yet
  friend bool operator==(const CalendarRule&, const CalendarRule&) = default;
};

struct IcalendarSource {
  std::string path;  // absolute, or relative to the configuration file; or "" ...
  Secret url;        // ... with an http or https URL here, which often is all that protects the calendar
  Login login;       // with a user
  std::vector<CalendarRule> events;       // the first that fits an event takes it
  std::optional<CalendarRule> unmatched;  // for events that none of them fits
  friend bool operator==(const IcalendarSource&, const IcalendarSource&) = default;
};

}  // namespace tightrope::config
