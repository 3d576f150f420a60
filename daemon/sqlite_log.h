// Damage in SQLite's write-ahead log, which SQLite itself passes over in silence: at the first frame that
// does not match its checksum it takes the rest for a write that a crash cut short, acknowledged commits
// included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tightrope::daemon {

struct LogDamage {
  std::uint64_t offset = 0;  // of the first header or frame that cannot be believed, in bytes
  std::uint64_t commits =
      0;  // at least so many behind it would be left out; 0 when the log's header is meant
};

// Looks for commits behind the first frame that is not as it was written. What a crash or a failed commit may
// leave behind is no damage: the frames of one transaction that never ended, or of several that failed one
// after another, which begin at the same place and so do not follow from one another. Two commits of which
// one follows from the other are: SQLite begins the second only when the first is on the disk.
//
// Damage within the last transaction of the log cannot be told from a crash, and is not found.
//
// Reads the whole log (some 30 ms for 32 MiB), and writes nothing. Where another process writes to it
// meanwhile, nothing is found. Nothing as well where there is no log, or it cannot be read: SQLite says so.
// Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
std::optional<LogDamage> find_log_damage(const std::string& log_path);

}  // namespace tightrope::daemon
