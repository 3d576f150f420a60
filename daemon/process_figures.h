// What the operating system says about this process.
#pragma once

#include <cstdint>
#include <optional>

namespace tightrope::daemon {

struct ProcessFigures {
  double cpu_seconds = 0;         // user and system
  double start_time_seconds = 0;  // since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;  // the soft limit
};

// Nothing where there is no /proc.
std::optional<ProcessFigures> read_process_figures();

}  // namespace tightrope::daemon
