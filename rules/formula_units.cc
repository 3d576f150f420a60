// Products and quotients as tables, so that each case can be seen and was decided.
//
// A count has no dimension of its own (clicks times a conversion rate are conversions, again a count; a price
// times a count is money), so counts and ratios multiply freely, and what is left of a division tells them
// apart: count / count is a ratio, money / count is money, a price. A duration divides out of anything as
// "per hour" and leaves the unit as it is. What would need a unit that nobody speaks of (money squared, money
// times hours) is an error.
#include "rules/formula_units.h"

#include <array>
#include <cstddef>

namespace tightrope::rules {
namespace {

constexpr std::size_t kUnits = 6;  // all but truth, with which one cannot calculate
constexpr Unit kNum = Unit::number;
constexpr Unit kCnt = Unit::count;
constexpr Unit kMon = Unit::money;
constexpr Unit kRat = Unit::ratio;
constexpr Unit kDur = Unit::duration;
constexpr Unit kPer = Unit::per_money;
constexpr Unit kBad = Unit::truth;  // no such unit

using Table = std::array<std::array<Unit, kUnits>, kUnits>;

// Rows and columns in the order of Unit: number, count, money, ratio, duration, per_money.
constexpr Table kProducts{{
    {kNum, kCnt, kMon, kRat, kDur, kPer},
    {kCnt, kCnt, kMon, kCnt, kDur, kPer},
    {kMon, kMon, kBad, kMon, kBad, kCnt},
    {kRat, kCnt, kMon, kRat, kDur, kPer},
    {kDur, kDur, kBad, kDur, kBad, kBad},
    {kPer, kPer, kCnt, kPer, kBad, kBad},
}};

// The row divided by the column.
constexpr Table kQuotients{{
    {kNum, kRat, kPer, kRat, kNum, kMon},
    {kCnt, kRat, kPer, kCnt, kCnt, kMon},
    {kMon, kMon, kRat, kMon, kMon, kBad},
    {kRat, kRat, kPer, kRat, kRat, kMon},
    {kDur, kDur, kBad, kDur, kRat, kBad},
    {kPer, kPer, kBad, kPer, kPer, kRat},
}};

std::optional<Unit> look_up(const Table& table, Unit a, Unit b) noexcept {
  if (a == Unit::truth || b == Unit::truth) return std::nullopt;
  const Unit unit = table[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)];
  return unit == kBad ? std::nullopt : std::optional(unit);
}

}  // namespace

std::optional<Unit> common_unit(Unit a, Unit b) noexcept {
  if (a == b) return a;
  if (a == Unit::truth || b == Unit::truth) return std::nullopt;
  if (a == Unit::number) return b;
  if (b == Unit::number) return a;
  return std::nullopt;
}

std::optional<Unit> product_unit(Unit a, Unit b) noexcept {
  return look_up(kProducts, a, b);
}

std::optional<Unit> quotient_unit(Unit a, Unit b) noexcept {
  return look_up(kQuotients, a, b);
}

}  // namespace tightrope::rules
