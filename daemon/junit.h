// Results of tests as JUnit XML, for CI systems.
#pragma once

#include <string>
#include <vector>

namespace tightrope::daemon {

struct JunitCase {
  std::string name;
  enum class Outcome { passed, failed, not_run } outcome = Outcome::passed;
  std::string message;  // one line, unless it passed
  std::string text;     // the whole story
};

struct JunitSuite {
  std::string name;  // the file
  std::vector<JunitCase> cases;
};

// A document in UTF-8. Texts may hold anything: what XML cannot hold becomes U+FFFD. Times are 0: equal
// results give equal bytes.
std::string junit_xml(const std::vector<JunitSuite>& suites);

}  // namespace tightrope::daemon
