// Events as an iCalendar document describes them, not yet expanded. Private to the reading of calendars.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/calendar_zones.h"
#include "collectors/icalendar_document.h"
#include "rules/units.h"

struct icalcomponent_impl;  // libical's, which stays in two files
struct _icaltimezone;

namespace tightrope::collectors {

// Thrown where a calendar cannot be read; its text is what is wrong. Ends in read_calendar_document().
struct UnreadableCalendar {
  std::string text;
};

// Where a clock stands: at one of these, or nowhere (UTC).
struct CalendarZone {
  std::optional<NamedZone> named;
  _icaltimezone* described = nullptr;  // by the document, which owns it
  rules::Timestamp instant(WallTime wall) const;
};

// A time or a day as an event says it.
struct CalendarMoment {
  WallTime wall;
  CalendarZone zone;
  bool is_date = false;
  rules::Timestamp instant() const { return zone.instant(wall); }
};

// How long an event takes.
struct EventLength {
  std::chrono::days calendar_days{0};  // the clock shows the same afterwards
  std::chrono::seconds elapsed{0};
};

struct ParsedEvent {
  std::size_t place = 0;  // into CalendarDocument::events
  std::string uid;
  std::optional<CalendarMoment> replaces;  // RECURRENCE-ID
  int sequence = 0;
  std::string stamp;  // when it was changed, in a form that can be compared
  bool cancelled = false;
  CalendarMoment start;
  EventLength length;
  std::vector<std::string> rules;                                           // RRULE
  std::vector<std::pair<CalendarMoment, std::optional<EventLength>>> more;  // RDATE
  std::vector<CalendarMoment> except;                                       // EXDATE
};

struct FreeComponent {
  void operator()(icalcomponent_impl* component) const noexcept;
};
struct ParsedCalendars {
  std::unique_ptr<icalcomponent_impl, FreeComponent> owner;  // of the zones of moments
  std::vector<ParsedEvent> events;
};

// Reads all events, and appends what they are about to `document`. Times without a zone are of `floating`.
// REQUIRES: check_calendar_outline() has nothing against the text.
ParsedCalendars parse_calendars(const std::string& text, CalendarZone floating, CalendarDocument& document);

// The event's title, for an error.
std::string name_of(const CalendarEvent& event);

}  // namespace tightrope::collectors
