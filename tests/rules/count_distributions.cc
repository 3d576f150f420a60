#include "tests/rules/count_distributions.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {

std::vector<double> count_probabilities(double mean, double day_variance) {
  std::vector<double> result;
  for (double n = 0; n < mean || result.back() > 1e-250; ++n) {
    double log_p = -std::lgamma(n + 1);
    if (day_variance > 0) {
      const double kappa = 1 / day_variance;
      log_p += std::lgamma(kappa + n) - std::lgamma(kappa) - kappa * std::log1p(mean / kappa) -
               n * std::log1p(kappa / mean);
    } else {
      log_p += n * std::log(mean) - mean;
    }
    result.push_back(std::exp(log_p));
  }
  return result;
}

std::vector<double> total_probabilities(double mean_jumps, double day_variance,
                                        const std::vector<double>& sizes, std::size_t most) {
  const double kappa = 1 / day_variance;
  const double a = mean_jumps / (mean_jumps + kappa);
  const double b = (kappa - 1) * a;
  std::vector<double> result{std::pow(1 - a, kappa)};
  for (std::size_t total = 1; total <= most; ++total) {
    double p = 0;
    for (std::size_t size = 1; size <= std::min(total, sizes.size() - 1); ++size) {
      p += (a + b * static_cast<double>(size) / static_cast<double>(total)) * sizes[size] *
           result[total - size];
    }
    result.push_back(p);
  }
  return result;
}

}  // namespace tightrope::rules
