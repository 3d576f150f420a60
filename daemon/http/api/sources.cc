// GET /api/v1/sources: how each source is doing.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/http/api/api.h"
#include "daemon/http/api/paging.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefault = 1000;

std::string_view to_text(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
  }
  return "closed";
}

// How much of a day's figures is there so many days after it, by metric, as learnt so far.
json::array maturity_json(const std::vector<rules::LagView>& lags, const std::string& source) {
  json::array result;
  for (const rules::LagView& lag : lags) {
    if (lag.source != source || !(lag.behind[0] > 0)) continue;
    json::object shares;
    for (const std::size_t age : {0u, 1u, 3u, 7u, 14u}) shares[std::to_string(age)] = number(lag.shares[age]);
    json::object one;
    one["metric"] = text(lag.metric);
    one["shareByAgeDays"] = std::move(shares);
    one["learntFrom"] = number(lag.behind[0]);
    result.push_back(std::move(one));
  }
  return result;
}

json::object source_json(const SourceStatus& source, rules::Timestamp now) {
  json::object result;
  result["name"] = text(source.name);
  result["client"] = text(source.client);
  result["connector"] = text(source.connector);
  result["pushed"] = source.pushed;
  result["everySeconds"] = source.pushed ? json::value(nullptr) : number(seconds(source.every));
  result["lastAttempt"] = time_value(source.last_attempt);
  result["lastSuccess"] = time_value(source.last_success);
  result["nextPoll"] = time_value(source.next_poll);
  result["lastDurationSeconds"] =
      source.last_attempt ? number(seconds(source.last_duration)) : json::value(nullptr);
  result["lastError"] =
      source.last_error.empty() ? json::value(nullptr) : json::value(text(source.last_error));
  result["lastErrorReason"] =
      source.last_error_reason.empty() ? json::value(nullptr) : json::value(text(source.last_error_reason));
  result["failuresInRow"] = source.failures_in_row;
  result["breaker"] = text(to_text(source.breaker));
  result["stale"] = source.stale;
  result["newestDay"] = nullptr;
  if (source.newest_day) result["newestDay"] = text(rules::to_string(*source.newest_day));
  result["dataAgeSeconds"] = nullptr;
  if (source.newest_end) {
    result["dataAgeSeconds"] = number(seconds(std::max(now - *source.newest_end, rules::Duration(0))));
  }
  result["rowsRead"] = source.rows_read_total;
  result["observations"] = source.observations_total;
  result["restated"] = source.restated_total;
  json::array findings;
  for (const rules::SourceFinding& finding : source.findings) {
    json::object one;
    one["finding"] = text(to_string(finding.kind));
    one["entity"] = text(rules::to_string(finding.entity));
    one["since"] = text(rules::to_string(finding.days.first));
    one["until"] = text(rules::to_string(finding.days.last));
    one["text"] = text(finding.text);
    findings.push_back(std::move(one));
  }
  result["findings"] = std::move(findings);
  return result;
}

}  // namespace

asio::awaitable<Response> get_sources(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "limit", "cursor"});
  Page page(parameters, kDefault, 1);
  const std::string& client = parameters.text("client");
  if (!client.empty() && client_names(api, client).empty())
    parameters.mistake("client", "there is no such client");
  if (auto refused = parameters.refusal()) co_return std::move(*refused);

  const std::vector<SourceStatus> sources = api.services.sources();
  auto begin = sources.begin();
  if (page.after()) {
    begin = std::find_if(sources.begin(), sources.end(),
                         [&](const SourceStatus& source) { return source.name == page.after()->front(); });
    if (begin == sources.end()) co_return lost_cursor();
    ++begin;
  }
  const rules::Timestamp now = api.services.clock().now();
  std::map<std::string, std::vector<rules::LagView>> lags;  // by client
  for (auto source = begin; source != sources.end(); ++source) {
    // Rates that belong to nobody are everybody's.
    if (!client.empty() && !source->client.empty() && source->client != client) continue;
    if (page.full()) {
      page.more();
      break;
    }
    if (!lags.contains(source->client)) {
      std::vector<rules::LagView>& learnt = lags[source->client];
      std::function<void(const rules::Engine&)> read = [&learnt](const rules::Engine& engine) {
        learnt = engine.lags();
      };
      if (ClientRuntime* const runtime = api.services.find_client(source->client))
        co_await runtime->view(std::move(read));
    }
    json::object shown = source_json(*source, now);
    shown["maturity"] = maturity_json(lags[source->client], source->name);
    page.add(std::move(shown), {source->name});
  }
  co_return success(std::move(page).take("sources"));
}

}  // namespace tightrope::daemon::http
