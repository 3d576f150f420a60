#include "daemon/journal_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "daemon/sqlite.h"

namespace tightrope::daemon {
namespace {

// The process id that the file holds, or 0.
int holder_of(int file) {
  std::array<char, 16> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  int pid = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  return pid;
}

}  // namespace

JournalLock::Taken JournalLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return {nullptr, to_journal_error(errno, "cannot open the lock", path)};
  std::unique_ptr<JournalLock> lock(new JournalLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return {nullptr, to_journal_error(errno, "cannot take the lock", path)};
    const int pid = holder_of(file);
    const std::string who = pid > 0 ? fmt::format("process {}", pid) : "another process";
    return {
        nullptr,
        JournalError{JournalFailure::busy,
                     fmt::format("{}: {} writes to this journal, and only one can; stop that daemon, or push "
                                 "through its HTTP interface",
                                 directory, who)}};
  }
  const std::string pid = fmt::format("{}\n", getpid());
  // On a full disk the id is missing or cut; the lock holds all the same.
  const bool noted = ftruncate(file, 0) == 0 && pwrite(file, pid.data(), pid.size(), 0) > 0;
  static_cast<void>(noted);
  return {std::move(lock), std::nullopt};
}

JournalLock::~JournalLock() {
  close(file_);
}

}  // namespace tightrope::daemon
