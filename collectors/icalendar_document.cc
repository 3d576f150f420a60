#include "collectors/icalendar_document.h"

#include <fmt/core.h>
#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "collectors/calendar_zones.h"
#include "collectors/field_mapping.h"

namespace tightrope::collectors {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

template <auto Free>
struct CDeleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Component = std::unique_ptr<icalcomponent, CDeleter<icalcomponent_free>>;
using RecurrenceIterator = std::unique_ptr<icalrecur_iterator, CDeleter<icalrecur_iterator_free>>;

// Ends the reading; its text is what is wrong. Never leaves this file.
struct Unreadable {
  std::string text;
};

constexpr int kMostNever = 5;
constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2200;

WallTime wall_of(const icaltimetype& time) {
  const std::chrono::year_month_day date = std::chrono::year(time.year) /
                                           std::chrono::month(static_cast<unsigned>(time.month)) /
                                           std::chrono::day(static_cast<unsigned>(time.day));
  if (time.year < kFirstYear || time.year > kLastYear || !date.ok())
    throw Unreadable{fmt::format("{}-{}-{} is no date, or too far away", time.year, time.month, time.day)};
  const seconds clock = hours(time.hour) + std::chrono::minutes(time.minute) + seconds(time.second);
  return {std::chrono::sys_days(date).time_since_epoch() + (time.is_date ? seconds(0) : clock)};
}

icaltimetype time_of(WallTime wall, bool is_date) {
  const std::chrono::year_month_day date{std::chrono::floor<days>(std::chrono::sys_seconds(wall.since_1970))};
  const std::chrono::hh_mm_ss clock(wall.since_1970 - std::chrono::floor<days>(wall.since_1970));
  icaltimetype time = icaltime_null_time();
  time.year = static_cast<int>(date.year());
  time.month = static_cast<int>(static_cast<unsigned>(date.month()));
  time.day = static_cast<int>(static_cast<unsigned>(date.day()));
  time.is_date = is_date ? 1 : 0;
  if (is_date) return time;
  time.hour = static_cast<int>(clock.hours().count());
  time.minute = static_cast<int>(clock.minutes().count());
  time.second = static_cast<int>(clock.seconds().count());
  return time;
}

// Where a clock stands: at one of these, or nowhere (UTC).
struct Zone {
  std::optional<NamedZone> named;
  icaltimezone* described = nullptr;  // by the document, which owns it

  rules::Timestamp instant(WallTime wall) const {
    if (named) return named->instant(wall);
    seconds offset{0};
    if (described != nullptr) {
      icaltimetype time = time_of(wall, false);
      int is_daylight = 0;
      offset = seconds(icaltimezone_get_utc_offset(described, &time, &is_daylight));
    }
    return rules::Timestamp(rules::Duration(wall.since_1970 - offset));
  }
};

// A time or a day as an event says it.
struct Moment {
  WallTime wall;
  Zone zone;
  bool is_date = false;
  rules::Timestamp instant() const { return zone.instant(wall); }
};

// How long an event takes.
struct Length {
  days calendar_days{0};  // the clock shows the same afterwards
  seconds elapsed{0};
};

struct Event {
  std::size_t place;  // into CalendarDocument::events
  std::string uid;
  std::optional<Moment> replaces;  // RECURRENCE-ID
  int sequence = 0;
  std::string stamp;
  bool cancelled = false;
  Moment start;
  Length length;
  std::vector<icalproperty*> rules;
  std::vector<std::pair<Moment, std::optional<Length>>> more;  // RDATE
  std::vector<Moment> except;                                  // EXDATE
};

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
    Event event{document_.events.size(),
                text_or_nothing(icalcomponent_get_uid(component)),
                {},
                0,
                {},
                false,
                {},
                {},
                {},
                {},
                {}};
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
    each(component, ICAL_RRULE_PROPERTY, [&](icalproperty* property) { event.rules.push_back(property); });
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

// Times that are left out of a series: by the instant, or, where only a date was given, by the day.
class Exceptions {
 public:
  void add(const Moment& moment, const Moment& start) {
    if (moment.is_date || start.is_date) {
      days_.insert(moment.wall.day().number);
    } else {
      instants_.insert(moment.instant().time_since_epoch().count());
    }
  }
  bool has(WallTime wall, rules::Timestamp instant, bool is_date) const {
    return days_.count(wall.day().number) > 0 ||
           (!is_date && instants_.count(instant.time_since_epoch().count()) > 0);
  }

 private:
  std::unordered_set<std::int32_t> days_;
  std::unordered_set<std::int64_t> instants_;
};

// Expands events within the days asked for.
class Expansion {
 public:
  Expansion(const rules::Calendar& calendar, rules::DayRange asked, CalendarDocument& document)
      : asked_(asked),
        begin_(calendar.start_of(asked.first)),
        end_(calendar.start_of(asked.last + 1)),
        document_(document) {}

  void expand(const Event& event, const Exceptions& exceptions) {
    seen_.clear();
    const Kind kind{event.place, event.start.zone, event.start.is_date, event.length};
    take(kind, event.start.wall, std::nullopt, exceptions);
    for (icalproperty* property : event.rules)
      repeat(kind, event.start.wall, icalproperty_get_rrule(property), exceptions);
    for (const auto& [moment, length] : event.more) {
      if (moment.is_date != event.start.is_date)
        throw Unreadable{"an RDATE is of another kind than its DTSTART"};
      take({event.place, moment.zone, moment.is_date, length.value_or(event.length)}, moment.wall,
           std::nullopt, exceptions);
    }
  }

 private:
  // What occurrences of an event share.
  struct Kind {
    std::size_t place;
    Zone zone;
    bool is_date;
    Length length;
  };

  // The occurrence whose clock shows `wall` as it begins; false when it and all later ones are out of reach.
  bool take(const Kind& kind, WallTime wall, const std::optional<icaltimetype>& until,
            const Exceptions& exceptions) {
    const rules::Timestamp begin = kind.zone.instant(wall);
    if (until && is_past(wall, begin, *until, kind.is_date)) return false;
    if (begin >= end_ + days(2)) return false;
    if (exceptions.has(wall, begin, kind.is_date)) return true;
    CalendarOccurrence occurrence{kind.place, kind.is_date, {}, begin, begin};
    if (kind.is_date) {
      const auto length = std::max<std::int64_t>(kind.length.calendar_days.count(), 1);
      occurrence.days = {wall.day(), wall.day() + static_cast<int>(length - 1)};
      if (occurrence.days.last < asked_.first || asked_.last < occurrence.days.first) return true;
    } else {
      const WallTime later{wall.since_1970 + kind.length.calendar_days};
      occurrence.end = std::max(begin, rules::Timestamp(kind.zone.instant(later) + kind.length.elapsed));
      const bool ended = occurrence.end <= begin_ && occurrence.begin < begin_;
      if (ended || begin >= end_) return true;
    }
    if (!seen_.insert(begin.time_since_epoch().count()).second) return true;
    if (document_.occurrences.size() == kMostOccurrences)
      throw Unreadable{fmt::format("more than {} events take place in these days", kMostOccurrences)};
    document_.occurrences.push_back(occurrence);
    return true;
  }

  // UNTIL is included. In UTC it is an instant, else it is what the event's own clock shows; a date is the
  // whole day.
  static bool is_past(WallTime wall, rules::Timestamp begin, const icaltimetype& until, bool is_date) {
    const WallTime limit = wall_of(until);
    if (until.is_date != 0 || is_date) return wall.day() > limit.day();
    if (icaltime_is_utc(until) != 0) return begin > rules::Timestamp(rules::Duration(limit.since_1970));
    return wall > limit;
  }

  void repeat(const Kind& kind, WallTime first, icalrecurrencetype rule, const Exceptions& exceptions) {
    if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE)
      throw Unreadable{"it repeats by the minute or second"};
    if (rule.freq == ICAL_HOURLY_RECURRENCE) refuse_rare(rule);
    if (rule.rscale != nullptr && std::string_view(rule.rscale) != "GREGORIAN")
      throw Unreadable{fmt::format("it repeats by the calendar {}", quoted(rule.rscale))};
    std::optional<icaltimetype> until;
    if (icaltime_is_null_time(rule.until) == 0) until = rule.until;
    // The iterator counts on a clock without a zone; when it is past is decided where the zone is known.
    rule.until = icaltime_null_time();
    const RecurrenceIterator iterator(icalrecur_iterator_new(rule, time_of(first, kind.is_date)));
    if (!iterator) {
      count_never();
      return;
    }
    // Of a rule by the hour, libical's start would lose the interval.
    if (rule.count == 0 && rule.freq != ICAL_HOURLY_RECURRENCE) skip_to_days(kind, first, *iterator);
    for (bool any = false;; any = true) {
      const icaltimetype time = icalrecur_iterator_next(iterator.get());
      if (icaltime_is_null_time(time) != 0 && !any) count_never();
      if (icaltime_is_null_time(time) != 0 || time.year > kLastYear) return;
      if (++repetitions_ > kMostRepetitions)
        throw Unreadable{fmt::format("events repeat more than {} times", kMostRepetitions)};
      if (!take(kind, wall_of(time), until, exceptions)) return;
    }
  }

  // Hours that never come, such as those of a 30th of February, are looked for until the year 2582, hour by
  // hour.
  static void refuse_rare(const icalrecurrencetype& rule) {
    const auto given = [](const short* list) { return *list != ICAL_RECURRENCE_ARRAY_MAX; };
    if (given(rule.by_month) || given(rule.by_month_day) || given(rule.by_year_day) ||
        given(rule.by_set_pos) || (rule.interval > 1 && given(rule.by_hour)))
      throw Unreadable{"it repeats by the hour, and only in some months, days or hours"};
  }

  // A 30th of February does no harm, but to find out takes a while.
  void count_never() {
    if (++never_ > kMostNever)
      throw Unreadable{fmt::format("it is one of more than {} whose RRULE never comes", kMostNever)};
  }

  // An old daily event would be stepped through day by day. Starts far enough before the days for an event to
  // reach into them.
  void skip_to_days(const Kind& kind, WallTime first, icalrecur_iterator& iterator) const {
    const auto reach = kind.length.calendar_days + std::chrono::ceil<days>(kind.length.elapsed) + days(3);
    const WallTime from{std::chrono::floor<days>(begin_.time_since_epoch()) - reach};
    if (from <= first) return;
    icalrecur_iterator_set_start(&iterator, time_of(from, kind.is_date));
  }

  rules::DayRange asked_;
  rules::Timestamp begin_;
  rules::Timestamp end_;
  CalendarDocument& document_;
  std::size_t repetitions_ = 0;
  int never_ = 0;
  std::set<std::int64_t> seen_;  // beginnings of the event at hand: a rule may repeat DTSTART
};

std::string name_of(const CalendarEvent& event) {
  return event.summary.empty() ? std::string("an event without a title")
                               : fmt::format("event {}", quoted(event.summary));
}

bool is_newer(const Event& a, const Event& b) {
  return std::tie(a.sequence, a.stamp, a.place) > std::tie(b.sequence, b.stamp, b.place);
}

// Of an event that stands there more than once, the newest.
std::vector<Event> newest_only(std::vector<Event> events) {
  // A moment in its form for comparison; "the series itself" comes without one.
  using Key = std::pair<std::string, std::optional<std::pair<bool, std::int64_t>>>;
  std::map<Key, std::size_t> places;
  std::vector<Event> kept;
  for (Event& event : events) {
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

class DocumentReader {
 public:
  DocumentReader(const rules::Calendar& calendar, rules::DayRange asked)
      : calendar_(calendar), asked_(asked) {}

  CalendarDocument read(icalcomponent* root) {
    const Zone floating{NamedZone::find(calendar_.zone_name()), nullptr};
    std::vector<Event> events;
    for (icalcomponent* calendar : calendars_of(root)) {
      const EventReader reader(calendar, floating, document_);
      for (icalcomponent* component = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
           component != nullptr;
           component = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        const std::size_t place = document_.events.size();
        about(place, [&] { events.push_back(reader.read(component)); });
      }
    }
    expand(newest_only(std::move(events)));
    return std::move(document_);
  }

 private:
  // Says which event it was that could not be read.
  template <class Work>
  void about(std::size_t place, Work work) const {
    try {
      work();
    } catch (const Unreadable& unreadable) {
      const std::string name =
          place < document_.events.size() ? name_of(document_.events[place]) : std::string("an event");
      throw Unreadable{fmt::format("{}: {}", name, unreadable.text)};
    }
  }

  void expand(const std::vector<Event>& events) {
    std::multimap<std::string, const Event*> changes;
    for (const Event& event : events) {
      if (event.replaces && !event.uid.empty()) changes.emplace(event.uid, &event);
    }
    Expansion expansion(calendar_, asked_, document_);
    for (const Event& event : events) {
      if (event.cancelled) continue;
      Exceptions exceptions;
      if (!event.replaces) {
        for (const Moment& moment : event.except) exceptions.add(moment, event.start);
        const auto [first, last] = changes.equal_range(event.uid);
        std::for_each(first, last,
                      [&](const auto& change) { exceptions.add(*change.second->replaces, event.start); });
      }
      about(event.place, [&] { expansion.expand(event, exceptions); });
    }
  }

  const rules::Calendar& calendar_;
  rules::DayRange asked_;
  CalendarDocument document_;
};

}  // namespace

std::variant<CalendarDocument, std::string> read_calendar_document(std::string_view text,
                                                                   const rules::Calendar& calendar,
                                                                   rules::DayRange asked) {
  if (auto problem = check_calendar_outline(text)) return *std::move(problem);
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  const Component root(icalparser_parse_string(std::string(text).c_str()));
  if (!root) return "it cannot be read as a calendar";
  try {
    return DocumentReader(calendar, asked).read(root.get());
  } catch (const Unreadable& unreadable) {
    return unreadable.text;
  }
}

}  // namespace tightrope::collectors
