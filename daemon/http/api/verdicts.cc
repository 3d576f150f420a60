// GET /api/v1/verdicts: every check of every target, with its numbers.
#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/http/api/api.h"
#include "daemon/http/api/paging.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefault = 100;

struct Filter {
  std::string objective, target;  // "" is any
  std::optional<rules::VerdictState> state;
};

bool has_objective(const config::Client& client, const std::string& name) {
  const auto& objectives = client.strategy.objectives;
  return std::any_of(objectives.begin(), objectives.end(),
                     [&](const rules::Objective& one) { return one.name == name; });
}

bool has_target(const config::Client& client, const std::string& name) {
  const auto& objectives = client.strategy.objectives;
  return std::any_of(objectives.begin(), objectives.end(), [&](const rules::Objective& objective) {
    return std::any_of(objective.targets.begin(), objective.targets.end(),
                       [&](const rules::Target& target) { return target.name == name; });
  });
}

// A name that nothing has is a slip of the pen, not an empty list.
void check_names(const Api& api, Parameters& parameters) {
  const auto& clients = api.services.configuration().clients;
  const std::string& client = parameters.text("client");
  const auto any = [&](const std::string& name, bool (*has)(const config::Client&, const std::string&)) {
    return name.empty() || std::any_of(clients.begin(), clients.end(), [&](const config::Client& one) {
             return (client.empty() || one.strategy.client == client) && has(one, name);
           });
  };
  if (client_names(api, client).empty() && !client.empty())
    parameters.mistake("client", "there is no such client");
  if (!any(parameters.text("objective"), has_objective))
    parameters.mistake("objective", "there is no such objective");
  if (!any(parameters.text("target"), has_target)) parameters.mistake("target", "there is no such target");
}

json::object item(const rules::Strategy& strategy, const rules::TargetView& view, std::size_t node) {
  json::object result = verdict_json(view.verdicts[node]);
  result["client"] = text(strategy.client);
  result["objective"] = text(view.objective->name);
  result["target"] = text(view.target->name);
  result["kpi"] = text(view.target->kpi);
  result["unit"] = text(rules::to_string(view.kpi->unit));
  result["currency"] = text(strategy.currency);
  result["window"] = text(to_string(view.target->over));
  result["entity"] = entity_json(view.entities[node], strategy.dimensions);
  return result;
}

// The key of a check: client, target (unique in its client), then the entity's path.
CursorKey key_of(const rules::Strategy& strategy, const rules::TargetView& view, std::size_t node) {
  CursorKey key{strategy.client, view.target->name};
  key.insert(key.end(), view.entities[node].path.begin(), view.entities[node].path.end());
  return key;
}

// The target and node after the one the cursor names; nothing when it is gone. Nodes keep their order: new
// ones come last.
std::optional<std::pair<std::size_t, std::size_t>> place_after(const rules::Engine& engine,
                                                               const CursorKey& key) {
  const rules::Entity entity{.path = {key.begin() + 2, key.end()}};
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const rules::TargetView view = engine.target(i);
    if (view.target->name != key[1]) continue;
    const auto found = std::find(view.entities.begin(), view.entities.end(), entity);
    if (found == view.entities.end()) return std::nullopt;
    return std::pair(i, static_cast<std::size_t>(found - view.entities.begin()) + 1);
  }
  return std::nullopt;
}

// False: the cursor's place is gone.
bool fill(const rules::Engine& engine, const Filter& filter, Page& page) {
  std::size_t first_target = 0;
  std::size_t first_node = 0;
  if (page.after()) {
    const auto place = place_after(engine, *page.after());
    if (!place) return false;
    std::tie(first_target, first_node) = *place;
    page.resumed();
  }
  for (std::size_t i = first_target; i < engine.target_count() && !page.has_more(); ++i) {
    const rules::TargetView view = engine.target(i);
    const std::size_t begin = std::exchange(first_node, 0);
    if (!filter.objective.empty() && view.objective->name != filter.objective) continue;
    if (!filter.target.empty() && view.target->name != filter.target) continue;
    for (std::size_t node = begin; node < view.verdicts.size(); ++node) {
      if (filter.state && view.verdicts[node].state != *filter.state) continue;
      if (page.full()) {
        page.more();
        break;
      }
      page.add(item(engine.strategy(), view, node), key_of(engine.strategy(), view, node));
    }
  }
  return true;
}

}  // namespace

asio::awaitable<Response> get_verdicts(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "objective", "target", "state", "limit", "cursor"});
  Page page(parameters, kDefault, 2);
  check_names(api, parameters);
  Filter filter{
      .objective = parameters.text("objective"), .target = parameters.text("target"), .state = std::nullopt};
  if (const std::string& state = parameters.text("state"); !state.empty()) {
    filter.state = rules::parse_verdict_state(state);
    if (!filter.state) parameters.mistake("state", "is on_target, watch, off_target or unknown");
  }
  if (auto refused = parameters.refusal()) co_return std::move(*refused);

  const std::vector<std::string> names = client_names(api, parameters.text("client"));
  std::size_t begin = 0;
  if (page.after()) {
    const auto last = std::find(names.begin(), names.end(), page.after()->front());
    if (last == names.end()) co_return lost_cursor();
    begin = static_cast<std::size_t>(last - names.begin());
  }
  for (std::size_t i = begin; i < names.size() && !page.has_more(); ++i) {
    ClientRuntime* const client = api.services.find_client(names[i]);
    if (!client) continue;
    bool found = true;
    std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
      found = fill(engine, filter, page);
    };
    co_await client->view(std::move(read));
    if (!found) co_return lost_cursor();
  }
  co_return success(std::move(page).take("verdicts"));
}

}  // namespace tightrope::daemon::http
