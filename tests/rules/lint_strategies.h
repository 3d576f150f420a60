// Strategies for the tests of lint, in few words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/lint.h"
#include "rules/target.h"

namespace tightrope::testing {

rules::Target at_most(std::string name, std::string kpi, double high);
rules::Target at_least(std::string name, std::string kpi, double low);
rules::Target between(std::string name, std::string kpi, double low, double high);
rules::Playbook playbook(std::string name, std::string kpi, std::string_view when = "");
rules::Objective objective(std::string name, std::vector<rules::Target> targets);
std::vector<rules::DimensionMatch> match(std::string channel, std::string campaign = "");
// With the built-in library, a client "acme", and a metric "demos" with its KPI "cost_per_demo".
rules::Strategy strategy(std::vector<rules::Objective> objectives,
                         std::vector<rules::Playbook> playbooks = {});

// "kind:first name:key", and " likely" where it is; notes only when asked for.
std::vector<std::string> findings(const rules::Strategy& strategy, bool notes = false);

}  // namespace tightrope::testing
