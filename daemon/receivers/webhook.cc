#include "daemon/receivers/webhook.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/receivers/alert_json.h"
#include "daemon/receivers/http_answer.h"
#include "daemon/receivers/message_text.h"

namespace tightrope::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAlerts = 10'000;                  // about 15 MB
constexpr std::string_view kNoEnd = "0001-01-01T00:00:00Z";  // Go's zero time: still firing

std::size_t most_shown(int max_alerts) {
  return max_alerts > 0 ? std::min(static_cast<std::size_t>(max_alerts), kMostAlerts) : kMostAlerts;
}

class AlertList {
 public:
  AlertList(std::size_t most, const MessageLinks& links) : most_(most), links_(links) {}

  void add(const rules::Alert& alert) {
    std::map<std::string, std::string> annotations = annotations_of(alert);
    if (first_) {
      common_ = annotations;
      first_ = false;
    } else {
      std::erase_if(common_, [&annotations](const auto& each) {
        const auto found = annotations.find(each.first);
        return found == annotations.end() || found->second != each.second;
      });
    }
    if (alerts_.size() >= most_) {
      ++truncated_;
      return;
    }
    const Labels labels = labels_of(alert);
    const bool firing = alert.phase == rules::AlertPhase::firing;
    json::object object;
    object["status"] = firing ? "firing" : "resolved";
    object["labels"] = json_object(labels);
    object["annotations"] = json_object(annotations);
    object["startsAt"] = rules::to_rfc3339(alert.fired_at.value_or(alert.pending_at));
    object["endsAt"] =
        firing ? std::string(kNoEnd) : rules::to_rfc3339(alert.resolved_at.value_or(alert.pending_at));
    object["generatorURL"] = link_to(alert, links_);
    object["fingerprint"] = fingerprint(labels);
    alerts_.push_back(std::move(object));
  }

  json::array take() { return std::move(alerts_); }
  const std::map<std::string, std::string>& common() const { return common_; }
  std::size_t truncated() const { return truncated_; }

 private:
  std::size_t most_;
  const MessageLinks& links_;
  json::array alerts_;
  std::map<std::string, std::string> common_;
  std::size_t truncated_ = 0;
  bool first_ = true;
};

class Webhook final : public Integration {
 public:
  Webhook(std::string name, config::WebhookReceiver settings, bool allow_private_addresses,
          collectors::Transfer& transfer, MessageLinks links)
      : name_(std::move(name)),
        settings_(std::move(settings)),
        allow_private_addresses_(allow_private_addresses),
        transfer_(transfer),
        links_(std::move(links)) {
    mask_.hide_address(settings_.url);
    mask_.hide(settings_.bearer_token);
  }

  const std::string& name() const noexcept override { return name_; }

  std::optional<Rendered> render(const Notification& notification) const override {
    if (!settings_.send_resolved && !notification.firing_news) return std::nullopt;
    if (settings_.send_resolved) return rendered(notification);
    Notification firing = notification;
    firing.resolved.clear();
    return rendered(firing);
  }

  boost::asio::awaitable<Delivery> send(std::string body, std::string notification_id) override {
    collectors::TransferRequest request = request_of(std::move(body), notification_id);
    const collectors::TransferResult result = co_await transfer_.fetch(std::move(request));
    co_return judge_answer(result, mask_);
  }

 private:
  Rendered rendered(const Notification& notification) const {
    return {.body = webhook_payload(notification, settings_.max_alerts, links_),
            .shown = first_alerts(notification, most_shown(settings_.max_alerts))};
  }

  // Not in the coroutine: braced lists in one are what g++ 12 gets wrong.
  collectors::TransferRequest request_of(std::string body, const std::string& notification_id) const {
    collectors::TransferRequest request;
    request.method = "POST";
    request.url = settings_.url.reveal();
    request.headers = {{"Content-Type", "application/json"}, {"X-Tightrope-Notification", notification_id}};
    if (!settings_.bearer_token.empty()) {
      request.secret_headers.emplace_back("Authorization",
                                          config::Secret("Bearer " + settings_.bearer_token.reveal()));
    }
    request.body = std::move(body);
    request.timeout = kDeliveryTimeout;
    request.most_bytes = 1 << 20;
    request.allow_private_addresses = allow_private_addresses_;
    request.follow_redirects = false;  // it would arrive as a GET, without the alerts
    return request;
  }

  std::string name_;
  config::WebhookReceiver settings_;
  SecretMask mask_;
  bool allow_private_addresses_;
  collectors::Transfer& transfer_;
  MessageLinks links_;
};

}  // namespace

std::string webhook_payload(const Notification& notification, int max_alerts, const MessageLinks& links) {
  AlertList alerts(most_shown(max_alerts), links);
  for (const rules::Alert& alert : notification.firing) alerts.add(alert);
  for (const rules::Alert& alert : notification.resolved) alerts.add(alert);

  json::object payload;
  payload["version"] = "4";
  payload["groupKey"] = valid_utf8(notification.group_key);
  payload["truncatedAlerts"] = alerts.truncated();
  payload["status"] = notification.firing.empty() ? "resolved" : "firing";
  payload["receiver"] = valid_utf8(notification.receiver);
  payload["groupLabels"] = json_object(notification.group_labels);
  payload["commonLabels"] = json_object(notification.common_labels);
  payload["commonAnnotations"] = json_object(alerts.common());
  payload["externalURL"] = links.external_url;
  payload["alerts"] = alerts.take();
  return json::serialize(payload);
}

std::unique_ptr<Integration> make_webhook(std::string name, config::WebhookReceiver settings,
                                          bool allow_private_addresses, collectors::Transfer& transfer,
                                          MessageLinks links) {
  return std::make_unique<Webhook>(std::move(name), std::move(settings), allow_private_addresses, transfer,
                                   std::move(links));
}

}  // namespace tightrope::daemon
