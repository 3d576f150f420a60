#include "rules/units.h"

#include <fmt/format.h>

#include <cmath>

namespace tightrope::rules {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Takes exactly `digits` digits off the front of `rest`; -1 when they are not there.
int take_number(std::string_view& rest, std::size_t digits) noexcept {
  if (rest.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!is_digit(rest[i])) return -1;
    value = value * 10 + (rest[i] - '0');
  }
  rest.remove_prefix(digits);
  return value;
}

bool take(std::string_view& rest, char expected) noexcept {
  if (rest.empty() || rest.front() != expected) return false;
  rest.remove_prefix(1);
  return true;
}

std::optional<Day> take_day(std::string_view& rest) noexcept {
  const int year = take_number(rest, 4);
  if (year < 1970 || !take(rest, '-')) return std::nullopt;
  const int month = take_number(rest, 2);
  if (month < 1 || !take(rest, '-')) return std::nullopt;
  const int day = take_number(rest, 2);
  if (day < 1) return std::nullopt;
  const std::chrono::year_month_day ymd(std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day)));
  if (!ymd.ok()) return std::nullopt;
  return day_from_ymd(ymd);
}

// The fraction of a second after its point, cut to milliseconds; at least one digit.
std::optional<Duration> take_fraction(std::string_view& rest) noexcept {
  int milliseconds = 0;
  int weight = 100;
  std::size_t digits = 0;
  for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
    milliseconds += weight * (rest[digits] - '0');
    weight /= 10;
  }
  if (digits == 0) return std::nullopt;
  rest.remove_prefix(digits);
  return Duration(milliseconds);
}

// "Z" or "+05:30".
std::optional<std::chrono::minutes> take_offset(std::string_view& rest) noexcept {
  if (take(rest, 'Z') || take(rest, 'z')) return std::chrono::minutes(0);
  const bool behind = take(rest, '-');
  if (!behind && !take(rest, '+')) return std::nullopt;
  const int hours = take_number(rest, 2);
  if (hours < 0 || hours > 23 || !take(rest, ':')) return std::nullopt;
  const int minutes = take_number(rest, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return behind ? -offset : offset;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) noexcept {
  const std::optional<Day> day = take_day(text);
  return text.empty() ? day : std::nullopt;
}

std::string to_string(Day day) {
  const std::chrono::year_month_day ymd = ymd_from_day(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::optional<Amount> Amount::from_double(double value) noexcept {
  const double size = std::fabs(value);
  if (!(size <= static_cast<double>(kLargestUnits))) return std::nullopt;
  // value * 10^6 is `product + error` exactly, so that a half is seen for what it is.
  const double product = size * static_cast<double>(kScale);
  const double error = std::fma(size, static_cast<double>(kScale), -product);
  const double whole = std::floor(product);
  const double beyond_half = product - whole - 0.5;
  std::int64_t rounded = static_cast<std::int64_t>(whole);
  if (product < 0x1p52) {
    if (beyond_half > 0 || (beyond_half == 0 && error >= 0)) ++rounded;
  } else {
    rounded += static_cast<std::int64_t>(std::floor(error + 0.5));
  }
  return from_micros(value < 0 ? -rounded : rounded);
}

double Amount::to_double() const noexcept {
  if (is_missing()) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(micros_) / static_cast<double>(kScale);
}

std::optional<Amount> parse_amount(std::string_view text) noexcept {
  constexpr std::int64_t kLargest = Amount::kLargestUnits * Amount::kScale;
  const bool negative = take(text, '-');
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::int64_t micros = 0;
  while (!text.empty() && is_digit(text.front())) {
    micros = micros * 10 + (text.front() - '0');
    if (micros > Amount::kLargestUnits) return std::nullopt;
    text.remove_prefix(1);
  }
  micros *= Amount::kScale;
  if (take(text, '.')) {
    if (text.empty()) return std::nullopt;
    std::int64_t weight = Amount::kScale / 10;
    bool at_seventh_place = false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
      const int digit = text.front() - '0';
      if (weight > 0) {
        micros += weight * digit;
        weight /= 10;
      } else if (!at_seventh_place) {
        at_seventh_place = true;
        if (digit >= 5) ++micros;
      }
    }
  }
  if (!text.empty() || micros > kLargest) return std::nullopt;
  return Amount::from_micros(negative ? -micros : micros);
}

std::string to_string(Amount amount) {
  if (amount.is_missing()) return "missing";
  const auto bits = static_cast<std::uint64_t>(amount.micros());
  const std::uint64_t size = amount.micros() < 0 ? ~bits + 1 : bits;
  constexpr auto kScale = static_cast<std::uint64_t>(Amount::kScale);
  std::string text = fmt::format("{}{}.{:06}", amount.micros() < 0 ? "-" : "", size / kScale, size % kScale);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                                 static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:03}", clock.subseconds().count());
  return text + 'Z';
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const std::optional<Day> day = take_day(text);
  if (!day) return std::nullopt;
  Timestamp time{std::chrono::days(day->number)};
  if (text.empty()) return time;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
  const int second = take_number(text, 2);
  if (second < 0 || second > 59) return std::nullopt;
  time += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (take(text, '.')) {
    const std::optional<Duration> fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  const std::optional<std::chrono::minutes> offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return time - *offset;
}

}  // namespace tightrope::rules
