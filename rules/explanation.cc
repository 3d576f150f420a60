#include "rules/explanation.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {

ExplainedStake explain_stake(const Kpi& kpi, const CheckInput& input, const Verdict& verdict) noexcept {
  using Kind = ExplainedStake::Kind;
  ExplainedStake stake;
  if (!verdict.missed() || !(input.hours > 0)) return stake;
  const bool of_money = kpi.unit == Unit::money;
  const bool too_high = !std::isnan(verdict.high) && input.value > verdict.high;
  const double difference = std::abs(input.value - (too_high ? verdict.high : verdict.low));
  if (std::isnan(input.value)) {
    stake = {.kind = Kind::all_spend, .money = input.spend};
  } else if (of_money && !kpi.formula.is_quotient()) {
    stake = {.kind = Kind::difference, .money = difference};
  } else if (!too_high && (of_money || input.denominator_unit == Unit::money)) {
    stake = {.kind = Kind::shortfall, .money = difference * input.denominator};
  } else if (too_high && of_money) {
    stake = {.kind = Kind::overspent, .money = input.spend * difference / input.value};
  } else {
    stake = {.kind = Kind::share_of_spend, .money = input.spend * std::min(1.0, verdict.gap_ratio)};
  }
  if (std::isnan(stake.money)) return {};  // nobody reported the spend
  stake.per_hour = stake.money / input.hours;
  return stake;
}

}  // namespace tightrope::rules
