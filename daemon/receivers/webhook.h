// Alertmanager's webhook payload, version 4, so that everything that understands it understands us.
#pragma once

#include <memory>
#include <string>

#include "daemon/receivers/receiver.h"

namespace tightrope::daemon {

// The payload. At most `max_alerts` alerts, firing ones first, and never more than 10 000; how many were left
// out is `truncatedAlerts`. 0: as many as that.
std::string webhook_payload(const Notification& notification, int max_alerts, const MessageLinks& links);

// `name` is the integration's. `transfer` is borrowed.
std::unique_ptr<Integration> make_webhook(std::string name, config::WebhookReceiver settings,
                                          bool allow_private_addresses, collectors::Transfer& transfer,
                                          MessageLinks links);

}  // namespace tightrope::daemon
