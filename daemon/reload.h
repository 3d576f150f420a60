// What another configuration changes: decided before anything is touched.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"

namespace tightrope::daemon {

struct ReloadPlan {
  std::vector<config::Client> added;
  std::vector<config::Client> changed;  // another strategy
  std::vector<std::string> removed;
  std::vector<std::string>
      after_restart;  // settings that differ and are taken up only then, as keys: "journal.retention"
};
// Equal arguments give equal plans; equal configurations an empty one.
ReloadPlan plan_reload(const config::Configuration& in_force, const config::Configuration& wanted);

}  // namespace tightrope::daemon
