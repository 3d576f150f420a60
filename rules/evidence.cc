#include "rules/evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

using ByAlternative = std::array<double, kAlternatives>;

constexpr ByAlternative kBelow{0.9, 0.8, 0.67, 0.5, 0.33};
constexpr ByAlternative kAbove{1.11, 1.25, 1.5, 2, 3};
constexpr double kWeight = 1.0 / static_cast<double>(kAlternatives);

ByAlternative logs_of(const ByAlternative& ratios) noexcept {
  ByAlternative logs;
  std::transform(ratios.begin(), ratios.end(), logs.begin(), [](double ratio) { return std::log(ratio); });
  return logs;
}

// Nothing is left of a bet at such odds; numbers below are slow to work with.
constexpr double kNothingLeft = -690;

double exp_or_nothing(double log) noexcept {
  return log < kNothingLeft ? 0 : std::exp(log);
}

// L_k of one day; all alternatives share what depends on the day alone.
ByAlternative increments(const EvidenceDay& day, EvidenceSide side) noexcept {
  const ByAlternative& ratios = alternatives(side);
  const ByAlternative& logs = log_alternatives(side);
  ByAlternative result;
  if (day.day_variance <= 0) {
    for (std::size_t k = 0; k < kAlternatives; ++k)
      result[k] = exp_or_nothing(day.seen * logs[k] - (ratios[k] - 1) * day.expected);
    return result;
  }
  const double kappa = 1 / day.day_variance;
  for (std::size_t k = 0; k < kAlternatives; ++k) {
    const double log_l =
        day.seen * logs[k] +
        (day.seen + kappa) * std::log1p(day.expected * (1 - ratios[k]) / (ratios[k] * day.expected + kappa));
    result[k] = exp_or_nothing(log_l);
  }
  return result;
}

double log_beta(double a, double b) noexcept {
  return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
}

}  // namespace

const std::array<double, kAlternatives>& alternatives(EvidenceSide side) noexcept {
  return side == EvidenceSide::below ? kBelow : kAbove;
}

const std::array<double, kAlternatives>& log_alternatives(EvidenceSide side) noexcept {
  static const ByAlternative below = logs_of(kBelow);
  static const ByAlternative above = logs_of(kAbove);
  return side == EvidenceSide::below ? below : above;
}

// A day's count is Poisson given the day's effect, which is gamma with mean 1 and shape kappa = 1 /
// day_variance. The ratio of the two negative-binomial probabilities (means ratio * expected and expected)
// has expectation 1 at the target and at most 1 on its good side, so a product of such ratios is a bet that
// cannot win on average while the target is met. For sums of money the same increment holds on the side
// below, with counts in units of the size-biased mean jump: (exp(-eta v) - 1) / v is concave in v (Jensen).
double log_increment(double seen, double expected, double ratio, double day_variance) noexcept {
  if (day_variance <= 0) return seen * std::log(ratio) - (ratio - 1) * expected;
  const double kappa = 1 / day_variance;
  return seen * std::log(ratio) +
         (seen + kappa) * std::log1p(expected * (1 - ratio) / (ratio * expected + kappa));
}

double log_increment_of_share(double successes, double trials, double share_of_alternative, double share,
                              double precision) noexcept {
  const double failures = trials - successes;
  const double q = share_of_alternative;
  if (std::isinf(precision))
    return successes * std::log(q / share) + failures * std::log((1 - q) / (1 - share));
  return log_beta(successes + q * precision, failures + (1 - q) * precision) -
         log_beta(q * precision, (1 - q) * precision) -
         log_beta(successes + share * precision, failures + (1 - share) * precision) +
         log_beta(share * precision, (1 - share) * precision);
}

// R_k <- (R_k + 1) * L_k: every day a new bet starts beside those that run.
void Evidence::add(const EvidenceDay& day, EvidenceSide side, double most) noexcept {
  if (!(day.expected > 0) || !(day.seen >= 0)) return;
  const ByAlternative factors = increments(day, side);
  for (std::size_t k = 0; k < kAlternatives; ++k) bets_[k] = std::min(most, (bets_[k] + 1) * factors[k]);
}

double Evidence::value() const noexcept {
  double sum = 0;
  for (const double bet : bets_) sum += bet;
  return sum * kWeight;
}

double Evidence::log_value() const noexcept {
  return std::log(value());
}

double Evidence::value_with(const EvidenceDay& day, EvidenceSide side) const noexcept {
  Evidence with = *this;
  with.add(day, side);
  return with.value();
}

void ChangePoint::add(std::size_t number, const EvidenceDay& day, EvidenceSide side) noexcept {
  if (!(day.expected > 0)) return;
  const ByAlternative factors = increments(day, side);
  for (std::size_t k = 0; k < kAlternatives; ++k) {
    if (sums_[k] <= 1) began_[k] = number;
    sums_[k] = std::min(Evidence::kMost, std::max(sums_[k], 1.0) * factors[k]);
  }
  evidence_.add(day, side);
}

std::size_t ChangePoint::since() const noexcept {
  const auto& bets = evidence_.bets();
  return began_[static_cast<std::size_t>(std::max_element(bets.begin(), bets.end()) - bets.begin())];
}

double log_fixed_start(std::span<const EvidenceDay> days, EvidenceSide side) noexcept {
  ByAlternative logs{};
  for (const EvidenceDay& day : days) {
    if (!(day.expected > 0)) continue;
    for (std::size_t k = 0; k < kAlternatives; ++k)
      logs[k] += log_increment(day.seen, day.expected, alternatives(side)[k], day.day_variance);
  }
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - most);
  return most + std::log(sum * kWeight);
}

double log_mixture(double seen, double expected, double ratio) noexcept {
  const double log_ratio = seen == 0 ? 0 : seen * std::log(ratio);  // 0 * ln 0 is 0 here
  return std::lgamma(1 + seen) - (1 + seen) * std::log1p(expected) - log_ratio + ratio * expected;
}

RateRange rate_range(double seen, double expected, double alpha) noexcept {
  const double limit = -std::log(alpha);
  const double middle = seen / expected;
  // ln M is convex in r with its minimum in the middle: on each side it crosses the limit once.
  const auto crossing = [&](double inside, double outside) {
    for (int i = 0; i < 200 && inside != outside; ++i) {
      const double between = inside + (outside - inside) / 2;
      if (between == inside || between == outside) break;
      (log_mixture(seen, expected, between) < limit ? inside : outside) = between;
    }
    return inside + (outside - inside) / 2;
  };
  RateRange range;
  range.low = seen == 0 ? 0 : crossing(middle, 0);
  double beyond = std::max(1.0, 2 * middle);
  while (log_mixture(seen, expected, beyond) < limit) beyond *= 2;
  range.high = crossing(middle, beyond);
  return range;
}

double overdispersion(double sum_expected, double sum_expected_squared, double day_variance) noexcept {
  return sum_expected > 0 ? 1 + day_variance * sum_expected_squared / sum_expected : 1;
}

}  // namespace tightrope::rules
