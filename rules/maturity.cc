#include "rules/maturity.h"

#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cassert>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

namespace policies = boost::math::policies;

// The smallest whole number that so large a share of the cases does not exceed. In double throughout: in long
// double, the library's default, a quantile takes fifteen times as long for digits that a count has no use
// for.
using WholeNumbers = policies::policy<policies::discrete_quantile<policies::integer_round_up>,
                                      policies::promote_double<false>>;

constexpr double kLow = 0.1;
constexpr double kHigh = 0.9;

template <class Distribution>
void set_range(Nowcast& day, const Distribution& unseen) {
  day.unseen_low = quantile(unseen, kLow);
  day.unseen_high = quantile(unseen, kHigh);
}

}  // namespace

MaturityShares maturity_shares(const GrowthFactors& factors) noexcept {
  MaturityShares shares;
  shares[kLastAge] = 1;
  for (std::size_t age = kLastAge; age-- > 0;) shares[age] = shares[age + 1] / factors[age];
  return shares;
}

void MaturityCurve::begin_day(double half_life_days) noexcept {
  const double kept = std::exp2(-1 / half_life_days);
  for (double& sum : at_age) sum *= kept;
  for (double& sum : next_age) sum *= kept;
}

void MaturityCurve::add(std::size_t age, double before, double after) noexcept {
  assert(age < kLastAge);
  at_age[age] += before;
  next_age[age] += after;
}

GrowthFactors MaturityCurve::factors() const noexcept {
  GrowthFactors even;
  even.fill(1);
  return factors(even, 0);
}

GrowthFactors MaturityCurve::factors(const GrowthFactors& parent, double weight) const noexcept {
  GrowthFactors result;
  for (std::size_t age = 0; age < kLastAge; ++age) {
    const double grown = next_age[age] + weight * parent[age];
    const double from = at_age[age] + weight;
    // Days of which everything was taken back would make a share infinite; they say nothing of lag.
    result[age] = from > 0 && grown > 0 ? grown / from : 1;
  }
  return result;
}

double MaturityCurve::behind(std::size_t age) const noexcept {
  return age < kLastAge ? next_age[age] : std::numeric_limits<double>::infinity();
}

bool worth_betting_on(double share, double behind) noexcept {
  return share >= MaturityCurve::kLeastShareToBetOn && behind >= MaturityCurve::kFewestToBetOn;
}

double expected_unseen(double seen, double share, double expected, double day_variance) noexcept {
  if (!(share < 1) || !(expected > 0)) return 0;
  if (!(day_variance > 0)) return (1 - share) * expected;
  const double kappa = 1 / day_variance;
  return (1 - share) * expected * (kappa + seen) / (kappa + expected * share);
}

Nowcast nowcast(double seen, double share, double expected, double day_variance) {
  Nowcast day{.unseen = 0, .total = seen, .sd = 0, .unseen_low = 0, .unseen_high = 0, .final = true};
  if (!(share < 1) || !(expected > 0)) return day;
  day.final = false;
  day.unseen = expected_unseen(seen, share, expected, day_variance);
  if (!(day_variance > 0)) {
    day.sd = std::sqrt(day.unseen);
    set_range(day, boost::math::poisson_distribution<double, WholeNumbers>(day.unseen));
  } else {
    const double shape = 1 / day_variance + seen;
    day.sd = std::sqrt(day.unseen + day.unseen * day.unseen / shape);
    set_range(day, boost::math::negative_binomial_distribution<double, WholeNumbers>(
                       shape, shape / (shape + day.unseen)));
  }
  day.total = seen + day.unseen;
  return day;
}

}  // namespace tightrope::rules
