// GET /api/v1/alerts and POST /api/v1/alerts/{id}/ack.
#include <algorithm>
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

constexpr std::size_t kDefault = 1000;

// Those that live, as Prometheus lists them, unless a state is asked for.
bool wanted(const rules::Alert& alert, const std::string& state) {
  if (state.empty())
    return alert.phase == rules::AlertPhase::firing || alert.phase == rules::AlertPhase::pending;
  return rules::to_string(alert.phase) == state;
}

// False: the cursor's place is gone.
bool fill(const rules::Engine& engine, const std::string& state, Page& page) {
  const std::vector<rules::Alert> alerts = engine.alerts();
  auto begin = alerts.begin();
  if (page.after()) {
    const std::string& last = page.after()->at(1);
    begin = std::find_if(alerts.begin(), alerts.end(),
                         [&](const rules::Alert& alert) { return alert.id == last; });
    if (begin == alerts.end()) return false;
    ++begin;
    page.resumed();
  }
  for (auto alert = begin; alert != alerts.end(); ++alert) {
    if (!wanted(*alert, state)) continue;
    if (page.full()) {
      page.more();
      return true;
    }
    page.add(alert_json(*alert), {alert->client, alert->id});
  }
  return true;
}

}  // namespace

asio::awaitable<Response> get_alerts(Api& api, const Request& request) {
  // Grafana sends parameters of its own.
  Parameters parameters(request, {"client", "state", "limit", "cursor"}, Parameters::Others::ignored);
  Page page(parameters, kDefault, 2);
  const std::string& state = parameters.text("state");
  if (!state.empty() && state != "firing" && state != "pending" && state != "resolved") {
    parameters.mistake("state", "is firing, pending or resolved");
  }
  auto asked = asked_clients(api, parameters, page.after());
  if (auto* refused = std::get_if<Response>(&asked)) co_return std::move(*refused);
  const std::function<bool()> done = [&page] { return page.has_more(); };
  const FillFrom from = [&](const std::string&, const rules::Engine& engine) {
    return fill(engine, state, page);
  };
  const bool found = co_await fill_from(api, std::get<AskedClients>(asked), done, from);
  if (!found) co_return lost_cursor();
  co_return success(std::move(page).take("alerts"));
}

asio::awaitable<Response> post_acknowledgement(Api& api, const Request& request) {
  BodyFields fields(request, {"by"});
  const std::string by = fields.required("by");
  if (auto refused = fields.refusal()) co_return std::move(*refused);
  const std::string& id = request.path_value("id");
  for (const std::string& name : client_names(api, "")) {
    ClientRuntime* client = api.services.find_client(name);
    if (!client) continue;
    bool found = false;
    std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
      found = engine.find_alert(id).has_value();
    };
    co_await client->view(std::move(read));
    if (!found) continue;
    client = api.services.find_client(name);
    if (!client) break;
    rules::Acknowledgement acknowledgement;
    acknowledgement.at = api.services.clock().now();
    acknowledgement.alert = id;
    acknowledgement.by = by;
    const Taken<std::string> taken = co_await client->acknowledge(std::move(acknowledgement));
    if (!taken) co_return refusal_response(taken.error());
    json::object data;
    data["alert"] = text(id);
    data["acknowledgedBy"] = text(by);
    co_return success(std::move(data));
  }
  co_return not_found("there is no alert \"" + id + "\"");
}

}  // namespace tightrope::daemon::http
