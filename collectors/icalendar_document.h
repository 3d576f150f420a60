// An iCalendar document (RFC 5545), from its text to what takes place on some days.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/calendar.h"
#include "rules/units.h"

namespace tightrope::collectors {

// An event, or the one instance of it that was changed.
struct CalendarEvent {
  std::string summary;
  std::vector<std::string> categories;  // parted at every comma, one that stands for itself too
  bool transparent = false;             // leaves its time free
  bool tentative = false;               // is not settled yet
};

// One time that an event takes place.
struct CalendarOccurrence {
  std::size_t event;  // into CalendarDocument::events
  bool all_day;       // then `days` says when, in whichever zone one is; else [begin, end)
  rules::DayRange days;
  rules::Timestamp begin;
  rules::Timestamp end;  // not before `begin`; the same for an event without a length
};

struct CalendarDocument {
  std::vector<CalendarEvent> events;  // all that it has, cancelled ones too
  std::vector<CalendarOccurrence> occurrences;
};

// More are an error.
constexpr std::size_t kMostCalendarEvents = 100'000;
constexpr std::size_t kMostOccurrences = 1'000'000;  // of the days asked for
constexpr std::size_t kMostRepetitions = 3'000'000;  // stepped over on the way to them

// What takes place on these days of `calendar`, the source's, whose zone also is that of times without one.
// Repeated events are expanded within the days only: RRULE, RDATE and EXDATE, with instances that were
// changed or cancelled by RECURRENCE-ID. Of an event that stands there more than once, the highest SEQUENCE
// holds. Cancelled ones are left out. Zones are those of the system by their names, else those that the
// document describes (VTIMEZONE). With a DTEND each repetition takes as long as the first, elapsed; of a
// DURATION, days are days of the calendar.
//
// An error, which names the event, for what would make figures wrong: a time, zone or rule that cannot be
// read, a rule by the minute or second, or by the hour
// of some months, a change of "this and all following", and a text that does not begin
// and end as a calendar does or whose parts are not closed, for a download may have been cut short.
std::variant<CalendarDocument, std::string> read_calendar_document(std::string_view text,
                                                                   const rules::Calendar& calendar,
                                                                   rules::DayRange days);

// What is wrong with the text as a whole; nothing for one that is a calendar from its beginning to its end.
std::optional<std::string> check_calendar_outline(std::string_view text);

}  // namespace tightrope::collectors
