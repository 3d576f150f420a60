#include "collectors/icalendar_parser.h"

#include <fmt/core.h>
#include <libical/ical.h>

#include <algorithm>
#include <array>

#include "collectors/field_mapping.h"

namespace tightrope::collectors {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using Unreadable = UnreadableCalendar;
using Zone = CalendarZone;
using Moment = CalendarMoment;
using Length = EventLength;
using Event = ParsedEvent;

WallTime wall_of(const icaltimetype& time) {
  const seconds clock = hours(time.hour) + std::chrono::minutes(time.minute) + seconds(time.second);
  const auto wall = wall_time(time.year, time.month, time.day, time.is_date != 0 ? seconds(0) : clock);
  if (wall) return *wall;
  throw Unreadable{fmt::format("{}-{}-{} is no date, or too far away", time.year, time.month, time.day)};
}

Length between(const Moment& start, const Moment& end) {
  Length length;
  if (start.is_date) {
    length.calendar_days = days(end.wall.day() - start.wall.day());
  } else {
    length.elapsed = std::chrono::floor<seconds>(end.instant() - start.instant());
  }
  return length;
}

Length length_of(const icaldurationtype& duration) {
  constexpr unsigned kMost = 10'000;  // days; longer ones are nonsense
  if (duration.is_neg != 0) return {};
  Length length;
  length.calendar_days = days(std::min(duration.days, kMost) + 7 * std::min(duration.weeks, kMost));
  length.elapsed = hours(std::min(duration.hours, 24 * kMost)) +
                   std::chrono::minutes(std::min(duration.minutes, 1440 * kMost)) +
                   seconds(std::min(duration.seconds, 86'400 * kMost));
  return length;
}

// Calls `take` with each property of a kind.
template <class Take>
void each(icalcomponent* component, icalproperty_kind kind, Take take) {
  for (icalproperty* property = icalcomponent_get_first_property(component, kind); property != nullptr;
       property = icalcomponent_get_next_property(component, kind)) {
    take(property);
  }
}

std::string text_or_nothing(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

// Reads the events of one calendar; there may be several in a text.
class EventReader {
 public:
  EventReader(icalcomponent* calendar, Zone floating, CalendarDocument& document)
      : calendar_(calendar), floating_(floating), document_(document) {}

  Event read(icalcomponent* component) const {
    Event event;
    event.place = document_.events.size();
    event.uid = text_or_nothing(icalcomponent_get_uid(component));
    document_.events.push_back(about(component));
    refuse_mended(component);
    icalproperty* start = icalcomponent_get_first_property(component, ICAL_DTSTART_PROPERTY);
    if (start == nullptr) throw Unreadable{"it has no DTSTART"};
    event.start = moment(start, icalproperty_get_dtstart(start));
    event.length = length(component, event.start);
    event.cancelled = icalcomponent_get_status(component) == ICAL_STATUS_CANCELLED;
    event.sequence = icalcomponent_get_sequence(component);
    event.stamp = stamp(component);
    each(component, ICAL_RECURRENCEID_PROPERTY, [&](icalproperty* property) {
      if (icalproperty_get_first_parameter(property, ICAL_RANGE_PARAMETER) != nullptr)
        throw Unreadable{"it changes this and all following (RANGE), which is not supported"};
      event.replaces = moment(property, icalproperty_get_recurrenceid(property));
    });
    each(component, ICAL_RRULE_PROPERTY, [&](icalproperty* property) {
      event.rules.push_back(text_or_nothing(icalproperty_get_value_as_string(property)));
    });
    each(component, ICAL_RDATE_PROPERTY,
         [&](icalproperty* property) { event.more.push_back(another(property)); });
    each(component, ICAL_EXDATE_PROPERTY, [&](icalproperty* property) {
      event.except.push_back(moment(property, icalproperty_get_exdate(property)));
    });
    return event;
  }

 private:
  // The parser leaves out what it cannot read, and a note of it; most of that nobody needs.
  static void refuse_mended(icalcomponent* component) {
    constexpr std::array<std::string_view, 7> kNeeded{" DTSTART ", " DTEND ",  " DURATION ",     " RRULE ",
                                                      " RDATE ",   " EXDATE ", " RECURRENCE-ID "};
    each(component, ICAL_XLICERROR_PROPERTY, [&](icalproperty* property) {
      const std::string note = text_or_nothing(icalproperty_get_xlicerror(property));
      for (const std::string_view name : kNeeded) {
        if (note.find(name) == std::string::npos) continue;
        throw Unreadable{fmt::format("its {} cannot be read", trimmed(name))};
      }
    });
  }

  static CalendarEvent about(icalcomponent* component) {
    CalendarEvent event;
    event.summary = trimmed(text_or_nothing(icalcomponent_get_summary(component)));
    each(component, ICAL_CATEGORIES_PROPERTY, [&](icalproperty* property) {
      const std::string list = text_or_nothing(icalproperty_get_categories(property));
      for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const auto name = trimmed(std::string_view(list).substr(begin, end - begin));
        if (!name.empty()) event.categories.emplace_back(name);
        begin = end + 1;
      }
    });
    icalproperty* transparency = icalcomponent_get_first_property(component, ICAL_TRANSP_PROPERTY);
    if (transparency != nullptr) {
      const auto value = icalproperty_get_transp(transparency);
      event.transparent = value == ICAL_TRANSP_TRANSPARENT || value == ICAL_TRANSP_TRANSPARENTNOCONFLICT;
    }
    event.tentative = icalcomponent_get_status(component) == ICAL_STATUS_TENTATIVE;
    return event;
  }

  static std::string stamp(icalcomponent* component) {
    icalproperty* property = icalcomponent_get_first_property(component, ICAL_LASTMODIFIED_PROPERTY);
    if (property != nullptr) return icaltime_as_ical_string(icalproperty_get_lastmodified(property));
    property = icalcomponent_get_first_property(component, ICAL_DTSTAMP_PROPERTY);
    return property == nullptr ? "" : icaltime_as_ical_string(icalproperty_get_dtstamp(property));
  }

  Moment moment(icalproperty* property, const icaltimetype& time) const {
    Moment moment{wall_of(time), floating_, time.is_date != 0};
    if (moment.is_date) return moment;
    if (icaltime_is_utc(time) != 0) {
      moment.zone = {};
      return moment;
    }
    icalparameter* parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    if (parameter != nullptr) moment.zone = zone(text_or_nothing(icalparameter_get_tzid(parameter)));
    return moment;
  }

  Zone zone(const std::string& tzid) const {
    if (tzid == "UTC" || tzid == "Etc/UTC" || tzid == "GMT") return {};
    if (const auto named = NamedZone::find(tzid)) return {named, nullptr};
    icaltimezone* described = icalcomponent_get_timezone(calendar_, tzid.c_str());
    if (described == nullptr)
      throw Unreadable{
          fmt::format("its zone {} is not known, and there is no VTIMEZONE of that name", quoted(tzid))};
    refuse_endless(described);
    return {std::nullopt, described};
  }

  // All changes of a zone are computed at once, so they must be few.
  static void refuse_endless(icaltimezone* described) {
    icalcomponent* zone = icaltimezone_get_component(described);
    for (icalcomponent* part = icalcomponent_get_first_component(zone, ICAL_ANY_COMPONENT); part != nullptr;
         part = icalcomponent_get_next_component(zone, ICAL_ANY_COMPONENT)) {
      each(part, ICAL_RRULE_PROPERTY, [](icalproperty* property) {
        const icalrecurrencetype_frequency often = icalproperty_get_rrule(property).freq;
        if (often != ICAL_YEARLY_RECURRENCE && often != ICAL_MONTHLY_RECURRENCE)
          throw Unreadable{"its VTIMEZONE changes clocks more often than by the month"};
      });
    }
  }

  Length length(icalcomponent* component, const Moment& start) const {
    icalproperty* end = icalcomponent_get_first_property(component, ICAL_DTEND_PROPERTY);
    if (end != nullptr) {
      const Moment last = moment(end, icalproperty_get_dtend(end));
      if (last.is_date != start.is_date) throw Unreadable{"its DTEND is of another kind than its DTSTART"};
      return between(start, last);
    }
    icalproperty* duration = icalcomponent_get_first_property(component, ICAL_DURATION_PROPERTY);
    if (duration != nullptr) return length_of(icalproperty_get_duration(duration));
    return {start.is_date ? days(1) : days(0), seconds(0)};
  }

  std::pair<Moment, std::optional<Length>> another(icalproperty* property) const {
    const icaldatetimeperiodtype value = icalproperty_get_rdate(property);
    if (icaltime_is_null_time(value.time) == 0) return {moment(property, value.time), std::nullopt};
    const Moment start = moment(property, value.period.start);
    if (icaltime_is_null_time(value.period.end) != 0) return {start, length_of(value.period.duration)};
    return {start, between(start, moment(property, value.period.end))};
  }

  icalcomponent* calendar_;
  Zone floating_;
  CalendarDocument& document_;
};

// The calendars of a text, which may have one after the other.
std::vector<icalcomponent*> calendars_of(icalcomponent* root) {
  if (icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT) return {root};
  std::vector<icalcomponent*> found;
  for (icalcomponent* calendar = icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT);
       calendar != nullptr; calendar = icalcomponent_get_next_component(root, ICAL_VCALENDAR_COMPONENT)) {
    found.push_back(calendar);
  }
  return found;
}

}  // namespace

void FreeComponent::operator()(icalcomponent_impl* component) const noexcept {
  icalcomponent_free(component);
}

rules::Timestamp CalendarZone::instant(WallTime wall) const {
  if (named) return named->instant(wall);
  seconds offset{0};
  if (described != nullptr) {
    icaltimetype time = icaltime_from_timet_with_zone(wall.since_1970.count(), 0, nullptr);
    int is_daylight = 0;
    offset = seconds(icaltimezone_get_utc_offset(described, &time, &is_daylight));
  }
  return rules::Timestamp(rules::Duration(wall.since_1970 - offset));
}

std::string name_of(const CalendarEvent& event) {
  return event.summary.empty() ? std::string("an event without a title")
                               : fmt::format("event {}", quoted(event.summary));
}

ParsedCalendars parse_calendars(const std::string& text, CalendarZone floating, CalendarDocument& document) {
  ParsedCalendars parsed;
  parsed.owner.reset(icalparser_parse_string(text.c_str()));
  if (!parsed.owner) throw Unreadable{"it cannot be read as a calendar"};
  for (icalcomponent* calendar : calendars_of(parsed.owner.get())) {
    const EventReader reader(calendar, floating, document);
    for (icalcomponent* component = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
         component != nullptr;
         component = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
      const std::size_t place = document.events.size();
      try {
        parsed.events.push_back(reader.read(component));
      } catch (const Unreadable& unreadable) {
        throw Unreadable{fmt::format("{}: {}", name_of(document.events[place]), unreadable.text)};
      }
    }
  }
  return parsed;
}

}  // namespace tightrope::collectors
