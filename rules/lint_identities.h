// How KPIs hang together: cpa = cpc / cvr, spend = cpa * conversions. Private to lint.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/interval.h"
#include "rules/lint_parts.h"

namespace tightrope::rules {

// constant * product of (KPI ^ exponent) = 1, whenever all of them have a value. Exponents are 1 or -1.
struct Identity {
  double constant = 1;
  std::vector<std::pair<std::size_t, int>> members;  // places among the strategy's KPIs
};

// Identities of built-in KPIs by their factors, and of every KPI that is one metric over another. Each was
// tried on figures: what does not hold there is left out.
std::vector<Identity> identities_of(const Strategy& strategy);

// A bound on a KPI, and where it comes from.
struct Demand {
  std::size_t kpi;
  Interval range;
  std::size_t source;
};

// Why demands cannot all be met: one KPI would have to be at least `low` and at most `high`, below it.
struct Conflict {
  std::size_t kpi;
  double low, high;
  std::vector<std::size_t> low_sources, high_sources;  // ascending; not both empty
};

// Nothing when no conflict is found. `natural` is what each KPI can be. Identities are used where all their
// members are known not to be negative.
std::optional<Conflict> find_conflict(std::span<const Identity> identities, std::span<const Interval> natural,
                                      std::span<const Demand> demands);

}  // namespace tightrope::rules
