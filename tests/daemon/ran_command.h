// A command of the command line, run within the test.
#pragma once

#include <string>
#include <vector>

namespace tightrope::testing {

struct Ran {
  int code;
  std::string out, err;
};

// `tightrope` with these words behind it.
Ran tightrope(std::vector<std::string> words);

}  // namespace tightrope::testing
