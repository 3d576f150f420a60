// What is sent to a receiver: a group of alerts.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "rules/alert.h"
#include "rules/units.h"

namespace tightrope::daemon {

using Labels = std::map<std::string, std::string>;

// Labels of an alert, as routes match and receivers show them: alertname (the target), client, objective,
// target, kpi, window, severity, owner, and its dimensions.
Labels labels_of(const rules::Alert& alert);

// One message to one receiver. Its id stays the same over every retry, so that a receiver can tell a
// repetition.
struct Notification {
  std::string id;         // 16 hex digits
  std::string receiver;   // name
  std::string group_key;  // Alertmanager's form: {}/{severity="page"}:{client="acme"}
  Labels group_labels;
  Labels common_labels;
  std::vector<rules::Alert> firing;
  std::vector<rules::Alert> resolved;
  // False when all that is new is that alerts resolved, and no repeat is due: nothing to tell those who do
  // not want to hear of that.
  bool firing_news = true;
  rules::Timestamp made_at{};
};

// Ids of the first `most` alerts, firing ones first: those that a message with room for so many shows.
std::vector<std::string> first_alerts(const Notification& notification, std::size_t most);

}  // namespace tightrope::daemon
