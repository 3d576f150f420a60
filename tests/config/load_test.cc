// What good files mean: each key arrives where the daemon reads it.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "config/configuration.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;

Configuration configuration_of(std::string_view text) {
  const ScratchFolder folder;
  auto loaded = load(folder.write("a.yaml", text));
  EXPECT_TRUE(loaded.configuration) << format(loaded.errors);
  return loaded.configuration ? std::move(*loaded.configuration) : Configuration{};
}

std::string objective(std::string_view targets) {
  return "clients:\n  - name: acme\n    objectives:\n      - name: growth\n        why: It pays.\n        "
         "owner: ann\n        targets:\n" +
         std::string(targets);
}

rules::Target target_of(std::string_view target) {
  const auto configuration = configuration_of(objective("          - " + std::string(target) + "\n"));
  if (configuration.clients.empty()) return {};
  return configuration.clients.at(0).strategy.objectives.at(0).targets.at(0);
}

TEST(TargetTest, DefaultsAreThoseOfTheRules) {
  rules::Target expected;
  expected.name = "price";
  expected.kpi = "cpa";
  expected.bounds = {{rules::kFirstDay, 0, 45}};
  EXPECT_EQ(target_of("{name: price, kpi: cpa, at_most: 45}"), expected);
}

TEST(TargetTest, EveryKeyArrives) {
  const auto target = target_of(
      "{name: price, kpi: cpa, at_least: 4, over: 24h, per: campaign, confidence: 90%, for: 1h, "
      "keep_firing_for: 1d, "
      "no_data: alert, severity: page, min_volume: {conversions: 20}, watch_within: 10%}");
  EXPECT_EQ(target.kind, rules::BoundKind::at_least);
  EXPECT_EQ(target.bounds.at(0).low, 4);
  EXPECT_EQ(to_string(target.over), "24h");
  EXPECT_EQ(target.per.depth, 2);
  EXPECT_EQ(target.confidence, 0.9);
  EXPECT_EQ(target.hold, 1h);
  EXPECT_EQ(target.keep_firing_for, 24h);
  EXPECT_EQ(target.no_data, rules::NoData::alert);
  EXPECT_EQ(target.severity, rules::Severity::page);
  EXPECT_EQ(target.min_volume, (std::vector<rules::MinimumVolume>{{"conversions", 20}}));
  EXPECT_EQ(target.watch_within, 0.1);
}

TEST(TargetTest, PercentagesOfARatioAreShares) {
  const auto target = target_of("{name: rate, kpi: ctr, between: [2.9%, 10%]}");
  EXPECT_EQ(target.bounds.at(0).low, 0.029);
  EXPECT_EQ(target.bounds.at(0).high, 0.1);
}

TEST(TargetTest, BoundsWithDatesAreInTheirOrder) {
  const auto target = target_of(
      "{name: price, kpi: cpa, at_most: [{from: 2026-11-15, value: 50}, {from: 2026-01-01, value: 45}]}");
  ASSERT_EQ(target.bounds.size(), 2u);
  EXPECT_EQ(to_string(target.bounds[0].from), "2026-01-01");
  EXPECT_EQ(target.bounds[0].high, 45);
}

TEST(TargetTest, PlainMinimumVolumeIsOfTheDenominator) {
  EXPECT_EQ(target_of("{name: a, kpi: cpa, at_most: 4, min_volume: 20}").min_volume.at(0).metric,
            "conversions");
  EXPECT_EQ(target_of("{name: a, kpi: cpm, at_most: 4, min_volume: 20}").min_volume.at(0).metric,
            "impressions");
  EXPECT_EQ(target_of("{name: a, kpi: clicks, at_least: 4, min_volume: 20}").min_volume.at(0).metric,
            "clicks");
}

TEST(TargetTest, AFlightHasTwoForms) {
  const rules::Window wanted{rules::Window::Kind::flight, 1, *rules::parse_day("2026-11-01"),
                             *rules::parse_day("2026-12-24")};
  EXPECT_EQ(target_of("{name: a, kpi: cpa, at_most: 4, over: {from: 2026-11-01, to: 2026-12-24}}").over,
            wanted);
  EXPECT_EQ(target_of("{name: a, kpi: cpa, at_most: 4, over: 2026-11-01..2026-12-24}").over, wanted);
  const auto longest = target_of("{name: a, kpi: cpa, at_most: 4, over: 2026-01-01..2026-04-02}").over;
  EXPECT_EQ(longest.last - longest.first + 1, rules::Window::kMostDays);
}

TEST(TargetTest, PaceIsATruthAProfileOrAMapping) {
  const auto pace = [](std::string_view text) {
    return target_of("{name: a, kpi: conversions, at_least: 4, over: month, pace: " + std::string(text) +
                     "}");
  };
  using Profile = rules::Pacing::Profile;
  EXPECT_FALSE(pace("false").pace);
  EXPECT_TRUE(pace("true").pace);
  EXPECT_EQ(pace("true").pacing, rules::Pacing());
  EXPECT_EQ(pace("linear").pacing, rules::Pacing());
  EXPECT_TRUE(pace("weekdays").pace);
  EXPECT_EQ(pace("weekdays").pacing.profile, Profile::weekdays);
  EXPECT_TRUE(pace("{corridor: 10%}").pace);
  EXPECT_EQ(pace("{profile: weekdays, corridor: 10%, rollover: true}").pacing,
            (rules::Pacing{Profile::weekdays, 0.1, true}));
}

TEST(TargetTest, ExceptionsMatchAndBound) {
  const auto target = target_of(
      "{name: a, kpi: cpa, at_most: 4, per: campaign, except: [{campaign: trial-brand, channel: [search, "
      "social], at_most: 20}, {channel: email, at_most: [{from: 2026-02-01, value: 3}]}]}");
  ASSERT_EQ(target.exceptions.size(), 2u);
  EXPECT_EQ(target.exceptions[0].match,
            (std::vector<rules::DimensionMatch>{{0, {"search", "social"}}, {1, {"trial-brand"}}}));
  EXPECT_EQ(target.exceptions[0].bounds, (std::vector<rules::Bound>{{rules::kFirstDay, 0, 20}}));
  EXPECT_EQ(target.exceptions[1].bounds,
            (std::vector<rules::Bound>{{rules::kFirstDay, 0, 4}, {*rules::parse_day("2026-02-01"), 0, 3}}))
      << "until its own first day, the target's bound holds";
}

TEST(TargetTest, GuardsMayStandBelow) {
  const auto configuration = configuration_of(
      objective("          - {name: price, kpi: cpa, at_most: 45, guards: volume}\n"
                "          - {name: volume, kpi: conversions, at_least: 9, guards: [price]}\n"));
  const auto& targets = configuration.clients.at(0).strategy.objectives.at(0).targets;
  EXPECT_EQ(targets.at(0).guards, std::vector<std::string>{"volume"});
  EXPECT_EQ(targets.at(1).guards, std::vector<std::string>{"price"});
}

TEST(ClientTest, BooksBeginWhereTheySay) {
  const auto configuration = configuration_of(
      "clients:\n  - name: acme\n    fiscal: {month_starts_on: 28, year_starts_in: april}\n    rates_hold: "
      "2w\n  - name: beta\n");
  EXPECT_EQ(configuration.clients.at(0).strategy.fiscal, (rules::Fiscal{28, 4}));
  EXPECT_EQ(configuration.clients.at(0).strategy.rates_hold_days, 14);
  EXPECT_EQ(configuration.clients.at(1).strategy.fiscal, rules::Fiscal());
  EXPECT_EQ(configuration.clients.at(1).strategy.rates_hold_days, 5);
}

TEST(ClientTest, ABudgetMayBeForAFlight) {
  const auto configuration = configuration_of(
      "clients:\n  - name: acme\n    objectives:\n      - {name: growth, why: w, owner: o, budget: {amount: "
      "9, "
      "per: {from: 2026-11-01, to: 2026-12-24}}}\n");
  EXPECT_EQ(to_string(configuration.clients.at(0).strategy.objectives.at(0).budget->per),
            "2026-11-01..2026-12-24");
}

TEST(ClientTest, ObjectivesAreFlattenedWithTheirParents) {
  const auto configuration = configuration_of(
      "clients:\n  - name: acme\n    timezone: America/New_York\n    currency: USD\n    week_start: sunday\n "
      "   objectives:\n"
      "      - name: growth\n        why: w\n        owner: o\n        match: {channel: search, campaign: "
      "[\"a-*\", b]}\n"
      "        budget: {amount: 30000, per: month}\n        objectives:\n          - {name: trials, why: w, "
      "owner: o}\n"
      "      - {name: brand, why: w, owner: o, parent: trials}\n");
  const auto& strategy = configuration.clients.at(0).strategy;
  EXPECT_EQ(strategy.week_start, std::chrono::Sunday);
  EXPECT_EQ(strategy.timezone, "America/New_York");
  ASSERT_EQ(strategy.objectives.size(), 3u);
  EXPECT_EQ(strategy.objectives[0].parent, "");
  EXPECT_EQ(strategy.objectives[1].parent, "growth");
  EXPECT_EQ(strategy.objectives[2].parent, "trials");
  EXPECT_EQ(strategy.objectives[0].match.at(1).globs, (std::vector<std::string>{"a-*", "b"}));
  EXPECT_EQ(strategy.objectives[0].budget->amount, 30000);
  EXPECT_EQ(strategy.objectives[0].budget->per.kind, rules::Window::Kind::month);
}

TEST(KpiTest, MayNameOnesThatStandBelowOrInOtherFiles) {
  const ScratchFolder folder;
  folder.write("b.yaml", "kpis: [{name: base, formula: spend / leads}]\n");
  const auto loaded = load(folder.write(
      "a.yaml", "include: b.yaml\nkpis: [{name: double, formula: base * 2}]\nclients: [{name: acme}]\n"));
  ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
  const auto* kpi = loaded.configuration->clients.at(0).strategy.find_kpi("double");
  ASSERT_NE(kpi, nullptr);
  EXPECT_EQ(kpi->unit, rules::Unit::money);
}

const Source& source_of(const Configuration& configuration) {
  return configuration.sources.at(0);
}

TEST(SourceTest, CsvKeysArrive) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
sources:
  - name: shop
    client: acme
    connector: csv
    every: 1h30m
    lookback: 2w
    jitter: 0
    checks: {ignore: [unusual_volume, duplicate_rows]}
    deadline: 10s
    max_body: 1MiB
    retries: 0
    stale_after: 1d
    currency: USD
    timezone: UTC
    with:
      path: data/*.csv
      delimiter: tab
      header_row: 3
      columns:
        date: Day
        campaign: {column: "Campaign name"}
        spend: {column: "Cost (EUR)", scale: 0.01, unit: money}
        clicks: Clicks
        revenue: price * sold - refunds
      constants: {channel: search}
      date_format: "%d.%m.%Y"
      decimal_comma: true
      missing: "-"
      allow_private_addresses: true
)yaml");
  const auto& source = source_of(configuration);
  EXPECT_EQ(source.every, 90min);
  EXPECT_EQ(source.lookback, 14 * 24h);
  EXPECT_EQ(source.jitter, 0);
  EXPECT_EQ(source.ignored_findings, (std::vector{rules::SourceFindingKind::duplicate_rows,
                                                  rules::SourceFindingKind::unusual_volume}));
  EXPECT_EQ(source.deadline, 10s);
  EXPECT_EQ(source.most_bytes, 1u << 20);
  EXPECT_EQ(source.most_retries, 0);
  EXPECT_EQ(source.stale_after, 24h);
  EXPECT_EQ(source.currency, "USD");
  EXPECT_EQ(source.timezone, "UTC");
  EXPECT_TRUE(source.allow_private_addresses);
  const auto& csv = std::get<CsvSource>(source.kind);
  EXPECT_EQ(csv.path, "data/*.csv");
  EXPECT_EQ(csv.delimiter, "\t");
  EXPECT_EQ(csv.header_row, 3);
  EXPECT_EQ(csv.mapping.bucket_field, "Day");
  EXPECT_EQ(csv.mapping.date_format, "%d.%m.%Y");
  EXPECT_TRUE(csv.mapping.decimal_comma);
  EXPECT_EQ(csv.mapping.missing, std::vector<std::string>{"-"});
  EXPECT_EQ(csv.mapping.dimensions, (std::vector<std::pair<std::size_t, std::string>>{{1, "Campaign name"}}));
  EXPECT_EQ(csv.mapping.constants, (std::vector<std::pair<std::size_t, std::string>>{{0, "search"}}));
  ASSERT_EQ(csv.mapping.metrics.size(), 3u);
  EXPECT_EQ(csv.mapping.metrics[0].field, "Cost (EUR)");
  EXPECT_EQ(csv.mapping.metrics[0].scale, 0.01);
  EXPECT_EQ(csv.mapping.metrics[0].unit, rules::Unit::money);
  EXPECT_FALSE(csv.mapping.metrics[1].computed);
  ASSERT_TRUE(csv.mapping.metrics[2].computed);
  EXPECT_EQ(csv.mapping.metrics[2].computed->inputs().size(), 3u);
}

TEST(SourceTest, RatesHaveARowForEachCurrency) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
sources:
  - name: bank
    client: acme
    rates: {base: CZK, direction: per_currency}
    connector: csv
    with: {path: rates.csv, columns: {date: Date, currency: Code, rate: rate / amount}}
  - name: other
    rates: {base: EUR}
    connector: csv
    with: {path: rates.csv, columns: {date: Date, currency: {column: Code}, rate: {column: Rate, scale: 0.01}}}
)yaml");
  const auto& bank = configuration.sources.at(0);
  EXPECT_EQ(bank.lookback, std::chrono::days(100));
  EXPECT_EQ(bank.rates, (Rates{"CZK", Rates::Direction::per_currency}));
  EXPECT_EQ(bank.client, "acme");
  const auto& mapping = std::get<CsvSource>(bank.kind).mapping;
  EXPECT_EQ(mapping.bucket_field, "Date");
  EXPECT_EQ(mapping.dimensions, (std::vector<std::pair<std::size_t, std::string>>{{0, "Code"}}));
  ASSERT_EQ(mapping.metrics.size(), 1u);
  EXPECT_EQ(mapping.metrics[0].metric, "rate@CZK");
  EXPECT_TRUE(mapping.metrics[0].inverse);
  EXPECT_EQ(mapping.metrics[0].computed->inputs().size(), 2u);
  EXPECT_FALSE(mapping.may_lack_metrics);
  const auto& other = configuration.sources.at(1);
  EXPECT_EQ(other.client, "");
  EXPECT_EQ(other.rates, (Rates{"EUR", Rates::Direction::per_base}));
  const auto& plain = std::get<CsvSource>(other.kind).mapping.metrics.at(0);
  EXPECT_EQ(plain.field, "Rate");
  EXPECT_EQ(plain.scale, 0.01);
  EXPECT_FALSE(plain.inverse);
}

TEST(SourceTest, RatesHaveAColumnOrKeyForEachCurrency) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
sources:
  - name: some
    rates: {base: EUR}
    connector: csv
    with: {path: rates.csv, columns: {date: Date, rates: [USD, GBP]}}
  - name: every
    rates: {base: EUR}
    connector: csv
    with: {path: rates.csv, columns: {date: Date, rates: "*"}}
  - name: api
    rates: {base: EUR}
    connector: http_json
    with: {url: "https://api.example.com/{from}", fields: {date: /date, rates: /rates}}
  - name: pushed
    rates: {base: EUR}
    connector: push
)yaml");
  const auto& some = std::get<CsvSource>(configuration.sources.at(0).kind).mapping;
  ASSERT_EQ(some.metrics.size(), 2u);
  EXPECT_EQ(some.metrics[1].metric, "GBP");
  EXPECT_EQ(some.metrics[1].field, "GBP");
  EXPECT_FALSE(some.may_lack_metrics);
  const auto& every = std::get<CsvSource>(configuration.sources.at(1).kind).mapping;
  EXPECT_GT(every.metrics.size(), 140u);
  EXPECT_TRUE(every.may_lack_metrics);
  for (const auto& field : every.metrics) EXPECT_NE(field.metric, "EUR");
  const auto& api = std::get<HttpSource>(configuration.sources.at(2).kind).mapping;
  EXPECT_EQ(api.metrics.at(0).field, "/rates/" + api.metrics.at(0).metric);
  EXPECT_TRUE(api.may_lack_metrics);
  EXPECT_TRUE(std::holds_alternative<PushSource>(configuration.sources.at(3).kind));
}

TEST(SourceTest, DatesMayStandInTheHeader) {
  const auto configuration = configuration_of(
      "clients: [{name: acme}]\nsources:\n  - name: wide\n    client: acme\n    connector: csv\n    with:\n"
      "      url: \"https://example.com/wide.csv?since={from:%Y%m%d}\"\n      columns: {campaign: name}\n"
      "      spread: {metric: spend, scale: 0.01}\n");
  const auto& csv = std::get<CsvSource>(source_of(configuration).kind);
  EXPECT_EQ(csv.spread_metric, "spend");
  EXPECT_EQ(csv.spread_unit, rules::Unit::money);
  EXPECT_EQ(csv.spread_scale, 0.01);
  EXPECT_EQ(csv.mapping.bucket_field, "");
}

std::string http(std::string_view keys, std::string_view secrets = "") {
  return "clients: [{name: acme}]\nsources:\n  - name: ads\n    client: acme\n    connector: http_json\n" +
         std::string(secrets) +
         "    with:\n      url: https://example.com/r?d={from}\n      fields: {date: day, campaign: "
         "/campaign/name, "
         "spend: {pointer: /cost, scale: 0.000001}, clicks: taps + swipes}\n" +
         std::string(keys);
}

TEST(SourceTest, HttpJsonKeysArrive) {
  const auto configuration = configuration_of(http(
      "      query: {a: \"{from}\", b: 2}\n      headers: {Accept-Language: en}\n      records: /data/rows\n"
      "      body: {from: \"{from}\", size: 10, exact: true, name: \"10\", nested: [1, 2.5, {x: }]}\n      "
      "max_pages: 7\n"));
  const auto& source = std::get<HttpSource>(source_of(configuration).kind);
  EXPECT_EQ(source.request.method, "POST");
  EXPECT_EQ(source.request.query,
            (std::vector<std::pair<std::string, std::string>>{{"a", "{from}"}, {"b", "2"}}));
  EXPECT_EQ(source.request.headers.at(0).first, "Accept-Language");
  EXPECT_EQ(source.request.body,
            R"({"from":"{from}","size":10,"exact":true,"name":"10","nested":[1,2.5E0,{"x":null}]})");
  EXPECT_EQ(source.records.path, "/data/rows");
  EXPECT_EQ(source.pagination.most_pages, 7);
  EXPECT_EQ(source.mapping.dimensions.at(0).second, "/campaign/name");
  EXPECT_EQ(source.mapping.metrics.at(0).field, "/cost");
  EXPECT_EQ(source.mapping.metrics.at(0).scale, 0.000001);
  EXPECT_TRUE(source.mapping.metrics.at(1).computed);
  EXPECT_EQ(source.auth.kind, AuthKind::none);
}

TEST(SourceTest, PaginationHasFourKinds) {
  const auto pagination = [](std::string_view text) {
    return std::get<HttpSource>(
               source_of(configuration_of(http("      pagination: " + std::string(text) + "\n"))).kind)
        .pagination;
  };
  const auto cursor =
      pagination("{cursor: {pointer: /next, parameter: after, size_parameter: limit, size: 50}}");
  EXPECT_EQ(cursor.kind, PaginationKind::cursor);
  EXPECT_EQ(cursor.cursor_pointer, "/next");
  EXPECT_EQ(cursor.parameter, "after");
  EXPECT_EQ(cursor.size_parameter, "limit");
  EXPECT_EQ(cursor.page_size, 50);
  const auto page = pagination("{page: {parameter: page, first: 0, size_parameter: n, size: 5}}");
  EXPECT_EQ(page.kind, PaginationKind::page);
  EXPECT_EQ(page.first_page, 0);
  EXPECT_EQ(pagination("{offset: {parameter: skip, size: 5}}").kind, PaginationKind::offset);
  EXPECT_EQ(pagination("{link: {rel: next}}").cursor_pointer, "");
  EXPECT_EQ(pagination("{link: {pointer: /links/next}}").cursor_pointer, "/links/next");
  EXPECT_EQ(pagination("{link: {rel: next}}").kind, PaginationKind::link);
}

TEST(SourceTest, AuthenticationHasThreeKinds) {
  const auto auth = [](std::string_view keys, std::string_view secrets) {
    return std::get<HttpSource>(
               source_of(configuration_of(http(keys, "    secrets: " + std::string(secrets) + "\n"))).kind)
        .auth;
  };
  EXPECT_EQ(auth("", "{token: t}").kind, AuthKind::bearer);
  const auto basic = auth("      auth: basic\n      user: ann\n", "{password: p}");
  EXPECT_EQ(basic.kind, AuthKind::basic);
  EXPECT_EQ(basic.user, "ann");
  EXPECT_EQ(basic.value, "{password}");
  const auto header = auth("      auth: header\n      auth_header: X-Api-Key\n", "{token: t}");
  EXPECT_EQ(header.kind, AuthKind::header);
  EXPECT_EQ(header.name, "X-Api-Key");
}

TEST(ReceiverTest, EachWayIsAMappingOrAList) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
receivers:
  - name: oncall
    slack: {webhook_url: "https://hooks.example.com/a", channel: "#x", send_resolved: false}
    webhook:
      - {url: "https://a.example.com", bearer_token: t, max_alerts: 5}
      - {url: "http://127.0.0.1:5001"}
    alertmanager: {urls: ["http://127.0.0.1:9093/"], resend_every: 30s}
    allow_private_addresses: false
route: {receiver: oncall}
)yaml");
  const auto& receiver = configuration.receivers.at(0);
  EXPECT_EQ(receiver.slacks.at(0).webhook_url.reveal(), "https://hooks.example.com/a");
  EXPECT_EQ(receiver.slacks.at(0).channel, "#x");
  EXPECT_FALSE(receiver.slacks.at(0).send_resolved);
  ASSERT_EQ(receiver.webhooks.size(), 2u);
  EXPECT_EQ(receiver.webhooks[0].bearer_token.reveal(), "t");
  EXPECT_EQ(receiver.webhooks[0].max_alerts, 5);
  EXPECT_TRUE(receiver.webhooks[1].send_resolved);
  EXPECT_EQ(receiver.alertmanagers.at(0).urls, std::vector<std::string>{"http://127.0.0.1:9093"});
  EXPECT_EQ(receiver.alertmanagers.at(0).resend_every, 30s);
  EXPECT_FALSE(receiver.allow_private_addresses);
}

TEST(RouteTest, ChildrenInheritWhatTheyDoNotSay) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
receivers: [{name: a}, {name: b}]
route:
  receiver: a
  group_by: [client, objective]
  group_wait: 1s
  group_interval: 2m
  repeat_interval: 3h
  routes:
    - {matchers: ['severity="page"'], receiver: b, group_wait: 5s, continue: true}
    - matchers: ['client=~"x|y"', channel!=search, 'campaign!~"te\"st.*"', 'kpi = cpa']
      group_by: []
      routes: [{matchers: [owner="ann"], group_by: ["..."]}]
)yaml");
  const auto& route = configuration.route.value();
  ASSERT_EQ(route.routes.size(), 2u);
  const auto& page = route.routes[0];
  EXPECT_EQ(page.receiver, "b");
  EXPECT_EQ(page.group_by, (std::vector<std::string>{"client", "objective"}));
  EXPECT_EQ(page.group_wait, 5s);
  EXPECT_EQ(page.group_interval, 2min);
  EXPECT_EQ(page.repeat_interval, 3h);
  EXPECT_TRUE(page.continue_matching);
  const auto& other = route.routes[1];
  EXPECT_EQ(other.receiver, "a");
  EXPECT_TRUE(other.group_by.empty());
  ASSERT_EQ(other.matchers.size(), 4u);
  EXPECT_EQ(other.matchers[0].kind, MatchKind::regex);
  EXPECT_EQ(other.matchers[0].value, "x|y");
  EXPECT_EQ(other.matchers[1].kind, MatchKind::not_equal);
  EXPECT_EQ(other.matchers[2].kind, MatchKind::not_regex);
  EXPECT_EQ(other.matchers[2].value, "te\"st.*");
  EXPECT_EQ(other.matchers[3].label, "kpi");
  EXPECT_EQ(other.matchers[3].value, "cpa");
  EXPECT_EQ(other.routes.at(0).group_by, std::vector<std::string>{"..."});
}

TEST(ServiceTest, SettingsArrive) {
  const auto configuration = configuration_of(R"yaml(
clients: [{name: acme}]
export: [{kpi: "c*", levels: [objective, campaign]}]
journal: {retention: 30d, snapshot_every: 1m, queue: 8MiB}
http: {max_body: 1MiB, max_connections: 9, timeout: 5s, bearer_token: t}
)yaml");
  EXPECT_EQ(configuration.exports.at(0).levels, (std::vector<rules::Level>{{0}, {2}}));
  EXPECT_EQ(configuration.journal.retention, 30 * 24h);
  EXPECT_EQ(configuration.journal.snapshot_every, 1min);
  EXPECT_EQ(configuration.journal.most_queued_bytes, 8u << 20);
  EXPECT_EQ(configuration.http.most_body_bytes, 1u << 20);
  EXPECT_EQ(configuration.http.most_connections, 9u);
  EXPECT_EQ(configuration.http.request_timeout, 5s);
  EXPECT_EQ(configuration.http.bearer_token.reveal(), "t");
}

TEST(ConfigurationTest, FindsByName) {
  const auto configuration =
      configuration_of("clients: [{name: acme}]\nsources: [{name: shop, client: acme, connector: push}]\n");
  EXPECT_EQ(configuration.find_client("acme")->strategy.client, "acme");
  EXPECT_EQ(configuration.find_client("beta"), nullptr);
  EXPECT_TRUE(std::holds_alternative<PushSource>(configuration.find_source("shop")->kind));
  EXPECT_EQ(configuration.find_source("acme"), nullptr);
}

}  // namespace
}  // namespace tightrope::config
