#include "rules/budget_split.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

constexpr double kSmallGain = 0.01;
constexpr int kHalvings = 60;

// ln of what one more unit of money brings in value.
double log_marginal(const SplitCampaign& campaign, double spend) noexcept {
  const ResponseCurve& curve = campaign.curve;
  return std::log(campaign.value * curve.elasticity / curve.usual_spend) + curve.eta +
         (curve.elasticity - 1) * std::log(spend / curve.usual_spend);
}

// The spend at which one more unit brings that, within the bounds.
double spend_at(const SplitCampaign& campaign, double log_return) noexcept {
  const double usual = campaign.curve.usual_spend;
  const double excess = log_marginal(campaign, usual) - log_return;
  return std::clamp(usual * std::exp(excess / (1 - campaign.curve.elasticity)), campaign.low, campaign.high);
}

double total_at(std::span<const SplitCampaign> campaigns, double log_return) noexcept {
  double total = 0;
  for (const SplitCampaign& campaign : campaigns) total += spend_at(campaign, log_return);
  return total;
}

// The return that all campaigns within their bounds have in common; the total falls as it rises.
double common_log_return(std::span<const SplitCampaign> campaigns, double total) noexcept {
  double low = std::numeric_limits<double>::infinity();
  for (const SplitCampaign& campaign : campaigns) {
    low = std::min(low, log_marginal(campaign, campaign.high));
  }
  double high = low + 1;
  while (total_at(campaigns, high) > total) high += high - low;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    (total_at(campaigns, middle) > total ? low : high) = middle;
  }
  return high;
}

double variance_of_gain(const SplitCampaign& campaign, double spend) noexcept {
  const ResponseCurve& curve = campaign.curve;
  const double value = campaign.value * curve.at(spend);
  const double by_eta = value - campaign.value * curve.at(curve.usual_spend);
  const double by_elasticity = value == 0 ? 0 : value * std::log(spend / curve.usual_spend);
  return by_eta * by_eta * curve.covariance.eta +
         2 * by_eta * by_elasticity * curve.covariance.eta_elasticity +
         by_elasticity * by_elasticity * curve.covariance.elasticity;
}

SplitAdvice advice_on(const BudgetSplit& split) noexcept {
  if (!(split.gain_low > 0)) return SplitAdvice::uncertain;
  return split.gain >= kSmallGain * split.current ? SplitAdvice::move : SplitAdvice::too_small;
}

}  // namespace

SpendBounds spend_bounds(double usual_spend, double floor, double cap, double moved) noexcept {
  SpendBounds bounds;
  bounds.high = std::max(floor, std::min(cap, (1 + moved) * usual_spend));
  bounds.low = std::min(bounds.high, std::max(floor, (1 - moved) * usual_spend));
  return bounds;
}

BudgetSplit split_budget(std::span<const SplitCampaign> campaigns, double total, double certainty) {
  double lows = 0;
  double highs = 0;
  for (const SplitCampaign& campaign : campaigns) {
    lows += campaign.low;
    highs += campaign.high;
  }
  BudgetSplit split;
  if (lows >= total) {
    split.fit = SplitFit::too_many;
    for (const SplitCampaign& campaign : campaigns) split.spend.push_back(campaign.low);
  } else if (highs <= total) {
    split.fit = SplitFit::too_few;
    for (const SplitCampaign& campaign : campaigns) split.spend.push_back(campaign.high);
  } else {
    const double log_return = common_log_return(campaigns, total);
    for (const SplitCampaign& campaign : campaigns) split.spend.push_back(spend_at(campaign, log_return));
  }

  double variance = 0;
  double most = 0;
  for (std::size_t i = 0; i < campaigns.size(); ++i) {
    const SplitCampaign& campaign = campaigns[i];
    const double now = campaign.value * campaign.curve.at(campaign.curve.usual_spend);
    split.current += now;
    split.gain += campaign.value * campaign.curve.at(split.spend[i]) - now;
    const double part = variance_of_gain(campaign, split.spend[i]);
    variance += part;
    if (part > most) {
      most = part;
      split.least_known = i;
    }
  }
  split.gain_sd = std::sqrt(variance);
  split.gain_low = split.gain - certainty * split.gain_sd;
  split.advice = advice_on(split);
  return split;
}

}  // namespace tightrope::rules
