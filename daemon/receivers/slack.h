// Slack's incoming webhooks.
#pragma once

#include <memory>
#include <string>

#include "daemon/receivers/receiver.h"

namespace tightrope::daemon {

// The message: its text is the first alert's first line, which a locked phone shows; then the lines of each
// alert on a bar in the colour of its state; at most 10 alerts, firing ones first, then "and 7 more".
// `channel` may be empty.
std::string slack_message(const Notification& notification, const std::string& channel,
                          const MessageLinks& links);

// The text without markup: "acme, search / brand: CPA 41.20 EUR over 7 days, ... (and 2 more)".
std::string message_text(const Notification& notification);

// `name` is the integration's. `transfer` is borrowed.
std::unique_ptr<Integration> make_slack(std::string name, config::SlackReceiver settings,
                                        bool allow_private_addresses, collectors::Transfer& transfer,
                                        MessageLinks links);

}  // namespace tightrope::daemon
