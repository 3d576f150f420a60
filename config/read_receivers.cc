// Receivers: whom alerts reach.
#include <fmt/format.h>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

// A secret that is an address. What is wrong is said without showing it.
Secret read_secret_url(MappingReader& in, std::string_view key) {
  auto url = in.secret(key);
  if (!url) return {};
  const std::string problem = check_url(url->reveal());
  if (!problem.empty()) {
    const Entry* entry = in.at().node().find(key);
    if (entry == nullptr) entry = in.at().node().find(std::string(key) + "_file");
    in.at().child(*entry).error("the address " + problem);
  }
  return std::move(*url);
}

WebhookReceiver read_webhook(const Cursor& at) {
  MappingReader in(at, kWebhookKeys);
  WebhookReceiver webhook;
  webhook.url = read_secret_url(in, "url");
  webhook.bearer_token = in.secret("bearer_token").value_or(Secret());
  webhook.max_alerts = static_cast<int>(in.integer("max_alerts", {0, 1'000'000}).value_or(0));
  webhook.send_resolved = in.boolean("send_resolved").value_or(true);
  return webhook;
}

AlertmanagerReceiver read_alertmanager(const Cursor& at) {
  MappingReader in(at, kAlertmanagerKeys);
  AlertmanagerReceiver alertmanager;
  if (const auto urls = in.get("urls", Shape::texts)) {
    for (const auto& item : urls->items_or_one()) {
      auto url = item.url();
      if (!url) continue;
      while (url->ends_with('/')) url->pop_back();
      if (url->find_first_of("?#") != std::string::npos)
        item.error("a base has neither ? nor #", "such as http://127.0.0.1:9093");
      alertmanager.urls.push_back(std::move(*url));
    }
    if (urls->node().kind == NodeKind::sequence && urls->node().items.empty())
      urls->error("names no address");
  }
  using namespace std::chrono_literals;
  alertmanager.resend_every = in.duration("resend_every", {1s, 24h}).value_or(alertmanager.resend_every);
  return alertmanager;
}

SlackReceiver read_slack(const Cursor& at) {
  MappingReader in(at, kSlackKeys);
  SlackReceiver slack;
  slack.webhook_url = read_secret_url(in, "webhook_url");
  slack.channel = in.text("channel").value_or("");
  slack.send_resolved = in.boolean("send_resolved").value_or(true);
  return slack;
}

}  // namespace

std::vector<Receiver> read_receivers(const std::vector<Cursor>& at) {
  std::vector<Receiver> receivers;
  Names names("receiver");
  for (const auto& cursor : at) {
    MappingReader in(cursor, kReceiverKeys);
    Receiver receiver;
    const auto at_name = in.get("name", Shape::name);
    if (const auto name = at_name ? at_name->name() : std::nullopt) {
      receiver.name = *name;
      names.claim(*at_name, *name);
    }
    for (const auto& each : in.one_or_more("webhook")) receiver.webhooks.push_back(read_webhook(each));
    for (const auto& each : in.one_or_more("alertmanager"))
      receiver.alertmanagers.push_back(read_alertmanager(each));
    for (const auto& each : in.one_or_more("slack")) receiver.slacks.push_back(read_slack(each));
    receiver.allow_private_addresses = in.boolean("allow_private_addresses").value_or(true);
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

}  // namespace tightrope::config
