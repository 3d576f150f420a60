#include "collectors/icalendar_expansion.h"

#include <fmt/core.h>
#include <libical/ical.h>

#include <algorithm>
#include <memory>

#include "collectors/c_deleter.h"
#include "collectors/field_mapping.h"

namespace tightrope::collectors {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using Unreadable = UnreadableCalendar;

constexpr int kMostNever = 5;
constexpr int kLastYear = 2200;

using RecurrenceIterator = std::unique_ptr<icalrecur_iterator, CDeleter<icalrecur_iterator_free>>;

std::optional<WallTime> wall_of(const icaltimetype& time) {
  const seconds clock =
      std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) + seconds(time.second);
  return wall_time(time.year, time.month, time.day, time.is_date != 0 ? seconds(0) : clock);
}

icaltimetype time_of(WallTime wall, bool is_date) {
  return icaltime_from_timet_with_zone(wall.since_1970.count(), is_date ? 1 : 0, nullptr);
}

// UNTIL is included. In UTC it is an instant, else it is what the event's own clock shows; a date is the
// whole day. One that is too far away never comes.
bool is_past(WallTime wall, rules::Timestamp begin, const icaltimetype& until, bool is_date) {
  const auto limit = wall_of(until);
  if (!limit) return until.year < 1970;
  if (until.is_date != 0 || is_date) return wall.day() > limit->day();
  if (icaltime_is_utc(until) != 0) return begin > rules::Timestamp(rules::Duration(limit->since_1970));
  return wall > *limit;
}

// Hours that never come, such as those of a 30th of February, are looked for until the year 2582, hour by
// hour.
void refuse_rare(const icalrecurrencetype& rule) {
  const auto given = [](const short* list) { return *list != ICAL_RECURRENCE_ARRAY_MAX; };
  if (given(rule.by_month) || given(rule.by_month_day) || given(rule.by_year_day) || given(rule.by_set_pos) ||
      (rule.interval > 1 && given(rule.by_hour)))
    throw Unreadable{"it repeats by the hour, and only in some months, days or hours"};
}

icalrecurrencetype rule_of(const std::string& text) {
  // Of other calendars than ours, to look for what never comes takes minutes; and whoever reads such a rule
  // has to free the calendar's name. The text is libical's own, so in capitals.
  if (text.find("RSCALE=") != std::string::npos) throw Unreadable{"it repeats by another calendar (RSCALE)"};
  const icalrecurrencetype rule = icalrecurrencetype_from_string(text.c_str());
  if (rule.freq == ICAL_NO_RECURRENCE) throw Unreadable{"its RRULE cannot be read"};
  if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE)
    throw Unreadable{"it repeats by the minute or second"};
  if (rule.freq == ICAL_HOURLY_RECURRENCE) refuse_rare(rule);
  return rule;
}

}  // namespace

void CalendarExceptions::add(const CalendarMoment& moment, const CalendarMoment& start) {
  if (moment.is_date || start.is_date) {
    days_.insert(moment.wall.day().number);
  } else {
    instants_.insert(moment.instant().time_since_epoch().count());
  }
}

bool CalendarExceptions::has(WallTime wall, rules::Timestamp instant, bool is_date) const {
  return days_.count(wall.day().number) > 0 ||
         (!is_date && instants_.count(instant.time_since_epoch().count()) > 0);
}

CalendarExpansion::CalendarExpansion(const rules::Calendar& calendar, rules::DayRange asked,
                                     CalendarDocument& document)
    : asked_(asked),
      begin_(calendar.start_of(asked.first)),
      end_(calendar.start_of(asked.last + 1)),
      document_(document) {}

void CalendarExpansion::expand(const ParsedEvent& event, const CalendarExceptions& exceptions) {
  seen_.clear();
  const Kind kind{event.place, event.start.zone, event.start.is_date, event.length};
  take(kind, event.start.wall, nullptr, exceptions);
  for (const std::string& rule : event.rules) repeat(kind, event.start.wall, rule, exceptions);
  for (const auto& [moment, length] : event.more) {
    if (moment.is_date != event.start.is_date)
      throw Unreadable{"an RDATE is of another kind than its DTSTART"};
    take({event.place, moment.zone, moment.is_date, length.value_or(event.length)}, moment.wall, nullptr,
         exceptions);
  }
}

// The occurrence whose clock shows `wall` as it begins; false when it and all later ones are out of reach.
bool CalendarExpansion::take(const Kind& kind, WallTime wall, const icaltimetype* until,
                             const CalendarExceptions& exceptions) {
  const rules::Timestamp begin = kind.zone.instant(wall);
  if (until != nullptr && is_past(wall, begin, *until, kind.is_date)) return false;
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

void CalendarExpansion::repeat(const Kind& kind, WallTime first, const std::string& text,
                               const CalendarExceptions& exceptions) {
  icalrecurrencetype rule = rule_of(text);
  // The iterator counts on a clock without a zone; whether UNTIL is past is decided where the zone is known.
  const icaltimetype until = rule.until;
  const icaltimetype* limit = icaltime_is_null_time(until) != 0 ? nullptr : &until;
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
    const auto wall = wall_of(time);
    if (!wall || !take(kind, *wall, limit, exceptions)) return;
  }
}

// A 30th of February does no harm, but to find out takes a while.
void CalendarExpansion::count_never() {
  if (++never_ > kMostNever)
    throw Unreadable{fmt::format("it is one of more than {} whose RRULE never comes", kMostNever)};
}

// An old daily event would be stepped through day by day. Starts far enough before the days for an event to
// reach into them.
void CalendarExpansion::skip_to_days(const Kind& kind, WallTime first, icalrecur_iterator& iterator) const {
  const auto reach = kind.length.calendar_days + std::chrono::ceil<days>(kind.length.elapsed) + days(3);
  const WallTime from{std::chrono::floor<days>(begin_.time_since_epoch()) - reach};
  if (from <= first) return;
  icalrecur_iterator_set_start(&iterator, time_of(from, kind.is_date));
}

}  // namespace tightrope::collectors
