// The integrations of a configured receiver. Another way to reach people is added here: see README.md.
#include <fmt/format.h>

#include "daemon/receivers/receiver.h"
#include "daemon/receivers/slack.h"
#include "daemon/receivers/webhook.h"

namespace tightrope::daemon {

std::vector<std::unique_ptr<Integration>> make_integrations(const config::Receiver& receiver,
                                                            collectors::Transfer& transfer,
                                                            MessageLinks links) {
  std::vector<std::unique_ptr<Integration>> integrations;
  for (std::size_t i = 0; i < receiver.webhooks.size(); ++i) {
    integrations.push_back(make_webhook(fmt::format("{}/webhook[{}]", receiver.name, i), receiver.webhooks[i],
                                        receiver.allow_private_addresses, transfer, links));
  }
  for (std::size_t i = 0; i < receiver.slacks.size(); ++i) {
    integrations.push_back(make_slack(fmt::format("{}/slack[{}]", receiver.name, i), receiver.slacks[i],
                                      receiver.allow_private_addresses, transfer, links));
  }
  return integrations;
}

}  // namespace tightrope::daemon
