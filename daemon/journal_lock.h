// One writer at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/journal.h"

namespace tightrope::daemon {

// Holds DIRECTORY/lock while it lives. The system lets go of it when the process ends, however it ends. The
// file holds the process id of its last holder, for people.
class JournalLock {
 public:
  struct Taken {
    std::unique_ptr<JournalLock> lock;  // null on an error
    std::optional<JournalError> error;  // busy, with who has it and what to do; read_only, full or io
  };
  static Taken take(const std::string& directory);
  ~JournalLock();
  JournalLock(const JournalLock&) = delete;
  JournalLock& operator=(const JournalLock&) = delete;

 private:
  explicit JournalLock(int file) : file_(file) {}
  int file_;
};

}  // namespace tightrope::daemon
