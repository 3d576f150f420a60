#include "rules/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kNoCentsFrom = 10'000;
constexpr double kPlainRatioFrom = 1.5;
// Beyond, digits say nothing and would fill the line.
constexpr double kScientificFrom = 1e15;
constexpr int kMostDecimals = 12;

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
  return grouped(text);
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string format_money(double value, std::string_view currency) {
  // What rounds up to the limit is written as what it rounds to.
  const bool cents = std::round(std::fabs(value) * 100) < kNoCentsFrom * 100;
  std::string text = cents ? with_decimals(value, 2) : with_decimals(value, 0);
  if (!currency.empty()) text.append(" ").append(currency);
  return text;
}

std::string format_ratio(double value) {
  if (std::fabs(value) >= kPlainRatioFrom) return with_decimals(value, 2);
  const double percent = value * 100;
  return without_trailing_zeros(with_decimals(percent, 1)) + " %";
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
      return format_money(value, currency);
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

}  // namespace tightrope::rules
