// Which campaign should lose money to which, and whether moving it is worth it: the split of a budget at
// which the last unit of money brings the same everywhere (concave allocation, Koopman 1953; by its KKT
// conditions, Boyd & Vandenberghe 2004, 5.5.3).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "rules/response_curve.h"

namespace tightrope::rules {

struct SplitCampaign {
  ResponseCurve curve;
  double value = 0;  // of one outcome, in money
  // What it may spend a day.
  double low = 0;
  double high = 0;
};

// A campaign's bounds when so large a share of its spend may move in a day, within a floor and a cap of its
// own. A floor above the usual spend or a cap below it binds.
struct SpendBounds {
  double low = 0;
  double high = 0;
};
inline constexpr double kMostMoved = 0.2;
SpendBounds spend_bounds(double usual_spend, double floor, double cap, double moved = kMostMoved) noexcept;

enum class SplitFit {
  exact,     // the spends add up to the total
  too_many,  // the lows reach the total or exceed it: everyone at the low
  too_few,   // the highs do not exceed it: everyone at the high
};
enum class SplitAdvice {
  move,
  uncertain,  // the gain may be none: 90 % one-sided
  too_small,  // certain enough, but under 1 % of what is made now
};

struct BudgetSplit {
  std::vector<double> spend;  // in the order given
  SplitFit fit = SplitFit::exact;
  double current = 0;   // value at the usual spends
  double gain = 0;      // value more than that
  double gain_sd = 0;   // by what the curves are not known (delta method)
  double gain_low = 0;  // in nine cases of ten at least this
  SplitAdvice advice = SplitAdvice::uncertain;
  // Whose curve makes the gain uncertain most: the one to vary the budget of. Nothing when nothing moves.
  std::optional<std::size_t> least_known;
};

// `certainty`: how many standard deviations the gain has to be above 0. REQUIRES: 0 <= low <= high; usual
// spends > 0, elasticities in (0, 1), values > 0.
BudgetSplit split_budget(std::span<const SplitCampaign> campaigns, double total,
                         double certainty = 1.2815515655446004);

}  // namespace tightrope::rules
