// GET /api/v1/rules: targets as Prometheus shows alerting rules, so that Grafana lists them. A group is an
// objective.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "daemon/http/api/api.h"
#include "daemon/http/api/clients_page.h"
#include "daemon/http/api/paging.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/cursor.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kMostGroups = 10'000;
constexpr std::size_t kMostAlerts = 1'000;  // of one rule; "alertsOmitted" says how many more there are

using AlertsByTarget = std::map<std::string_view, std::vector<const rules::Alert*>>;

// As PromQL over Tightrope's own series, so that a query can be opened in Explore.
std::string query_of(const rules::Strategy& strategy, const rules::Target& target) {
  const auto quoted = [](const std::string& value) {
    std::string result = "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    return result + '"';
  };
  return "tightrope_kpi_gap_ratio{client=" + quoted(strategy.client) + ",target=" + quoted(target.name) +
         "} > 0";
}

json::object rule_json(const rules::Engine& engine, const rules::TargetView& view,
                       const AlertsByTarget& alerts) {
  const rules::Strategy& strategy = engine.strategy();
  const rules::Target& target = *view.target;
  const rules::Bound* bound = target.bound_on(engine.calendar().day_of(engine.now()));
  std::string state = "inactive";
  json::array shown;
  std::size_t live = 0;
  if (const auto found = alerts.find(target.name); found != alerts.end()) {
    live = found->second.size();
    for (const rules::Alert* alert : found->second) {
      if (alert->phase == rules::AlertPhase::firing || state == "inactive")
        state = rules::to_string(alert->phase);
      if (shown.size() < kMostAlerts) shown.push_back(alert_json(*alert));
    }
  }
  const bool known = std::any_of(
      view.verdicts.begin(), view.verdicts.end(),
      [](const rules::Verdict& verdict) { return verdict.state != rules::VerdictState::unknown; });
  json::object labels;
  labels["client"] = text(strategy.client);
  labels["objective"] = text(view.objective->name);
  labels["target"] = text(target.name);
  labels["kpi"] = text(target.kpi);
  labels["window"] = text(to_string(target.over));
  labels["severity"] = text(rules::to_string(target.severity));
  json::object annotations;
  annotations["summary"] =
      text(target.kpi + " " + bound_text(target, *view.kpi, bound, strategy.currency) + " over " +
           to_string(target.over) + " per " + level_name(target.per, strategy.dimensions));
  annotations["description"] = text(view.objective->why);
  json::object rule;
  rule["type"] = "alerting";
  rule["name"] = text(target.name);
  rule["query"] = text(query_of(strategy, target));
  rule["duration"] = number(seconds(target.hold));
  rule["keepFiringFor"] = number(seconds(target.keep_firing_for));
  rule["labels"] = std::move(labels);
  rule["annotations"] = std::move(annotations);
  rule["alertsOmitted"] = live - shown.size();
  rule["alerts"] = std::move(shown);
  rule["health"] = known ? "ok" : "unknown";
  rule["state"] = text(state);
  rule["lastEvaluation"] = time_value(engine.now());
  rule["evaluationTime"] = 0;
  return rule;
}

struct Groups {
  std::size_t limit;
  json::array list;
  std::optional<CursorKey> after;  // client and objective of the last group shown
  CursorKey last;
  bool more = false;
};

// False: the place to go on from is gone.
bool fill(const rules::Engine& engine, const std::string& file, Groups& groups) {
  const std::vector<rules::Alert> all = engine.alerts();
  AlertsByTarget alerts;
  for (const rules::Alert& alert : all) {
    if (alert.phase == rules::AlertPhase::pending || alert.phase == rules::AlertPhase::firing) {
      alerts[alert.target].push_back(&alert);
    }
  }
  std::map<const rules::Objective*, json::array> rules_of;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const rules::TargetView view = engine.target(i);
    rules_of[view.objective].push_back(rule_json(engine, view, alerts));
  }
  for (const rules::Objective& objective : engine.strategy().objectives) {
    if (groups.after) {
      if (objective.name == groups.after->at(1)) groups.after.reset();
      continue;
    }
    const auto found = rules_of.find(&objective);
    if (found == rules_of.end()) continue;
    if (groups.list.size() >= groups.limit) {
      groups.more = true;
      return true;
    }
    json::object group;
    group["name"] = text(engine.strategy().client + "/" + objective.name);
    group["file"] = text(file);
    group["rules"] = std::move(found->second);
    group["interval"] = 0;  // checked when a figure changes, not by the clock
    group["limit"] = 0;
    group["evaluationTime"] = 0;
    group["lastEvaluation"] = time_value(engine.now());
    groups.list.push_back(std::move(group));
    groups.last = {engine.strategy().client, objective.name};
  }
  return !groups.after;
}

}  // namespace

asio::awaitable<Response> get_rules(Api& api, const Request& request) {
  // Grafana sends parameters of its own. The two for pages are those of Prometheus.
  Parameters parameters(request, {"client", "type", "group_limit", "group_next_token"},
                        Parameters::Others::ignored);
  Groups groups{.limit = parameters.number("group_limit", 1, kMostGroups, kMostGroups),
                .list = {},
                .after = {},
                .last = {}};
  if (const std::string& token = parameters.text("group_next_token"); !token.empty()) {
    groups.after = decode_cursor(token);
    if (!groups.after || groups.after->size() != 2) {
      parameters.mistake("group_next_token", "is not one that an earlier answer gave");
      groups.after.reset();
    }
  }
  const std::string& type = parameters.text("type");
  if (!type.empty() && type != "alert" && type != "record") parameters.mistake("type", "is alert or record");
  if (type == "record") groups.after.reset();  // there are no recording rules
  auto asked = asked_clients(api, parameters, groups.after);
  if (auto* refused = std::get_if<Response>(&asked)) co_return std::move(*refused);
  const auto& files = api.services.configuration().files;
  const std::string file = files.empty() ? std::string() : files.front();
  const std::function<bool()> done = [&] { return groups.more || type == "record"; };
  const FillFrom from = [&](const std::string&, const rules::Engine& engine) {
    return fill(engine, file, groups);
  };
  const bool found = co_await fill_from(api, std::get<AskedClients>(asked), done, from);
  if (!found) co_return lost_cursor();
  json::object data;
  data["groups"] = std::move(groups.list);
  if (groups.more) data["groupNextToken"] = encode_cursor(groups.last);
  co_return success(std::move(data));
}

}  // namespace tightrope::daemon::http
