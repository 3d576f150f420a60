#include "collectors/date_format.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>

namespace tightrope::collectors {
namespace {

using rules::Bucket;
using rules::Timestamp;

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};

constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::string_view kDirectives = "YymdejbBhaAHIpMSzFDT";

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t';
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct Fields {
  int year = -1;
  int month = -1;
  int day = -1;
  int day_of_year = -1;
  int hour = -1;
  int minute = 0;
  int second = 0;
  int half_day = -1;  // 0 before noon, 1 after it
  int offset_minutes = 0;
};

// Between `least` and `most` digits from the front of the text.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& out) noexcept {
  std::size_t n = 0;
  int value = 0;
  for (; n < most && n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n)
    value = value * 10 + (text[n] - '0');
  text.remove_prefix(n);
  out = value;
  return n >= least;
}

bool starts_with_word(std::string_view text, std::string_view lower_case_word) noexcept {
  if (text.size() < lower_case_word.size()) return false;
  for (std::size_t i = 0; i < lower_case_word.size(); ++i) {
    if (lower(text[i]) != lower_case_word[i]) return false;
  }
  return true;
}

// A name, or its first three letters; its place among the names.
template <std::size_t N>
bool take_name(std::string_view& text, const std::array<std::string_view, N>& names, int& out) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    for (const std::string_view name : {names[i], names[i].substr(0, 3)}) {
      if (!starts_with_word(text, name)) continue;
      text.remove_prefix(name.size());
      out = static_cast<int>(i);
      return true;
    }
  }
  return false;
}

bool take_half_day(std::string_view& text, int& out) noexcept {
  if (!starts_with_word(text, "am") && !starts_with_word(text, "pm")) return false;
  out = lower(text[0]) == 'p' ? 1 : 0;
  text.remove_prefix(2);
  return true;
}

bool take_offset(std::string_view& text, int& minutes) noexcept {
  if (text.starts_with('Z') || text.starts_with('z')) {
    text.remove_prefix(1);
    return true;
  }
  if (!text.starts_with('+') && !text.starts_with('-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0;
  int rest = 0;
  if (!take_number(text, 2, 2, hours)) return false;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!take_number(text, 2, 2, rest) || hours > 15 || rest > 59) return false;
  minutes = sign * (hours * 60 + rest);
  return true;
}

bool take_field(char directive, std::string_view& text, Fields& fields) noexcept {
  switch (directive) {
    case 'Y':
      return take_number(text, 4, 4, fields.year);
    case 'y': {
      const bool good = take_number(text, 2, 2, fields.year);
      fields.year += fields.year < 69 ? 2000 : 1900;
      return good;
    }
    case 'm':
      return take_number(text, 1, 2, fields.month);
    case 'e':
      while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
      [[fallthrough]];
    case 'd':
      return take_number(text, 1, 2, fields.day);
    case 'j':
      return take_number(text, 1, 3, fields.day_of_year);
    case 'b':
    case 'B':
    case 'h': {
      const bool good = take_name(text, kMonths, fields.month);
      ++fields.month;
      return good;
    }
    case 'a':
    case 'A': {
      int ignored = 0;
      return take_name(text, kWeekdays, ignored);
    }
    case 'H':
    case 'I':
      return take_number(text, 1, 2, fields.hour);
    case 'p':
      return take_half_day(text, fields.half_day);
    case 'z':
      return take_offset(text, fields.offset_minutes);
    case 'M':
      return take_number(text, 2, 2, fields.minute);
    case 'S':
      return take_number(text, 2, 2, fields.second);
    default:
      return false;
  }
}

std::optional<rules::Day> day_of(const Fields& fields) noexcept {
  if (fields.year < 1970 || fields.year > 9999) return std::nullopt;
  const std::chrono::year year(fields.year);
  if (fields.day_of_year >= 0) {
    if (fields.day_of_year < 1 || fields.day_of_year > (year.is_leap() ? 366 : 365)) return std::nullopt;
    return rules::day_from_ymd(year / 1 / 1) + (fields.day_of_year - 1);
  }
  if (fields.month < 1 || fields.day < 1) return std::nullopt;
  const std::chrono::year_month_day date(year, std::chrono::month(static_cast<unsigned>(fields.month)),
                                         std::chrono::day(static_cast<unsigned>(fields.day)));
  if (!date.ok()) return std::nullopt;
  return rules::day_from_ymd(date);
}

std::optional<Timestamp> from_unix(std::string_view text, std::int64_t milliseconds_each) noexcept {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || value < 0) return std::nullopt;
  // Exports write whole seconds as "1763596800.0", or with a fraction, which no bucket is finer than.
  const std::string_view rest(read.ptr, static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  if (!rest.empty() &&
      (rest[0] != '.' || rest.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return std::nullopt;
  }
  constexpr std::int64_t kYear9999 = 253'402'300'799'000;
  if (value > kYear9999 / milliseconds_each) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(value * milliseconds_each));
}

}  // namespace

std::variant<DateFormat, std::string> DateFormat::compile(std::string_view format) {
  DateFormat compiled;
  if (format == "unix") compiled.kind_ = Kind::unix_seconds;
  if (format == "unix_ms") compiled.kind_ = Kind::unix_milliseconds;
  if (format == "rfc3339") compiled.kind_ = Kind::rfc3339;
  if (compiled.kind_ != Kind::fields) return compiled;
  std::string seen;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      compiled.items_.push_back({0, format[i]});
      continue;
    }
    const char directive = ++i < format.size() ? format[i] : '\0';
    if (directive == '%') {
      compiled.items_.push_back({0, '%'});
      continue;
    }
    if (directive == '\0' || kDirectives.find(directive) == std::string_view::npos) {
      return fmt::format(
          "\"{}\" is not a date format: of what may follow %, there are Y y m d e j b B h a A H I p M S z F "
          "D T",
          format);
    }
    const std::string_view meaning = directive == 'F'   ? "Y-m-d"
                                     : directive == 'D' ? "m/d/y"
                                     : directive == 'T' ? "H:M:S"
                                                        : format.substr(i, 1);
    for (const char c : meaning) {
      const bool literal = c == '-' || c == ':' || c == '/';
      compiled.items_.push_back({literal ? '\0' : c, c});
      if (!literal) seen += c;
    }
  }
  const auto has = [&seen](const char* any) { return seen.find_first_of(any) != std::string::npos; };
  compiled.hourly_ = has("HI");
  compiled.has_offset_ = has("z");
  if (!has("Yy") || !(has("j") || (has("mbBh") && has("de")))) {
    return fmt::format("\"{}\" is not a date format: it has to tell year, month and day", format);
  }
  return compiled;
}

std::optional<Bucket> DateFormat::parse(std::string_view text, const rules::Calendar& calendar) const {
  const auto date = read(text, calendar);
  return date ? std::optional(date->bucket) : std::nullopt;
}

std::optional<DateFormat::Date> DateFormat::read(std::string_view text,
                                                 const rules::Calendar& calendar) const {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::optional<Timestamp> instant;
  switch (kind_) {
    case Kind::fields:
      return read_fields(text, calendar);
    case Kind::unix_seconds:
      instant = from_unix(text, 1000);
      break;
    case Kind::unix_milliseconds:
      instant = from_unix(text, 1);
      break;
    case Kind::rfc3339:
      if (const auto day = rules::parse_day(text)) return Date{Bucket{*day}};
      instant = rules::parse_timestamp(text);
      break;
  }
  if (!instant) return std::nullopt;
  return Date{calendar.hour_of(*instant)};
}

std::optional<DateFormat::Date> DateFormat::read_fields(std::string_view text,
                                                        const rules::Calendar& calendar) const {
  Fields fields;
  for (const Item& item : items_) {
    if (item.directive != 0) {
      if (!take_field(item.directive, text, fields)) return std::nullopt;
    } else if (is_space(item.literal)) {
      while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
    } else {
      if (!text.starts_with(item.literal)) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  const auto day = day_of(fields);
  if (!day || fields.minute > 59 || fields.second > 60) return std::nullopt;
  if (!hourly_) return Date{Bucket{*day}};
  if (fields.half_day >= 0) {
    if (fields.hour < 1 || fields.hour > 12) return std::nullopt;
    fields.hour = fields.hour % 12 + 12 * fields.half_day;
  }
  if (fields.hour > 23) return std::nullopt;
  if (has_offset_) {
    const Timestamp midnight{std::chrono::days(day->number)};
    const int minutes = fields.hour * 60 + fields.minute - fields.offset_minutes;
    return Date{
        calendar.hour_of(midnight + std::chrono::minutes(minutes) + std::chrono::seconds(fields.second))};
  }
  for (int hour = fields.hour; hour < 24; ++hour) {
    const auto bucket = calendar.parse_bucket(fmt::format("{}T{:02}", rules::to_string(*day), hour));
    if (bucket) return Date{*bucket, hour != fields.hour};
  }
  return std::nullopt;
}

}  // namespace tightrope::collectors
