// The units that figures are measured in. Each is a type of its own, so that a day cannot be passed for an
// amount, and all are exact integers, so that every replay gives the same bytes.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tightrope::rules {

using Duration = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// A calendar day of the client, counted from 1970-01-01. It has no zone: `Calendar` knows when it begins.
struct Day {
  std::int32_t number = 0;

  friend constexpr auto operator<=>(Day, Day) noexcept = default;
  friend constexpr Day operator+(Day day, int days) noexcept { return {day.number + days}; }
  friend constexpr Day operator-(Day day, int days) noexcept { return {day.number - days}; }
  friend constexpr int operator-(Day a, Day b) noexcept { return a.number - b.number; }
};

constexpr Day kFirstDay{std::numeric_limits<std::int32_t>::min()};  // before every date: "always"

constexpr Day day_from_ymd(std::chrono::year_month_day ymd) noexcept {
  return {static_cast<std::int32_t>(std::chrono::sys_days(ymd).time_since_epoch().count())};
}
constexpr std::chrono::year_month_day ymd_from_day(Day day) noexcept {
  return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(day.number)));
}

// Strictly `YYYY-MM-DD`, a date that exists, years 1970 to 9999; nothing otherwise.
std::optional<Day> parse_day(std::string_view text) noexcept;
std::string to_string(Day day);

// The part of time that a figure belongs to: a whole day, or one hour of it. Hours count those elapsed since
// the day began (0 to 24, more where a zone jumps by hours), not the clock on the wall: the night of 25 hours
// has 25 distinct ones.
struct Bucket {
  static constexpr std::int8_t kWholeDay = -1;

  Day day;
  std::int8_t hour = kWholeDay;

  constexpr bool whole_day() const noexcept { return hour == kWholeDay; }
  friend constexpr auto operator<=>(Bucket, Bucket) noexcept = default;
};

// A figure in millionths of its unit: 1.25 EUR, or 1.25 conversions, is 1'250'000. Integers, because a total
// must not depend on the order in which its parts arrived, and a rolling sum must not drift.
// A missing amount is not zero: it says that nobody reported the figure.
class Amount {
 public:
  static constexpr std::int64_t kScale = 1'000'000;
  // The largest figure taken from outside, in units: a sum of 90 of them still fits.
  static constexpr std::int64_t kLargestUnits = 100'000'000'000;

  constexpr Amount() noexcept = default;  // missing
  static constexpr Amount missing() noexcept { return Amount(); }
  static constexpr Amount from_micros(std::int64_t micros) noexcept { return Amount(micros); }
  static constexpr Amount from_units(std::int64_t units) noexcept { return Amount(units * kScale); }
  // The nearest millionth, halves away from zero; nothing when not finite or beyond kLargestUnits.
  static std::optional<Amount> from_double(double value) noexcept;

  constexpr bool is_missing() const noexcept { return micros_ == kMissing; }
  constexpr std::int64_t micros() const noexcept { return micros_; }  // kMissing when missing
  double to_double() const noexcept;                                  // NaN when missing

  friend constexpr bool operator==(Amount, Amount) noexcept = default;

  static constexpr std::int64_t kMissing = std::numeric_limits<std::int64_t>::min();
  // In columns only: reported in a currency for whose day no exchange rate is known. No Amount has it.
  static constexpr std::int64_t kUnconverted = kMissing + 1;

 private:
  constexpr explicit Amount(std::int64_t micros) noexcept : micros_(micros) {}
  std::int64_t micros_ = kMissing;
};

// A plain decimal, exactly: "-1234.56" or "12"; digits past the sixth place are rounded half away from zero.
// Nothing when it is anything else ("", "1e3", "1,5", "0x1", " 1") or beyond Amount::kLargestUnits.
std::optional<Amount> parse_amount(std::string_view text) noexcept;
// The shortest decimal that parses to the same amount: "12.5", "3"; "missing" when missing.
std::string to_string(Amount amount);

// RFC 3339 in UTC with milliseconds only where there are any: "2026-11-20T08:00:00Z".
std::string to_rfc3339(Timestamp time);
// RFC 3339 with any offset, or a bare `YYYY-MM-DD` (midnight UTC); nothing otherwise.
std::optional<Timestamp> parse_timestamp(std::string_view text);

}  // namespace tightrope::rules
