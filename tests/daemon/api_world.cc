#include "tests/daemon/api_world.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <stdexcept>
#include <variant>

#include "config/error.h"
#include "daemon/http/request_target.h"

namespace tightrope::testing {

using namespace daemon::http;  // NOLINT: this is about its types
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr rules::Timestamp kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);
constexpr auto kPatience = std::chrono::seconds(20);

constexpr std::string_view kConfiguration = R"(
sources:
  - {name: shop, client: acme, connector: push}
  - name: ads
    client: acme
    connector: csv
    with: {path: ads.csv, columns: {date: day, channel: channel, spend: cost}}
  - {name: us_shop, client: acme, connector: push, timezone: America/New_York, currency: USD}
  - {name: bank, connector: push, rates: {base: EUR}}
  - {name: beta_shop, client: beta, connector: push}
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - {name: growth, why: More customers than last year., owner: cmo, match: {channel: search}, look_at: [{kpi: impressions, per: campaign}]}
      - name: trials
        parent: growth
        why: Trials are most of the pipeline.
        owner: head_of_growth
        match: {channel: search}
        budget: {amount: 30000, per: month}
        targets:
          - {name: trial_cpa, kpi: cpa, at_most: 40, over: 7d, per: campaign, severity: page}
          - {name: trial_volume, kpi: conversions, at_least: 1, over: 7d, per: objective}
  - name: beta
    timezone: UTC
    currency: USD
    objectives:
      - {name: sales, why: It pays., owner: cmo, match: {channel: search}, targets: [{name: roas, kpi: roas, at_least: 2, over: 7d}]}
playbooks:
  - {name: lower_bids, applies: {kpi: cpa}, when: gap > 0, advise: "Lower bids of {campaign} by {step:.0%}."}
)";

config::Configuration load(const std::string& file) {
  write_file(file, std::string(kConfiguration));
  config::Loaded loaded = config::load(file);
  if (!loaded.configuration) throw std::runtime_error(config::format(loaded.errors));
  return std::move(*loaded.configuration);
}

std::unique_ptr<daemon::Journal> open(const std::string& directory) {
  daemon::OpenedJournal opened = daemon::open_sqlite_journal({.directory = directory});
  if (opened.error) throw std::runtime_error(opened.error->text);
  return std::move(opened.journal);
}

}  // namespace

ApiWorld::ApiWorld()
    : clock_(kNoon),
      configuration_(load(directory_ / "tightrope.yaml")),
      journal_(open(directory_ / "data")) {
  for (const config::Client& client : configuration_.clients) {
    auto runtime = std::make_unique<daemon::ClientRuntime>(
        io_.get_executor(), pool_.get_executor(), clock_, *journal_, client, configuration_.journal,
        [](const std::string&, std::vector<rules::AlertChange>) {},
        [](const std::string&, double, const rules::Effects&) {});
    if (const auto error = runtime->recover()) throw std::runtime_error(error->text);
    runtime->start();
    clients_.push_back(std::move(runtime));
  }
}

ApiWorld::~ApiWorld() {
  for (const auto& client : clients_) {
    bool done = false;
    asio::co_spawn(io_, client->stop(), [&done](std::exception_ptr) { done = true; });
    run_until(done);
  }
  pool_.join();
  clients_.clear();
  journal_.reset();
  io_.poll();
}

std::vector<daemon::ClientRuntime*> ApiWorld::clients() {
  std::vector<daemon::ClientRuntime*> all;
  for (const auto& client : clients_) all.push_back(client.get());
  return all;
}

daemon::ClientRuntime* ApiWorld::find_client(std::string_view name) {
  for (const auto& client : clients_) {
    if (client->name() == name) return client.get();
  }
  return nullptr;
}

void ApiWorld::pushed(std::string_view source, const daemon::Accepted& accepted,
                      std::optional<rules::Day> newest) {
  pushes.push_back({std::string(source), accepted.changed, newest});
}

asio::awaitable<config::Errors> ApiWorld::reload() {
  co_return reload_errors;
}

void ApiWorld::run_until(const bool& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done && std::chrono::steady_clock::now() < deadline) io_.run_one_for(kPatience);
  if (!done) throw std::runtime_error("the handler does not end");
}

asio::awaitable<Response> ApiWorld::handle(const Request& request, const Route* route) {
  asio::awaitable<Response> work = route->function(request);
  Response response = co_await std::move(work);
  co_return response;
}

Response ApiWorld::call(std::string method, std::string_view target, std::string body, Fields headers) {
  auto parsed = parse_request_target(target);
  if (auto* bad = std::get_if<BadTarget>(&parsed)) return bad_request(bad->text);
  Request request;
  request.method = std::move(method);
  request.segments = std::get<RequestTarget>(parsed).segments;
  request.query = std::get<RequestTarget>(parsed).query;
  request.headers = std::move(headers);
  request.body = std::move(body);
  auto found = router_.find(request);
  if (auto* refused = std::get_if<Response>(&found)) return *refused;
  bool done = false;
  std::exception_ptr failure;
  Response response;
  asio::co_spawn(io_, handle(request, std::get<const Route*>(found)),
                 [&](std::exception_ptr error, Response answer) {
                   failure = std::move(error);
                   response = std::move(answer);
                   done = true;
                 });
  run_until(done);
  if (failure) std::rethrow_exception(failure);
  return response;
}

std::vector<Response> ApiWorld::call_together(std::string_view target, std::size_t times) {
  const auto parsed = std::get<RequestTarget>(parse_request_target(target));
  Request request;
  request.method = "GET";
  request.segments = parsed.segments;
  request.query = parsed.query;
  const Route* const route = std::get<const Route*>(router_.find(request));
  std::vector<Response> responses;
  bool done = false;
  for (std::size_t i = 0; i < times; ++i) {
    asio::co_spawn(io_, handle(request, route), [&](std::exception_ptr, Response answer) {
      responses.push_back(std::move(answer));
      done = responses.size() == times;
    });
  }
  run_until(done);
  return responses;
}

json::value ApiWorld::get(std::string_view target, int status) {
  const Response response = call("GET", target);
  EXPECT_EQ(response.status, status) << target << ": " << response.body;
  return json::parse(response.body);
}

json::value ApiWorld::post(std::string_view target, std::string body, int status) {
  const Response response = call("POST", target, std::move(body));
  EXPECT_EQ(response.status, status) << target << ": " << response.body;
  return json::parse(response.body);
}

namespace {

json::object row_of(int day, std::string_view campaign, double spend, double conversions) {
  json::object metrics;
  metrics["spend"] = spend;
  metrics["conversions"] = conversions;
  json::object row;
  row["bucket"] = "2026-11-" + std::to_string(day);
  row["channel"] = "search";
  row["campaign"] = json::string(json::string_view(campaign.data(), campaign.size()));
  row["metrics"] = std::move(metrics);
  return row;
}

std::string pushed_body(json::array rows) {
  json::object body;
  body["source"] = "shop";
  body["observations"] = std::move(rows);
  return json::serialize(body);
}

}  // namespace

void ApiWorld::push_week(std::string_view campaign, double spend, double conversions) {
  json::array rows;
  for (int day = 14; day <= 20; ++day) rows.push_back(row_of(day, campaign, spend, conversions));
  post("/api/v1/observations", pushed_body(std::move(rows)), 202);
}

void ApiWorld::push_day(int day, std::string_view campaign, double spend, double conversions) {
  post("/api/v1/observations", pushed_body({row_of(day, campaign, spend, conversions)}), 202);
}

std::string body_of(const Response& response) {
  if (!response.pieces) return response.body;
  std::string text;
  for (const std::string_view part : response.pieces->parts()) text += part;
  return text;
}

json::value at(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer({pointer.data(), pointer.size()}, error);
  if (!found) ADD_FAILURE() << pointer << " is not in " << json::serialize(value);
  return found ? *found : json::value();
}

std::string text_at(const json::value& value, std::string_view pointer) {
  const json::value found = at(value, pointer);
  if (found.is_null()) return "null";
  return found.is_string() ? std::string(found.get_string()) : json::serialize(found);
}

}  // namespace tightrope::testing
