// GET /api/v1/anomalies: what `look_at:` found worth a look.
#include <algorithm>
#include <utility>

#include "daemon/http/api/api.h"
#include "daemon/http/api/clients_page.h"
#include "daemon/http/api/paging.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefault = 100;

json::object anomaly_json(const rules::Anomaly& anomaly, const rules::Engine& engine) {
  json::object result;
  result["client"] = text(engine.strategy().client);
  result["objective"] = text(anomaly.objective);
  result["kpi"] = text(anomaly.kpi);
  result["entity"] = entity_json(anomaly.entity, engine.strategy().dimensions);
  result["text"] = text(describe(anomaly));
  result["bucket"] = text(engine.calendar().format(anomaly.bucket));
  result["foundAt"] = time_value(anomaly.found_at);
  result["value"] = number(anomaly.value);
  result["usual"] = number(anomaly.usual);
  result["unit"] = text(rules::to_string(anomaly.unit));
  result["currency"] = text(anomaly.currency);
  result["score"] = number(anomaly.score);
  return result;
}

// A series is judged once for each bucket.
CursorKey key_of(const rules::Anomaly& anomaly, const rules::Engine& engine) {
  CursorKey key{engine.strategy().client, anomaly.objective, anomaly.kpi,
                engine.calendar().format(anomaly.bucket)};
  key.insert(key.end(), anomaly.entity.path.begin(), anomaly.entity.path.end());
  return key;
}

// False: the cursor's place is gone.
bool fill(const rules::Engine& engine, Page& page) {
  const std::vector<rules::Anomaly> anomalies = engine.anomalies();
  auto next = anomalies.begin();
  if (page.after()) {
    next = std::find_if(anomalies.begin(), anomalies.end(), [&](const rules::Anomaly& anomaly) {
      return key_of(anomaly, engine) == *page.after();
    });
    if (next == anomalies.end()) return false;
    ++next;
    page.resumed();
  }
  for (; next != anomalies.end(); ++next) {
    if (page.full()) {
      page.more();
      return true;
    }
    page.add(anomaly_json(*next, engine), key_of(*next, engine));
  }
  return true;
}

}  // namespace

asio::awaitable<Response> get_anomalies(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "limit", "cursor"});
  Page page(parameters, kDefault, 4);
  auto asked = asked_clients(api, parameters, page.after());
  if (auto* refused = std::get_if<Response>(&asked)) co_return std::move(*refused);
  json::object left_unwatched;
  const std::function<bool()> done = [&page] { return page.has_more(); };
  const FillFrom from = [&](const std::string& name, const rules::Engine& engine) {
    if (const std::size_t left = engine.left_unwatched(); left > 0) left_unwatched[name] = left;
    return fill(engine, page);
  };
  const bool found = co_await fill_from(api, std::get<AskedClients>(asked), done, from);
  if (!found) co_return lost_cursor();
  json::object data = std::move(page).take("anomalies");
  data["leftUnwatched"] = std::move(left_unwatched);
  co_return success(std::move(data));
}

}  // namespace tightrope::daemon::http
