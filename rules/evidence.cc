#include "rules/evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

constexpr std::array<double, Evidence::kAlternatives> kBelow{0.9, 0.8, 0.67, 0.5, 0.33};
constexpr std::array<double, Evidence::kAlternatives> kAbove{1.11, 1.25, 1.5, 2, 3};
constexpr double kMostLog = 700;  // exp of it is still finite
constexpr double kNothing = -std::numeric_limits<double>::infinity();

double log1p_exp(double x) noexcept {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

}  // namespace

// A day's count is Poisson given the day's effect, which is gamma with mean 1 and shape kappa = 1 /
// day_variance. The ratio of the two negative-binomial probabilities (means ratio * expected and expected)
// has expectation 1 at the target and at most 1 on its good side, so a product of such ratios is a bet that
// cannot win on average while the target is met.
double log_increment(double seen, double expected, double ratio, double day_variance) noexcept {
  if (day_variance <= 0) return seen * std::log(ratio) - (ratio - 1) * expected;
  const double kappa = 1 / day_variance;
  return seen * std::log(ratio) +
         (seen + kappa) * std::log1p(expected * (1 - ratio) / (ratio * expected + kappa));
}

Evidence::Evidence(EvidenceSide side, double day_variance) noexcept
    : ratios_(side == EvidenceSide::below ? kBelow : kAbove), day_variance_(day_variance) {
  log_r_.fill(kNothing);
}

// R_k <- (R_k + 1) * L_k: every day a new bet starts beside those that run.
void Evidence::add(EvidenceDay day) noexcept {
  if (!(day.expected > 0)) return;
  for (std::size_t k = 0; k < kAlternatives; ++k) {
    const double log_l = log_increment(day.seen, day.expected, ratios_[k], day_variance_);
    log_r_[k] = std::min(kMostLog, log1p_exp(log_r_[k]) + log_l);
  }
}

double Evidence::log_value() const noexcept {
  const double most = *std::max_element(log_r_.begin(), log_r_.end());
  if (most == kNothing) return kNothing;
  double sum = 0;
  for (const double log_r : log_r_) sum += std::exp(log_r - most);
  return most + std::log(sum / static_cast<double>(kAlternatives));
}

}  // namespace tightrope::rules
