#include "daemon/alert_log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <string>

#include "daemon/logging.h"
#include "rules/alert.h"

namespace tightrope::daemon {
namespace {

// The newest decision: the one that a change of kind `decided` is about. Null when there is none.
const rules::Recommendation* last_decided(const rules::Alert& alert) {
  const rules::Recommendation* last = nullptr;
  for (const rules::Recommendation& one : alert.recommendations) {
    if (one.decided_at && (last == nullptr || *one.decided_at >= *last->decided_at)) last = &one;
  }
  return last;
}

}  // namespace

void log_change(spdlog::logger& log, const rules::AlertChange& change) {
  using Kind = rules::AlertChange::Kind;
  const rules::Alert& alert = change.alert;
  // Logs are searched with plain spaces.
  const rules::AlertText shown = rules::describe(alert);
  const rules::AlertText text{.what = rules::with_plain_spaces(shown.what),
                              .costs = rules::with_plain_spaces(shown.costs),
                              .why = rules::with_plain_spaces(shown.why),
                              .advice = rules::with_plain_spaces(shown.advice)};
  const bool quiet =
      change.kind == Kind::pending || change.kind == Kind::updated || change.kind == Kind::dropped;
  std::string about;
  for (const auto& [dimension, value] : alert.dimensions) about += (about.empty() ? "" : "/") + value;
  std::string line = fmt::format("alert {} client={} objective={} target={} entity={} id={}",
                                 rules::to_string(change.kind), quoted(alert.client), quoted(alert.objective),
                                 quoted(alert.target), quoted(about), alert.id);
  line += " what=" + quoted(text.what);
  if (change.kind == Kind::acknowledged) line += " by=" + quoted(alert.acknowledged_by);
  const rules::Recommendation* decided = change.kind == Kind::decided ? last_decided(alert) : nullptr;
  if (decided != nullptr) {
    line += fmt::format(" decision={} by={} recommendation={} playbook={}", rules::to_string(decided->state),
                        quoted(decided->decided_by), decided->id, quoted(decided->playbook));
    if (decided->until) line += " until=" + rules::to_rfc3339(*decided->until);
    if (!decided->reason.empty()) line += " reason=" + quoted(decided->reason);
  }
  if (change.kind == Kind::fired || change.kind == Kind::amended) {
    line += " costs=" + quoted(text.costs) + " why=" + quoted(text.why) + " advice=" + quoted(text.advice);
  }
  log.log(quiet ? spdlog::level::debug : spdlog::level::info, "{}", line);
}

}  // namespace tightrope::daemon
