#include "daemon/reload.h"

namespace tightrope::daemon {

ReloadPlan plan_reload(const config::Configuration& in_force, const config::Configuration& wanted) {
  ReloadPlan plan;
  for (const config::Client& client : wanted.clients) {
    const config::Client* before = in_force.find_client(client.strategy.client);
    if (!before) {
      plan.added.push_back(client);
    } else if (before->document != client.document) {
      plan.changed.push_back(client);
    }
  }
  for (const config::Client& client : in_force.clients) {
    if (!wanted.find_client(client.strategy.client)) plan.removed.push_back(client.strategy.client);
  }
  const config::JournalSettings& before = in_force.journal;
  const config::JournalSettings& after = wanted.journal;
  if (before.retention != after.retention) plan.after_restart.emplace_back("journal.retention");
  if (before.snapshot_every != after.snapshot_every)
    plan.after_restart.emplace_back("journal.snapshot_every");
  if (before.most_queued_bytes != after.most_queued_bytes)
    plan.after_restart.emplace_back("journal.most_queued_bytes");
  return plan;
}

}  // namespace tightrope::daemon
