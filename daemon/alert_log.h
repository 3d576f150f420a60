// How the steps in an alert's life read in the log.
#pragma once

#include "rules/engine.h"

namespace spdlog {
class logger;
}

namespace tightrope::daemon {

// One line: info for what people are to know, debug for what is only pending.
void log_change(spdlog::logger& log, const rules::AlertChange& change);

}  // namespace tightrope::daemon
