// Ranges of figures, and what the operations of formulas make of them.
#pragma once

#include <limits>

namespace tightrope::rules {

// All figures from `low` to `high`, both included; empty when low > high. An open end is the next
// representable number, so no figure is lost or gained by it.
//
// Each operation holds every result that figures of its operands can give, computed as formulas compute:
// rounding is monotone, so the ends of a range bound what lies between them. What is unknown (NaN, or a
// division by 0) is no figure and stands in no range.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  static constexpr Interval all() noexcept { return {}; }
  static constexpr Interval none() noexcept { return {1, 0}; }
  static constexpr Interval point(double value) noexcept { return {value, value}; }
  static constexpr Interval at_least(double low) noexcept {
    return {low, std::numeric_limits<double>::infinity()};
  }
  static constexpr Interval at_most(double high) noexcept {
    return {-std::numeric_limits<double>::infinity(), high};
  }
  static Interval above(double low) noexcept;
  static Interval below(double high) noexcept;

  constexpr bool empty() const noexcept { return !(low <= high); }
  constexpr bool contains(double value) const noexcept { return low <= value && value <= high; }
  friend constexpr bool operator==(Interval, Interval) noexcept = default;
};

Interval intersection(Interval a, Interval b) noexcept;
Interval hull(Interval a, Interval b) noexcept;

Interval operator+(Interval a, Interval b) noexcept;
Interval operator-(Interval a, Interval b) noexcept;
Interval operator-(Interval a) noexcept;
Interval operator*(Interval a, Interval b) noexcept;
Interval operator/(Interval a, Interval b) noexcept;
Interval absolute(Interval a) noexcept;
Interval minimum(Interval a, Interval b) noexcept;
Interval maximum(Interval a, Interval b) noexcept;

}  // namespace tightrope::rules
