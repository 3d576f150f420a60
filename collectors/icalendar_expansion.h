// When events take place: rules of recurrence (RFC 5545, 3.3.10), expanded. Private to the reading of
// calendars.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "collectors/icalendar_parser.h"
#include "rules/calendar.h"

struct icaltimetype;
struct icalrecurrencetype;
struct icalrecur_iterator_impl;

namespace tightrope::collectors {

// Times that are left out of a series: by the instant, or, where only a date was given, by the day.
class CalendarExceptions {
 public:
  void add(const CalendarMoment& moment, const CalendarMoment& start);
  bool has(WallTime wall, rules::Timestamp instant, bool is_date) const;

 private:
  std::unordered_set<std::int32_t> days_;
  std::unordered_set<std::int64_t> instants_;
};

// Expands events within the days asked for, and appends their times to the document. What an event takes is
// counted over all of them, so that no calendar takes for ever.
class CalendarExpansion {
 public:
  // Borrows the document.
  CalendarExpansion(const rules::Calendar& calendar, rules::DayRange asked, CalendarDocument& document);

  // Throws UnreadableCalendar.
  void expand(const ParsedEvent& event, const CalendarExceptions& exceptions);

 private:
  // What occurrences of an event share.
  struct Kind {
    std::size_t place;
    CalendarZone zone;
    bool is_date;
    EventLength length;
  };
  bool take(const Kind& kind, WallTime wall, const icaltimetype* until, const CalendarExceptions& exceptions);
  void repeat(const Kind& kind, WallTime first, const std::string& text,
              const CalendarExceptions& exceptions);
  void skip_to_days(const Kind& kind, WallTime first, icalrecur_iterator_impl& iterator) const;
  void count_never();

  rules::DayRange asked_;
  rules::Timestamp begin_;
  rules::Timestamp end_;
  CalendarDocument& document_;
  std::size_t repetitions_ = 0;
  int never_ = 0;
  std::set<std::int64_t> seen_;  // beginnings of the event at hand: a rule may repeat DTSTART
};

}  // namespace tightrope::collectors
