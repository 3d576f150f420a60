// Whom alerts reach, and how. Names and meanings follow Alertmanager's configuration.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/secret.h"
#include "rules/units.h"

namespace tightrope::config {

struct WebhookReceiver {  // Alertmanager's webhook payload, version 4
  Secret url;             // secret: such URLs often carry tokens
  Secret bearer_token;    // may be empty
  int max_alerts = 0;     // 0: all
  bool send_resolved = true;
};
struct AlertmanagerReceiver {     // an Alertmanager to hand alerts to, API v2
  std::vector<std::string> urls;  // bases, such as http://127.0.0.1:9093; each gets every alert
  rules::Duration resend_every{std::chrono::minutes(1)};
};
struct SlackReceiver {
  Secret webhook_url;
  std::string channel;  // "" leaves it to the webhook
  bool send_resolved = true;
};

struct Receiver {
  std::string name;  // unique
  std::vector<WebhookReceiver> webhooks;
  std::vector<AlertmanagerReceiver> alertmanagers;
  std::vector<SlackReceiver> slacks;
  bool allow_private_addresses = true;  // receivers are the operator's own choice
};

// The labels that alerts have, beside one for each configured dimension. What routes say of any other label
// is said of no alert.
constexpr std::array<std::string_view, 8> kAlertLabels{"alertname", "client", "objective", "target",
                                                       "kpi",       "window", "severity",  "owner"};

enum class MatchKind { equal, not_equal, regex, not_regex };
struct Matcher {  // severity="page", client=~"acme|beta": regexes match the whole value (RE2-like subset of
                  // ECMAScript)
  std::string label;
  MatchKind kind = MatchKind::equal;
  std::string value;
};

struct Route {
  std::string receiver;               // inherited where empty
  std::vector<Matcher> matchers;      // all of them; none matches every alert
  std::vector<std::string> group_by;  // inherited where not given; "..." is all labels
  rules::Duration group_wait{std::chrono::seconds(30)};
  rules::Duration group_interval{std::chrono::minutes(5)};
  rules::Duration repeat_interval{std::chrono::hours(4)};
  bool continue_matching = false;  // `continue:`
  std::vector<Route> routes;       // children: the first that matches, unless it says `continue`
};

}  // namespace tightrope::config
