#include "rules/interval.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Ends are limits: nothing times "as large as you like" stays nothing.
double product(double a, double b) noexcept {
  return a == 0 || b == 0 ? 0 : a * b;
}

double quotient(double a, double b) noexcept {
  if (std::isinf(b)) return std::isinf(a) ? (std::signbit(a) == std::signbit(b) ? kInfinity : -kInfinity) : 0;
  return a / b;
}

// REQUIRES: neither is empty, and `b` has one sign and may end at 0, which is then left out.
Interval divide_by_one_sign(Interval a, Interval b) noexcept {
  if (b.high <= 0) return divide_by_one_sign(-a, -b);
  // The denominator nearest to 0 makes the largest quotients, the farthest the smallest.
  const auto nearest = [&](double end) {
    if (b.low > 0) return quotient(end, b.low);
    return end == 0 ? 0 : end > 0 ? kInfinity : -kInfinity;
  };
  const auto farthest = [&](double end) { return std::isinf(b.high) ? 0 : quotient(end, b.high); };
  return {a.low < 0 ? nearest(a.low) : farthest(a.low), a.high > 0 ? nearest(a.high) : farthest(a.high)};
}

}  // namespace

Interval Interval::above(double low) noexcept {
  return at_least(std::nextafter(low, kInfinity));
}

Interval Interval::below(double high) noexcept {
  return at_most(std::nextafter(high, -kInfinity));
}

Interval intersection(Interval a, Interval b) noexcept {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

Interval hull(Interval a, Interval b) noexcept {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

Interval operator+(Interval a, Interval b) noexcept {
  if (a.empty() || b.empty()) return Interval::none();
  const double low = a.low + b.low;
  const double high = a.high + b.high;
  return {std::isnan(low) ? -kInfinity : low, std::isnan(high) ? kInfinity : high};
}

Interval operator-(Interval a) noexcept {
  return a.empty() ? Interval::none() : Interval{-a.high, -a.low};
}

Interval operator-(Interval a, Interval b) noexcept {
  return a + -b;
}

Interval operator*(Interval a, Interval b) noexcept {
  if (a.empty() || b.empty()) return Interval::none();
  const auto [low, high] = std::minmax(
      {product(a.low, b.low), product(a.low, b.high), product(a.high, b.low), product(a.high, b.high)});
  return {low, high};
}

Interval operator/(Interval a, Interval b) noexcept {
  if (a.empty() || b.empty() || b == Interval::point(0)) return Interval::none();
  if (b.low >= 0 || b.high <= 0) return divide_by_one_sign(a, b);
  return hull(divide_by_one_sign(a, {0, b.high}), divide_by_one_sign(a, {b.low, 0}));
}

Interval absolute(Interval a) noexcept {
  if (a.empty() || a.low >= 0) return a;
  if (a.high <= 0) return -a;
  return {0, std::max(-a.low, a.high)};
}

Interval minimum(Interval a, Interval b) noexcept {
  if (a.empty() || b.empty()) return Interval::none();
  return {std::min(a.low, b.low), std::min(a.high, b.high)};
}

Interval maximum(Interval a, Interval b) noexcept {
  if (a.empty() || b.empty()) return Interval::none();
  return {std::max(a.low, b.low), std::max(a.high, b.high)};
}

}  // namespace tightrope::rules
