// GET /api/v1/recommendations and POST /api/v1/recommendations/{id}/decision.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/http/api/api.h"
#include "daemon/http/api/body.h"
#include "daemon/http/api/clients_page.h"
#include "daemon/http/api/paging.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefault = 100;

bool is_state(const std::string& text) {
  using enum rules::RecommendationState;
  constexpr std::array kAll{open, did, declined, later, expired};
  return std::any_of(kAll.begin(), kAll.end(), [&](auto state) { return rules::to_string(state) == text; });
}

json::object item(const rules::Alert& alert, const rules::Recommendation& recommendation) {
  json::object result = recommendation_json(recommendation);
  result["leads"] = recommendation.rank == 0;
  result["client"] = text(alert.client);
  result["objective"] = text(alert.objective);
  result["target"] = text(alert.target);
  result["currency"] = text(alert.currency);
  result["alertState"] = text(rules::to_string(alert.phase));
  json::object entity;
  for (const auto& [dimension, value] : alert.dimensions) entity[dimension] = text(value);
  result["entity"] = std::move(entity);
  return result;
}

// False: the cursor's place is gone.
bool fill(const rules::Engine& engine, const std::string& state, Page& page) {
  std::optional<std::string> skip_to;
  if (page.after()) skip_to = page.after()->at(1);
  for (const rules::Alert& alert : engine.alerts()) {
    for (const rules::Recommendation& recommendation : alert.recommendations) {
      if (skip_to) {
        if (recommendation.id == *skip_to) skip_to.reset();
        continue;
      }
      if (!state.empty() && rules::to_string(recommendation.state) != state) continue;
      if (page.full()) {
        page.more();
        return true;
      }
      page.add(item(alert, recommendation), {alert.client, recommendation.id});
    }
  }
  page.resumed();
  return !skip_to;
}

bool has_recommendation(const rules::Engine& engine, const std::string& id) {
  const std::vector<rules::Alert> alerts = engine.alerts();
  return std::any_of(alerts.begin(), alerts.end(), [&](const rules::Alert& alert) {
    return std::any_of(alert.recommendations.begin(), alert.recommendations.end(),
                       [&](const rules::Recommendation& one) { return one.id == id; });
  });
}

// What is wrong with it is remembered in `fields`.
rules::Decision read_decision(BodyFields& fields, rules::Timestamp now) {
  rules::Decision decision;
  decision.at = now;
  const std::string kind = fields.required("decision");
  if (const auto parsed = rules::parse_decision(kind)) {
    decision.kind = *parsed;
  } else {
    fields.mistake("decision", "is did, declined or later");
  }
  decision.reason = fields.text("reason");
  decision.by = fields.text("by");
  decision.until = fields.time("until");
  if (decision.until && decision.kind != rules::DecisionKind::later) {
    fields.mistake("until", "goes with the decision later only");
  }
  if (decision.kind == rules::DecisionKind::later && !decision.until) {
    fields.mistake("until", "is required with the decision later");
  }
  if (decision.until && *decision.until <= now) fields.mistake("until", "has passed already");
  return decision;
}

}  // namespace

asio::awaitable<Response> get_recommendations(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "state", "limit", "cursor"});
  Page page(parameters, kDefault, 2);
  const std::string& state = parameters.text("state");
  if (!state.empty() && !is_state(state))
    parameters.mistake("state", "is open, did, declined, later or expired");
  auto asked = asked_clients(api, parameters, page.after());
  if (auto* refused = std::get_if<Response>(&asked)) co_return std::move(*refused);
  const std::function<bool()> done = [&page] { return page.has_more(); };
  const FillFrom from = [&](const std::string&, const rules::Engine& engine) {
    return fill(engine, state, page);
  };
  const bool found = co_await fill_from(api, std::get<AskedClients>(asked), done, from);
  if (!found) co_return lost_cursor();
  co_return success(std::move(page).take("recommendations"));
}

asio::awaitable<Response> post_decision(Api& api, const Request& request) {
  BodyFields fields(request, {"decision", "reason", "until", "by"});
  rules::Decision decision = read_decision(fields, api.services.clock().now());
  if (auto refused = fields.refusal()) co_return std::move(*refused);
  const std::string& id = request.path_value("id");
  decision.recommendation = id;
  for (const std::string& name : client_names(api, "")) {
    ClientRuntime* client = api.services.find_client(name);
    if (!client) continue;
    bool found = false;
    std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
      found = has_recommendation(engine, id);
    };
    co_await client->view(std::move(read));
    if (!found) continue;
    client = api.services.find_client(name);
    if (!client) break;
    const std::string kind(rules::to_string(decision.kind));
    const Taken<std::string> taken = co_await client->decide(std::move(decision));
    if (!taken) co_return refusal_response(taken.error());
    json::object data;
    data["recommendation"] = text(id);
    data["decision"] = text(kind);
    co_return success(std::move(data));
  }
  co_return not_found("there is no recommendation \"" + id + "\"");
}

}  // namespace tightrope::daemon::http
