#include "daemon/alert_log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <string>

#include "daemon/logging.h"
#include "rules/alert.h"

namespace tightrope::daemon {

void log_change(spdlog::logger& log, const rules::AlertChange& change) {
  using Kind = rules::AlertChange::Kind;
  const rules::Alert& alert = change.alert;
  const rules::AlertText text = rules::describe(alert);
  const bool quiet =
      change.kind == Kind::pending || change.kind == Kind::updated || change.kind == Kind::dropped;
  std::string about;
  for (const auto& [dimension, value] : alert.dimensions) about += (about.empty() ? "" : "/") + value;
  std::string line = fmt::format("alert {} client={} objective={} target={} entity={} id={}",
                                 rules::to_string(change.kind), quoted(alert.client), quoted(alert.objective),
                                 quoted(alert.target), quoted(about), alert.id);
  line += " what=" + quoted(text.what);
  if (change.kind == Kind::acknowledged) line += " by=" + quoted(alert.acknowledged_by);
  if (change.kind == Kind::fired || change.kind == Kind::amended) {
    line += " costs=" + quoted(text.costs) + " why=" + quoted(text.why) + " advice=" + quoted(text.advice);
  }
  log.log(quiet ? spdlog::level::debug : spdlog::level::info, "{}", line);
}

}  // namespace tightrope::daemon
