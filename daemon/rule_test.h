// Runs one test of rules: what becomes known is given to an engine in order of time, as the daemon does, and
// what follows is compared with what is expected. No I/O.
#pragma once

#include <string>
#include <vector>

#include "config/rule_tests.h"
#include "rules/target.h"

namespace tightrope::daemon {

// An expectation that was not met, or a step that could not be taken.
struct RuleTestFailure {
  config::Location where;
  std::string local_time;            // "Fri 20 Nov 21:04", in the client's zone
  std::string problem;               // one line
  std::vector<std::string> details;  // the difference, line by line, not indented
};

// All failures, in order of time; none when the test passes. Equal arguments give equal results.
// REQUIRES: the test came from config::load_rule_tests with this strategy.
std::vector<RuleTestFailure> run_rule_test(const config::RuleTest& test, const rules::Strategy& strategy);

}  // namespace tightrope::daemon
