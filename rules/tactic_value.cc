#include "rules/tactic_value.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>

namespace tightrope::rules {

double context_chance(std::span<const TacticRecord> context) noexcept {
  double successes = 1;
  double verdicts = 2;
  for (const TacticRecord& record : context) {
    successes += record.successes;
    verdicts += record.verdicts;
  }
  return successes / verdicts;
}

TacticValue tactic_value(const TacticRecord& record, double context_chance, double weight) {
  const double worked = weight * context_chance + record.successes;
  const double not_worked = weight * (1 - context_chance) + record.verdicts - record.successes;
  TacticValue tactic;
  tactic.chance = worked / (worked + not_worked);
  tactic.chance_low = quantile(boost::math::beta_distribution<double>(worked, not_worked), 0.1);
  tactic.value = tactic.chance * record.stake - record.effort;
  tactic.value_low = tactic.chance_low * record.stake - record.effort;
  return tactic;
}

std::vector<std::size_t> worth_trying(std::span<const TacticValue> values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].value >= 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a].value > values[b].value; });
  return order;
}

}  // namespace tightrope::rules
