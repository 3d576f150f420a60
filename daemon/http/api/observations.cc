// POST /api/v1/observations: figures pushed to a source.
#include <algorithm>
#include <optional>
#include <variant>

#include "collectors/collector.h"
#include "daemon/hand_to_each.h"
#include "daemon/http/api/api.h"
#include "daemon/http/api/body.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::http {
namespace {

// `client` is null for rates that belong to nobody.
const collectors::Translation& translation_of(Api& api, const config::Source& source,
                                              const rules::Strategy* client) {
  const auto found = api.translations.find(source.name);
  if (found != api.translations.end()) return found->second;
  auto translation = client ? collectors::Translation::between(source, *client)
                            : collectors::Translation::alone(source);
  return api.translations.emplace(source.name, std::move(translation)).first->second;
}

struct Parsed {
  std::vector<std::string> clients;  // that it is for
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
  const bool for_all = source->rates && source->client.empty();
  const config::Client* client = configuration.find_client(source->client);
  if (!client && !for_all)
    return not_found("source: the client \"" + source->client + "\" is not configured");
  const rules::Strategy* strategy = client ? &client->strategy : nullptr;
  const collectors::Translation& translation = translation_of(api, *source, strategy);
  const rules::Dimensions none{.names = {}};
  const collectors::PushVocabulary vocabulary{.dimensions = source->rates ? &none : &configuration.dimensions,
                                              .strategy = strategy,
                                              .rates = source->rates ? &*source->rates : nullptr};
  auto parsed = collectors::parse_push(text, translation.source_calendar(), vocabulary,
                                       translation.source_currency(), api.services.clock().now());
  if (const auto* error = std::get_if<collectors::PushError>(&parsed)) return bad_request(error->text);
  rules::ObservationBatch& batch = std::get<collectors::PushedBatch>(parsed).batch;
  std::vector<std::string> clients{source->client};
  if (for_all) clients = client_names(api, "");
  return Parsed{.clients = std::move(clients),
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
  const bool running = std::ranges::any_of(
      push.clients, [&](const std::string& name) { return api.services.find_client(name) != nullptr; });
  if (!running) co_return unavailable("the client is not running", 1);
  HandToOne hand = [&services = api.services](
                       const std::string& name,
                       rules::ObservationBatch batch) -> std::optional<asio::awaitable<Taken<Accepted>>> {
    ClientRuntime* const client = services.find_client(name);
    if (!client) return std::nullopt;
    return client->observe(std::move(batch));
  };
  auto handing = hand_to_each(push.clients, std::move(push.batch), std::move(hand));
  const Taken<Accepted> taken = co_await std::move(handing);
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
