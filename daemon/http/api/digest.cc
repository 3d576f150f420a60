// GET /api/v1/digest: of all that misses its target, the list of which few are there by chance.
#include <charconv>
#include <functional>
#include <string>
#include <utility>

#include "daemon/http/api/clients_page.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"
#include "rules/format.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefaultClients = 100;
constexpr std::size_t kMostEntries = 500;  // of a client: more are nobody's morning

double false_share_of(Parameters& parameters) {
  const std::string& given = parameters.text("false_share");
  if (given.empty()) return rules::kFalseShare;
  double share = 0;
  const auto parsed = std::from_chars(given.data(), given.data() + given.size(), share);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == given.data() + given.size();
  if (!whole || !(share > 0) || !(share <= 1))
    parameters.mistake("false_share", "is not a share between 0 and 1, such as 0.1");
  return share;
}

json::object entry_json(const rules::DigestEntry& entry, const rules::Strategy& strategy) {
  const rules::Verdict& verdict = entry.verdict;
  const rules::ComparedFigures figures(entry.kpi->unit, strategy.currency, verdict.value, verdict.low,
                                       verdict.high);
  const bool at_most = entry.target->kind == rules::BoundKind::at_most;
  json::object result = verdict_json(verdict);
  result["objective"] = text(entry.objective->name);
  result["target"] = text(entry.target->name);
  result["kpi"] = text(entry.kpi->name);
  result["unit"] = text(rules::to_string(entry.kpi->unit));
  result["currency"] = text(strategy.currency);
  result["window"] = text(to_string(entry.target->over));
  result["entity"] = entity_json(entry.entity, strategy.dimensions);
  result["valueText"] = text(figures.text(verdict.value));
  result["boundText"] =
      text((at_most ? "at most " : "at least ") + figures.text(at_most ? verdict.high : verdict.low));
  result["eValue"] = number(entry.e_value);
  result["listedFrom"] = number(entry.listed_from);
  return result;
}

json::object client_json(const rules::Engine& engine, double false_share) {
  const rules::Strategy& strategy = engine.strategy();
  const rules::Digest digest = engine.digest(false_share);
  json::array entries;
  for (const rules::DigestEntry& entry : digest.entries) {
    if (entries.size() == kMostEntries) break;
    entries.push_back(entry_json(entry, strategy));
  }
  json::object result;
  result["client"] = text(strategy.client);
  result["currency"] = text(strategy.currency);
  result["at"] = time_value(engine.now());
  result["falseShare"] = number(digest.false_share);
  result["candidates"] = digest.candidates;
  result["threshold"] = number(digest.threshold);
  result["listed"] = digest.entries.size();
  result["entries"] = std::move(entries);
  return result;
}

}  // namespace

asio::awaitable<Response> get_digest(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "false_share", "limit", "cursor"});
  Page page(parameters, kDefaultClients, 1);
  std::function<json::object(const rules::Engine&)> show =
      [false_share = false_share_of(parameters)](const rules::Engine& engine) {
        return client_json(engine, false_share);
      };
  co_return co_await clients_page(api, parameters, std::move(page), std::move(show));
}

}  // namespace tightrope::daemon::http
