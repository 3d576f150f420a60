// What a test of rules expects, against what an engine says. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/rule_tests.h"
#include "rules/engine.h"

namespace tightrope::daemon {

struct Difference {
  config::Location where;
  std::string problem;               // one line: "verdict of trial_cpa at search/brand"
  std::vector<std::string> details;  // not indented
};

// Nothing when it agrees.
std::optional<Difference> compare(const config::ExpectedVerdict& expected, const rules::Engine& engine);
std::optional<Difference> compare(const config::ExpectedAdvice& expected, const rules::Engine& engine);
// The alerts of one expectation. REQUIRES: it has some.
std::optional<Difference> compare_alerts(const config::Expectation& expected, const rules::Engine& engine);

// The pending or firing alert of a target at an entity.
std::optional<rules::Alert> find_live_alert(const rules::Engine& engine, const std::string& target,
                                            const rules::Entity& entity);
// "trial_cpa at search/brand", "trial_volume".
std::string check_name(const std::string& target, const rules::Entity& entity);
// Each pending and firing alert in a line; says so when there is none.
std::vector<std::string> list_live_alerts(const rules::Engine& engine);

}  // namespace tightrope::daemon
