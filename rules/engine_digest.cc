// The list for the morning: of all that misses its target, what today's evidence can answer for together.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {

// What meets its target now is no candidate for the list but one for chance: it counts among the K with an
// e-value of 0, which only makes the list shorter.
Digest Engine::digest(double false_share) const {
  const State& state = *state_;
  Digest result;
  result.false_share = false_share;
  std::vector<double> e_values;
  std::vector<std::pair<const Checks*, NodeIndex>> places;
  for (const Checks& check : state.checks) {
    if (!check.evidence.plan.usable || check.target->pace) continue;
    // The days whose evidence is told: today is among them only where it is judged by.
    const std::size_t window = kListedDays + (check.evidence.judges() ? 1 : 0);
    for (NodeIndex node = 0; node < check.states.size(); ++node) {
      Verdict verdict = state.verdict_without_evidence(check, node);
      if (verdict.gap_ratio > 0) verdict = state.verdict(check, node);
      const bool told = !std::isnan(verdict.evidence_log10);
      if (std::isnan(verdict.value) && !told) continue;
      e_values.push_back(told ? e_value(std::pow(10.0, verdict.evidence_log10), window) : 0);
      places.emplace_back(&check, node);
    }
  }
  const Listed list = listed(e_values, false_share);
  const std::vector<double> from = listed_from(e_values);
  result.candidates = e_values.size();
  result.threshold = list.threshold;
  for (const std::size_t i : list.which) {
    const auto& [check, node] = places[i];
    result.entries.push_back({.objective = check->objective,
                              .target = check->target,
                              .kpi = check->kpi,
                              .entity = state.rollups[check->rollup].nodes()[node],
                              .verdict = state.verdict(*check, node),
                              .e_value = e_values[i],
                              .listed_from = from[i]});
  }
  std::stable_sort(result.entries.begin(), result.entries.end(),
                   [](const DigestEntry& a, const DigestEntry& b) { return a.e_value > b.e_value; });
  return result;
}

}  // namespace tightrope::rules
