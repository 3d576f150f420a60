#include "rules/dispersion.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr double kWeightInDays = 28;
constexpr double kWeightInOrders = 50;
constexpr double kLeastVariance = 0.01;   // a coefficient of variation of 10 %
constexpr double kShortHistory = 1.15;    // what an estimate from some 60 days may fall short
constexpr double kMostCorrelation = 0.6;  // four times the variance: beyond, it is a trend
constexpr double kSteadyDays = 1e-4;      // under this variance there is no day effect to be correlated

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

bool tells(const DayMoments& campaign) noexcept {
  return campaign.days >= DayMoments::kFewestDays && campaign.seen > 0;
}

double own_jump_size(const OrderMoments& orders) noexcept {
  return orders.value > 0 ? orders.value_squared / orders.value : 0;
}

}  // namespace

void DayMoments::add(double day_seen, double day_expected) noexcept {
  if (!(day_expected > 0)) return;
  const double square = day_expected * day_expected;
  ++days;
  seen += day_seen;
  seen_squared += day_seen * day_seen;
  seen_expected += day_seen * day_expected;
  expected += day_expected;
  expected2 += square;
  expected3 += square * day_expected;
  expected4 += square * square;
}

// sum (n - mu)^2 - mu (1 - lambda / sum lambda) with mu = rate * lambda, multiplied out. The last term is
// what the rate took out of the scatter by being fitted to the same days.
double DayMoments::excess() const noexcept {
  const double r = rate();
  const double squares = seen_squared - 2 * r * seen_expected + r * r * expected2;
  return squares - r * (expected - expected2 / expected);
}

double DayMoments::scale() const noexcept {
  const double r = rate();
  return r * r * expected2;
}

double DayMoments::precision(double day_variance) const noexcept {
  if (!(seen > 0)) return 0;
  const double r = rate();
  const double variances =
      r * r *
      (expected2 + 2 * day_variance * r * expected3 + day_variance * day_variance * r * r * expected4);
  return scale() * scale() / (2 * variances);
}

ClientDispersion client_dispersion(std::span<const DayMoments> campaigns) {
  double excess = 0;
  double scale = 0;
  for (const DayMoments& campaign : campaigns) {
    if (!tells(campaign)) continue;
    excess += campaign.excess();
    scale += campaign.scale();
  }
  if (!(scale > 0)) return {};
  ClientDispersion client;
  client.day_variance = std::max(0.0, excess / scale);
  std::vector<double> precisions;
  precisions.reserve(campaigns.size());
  for (const DayMoments& campaign : campaigns) {
    if (tells(campaign)) precisions.push_back(campaign.precision(client.day_variance) / campaign.days);
  }
  client.weight = kWeightInDays * median(precisions);
  return client;
}

void DayCorrelation::add(const DayMoments& moments, std::span<const double> seen,
                         std::span<const double> expected) noexcept {
  assert(seen.size() == expected.size());
  if (day_variance_ <= kSteadyDays || !tells(moments)) return;
  const double rate = moments.rate();
  double before = 0;  // the standardized residual of the day before, and its part that is the day's own
  double before_weight = 0;
  bool follows = false;
  for (std::size_t day = 0; day < seen.size(); ++day) {
    const double mean = rate * expected[day];
    if (!(mean > 0)) {
      follows = false;
      continue;
    }
    const double residual = (seen[day] - mean) / std::sqrt(mean);
    if (follows) {
      products_ += before * residual;
      squares_ += before_weight * before * before;
    }
    before = residual;
    before_weight = mean * day_variance_ / (1 + mean * day_variance_);
    follows = true;
  }
}

double DayCorrelation::value() const noexcept {
  if (!(squares_ > 0)) return 0;
  return std::clamp(products_ / squares_, 0.0, kMostCorrelation);
}

double day_variance_of(const DayMoments& campaign, const ClientDispersion& client) noexcept {
  if (!client.known()) return kDefaultDayVariance;
  double variance = client.day_variance;
  if (tells(campaign)) {
    const double precision = campaign.precision(client.day_variance);
    variance = (precision * campaign.excess() / campaign.scale() + client.weight * client.day_variance) /
               (precision + client.weight);
  }
  // Effects that last look like larger effects: the long-run variance of a series that keeps `correlation`.
  const double lasting = (1 + client.correlation) / (1 - client.correlation);
  return std::max(kLeastVariance, kShortHistory * variance * lasting);
}

void OrderMoments::add(double order_value) noexcept {
  orders += 1;
  value += order_value;
  value_squared += order_value * order_value;
}

void OrderMoments::add(const OrderMoments& other) noexcept {
  orders += other.orders;
  value += other.value;
  value_squared += other.value_squared;
}

double jump_size(const OrderMoments& campaign, const OrderMoments& client) noexcept {
  const double of_client = own_jump_size(client);
  if (!(campaign.value > 0)) return of_client;
  if (!(client.value > 0)) return own_jump_size(campaign);
  return (campaign.orders * own_jump_size(campaign) + kWeightInOrders * of_client) /
         (campaign.orders + kWeightInOrders);
}

double jump_size_of_totals(double revenue, double orders) noexcept {
  return orders > 0 ? 2 * revenue / orders : 0;
}

}  // namespace tightrope::rules
