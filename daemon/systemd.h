// What the service manager is told, where there is one.
#pragma once

#include <optional>
#include <string_view>

#include "rules/units.h"

namespace tightrope::daemon {

// The daemon is ready, with a line for `systemctl status`. No effect without a service manager; neither have
// the others.
void notify_ready(std::string_view status);
void notify_reloading();  // notify_ready() ends it
void notify_stopping();
void notify_alive();
// How often notify_alive() is expected, half of what the unit says; nothing when nobody watches.
std::optional<rules::Duration> watchdog_interval();

}  // namespace tightrope::daemon
