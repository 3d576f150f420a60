#include "collectors/icalendar_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "collectors/icalendar_expansion.h"
#include "collectors/icalendar_parser.h"

namespace tightrope::collectors {
namespace {

bool is_newer(const ParsedEvent& a, const ParsedEvent& b) {
  return std::tie(a.sequence, a.stamp, a.place) > std::tie(b.sequence, b.stamp, b.place);
}

// Of an event that stands there more than once, the newest.
std::vector<ParsedEvent> newest_only(std::vector<ParsedEvent> events) {
  // A moment in its form for comparison; "the series itself" comes without one.
  using Key = std::pair<std::string, std::optional<std::pair<bool, std::int64_t>>>;
  std::map<Key, std::size_t> places;
  std::vector<ParsedEvent> kept;
  for (ParsedEvent& event : events) {
    if (event.uid.empty()) {
      kept.push_back(std::move(event));
      continue;
    }
    Key key{event.uid, std::nullopt};
    if (event.replaces) {
      key.second = event.replaces->is_date
                       ? std::pair(true, std::int64_t{event.replaces->wall.day().number})
                       : std::pair(false, std::int64_t{event.replaces->instant().time_since_epoch().count()});
    }
    const auto [found, is_new] = places.try_emplace(std::move(key), kept.size());
    if (is_new) {
      kept.push_back(std::move(event));
    } else if (is_newer(event, kept[found->second])) {
      kept[found->second] = std::move(event);
    }
  }
  return kept;
}

// All that takes place, of events that were changed or cancelled one by one.
void expand(const std::vector<ParsedEvent>& events, const rules::Calendar& calendar, rules::DayRange asked,
            CalendarDocument& document) {
  std::multimap<std::string, const ParsedEvent*> changes;
  for (const ParsedEvent& event : events) {
    if (event.replaces && !event.uid.empty()) changes.emplace(event.uid, &event);
  }
  CalendarExpansion expansion(calendar, asked, document);
  for (const ParsedEvent& event : events) {
    if (event.cancelled) continue;
    CalendarExceptions exceptions;
    if (!event.replaces) {
      for (const CalendarMoment& moment : event.except) exceptions.add(moment, event.start);
      const auto [first, last] = changes.equal_range(event.uid);
      std::for_each(first, last,
                    [&](const auto& change) { exceptions.add(*change.second->replaces, event.start); });
    }
    try {
      expansion.expand(event, exceptions);
    } catch (const UnreadableCalendar& unreadable) {
      throw UnreadableCalendar{fmt::format("{}: {}", name_of(document.events[event.place]), unreadable.text)};
    }
  }
}

}  // namespace

std::variant<CalendarDocument, std::string> read_calendar_document(std::string_view text,
                                                                   const rules::Calendar& calendar,
                                                                   rules::DayRange days) {
  if (auto problem = check_calendar_outline(text)) return *std::move(problem);
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  CalendarDocument document;
  try {
    const CalendarZone floating{NamedZone::find(calendar.zone_name()), nullptr};
    ParsedCalendars parsed = parse_calendars(std::string(text), floating, document);
    expand(newest_only(std::move(parsed.events)), calendar, days, document);
  } catch (const UnreadableCalendar& unreadable) {
    return unreadable.text;
  }
  return document;
}

}  // namespace tightrope::collectors
