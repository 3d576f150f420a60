// Where the true ratio of two daily sums may lie, for display: revenue per spend, whose days vary in ways
// that no count does. An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024):
// it holds at every moment at once, but only once there are enough days for their mean to be near normal.
// Checks use evidence.h, which is exact for few.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace tightrope::rules {

struct RatioRange {
  double ratio = 0;       // sum of numerators over sum of denominators
  double half_width = 0;  // the ratio lies within it to both sides
  double low() const noexcept { return ratio - half_width; }
  double high() const noexcept { return ratio + half_width; }
};

// The fewest days, and the number of days at which the range is tightest for its alpha.
inline constexpr std::size_t kFewestRatioDays = 10;
inline constexpr double kTightestAtDays = 28;

// rho of that number of days: how the width is spread over time.
double mixture_scale(double alpha, double tightest_at_days = kTightestAtDays) noexcept;

// Of days from a fixed start, numerators and denominators of each. The chance that the true ratio is ever
// outside is near alpha. Nothing under kFewestRatioDays days or without any denominator. REQUIRES: equal
// lengths; 0 < alpha <= 0.5.
std::optional<RatioRange> ratio_range(std::span<const double> numerators,
                                      std::span<const double> denominators, double alpha,
                                      double tightest_at_days = kTightestAtDays) noexcept;

}  // namespace tightrope::rules
