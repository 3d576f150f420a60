// Runs the real binary, as a user does.
#pragma once

#include <string>

namespace tightrope::testing {

struct CommandResult {
  int status = -1;  // the exit code, or -1 when it was killed
  std::string out, err;
};

// Waits for it to end. `arguments` are words as a shell splits them.
CommandResult run_tightrope(const std::string& arguments);

// A new directory that is removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace tightrope::testing
