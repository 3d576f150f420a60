// POST /api/v1/observations: figures pushed to a source.
#include <algorithm>
#include <optional>
#include <variant>

#include "collectors/collector.h"
#include "daemon/http/api/api.h"
#include "daemon/http/api/body.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::http {
namespace {

const collectors::Translation& translation_of(Api& api, const config::Source& source,
                                              const rules::Strategy& client) {
  const auto found = api.translations.find(source.name);
  if (found != api.translations.end()) return found->second;
  return api.translations.emplace(source.name, collectors::Translation::between(source, client))
      .first->second;
}

struct Parsed {
  std::string client;
  std::string source;
  std::size_t figures;
  std::optional<rules::Day> newest;  // in the source's zone
  rules::ObservationBatch batch;     // in the client's terms
};

// The latest day with a figure.
std::optional<rules::Day> newest_day(const rules::ObservationBatch& batch) {
  std::optional<rules::Day> newest;
  for (const rules::ObservationBatch::Row& row : batch.rows) {
    if (!row.value.is_missing() && (!newest || *newest < row.bucket.day)) newest = row.bucket.day;
  }
  return newest;
}

// Everything that needs the configuration, in one go: it may be another one after the next co_await.
std::variant<Parsed, Response> parse(Api& api, const Request& request) {
  const config::Configuration& configuration = api.services.configuration();
  auto body = decoded_body(request, configuration.http.most_body_bytes);
  if (auto* refused = std::get_if<Response>(&body)) return std::move(*refused);
  const std::string& text = std::get<std::string>(body);

  const auto named = collectors::pushed_source(text);
  if (const auto* error = std::get_if<collectors::PushError>(&named)) return bad_request(error->text);
  const std::string& name = std::get<std::string>(named);
  const config::Source* source = configuration.find_source(name);
  if (!source) return not_found("source: there is no source \"" + name + "\"");
  if (!std::holds_alternative<config::PushSource>(source->kind)) {
    return error_response(409, ErrorType::execution,
                          "source: \"" + name + "\" is read with " + source->connector +
                              "; figures can be pushed to sources whose connector is push");
  }
  const config::Client* client = configuration.find_client(source->client);
  if (!client) return not_found("source: the client \"" + source->client + "\" is not configured");
  const rules::Strategy& strategy = client->strategy;
  const collectors::Translation& translation = translation_of(api, *source, strategy);
  const collectors::PushVocabulary vocabulary{.dimensions = &strategy.dimensions, .strategy = &strategy};
  auto parsed = collectors::parse_push(text, translation.source_calendar(), vocabulary,
                                       translation.source_currency(), api.services.clock().now());
  if (const auto* error = std::get_if<collectors::PushError>(&parsed)) return bad_request(error->text);
  rules::ObservationBatch& batch = std::get<collectors::PushedBatch>(parsed).batch;
  return Parsed{.client = source->client,
                .source = name,
                .figures = batch.rows.size(),
                .newest = newest_day(batch),
                .batch = translation.apply(std::move(batch))};
}

}  // namespace

asio::awaitable<Response> post_observations(Api& api, const Request& request) {
  auto parsed = parse(api, request);
  if (auto* refused = std::get_if<Response>(&parsed)) co_return std::move(*refused);
  Parsed& push = std::get<Parsed>(parsed);
  ClientRuntime* const client = api.services.find_client(push.client);
  if (!client) co_return unavailable("the client is not running", 1);
  rules::ObservationBatch batch = std::move(push.batch);
  const Taken<Accepted> taken = co_await client->observe(std::move(batch));
  if (!taken) co_return refusal_response(taken.error());
  api.services.pushed(push.source, *taken, push.newest);
  json::object data;
  data["figures"] = push.figures;
  data["changed"] = taken->changed;
  data["restated"] = taken->restated;
  data["outside"] = taken->outside;
  co_return success(std::move(data), 202);
}

}  // namespace tightrope::daemon::http
