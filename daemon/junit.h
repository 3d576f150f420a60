// Results of tests as JUnit XML, for CI systems.
#pragma once

#include <string>
#include <vector>

namespace tightrope::daemon {

struct JunitCase {
  std::string name;
  std::string failure;  // the first line is the message; "" when it passed
  bool error = false;   // the test could not be run, rather than failed
};

struct JunitSuite {
  std::string name;  // the file
  std::vector<JunitCase> cases;
};

// A document in UTF-8. Texts may hold anything: what XML cannot hold becomes U+FFFD. Times are 0: equal
// results give equal bytes.
std::string junit_xml(const std::vector<JunitSuite>& suites);

}  // namespace tightrope::daemon
