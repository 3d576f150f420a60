#include "daemon/systemd.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace tightrope::daemon {
namespace {

constexpr int kKeepEnvironment = 0;

}  // namespace

void notify_ready(std::string_view status) {
  std::string line(status.substr(0, status.find('\n')));
  sd_notify(kKeepEnvironment, ("READY=1\nSTATUS=" + line).c_str());
}

void notify_reloading() {
  sd_notify(kKeepEnvironment, "RELOADING=1\nSTATUS=Reloading the configuration");
}
void notify_stopping() {
  sd_notify(kKeepEnvironment, "STOPPING=1\nSTATUS=Stopping");
}
void notify_alive() {
  sd_notify(kKeepEnvironment, "WATCHDOG=1");
}

std::optional<rules::Duration> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(kKeepEnvironment, &microseconds) <= 0) return std::nullopt;
  const auto half = static_cast<std::int64_t>(microseconds / 2000);
  return rules::Duration(std::max<std::int64_t>(half, 1));
}

}  // namespace tightrope::daemon
