#include "rules/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kNoCentsFrom = 10'000;
constexpr double kPlainRatioFrom = 1.5;
// Beyond, digits say nothing and would fill the line.
constexpr double kScientificFrom = 1e15;
constexpr int kMostDecimals = 12;
// Of what differs by less, nobody asks by how much.
constexpr int kMostMoreDecimals = 3;

// Rounding may leave a minus before zeros only.
std::string without_negative_zero(std::string text) {
  if (text.front() == '-' && text.find_first_of("123456789") == std::string::npos) text.erase(0, 1);
  return text;
}

// "1234567.8" as "1 234 567.8"
std::string grouped(std::string_view digits) {
  std::string text(digits);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t i = point; i > first + 3; i -= 3) text.insert(i - 3, 1, ' ');
  return text;
}

// With so many decimals, or with two significant digits where those would hide what there is.
std::string with_decimals(double value, int places) {
  const double size = std::fabs(value);
  if (size >= kScientificFrom) return fmt::format("{:.3g}", value);
  int places_used = places;
  if (size > 0 && size < std::pow(10.0, 1 - places)) {
    const int two_digits = 1 - static_cast<int>(std::floor(std::log10(size)));
    places_used = std::max(places, std::min(two_digits, kMostDecimals));
  }
  std::string text = without_negative_zero(fmt::format("{:.{}f}", value, places_used));
  for (; places_used > places && text.back() == '0'; --places_used) text.pop_back();
  if (text.back() == '.') text.pop_back();
  return grouped(text);
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// What rounds up to the limit is written as what it rounds to.
bool has_cents(double value) noexcept {
  return std::round(std::fabs(value) * 100) < kNoCentsFrom * 100;
}

std::string format_money(double value, std::string_view currency, int places) {
  std::string text = with_decimals(value, places);
  if (!currency.empty()) text.append(" ").append(currency);
  return text;
}

std::string format_ratio(double value) {
  if (std::fabs(value) >= kPlainRatioFrom) return with_decimals(value, 2);
  const double percent = value * 100;
  return without_trailing_zeros(with_decimals(percent, 1)) + " %";
}

bool needs_decimals(double value, int places) {
  return without_trailing_zeros(with_decimals(value, places)).find('.') != std::string::npos;
}

constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
constexpr std::string_view kNarrowNoBreakSpace = "\xe2\x80\xaf";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// The word that `text` begins with.
std::string_view first_word(std::string_view text) noexcept {
  const auto ends = [](char c) {
    return c == ' ' || c == ',' || c == ';' || c == '.' || c == ')' || c == '(';
  };
  return text.substr(0,
                     static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends) - text.begin()));
}

bool is_unit(std::string_view word) noexcept {
  static constexpr std::array<std::string_view, 8> kUnits{"%",    "h",     "d",     "min",
                                                          "days", "hours", "weeks", "months"};
  if (std::find(kUnits.begin(), kUnits.end(), word) != kUnits.end()) return true;
  return word.size() == 3 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Three digits and no more: the next group of a number.
bool is_group(std::string_view text) noexcept {
  if (text.size() < 3 || !std::all_of(text.begin(), text.begin() + 3, is_digit)) return false;
  return text.size() == 3 || !is_digit(text[3]);
}

}  // namespace

std::string format_fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "n/a";
  return without_negative_zero(fmt::format("{:.{}f}", value, decimals));
}

std::string format_value(double value, Unit unit, std::string_view currency) {
  if (!std::isfinite(value)) return "n/a";
  switch (unit) {
    case Unit::money:
      return format_money(value, currency, has_cents(value) ? 2 : 0);
    case Unit::ratio:
      return format_ratio(value);
    case Unit::count:
      return without_trailing_zeros(with_decimals(value, 1));
    case Unit::duration:
      return without_trailing_zeros(with_decimals(value, 1)) + " h";
    case Unit::per_money:
      return fmt::format("{} per {}", without_trailing_zeros(with_decimals(value, 2)),
                         currency.empty() ? std::string_view("unit of money") : currency);
    case Unit::number:
      return without_trailing_zeros(with_decimals(value, 2));
    case Unit::truth:
      return value != 0 ? "yes" : "no";
  }
  return "n/a";
}

ComparedFigures::ComparedFigures(Unit unit, std::string_view currency, double value, double low, double high)
    : unit_(unit), currency_(currency), plain_ratio_(false), decimals_(false), cents_(true) {
  const auto is_plain = [](double figure) {
    return std::isfinite(figure) && std::fabs(figure) >= kPlainRatioFrom;
  };
  const bool bounded = std::isfinite(low) || std::isfinite(high);
  plain_ratio_ = bounded ? is_plain(low) || is_plain(high) : is_plain(value);
  for (const double figure : {value, low, high}) {
    if (!std::isfinite(figure)) continue;
    cents_ = cents_ && has_cents(figure);
    if (unit == Unit::ratio) decimals_ = decimals_ || needs_decimals(figure * 100, 1);
    if (unit == Unit::number) decimals_ = decimals_ || needs_decimals(figure, 2);
  }
  const auto hides = [&](double bound) {
    return std::isfinite(value) && std::isfinite(bound) && value != bound && text(value) == text(bound);
  };
  while (more_ < kMostMoreDecimals && (hides(low) || hides(high))) ++more_;
  if (hides(low) || hides(high)) more_ = 0;
}

std::string ComparedFigures::text(double figure) const {
  if (!std::isfinite(figure)) return "n/a";
  if (unit_ == Unit::money) return format_money(figure, currency_, (cents_ ? 2 : 0) + more_);
  if (unit_ == Unit::ratio && plain_ratio_) return with_decimals(figure, 2 + more_);
  if (unit_ == Unit::ratio) return with_decimals(figure * 100, (decimals_ ? 1 : 0) + more_) + " %";
  if (unit_ == Unit::number) return with_decimals(figure, (decimals_ ? 2 : 0) + more_);
  return format_value(figure, unit_, currency_);
}

std::string unbroken(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool after_number = i > 0 && is_digit(text[i - 1]);
    if (text[i] == ' ' && after_number && is_group(text.substr(i + 1))) {
      result += kNarrowNoBreakSpace;
    } else if (text[i] == ' ' && after_number && is_unit(first_word(text.substr(i + 1)))) {
      result += kNoBreakSpace;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string with_plain_spaces(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = 1;
    if (text.starts_with(kNoBreakSpace)) length = kNoBreakSpace.size();
    if (text.starts_with(kNarrowNoBreakSpace)) length = kNarrowNoBreakSpace.size();
    result += length == 1 ? text.front() : ' ';
    text.remove_prefix(length);
  }
  return result;
}

std::string format_day(Day day) {
  static constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day ymd = ymd_from_day(day);
  return fmt::format("{} {} {}", kWeekdays[std::chrono::weekday(std::chrono::sys_days(ymd)).c_encoding()],
                     static_cast<unsigned>(ymd.day()), kMonths[static_cast<unsigned>(ymd.month()) - 1]);
}

std::string format_sureness(double sure) {
  constexpr double kWorthSaying = 0.5;
  constexpr double kMostSaid = 0.999;
  if (!(sure >= kWorthSaying)) return "";
  if (sure > kMostSaid) return "over 99.9 % sure";
  const double percent = sure * 100;
  if (percent >= 99) return fmt::format("{:.1f} % sure", std::floor(percent * 10) / 10);
  return fmt::format("{:.0f} % sure", std::floor(percent));
}

}  // namespace tightrope::rules
