#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "config/configuration.h"
#include "config/connector.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kClient = R"(
clients:
  - name: CLIENT
    timezone: Europe/Vienna
    currency: EUR
    objectives:
      - name: growth
        why: to have one
        owner: kim
        targets: [{name: cost, kpi: cpa, at_most: 40, over: 7d}]
)";

// Says all that can be said.
constexpr const char* kEverything = R"(
connector: everything
about: All that can be said
documentation: https://docs.example.com
base_url: https://{region}.example.com
token_url: https://login.example.com/token
dimensions: [country, device]
parameters:
  region: {about: Where it is, type: choice, choices: [eu, us], otherwise: eu}
  account: {about: Its number, type: digits, strip: "- ", required: true}
  label: {about: A text, otherwise: "{region}-label"}
  big: {about: Whether it is, type: boolean, otherwise: "false"}
  shards: {about: How many, type: integer, otherwise: "3"}
secrets:
  id: {about: The client, required: true}
  secret: {about: Its secret}
  token: {about: A token}
defaults: {every: 2h, lookback: 10d, deadline: 90m, timezone: UTC, currency: USD}
constants: {channel: "{label}", device: web}
auth:
  - {oauth2_client: {client_id: "{id}", client_secret: "{secret}", scope: all, client: header}}
  - {basic: {user: "{id}", password: "{token}"}}
request:
  url: "{base_url}/v1/{account}/report"
  query: {since: "{from:unix}", shards: "{shards}"}
  raw_query: "until={to:%Y%m%d}"
  headers: {X-Client: "{id}", X-Now: "{now}"}
  json: {next: "{cursor}", day: {year: "{from:%Y:number}"}, list: [1, true, "{account:number}"]}
days_before: 1
max_days: 7
pagination:
  cursor: {path: /next, more: /more, size: 50, size_parameter: limit}
max_pages: 20
records:
  path: /data/*/rows
  may_be_absent: true
  zip: [{names: "/names/*", values: "/values/*"}]
  where: [{path: /kind, is: [ad, post]}, {path: /gone, absent: true}]
fields:
  date: /day
  campaign: {path: ^/campaign, absent: empty}
  country: /country
  currency: $/meta/currency
  spend: {path: /cost, minor_units: true}
  revenue: gross - refunded
  orders: {count: records}
  conversions: {path: "/actions[type={label}]/value", absent: zero}
date_format: "%Y%m%d"
whole_days: true
decimal_comma: true
missing: ["-", none]
limits: {rates: [{requests: 10, in: 1s}, {requests: 100, in: 1m}], concurrent: 4, account: "{account}"}
answers:
  - {status: 429, header: x-quota, path: /left, is: "0", means: throttled, wait: {header: retry-after, unit: 1m, otherwise: 30s}}
  - {status: 5xx, means: temporary, wait: 10s}
  - {status: 400-499, path: /error, contains: range, means: too_large}
  - {path: /error/code, is_not: ["0"], means: rejected, say: ask whoever set it up}
  - {status: 503, means: throttled, wait: {midnight_in: source}}
  - {status: 420, means: throttled, wait: {points: {requested: /a, available: /b, rate: /c}}}
usage:
  - {header: x-calls, form: fraction, bound: 0.8, wait: 1s}
job:
  when: "{big}"
  submit: {url: "{base_url}/v1/{account}/jobs", form: {from: "{from}", to: "{to}"}}
  id: /id
  poll: {url: "{base_url}/v1/jobs/{job}"}
  done: [{path: /state, is: done}]
  failed: [{path: /state, is: failed}]
  every: 5s
  deadline: 20m
  download: {url: "{base_url}/v1/jobs/{job}/rows", query: {next: "{cursor}"}}
)";

std::string source(std::string_view with, std::string_view secrets = "{id: me, secret: pa55}") {
  return "sources:\n  - name: s\n    client: CLIENT\n    connector: everything\n    with: " +
         std::string(with) + "\n    secrets: " + std::string(secrets) + "\n" + kClient;
}

class EverythingTest : public ::testing::Test {
 protected:
  EverythingTest() { folder_.write("connectors/everything.yaml", kEverything); }

  Source load_source(const std::string& text) {
    const auto loaded = load(folder_.write("tightrope.yaml", text));
    EXPECT_EQ(format(loaded.errors), "");
    return loaded.configuration ? loaded.configuration->sources.at(0) : Source{};
  }
  std::string errors_of(const std::string& text) {
    return format(load(folder_.write("tightrope.yaml", text)).errors);
  }

  ScratchFolder folder_;
};

TEST_F(EverythingTest, ArrivesInTheSource) {
  const Source read = load_source(source("{account: 12-34 5}"));
  EXPECT_EQ(read.connector, "everything");
  EXPECT_EQ(read.every, 2h);
  EXPECT_EQ(read.lookback, std::chrono::days(10));
  EXPECT_EQ(read.deadline, 90min);
  EXPECT_EQ(read.timezone, "UTC");
  EXPECT_EQ(read.currency, "USD");
  const auto& http = std::get<HttpSource>(read.kind);
  EXPECT_EQ(http.parameters, (decltype(http.parameters){{"region", "eu"},
                                                        {"account", "12345"},
                                                        {"label", "eu-label"},
                                                        {"big", "false"},
                                                        {"shards", "3"},
                                                        {"base_url", "https://eu.example.com"},
                                                        {"token_url", "https://login.example.com/token"}}));
  EXPECT_EQ(http.secrets.at("secret").reveal(), "pa55");
  EXPECT_TRUE(http.secrets.at("token").empty());
}

TEST_F(EverythingTest, ItsRequestsArrive) {
  const Source read = load_source(source("{account: 1}"));
  const auto& http = std::get<HttpSource>(read.kind);
  EXPECT_EQ(http.request.method, "POST");
  EXPECT_EQ(http.request.url, "{base_url}/v1/{account}/report");
  EXPECT_EQ(http.request.query, (TextPairs{{"since", "{from:unix}"}, {"shards", "{shards}"}}));
  EXPECT_EQ(http.request.raw_query, "until={to:%Y%m%d}");
  EXPECT_EQ(http.request.headers, (TextPairs{{"X-Client", "{id}"}, {"X-Now", "{now}"}}));
  EXPECT_EQ(http.request.body_kind, BodyKind::json);
  EXPECT_EQ(http.request.body,
            R"({"next":"{cursor}","day":{"year":"{from:%Y:number}"},"list":[1,true,"{account:number}"]})");
  EXPECT_EQ(http.days_before, 1);
  EXPECT_EQ(http.most_days, 7);
  EXPECT_EQ(http.pagination.kind, PaginationKind::cursor);
  EXPECT_EQ(http.pagination.cursor_pointer, "/next");
  EXPECT_EQ(http.pagination.more_pointer, "/more");
  EXPECT_EQ(http.pagination.page_size, 50);
  EXPECT_EQ(http.pagination.size_parameter, "limit");
  EXPECT_EQ(http.pagination.most_pages, 20);
  ASSERT_TRUE(http.job);
  EXPECT_EQ(http.job->when, "{big}");
  EXPECT_EQ(http.job->submit.form, (TextPairs{{"from", "{from}"}, {"to", "{to}"}}));
  EXPECT_EQ(http.job->poll.url, "{base_url}/v1/jobs/{job}");
  EXPECT_EQ(http.job->done.at(0).is, std::vector<std::string>{"done"});
  EXPECT_EQ(http.job->failed.at(0).path, "/state");
  EXPECT_EQ(http.job->every, 5s);
  EXPECT_EQ(http.job->deadline, 20min);
  EXPECT_EQ(http.job->download.query, (TextPairs{{"next", "{cursor}"}}));
}

TEST_F(EverythingTest, ItsRecordsAndFieldsArrive) {
  const Source read = load_source(source("{account: 1}"));
  const auto& http = std::get<HttpSource>(read.kind);
  EXPECT_EQ(http.records.path, "/data/*/rows");
  EXPECT_TRUE(http.records.may_be_absent);
  EXPECT_EQ(http.records.zips.at(0).values, "/values/*");
  EXPECT_EQ(http.records.where.at(0).is, (std::vector<std::string>{"ad", "post"}));
  EXPECT_TRUE(http.records.where.at(1).absent);
  EXPECT_EQ(http.mapping.bucket_field, "/day");
  EXPECT_EQ(http.mapping.date_format, "%Y%m%d");
  EXPECT_TRUE(http.mapping.whole_days);
  EXPECT_TRUE(http.mapping.decimal_comma);
  EXPECT_TRUE(http.mapping.may_lack_dimensions);
  EXPECT_EQ(http.mapping.missing, (std::vector<std::string>{"-", "none"}));
  EXPECT_EQ(http.mapping.currency_field, "$/meta/currency");
  // The installation has no countries.
  using Dimensions = std::vector<std::pair<std::size_t, std::string>>;
  EXPECT_EQ(http.mapping.dimensions, (Dimensions{{1, "^/campaign"}}));
  EXPECT_EQ(http.mapping.constants, (Dimensions{{0, "{label}"}}));
  ASSERT_EQ(http.mapping.metrics.size(), 4u);
  EXPECT_TRUE(http.mapping.metrics[0].minor_units);
  EXPECT_TRUE(http.mapping.metrics[1].computed);
  EXPECT_TRUE(http.mapping.metrics[2].counts_records);
  EXPECT_EQ(http.mapping.metrics[3].field, "/actions[type={label}]/value");
  EXPECT_TRUE(http.mapping.metrics[3].zero_if_absent);
}

TEST_F(EverythingTest, WhatItsAnswersMeanArrives) {
  const Source read = load_source(source("{account: 1}"));
  const auto& http = std::get<HttpSource>(read.kind);
  ASSERT_EQ(http.answers.size(), 6u);
  EXPECT_EQ(http.answers[0].when.status_from, 429);
  EXPECT_EQ(http.answers[0].when.header, "x-quota");
  EXPECT_EQ(http.answers[0].when.path, "/left");
  EXPECT_EQ(http.answers[0].wait.unit, 1min);
  EXPECT_EQ(http.answers[0].wait.otherwise, 30s);
  EXPECT_EQ(http.answers[1].when.status_to, 599);
  EXPECT_EQ(http.answers[1].wait.fixed, 10s);
  EXPECT_EQ(http.answers[2].when.contains, "range");
  EXPECT_EQ(http.answers[2].means, AnswerMeaning::too_large);
  EXPECT_EQ(http.answers[3].say, "ask whoever set it up");
  EXPECT_EQ(http.answers[4].wait.midnight_in, "source");
  EXPECT_EQ(http.answers[5].wait.points_rate, "/c");
  EXPECT_EQ(http.usage.at(0).form, UsageRule::Form::fraction);
  EXPECT_EQ(http.limits.rates.size(), 2u);
  EXPECT_EQ(http.limits.concurrent, 4);
  EXPECT_EQ(http.limits.account, "{account}");
}

TEST_F(EverythingTest, TheFirstWayWhoseSecretsAreGivenIsUsed) {
  const auto by_client = load_source(source("{account: 1}"));
  EXPECT_EQ(std::get<HttpSource>(by_client.kind).auth.kind, AuthKind::oauth2_client);
  EXPECT_TRUE(std::get<HttpSource>(by_client.kind).auth.client_in_header);
  const auto by_token = load_source(source("{account: 1}", "{id: me, token: t}"));
  EXPECT_EQ(std::get<HttpSource>(by_token.kind).auth.kind, AuthKind::basic);
  EXPECT_EQ(std::get<HttpSource>(by_token.kind).auth.value, "{token}");
}

TEST_F(EverythingTest, ASourceSaysOtherwise) {
  const Source read = load_source(
      source("{account: 1, region: us, base_url: \"http://127.0.0.1:9/\", allow_private_addresses: true,\n"
             "           constants: {channel: mail}, fields: {clicks: /taps, spend: /net}}") +
      "# ends\n");
  EXPECT_TRUE(read.allow_private_addresses);
  const auto& http = std::get<HttpSource>(read.kind);
  EXPECT_EQ(http.parameters.at("base_url"), "http://127.0.0.1:9");
  EXPECT_EQ(http.parameters.at("label"), "us-label");
  using Dimensions = std::vector<std::pair<std::size_t, std::string>>;
  EXPECT_EQ(http.mapping.constants, (Dimensions{{0, "mail"}}));
  ASSERT_EQ(http.mapping.metrics.size(), 5u);
  EXPECT_EQ(http.mapping.metrics[3].metric, "clicks");
  EXPECT_EQ(http.mapping.metrics[4].field, "/net");
  EXPECT_FALSE(http.mapping.metrics[4].minor_units);
}

TEST_F(EverythingTest, ADimensionThatTheInstallationHasIsRead) {
  const Source read = load_source("dimensions: [country, campaign]\n" + source("{account: 1}"));
  const auto& http = std::get<HttpSource>(read.kind);
  using Dimensions = std::vector<std::pair<std::size_t, std::string>>;
  EXPECT_EQ(http.mapping.dimensions, (Dimensions{{1, "^/campaign"}, {0, "/country"}}));
  EXPECT_EQ(http.mapping.constants, (Dimensions{}));
}

TEST(ShippedConnectorsTest, AreReadWithoutError) {
  const auto read = read_connectors("");
  EXPECT_EQ(format(read.errors), "");
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TIGHTROPE_SOURCE_DIR) / "collectors/connectors"))
    files += entry.path().extension() == ".yaml" ? 1u : 0u;
  EXPECT_EQ(read.connectors.size(), files);
  EXPECT_GE(files, 14u);
}

TEST(ShippedConnectorsTest, HaveTheNamesOfTheirFiles) {
  for (const Connector& connector : shipped_connectors()) EXPECT_EQ(connector.file, connector.name + ".yaml");
}

TEST(ShippedConnectorsTest, SayWhatPeopleNeed) {
  for (const Connector& connector : shipped_connectors()) {
    EXPECT_FALSE(connector.about.empty()) << connector.name;
    EXPECT_FALSE(connector.documentation.empty()) << connector.name;
    for (const ConnectorReport& report : connector.reports) {
      EXPECT_TRUE(report.every && report.lookback && report.deadline) << connector.name;
      EXPECT_FALSE(report.auths.empty()) << connector.name;
      EXPECT_FALSE(report.source.answers.empty()) << connector.name;
    }
  }
}

TEST(ShippedConnectorsTest, ExamplesOfTheirSourcesLoad) {
  std::size_t loaded_sources = 0;
  for (const Connector& connector : shipped_connectors()) {
    for (const ConnectorReport& report : connector.reports) {
      ScratchFolder folder;
      for (const Parameter& parameter : connector.parameters)
        folder.write("secrets/" + connector.name + "_" + parameter.name, "x");
      const auto loaded = load(folder.write("tightrope.yaml", example_source(connector, report) + kClient));
      EXPECT_EQ(format(loaded.errors), "") << example_source(connector, report);
      if (!loaded.configuration) continue;
      ++loaded_sources;
      EXPECT_EQ(loaded.configuration->sources.at(0).connector, connector.name);
    }
  }
  EXPECT_GE(loaded_sources, 16u);
}

TEST(ShippedConnectorsTest, AFileBesideTheConfigurationTakesTheirPlace) {
  ScratchFolder folder;
  for (const Connector& connector : shipped_connectors()) {
    if (connector.name != "stripe") continue;
    std::string text = connector.text;
    text.replace(text.find("Stripe, successful"), 6, "Ours");
    folder.write("connectors/ours.yaml", text);
  }
  const auto read = read_connectors(folder.path() + "/tightrope.yaml");
  EXPECT_EQ(format(read.errors), "");
  EXPECT_EQ(read.connectors.size(), shipped_connectors().size());
  const auto stripe = std::find_if(read.connectors.begin(), read.connectors.end(),
                                   [](const Connector& connector) { return connector.name == "stripe"; });
  ASSERT_NE(stripe, read.connectors.end());
  EXPECT_TRUE(stripe->about.starts_with("Ours")) << stripe->about;
  EXPECT_TRUE(stripe->file.ends_with("connectors/ours.yaml")) << stripe->file;
}

TEST(ConnectorFileTest, IsKnownByItsFirstKey) {
  ScratchFolder folder;
  EXPECT_TRUE(is_connector_file(folder.write("a.yaml", "# why\n\n---\nconnector: a\n")));
  EXPECT_FALSE(is_connector_file(folder.write("b.yaml", "clients: []\nconnector: a\n")));
  EXPECT_FALSE(is_connector_file(folder.path() + "/none.yaml"));
}

TEST(ConnectorFileTest, ACopyOfAShippedOneIsGood) {
  ScratchFolder folder;
  const Connector& first = shipped_connectors().front();
  EXPECT_EQ(format(check_connector_file(folder.write("x.yaml", first.text))), "");
}

TEST(ConnectorSchemaTest, IsAboutTheKeysOfTheFile) {
  const auto root = boost::json::parse(connector_schema());
  EXPECT_EQ(root.at("$ref").as_string(), "#/$defs/connector_file");
  const auto& properties = root.at("$defs").at("connector_file").at("properties").as_object();
  EXPECT_TRUE(properties.contains("request"));
  EXPECT_TRUE(properties.contains("reports"));
}

}  // namespace
}  // namespace tightrope::config
