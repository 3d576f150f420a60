// Strategies for the tests of lint, in few words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/lint.h"
#include "rules/target.h"

namespace tightrope::rules::lint_testing {

Target at_most(std::string name, std::string kpi, double high);
Target at_least(std::string name, std::string kpi, double low);
Target between(std::string name, std::string kpi, double low, double high);
Playbook playbook(std::string name, std::string kpi, std::string_view when = "");
Objective objective(std::string name, std::vector<Target> targets);
std::vector<DimensionMatch> match(std::string channel, std::string campaign = "");
// With the built-in library, a client "acme", and a metric "demos" with its KPI "cost_per_demo".
Strategy strategy(std::vector<Objective> objectives, std::vector<Playbook> playbooks = {});

// "kind:first name:key", and " likely" where it is; notes only when asked for.
std::vector<std::string> findings(const Strategy& strategy, bool notes = false);

}  // namespace tightrope::rules::lint_testing
