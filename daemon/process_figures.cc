#include "daemon/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tightrope::daemon {
namespace {

// When the machine started, in seconds since 1970; 0 when unknown.
double boot_time() {
  std::ifstream file("/proc/stat");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

std::uint64_t count_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator begin("/proc/self/fd", error);
  if (error) return 0;
  const auto entries = std::distance(begin, std::filesystem::directory_iterator());
  return entries > 0 ? static_cast<std::uint64_t>(entries - 1) : 0;  // not the one that lists them
}

}  // namespace

std::optional<ProcessFigures> read_process_figures() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name is in brackets and may hold spaces and brackets; fields are counted from behind it.
  const auto end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(end_of_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  rest >> user_ticks >> system_ticks;
  for (int field = 16; field < 22; ++field) rest >> skipped;
  double start_ticks = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
  rest >> start_ticks >> virtual_bytes >> resident_pages;
  if (!rest) return std::nullopt;

  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const double booted = boot_time();
  ProcessFigures figures;
  figures.cpu_seconds = (user_ticks + system_ticks) / ticks_per_second;
  figures.start_time_seconds = booted + start_ticks / ticks_per_second;
  figures.virtual_bytes = virtual_bytes;
  figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  figures.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_descriptors = limit.rlim_cur;
  return figures;
}

}  // namespace tightrope::daemon
