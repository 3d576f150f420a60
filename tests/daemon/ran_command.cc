#include "ran_command.h"

#include <sstream>

#include "daemon/commands/command.h"

namespace tightrope::testing {

Ran tightrope(std::vector<std::string> words) {
  words.insert(words.begin(), "tightrope");
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::ostringstream out, err;
  const int code = daemon::commands::run_command_line(static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

}  // namespace tightrope::testing
