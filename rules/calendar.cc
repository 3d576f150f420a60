#include "rules/calendar.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "rules/format.h"

namespace tightrope::rules {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::pair<Window::Kind, std::string_view>, 5> kNamedWindows{{
    {Window::Kind::yesterday, "yesterday"},
    {Window::Kind::today, "today"},
    {Window::Kind::week, "week"},
    {Window::Kind::month, "month"},
    {Window::Kind::quarter, "quarter"},
}};

// Days are told apart for about 2.9 million years either way, so that no day number and no timestamp
// overflows.
constexpr Day kFirstTableDay{-(1 << 30)};
constexpr Day kLastTableDay{1 << 30};

// Not a place but what this machine happens to be set to: the same strategy would mean other days elsewhere.
constexpr std::string_view kMachineZone = "localtime";

constexpr Timestamp midnight(Day day) noexcept {
  return Timestamp(days(day.number));
}

Day day_on_wall(Timestamp wall) noexcept {
  const auto count = std::chrono::floor<days>(wall).time_since_epoch().count();
  return {static_cast<std::int32_t>(
      std::clamp<std::int64_t>(count, kFirstTableDay.number, kLastTableDay.number))};
}

int hour_on_wall(Timestamp wall) noexcept {
  return static_cast<int>(std::chrono::floor<hours>(wall - std::chrono::floor<days>(wall)).count());
}

std::string offset_text(Duration offset) {
  const auto total = std::chrono::duration_cast<minutes>(offset).count();
  const auto size = total < 0 ? -total : total;
  return fmt::format("{}{:02}:{:02}", total < 0 ? '-' : '+', size / 60, size % 60);
}

std::optional<int> parse_number(std::string_view digits) noexcept {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Two digits, at most `most`.
std::optional<int> parse_two_digits(std::string_view text, int most) noexcept {
  if (text.size() != 2 || text[0] < '0' || text[0] > '9') return std::nullopt;
  const std::optional<int> value = parse_number(text);
  return value && *value >= 0 && *value <= most ? value : std::nullopt;
}

// "-05:00"
std::optional<Duration> parse_offset(std::string_view text) noexcept {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const std::optional<int> whole_hours = parse_two_digits(text.substr(1, 2), 23);
  const std::optional<int> rest = parse_two_digits(text.substr(4, 2), 59);
  if (!whole_hours || !rest) return std::nullopt;
  const Duration size = hours(*whole_hours) + minutes(*rest);
  return text[0] == '-' ? -size : size;
}

}  // namespace

std::optional<Window> parse_window(std::string_view text) noexcept {
  for (const auto& [kind, name] : kNamedWindows) {
    if (text == name) return Window{kind, 1, {}, {}};
  }
  if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
    const auto first = parse_day(text.substr(0, dots));
    const auto last = parse_day(text.substr(dots + 2));
    if (!first || !last || *last < *first || *last - *first >= Window::kMostDays) return std::nullopt;
    return Window{Window::Kind::flight, 1, *first, *last};
  }
  if (text.size() < 2 || text.size() > 3 || text.front() < '1' || text.front() > '9') return std::nullopt;
  const bool in_hours = text.back() == 'h';
  if (!in_hours && text.back() != 'd') return std::nullopt;
  const std::optional<int> length = parse_number(text.substr(0, text.size() - 1));
  if (!length || *length > (in_hours ? Window::kMostHours : Window::kMostDays)) return std::nullopt;
  return Window{
      in_hours ? Window::Kind::hours : Window::Kind::days, static_cast<std::int16_t>(*length), {}, {}};
}

std::string to_string(Window window) {
  for (const auto& [kind, name] : kNamedWindows) {
    if (window.kind == kind) return std::string(name);
  }
  if (window.kind == Window::Kind::flight)
    return fmt::format("{}..{}", to_string(window.first), to_string(window.last));
  return fmt::format("{}{}", window.length, window.kind == Window::Kind::hours ? 'h' : 'd');
}

Calendar::Calendar(std::string name, std::chrono::weekday week_start, Fiscal fiscal,
                   std::vector<Stretch> stretches)
    : name_(std::move(name)), week_start_(week_start), fiscal_(fiscal), stretches_(std::move(stretches)) {}

std::optional<Calendar> Calendar::open(std::string_view iana_zone, std::chrono::weekday week_start,
                                       Fiscal fiscal) {
  if (iana_zone == kMachineZone) return std::nullopt;
  // The first stretch stands for all time before it, for nothing is asked of days before 1970.
  const Timestamp first = midnight(kFirstTableDay) - days(1);
  std::vector<Stretch> stretches;
  try {
    const date::time_zone* zone = date::locate_zone(iana_zone);
    const date::sys_seconds end = date::sys_days(date::year(2100) / 1 / 1);
    for (date::sys_seconds next{}; next < end;) {
      const date::sys_info info = zone->get_info(next);
      const Duration offset = info.offset;
      // Stretches may differ in name or rule alone; one offset is one stretch.
      if (stretches.empty()) {
        stretches.push_back({first, offset, first});
      } else if (const Stretch& last = stretches.back(); last.offset != offset) {
        const Timestamp begin = info.begin;
        stretches.push_back({begin, offset, std::max(last.wall_before, begin + last.offset)});
      }
      if (info.end <= next) break;
      next = info.end;
    }
  } catch (const std::runtime_error&) {  // how `date` says that the zone is unknown, or its file damaged
    return std::nullopt;
  }
  return Calendar(std::string(iana_zone), week_start, fiscal, std::move(stretches));
}

std::vector<std::string> Calendar::zone_names() {
  std::vector<std::string> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    if (zone.name() != kMachineZone) names.push_back(zone.name());
  }
  return names;
}

const Calendar::Stretch& Calendar::stretch_at(Timestamp time) const noexcept {
  const auto after = std::upper_bound(stretches_.begin() + 1, stretches_.end(), time,
                                      [](Timestamp t, const Stretch& stretch) { return t < stretch.begin; });
  return *(after - 1);
}

Day Calendar::day_of(Timestamp time) const noexcept {
  // Ends of the representable time are brought inside, where an offset can be added.
  time = std::clamp(time, midnight(kFirstTableDay), midnight(kLastTableDay));
  const Stretch& stretch = stretch_at(time);
  return std::max(day_on_wall(time + stretch.offset), day_on_wall(stretch.wall_before - Duration(1)));
}

Timestamp Calendar::start_of(Day day) const noexcept {
  // The first stretch whose successors have all seen the day's midnight pass is where it passed.
  const Timestamp wall = midnight(day);
  const auto after =
      std::partition_point(stretches_.begin() + 1, stretches_.end(),
                           [wall](const Stretch& stretch) { return stretch.wall_before <= wall; });
  const Stretch& stretch = *(after - 1);
  return std::max(stretch.begin, wall - stretch.offset);
}

Bucket Calendar::hour_of(Timestamp time) const noexcept {
  time = std::clamp(time, midnight(kFirstTableDay), midnight(kLastTableDay));
  const Day day = day_of(time);
  return {day, static_cast<std::int8_t>(std::chrono::floor<hours>(time - start_of(day)).count())};
}

Timestamp Calendar::start_of(Bucket bucket) const noexcept {
  const Timestamp start = start_of(bucket.day);
  if (bucket.whole_day() || bucket.hour == 0) return start;
  return std::min(start + hours(bucket.hour), start_of(bucket.day + 1));
}

Timestamp Calendar::end_of(Bucket bucket) const noexcept {
  const Timestamp next_day = start_of(bucket.day + 1);
  if (bucket.whole_day()) return next_day;
  return std::min(start_of(bucket.day) + hours(bucket.hour + 1), next_day);
}

int Calendar::hours_in(Day day) const noexcept {
  return static_cast<int>(std::chrono::ceil<hours>(start_of(day + 1) - start_of(day)).count());
}

bool Calendar::is_plain(Day day) const noexcept {
  const Stretch& stretch = stretch_at(start_of(day));
  return start_of(day) + stretch.offset == midnight(day) &&
         &stretch == &stretch_at(start_of(day + 2) - Duration(1));
}

std::vector<Calendar::ShownHour> Calendar::hours_shown(Day day, int hour) const {
  std::vector<ShownHour> shown;
  // Clocks put back across midnight show hours of the day before again.
  for (const Day owner : {day, day + 1}) {
    const int count = hours_in(owner);
    for (int i = 0; i < count; ++i) {
      const Bucket bucket{owner, static_cast<std::int8_t>(i)};
      const Timestamp start = start_of(bucket);
      const Duration offset = stretch_at(start).offset;
      if (day_on_wall(start + offset) == day && hour_on_wall(start + offset) == hour)
        shown.push_back({bucket, offset});
    }
  }
  return shown;
}

std::optional<Bucket> Calendar::parse_bucket(std::string_view text) const {
  const std::optional<Day> day = parse_day(text.substr(0, 10));
  if (!day || hours_in(*day) == 0) return std::nullopt;
  if (text.size() == 10) return Bucket{*day};
  if (text[10] != 'T') return std::nullopt;
  const std::optional<int> hour = parse_two_digits(text.substr(11, 2), 23);
  if (!hour) return std::nullopt;
  std::optional<Duration> offset;
  if (text.size() > 13) {
    offset = parse_offset(text.substr(13));
    if (!offset) return std::nullopt;
  }
  if (is_plain(*day)) {
    if (offset && *offset != stretch_at(start_of(*day)).offset) return std::nullopt;
    return Bucket{*day, static_cast<std::int8_t>(*hour)};
  }
  for (const ShownHour& shown : hours_shown(*day, *hour)) {
    if (!offset || *offset == shown.offset) return shown.bucket;
  }
  return std::nullopt;
}

std::string Calendar::format(Bucket bucket) const {
  if (bucket.whole_day()) return to_string(bucket.day);
  if (is_plain(bucket.day)) return fmt::format("{}T{:02}", to_string(bucket.day), bucket.hour);
  const Timestamp start = start_of(bucket);
  const Duration offset = stretch_at(start).offset;
  const Day day = day_on_wall(start + offset);
  const int hour = hour_on_wall(start + offset);
  const bool comes_twice = hours_shown(day, hour).size() > 1;
  return fmt::format("{}T{:02}{}", to_string(day), hour, comes_twice ? offset_text(offset) : "");
}

DayRange Calendar::days_of(Window window, Day today) const noexcept {
  switch (window.kind) {
    case Window::Kind::hours:
      return {day_of(start_of(today) - hours(window.length - 1)), today};
    case Window::Kind::days:
      return {today - (window.length - 1), today};
    case Window::Kind::yesterday:
      return {today - 1, today - 1};
    case Window::Kind::today:
      return {today, today};
    case Window::Kind::week:
    case Window::Kind::month:
    case Window::Kind::quarter:
      return {period_of(window, today).first, today};
    case Window::Kind::flight:
      return {window.first, std::min(window.last, today)};
  }
  return {today, today};
}

Day Calendar::fiscal_month_start(Day day, int months) const noexcept {
  const std::chrono::year_month_day ymd = ymd_from_day(day);
  const std::chrono::day begins(static_cast<unsigned>(fiscal_.month_starts_on));
  const bool of_month_before = ymd.day() < begins;
  const auto month = ymd.year() / ymd.month() + std::chrono::months(months - (of_month_before ? 1 : 0));
  return day_from_ymd(month / begins);
}

DayRange Calendar::period_of(Window window, Day today) const noexcept {
  switch (window.kind) {
    case Window::Kind::week: {
      const std::chrono::weekday weekday(std::chrono::sys_days(days(today.number)));
      const Day first = today - static_cast<int>((weekday - week_start_).count());
      return {first, first + 6};
    }
    case Window::Kind::month:
      return {fiscal_month_start(today, 0), fiscal_month_start(today, 1) - 1};
    case Window::Kind::quarter: {
      const std::chrono::year_month_day begins = ymd_from_day(fiscal_month_start(today, 0));
      // How many months of the quarter are over: quarters begin every third month from that of the year.
      const int over =
          (static_cast<int>(static_cast<unsigned>(begins.month())) - fiscal_.year_starts_in + 12) % 3;
      return {fiscal_month_start(today, -over), fiscal_month_start(today, 3 - over) - 1};
    }
    case Window::Kind::flight:
      return {window.first, window.last};
    case Window::Kind::hours:
    case Window::Kind::days:
    case Window::Kind::yesterday:
    case Window::Kind::today:
      break;
  }
  return days_of(window, today);
}

Timestamp Calendar::next_hour(Timestamp time) const noexcept {
  return end_of(hour_of(time));
}

std::string Calendar::format_local(Timestamp time) const {
  const Timestamp local = wall(time);
  const auto day = std::chrono::floor<days>(local);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<minutes>(local - day));
  return fmt::format("{} {:02}:{:02}",
                     format_day({static_cast<std::int32_t>(day.time_since_epoch().count())}),
                     clock.hours().count(), clock.minutes().count());
}

std::string Calendar::format_with_zone(Timestamp time) const {
  const std::size_t slash = name_.rfind('/');
  const bool is_place = slash != std::string::npos && !name_.starts_with("Etc/");
  std::string zone =
      is_place ? name_.substr(slash + 1) + " time" : name_.substr(slash == std::string::npos ? 0 : slash + 1);
  std::replace(zone.begin(), zone.end(), '_', ' ');
  return format_local(time) + ", " + zone;
}

}  // namespace tightrope::rules
