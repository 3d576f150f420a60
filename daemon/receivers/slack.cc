#include "daemon/receivers/slack.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/receivers/alert_json.h"
#include "daemon/receivers/http_answer.h"
#include "daemon/receivers/message_text.h"

namespace tightrope::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAlerts = 10;        // more would push the first off a phone's screen
constexpr std::size_t kLongestSection = 3000;  // Slack's limit for the text of a section
constexpr std::size_t kLongestLine = 700;      // so that the four lines of an alert always fit one

std::string_view colour_of(const rules::Alert& alert) {
  if (alert.phase != rules::AlertPhase::firing) return "#2eb886";
  switch (alert.severity) {
    case rules::Severity::page:
      return "#d0021b";
    case rules::Severity::ticket:
      return "#f5a623";
    case rules::Severity::digest:
      return "#8e9aaf";
  }
  return "#8e9aaf";
}

json::object section(std::string text) {
  json::object body;
  body["type"] = "mrkdwn";
  body["text"] = std::move(text);
  json::object block;
  block["type"] = "section";
  block["text"] = std::move(body);
  return block;
}

std::string first_line(const rules::Alert& alert, const rules::AlertText& lines) {
  return alert.client.empty() ? lines.what : alert.client + ", " + lines.what;
}

enum class FirstLine : std::uint8_t { shown, is_message_text };

// The lines of an alert. The first is left out where the message's text says it already.
std::string section_text(const rules::Alert& alert, FirstLine first, const MessageLinks& links) {
  const rules::AlertText lines = rules::describe(alert);
  std::string text;
  if (first == FirstLine::shown) text = "*" + slack_escaped(first_line(alert, lines), kLongestLine) + "*";
  for (const std::string* line : {&lines.costs, &lines.why}) {
    if (!line->empty()) text += (text.empty() ? "" : "\n") + slack_escaped(*line, kLongestLine);
  }
  if (!lines.advice.empty()) text += "\n\xe2\x86\x92 " + slack_escaped(lines.advice, kLongestLine);
  const std::string link = link_to(alert, links);
  const std::string shown = "\n<" + slack_escaped(link, kLongestLine) + "|Details>";
  if (!link.empty() && text.size() + shown.size() <= kLongestSection) text += shown;
  return text;
}

// One bar for each run of alerts of the same colour.
class Bars {
 public:
  void add(std::string_view colour, json::object block) {
    if (bars_.empty() || colour != colour_) {
      bars_.emplace_back(json::object{{"color", colour}, {"blocks", json::array{}}});
      colour_ = colour;
    }
    bars_.back().as_object()["blocks"].as_array().push_back(std::move(block));
  }
  json::array take() { return std::move(bars_); }

 private:
  json::array bars_;
  std::string colour_;
};

// Slack answers "ok"; some stand-ins answer {"ok":false,"error":"..."} with status 200.
Delivery judge_slack_answer(const collectors::TransferResult& result, const SecretMask& mask) {
  Delivery delivery = judge_answer(result, mask);
  if (delivery.kind != Delivery::Kind::delivered) return delivery;
  boost::system::error_code not_json;
  const json::value body = json::parse(result->body, not_json);
  if (not_json || !body.is_object()) return delivery;
  const json::value* ok = body.as_object().if_contains("ok");
  if (ok == nullptr || !ok->is_bool() || ok->as_bool()) return delivery;
  delivery.kind = Delivery::Kind::refused;
  delivery.text = "answered: " + excerpt(result->body, mask);
  return delivery;
}

class Slack final : public Integration {
 public:
  Slack(std::string name, config::SlackReceiver settings, bool allow_private_addresses,
        collectors::Transfer& transfer, MessageLinks links)
      : name_(std::move(name)),
        settings_(std::move(settings)),
        allow_private_addresses_(allow_private_addresses),
        transfer_(transfer),
        links_(std::move(links)) {
    mask_.hide_address(settings_.webhook_url);
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
    co_return judge_slack_answer(result, mask_);
  }

 private:
  Rendered rendered(const Notification& notification) const {
    return {.body = slack_message(notification, settings_.channel, links_),
            .shown = first_alerts(notification, kMostAlerts)};
  }

  // Not in the coroutine: braced lists in one are what g++ 12 gets wrong.
  collectors::TransferRequest request_of(std::string body, const std::string& notification_id) const {
    collectors::TransferRequest request;
    request.method = "POST";
    request.url = settings_.webhook_url.reveal();
    request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                       {"X-Tightrope-Notification", notification_id}};
    request.body = std::move(body);
    request.timeout = kDeliveryTimeout;
    request.most_bytes = 1 << 20;
    request.allow_private_addresses = allow_private_addresses_;
    request.follow_redirects = false;  // it would arrive as a GET, without the alerts
    return request;
  }

  std::string name_;
  config::SlackReceiver settings_;
  SecretMask mask_;
  bool allow_private_addresses_;
  collectors::Transfer& transfer_;
  MessageLinks links_;
};

}  // namespace

// What a locked screen shows of a message, so it is the first alert and no name of a group.
std::string message_text(const Notification& notification) {
  const std::size_t all = notification.firing.size() + notification.resolved.size();
  if (all == 0) return "No alerts";
  const rules::Alert& first =
      notification.firing.empty() ? notification.resolved.front() : notification.firing.front();
  std::string text = first_line(first, rules::describe(first));
  if (all > 1) text += fmt::format(" (and {} more)", all - 1);
  return text;
}

std::string slack_message(const Notification& notification, const std::string& channel,
                          const MessageLinks& links) {
  json::object message;
  if (!channel.empty()) message["channel"] = valid_utf8(channel);
  message["text"] = "*" + slack_escaped(message_text(notification), kLongestLine) + "*";

  const std::size_t all = notification.firing.size() + notification.resolved.size();
  const FirstLine first = all == 1 ? FirstLine::is_message_text : FirstLine::shown;
  Bars bars;
  std::size_t shown = 0;
  for (const auto* alerts : {&notification.firing, &notification.resolved}) {
    for (const rules::Alert& alert : *alerts) {
      if (shown == kMostAlerts) break;
      bars.add(colour_of(alert), section(section_text(alert, first, links)));
      ++shown;
    }
  }
  if (all > shown) {
    const std::string more = fmt::format("and {} more", all - shown);
    const std::string link = slack_escaped(links.external_url, kLongestLine);
    bars.add("#8e9aaf", section(link.empty() ? more : "<" + link + "|" + more + ">"));
  }
  message["attachments"] = bars.take();
  return json::serialize(message);
}

std::unique_ptr<Integration> make_slack(std::string name, config::SlackReceiver settings,
                                        bool allow_private_addresses, collectors::Transfer& transfer,
                                        MessageLinks links) {
  return std::make_unique<Slack>(std::move(name), std::move(settings), allow_private_addresses, transfer,
                                 std::move(links));
}

}  // namespace tightrope::daemon
