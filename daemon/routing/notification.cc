#include "daemon/routing/notification.h"

namespace tightrope::daemon {

Labels labels_of(const rules::Alert& alert) {
  Labels labels;
  for (const auto& [dimension, value] : alert.dimensions) labels[dimension] = value;
  // After the dimensions: one that is called like a label of ours must not hide it.
  labels["alertname"] = alert.target;
  labels["client"] = alert.client;
  labels["objective"] = alert.objective;
  labels["target"] = alert.target;
  labels["kpi"] = alert.kpi;
  labels["window"] = alert.window;
  labels["severity"] = std::string(rules::to_string(alert.severity));
  labels["owner"] = alert.owner;
  // An empty label and a missing one are the same, as in Prometheus.
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  return labels;
}

std::vector<std::string> first_alerts(const Notification& notification, std::size_t most) {
  std::vector<std::string> ids;
  for (const auto* alerts : {&notification.firing, &notification.resolved}) {
    for (const rules::Alert& alert : *alerts) {
      if (ids.size() < most) ids.push_back(alert.id);
    }
  }
  return ids;
}

}  // namespace tightrope::daemon
