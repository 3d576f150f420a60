#include "rules/ratio_range.h"

#include <cassert>
#include <cmath>
#include <numeric>

namespace tightrope::rules {

double mixture_scale(double alpha, double tightest_at_days) noexcept {
  const double twice = -2 * std::log(alpha);
  return std::sqrt((twice + std::log(twice) + 1) / tightest_at_days);
}

std::optional<RatioRange> ratio_range(std::span<const double> numerators,
                                      std::span<const double> denominators, double alpha,
                                      double tightest_at_days) noexcept {
  assert(numerators.size() == denominators.size());
  const double denominator = std::accumulate(denominators.begin(), denominators.end(), 0.0);
  if (numerators.size() < kFewestRatioDays || !(denominator > 0)) return std::nullopt;
  const double days = static_cast<double>(numerators.size());
  const double ratio = std::accumulate(numerators.begin(), numerators.end(), 0.0) / denominator;
  // The residuals add up to 0.
  double squares = 0;
  for (std::size_t day = 0; day < numerators.size(); ++day) {
    const double residual = numerators[day] - ratio * denominators[day];
    squares += residual * residual;
  }
  const double sd = std::sqrt(squares / (days - 1));
  const double rho = mixture_scale(alpha, tightest_at_days);
  const double spread = days * rho * rho + 1;
  const double width =
      std::sqrt(2 * spread / (days * days * rho * rho) * std::log(std::sqrt(spread) / alpha));
  return RatioRange{.ratio = ratio, .half_width = sd / (denominator / days) * width};
}

}  // namespace tightrope::rules
