// One campaign under many spellings, from its sources to the alerts, over restarts, and in a backtest.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "client_world.h"
#include "daemon/backtest.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/recovery.h"
#include "ran_command.h"
#include "rules/coverage.h"
#include "running_app.h"
#include "tests/support/log_capture.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr const char* kCampaigns = "[{dimension: campaign, aliases: {Spring Sale: \"777\"}}]";

// acme, whose names are compared so; "" for as they are.
std::string yaml_with(const std::string& identity = kCampaigns) {
  std::string yaml = acme_yaml();
  if (!identity.empty()) yaml.insert(yaml.find("    objectives:"), "    identity: " + identity + "\n");
  return yaml;
}

rules::Day day(int number) {
  return rules::day_from_ymd(std::chrono::year(2026) / 11 / number);
}

rules::ObservationBatch given_by(const std::string& source, const std::string& campaign,
                                 const std::string& metric, int value, int on = 20) {
  rules::BatchBuilder builder(source, rules::Timestamp());
  builder.add(builder.entity(rules::Entity{{"search", campaign}}), builder.metric(metric), {.day = day(on)},
              rules::Amount::from_units(value));
  return std::move(builder).take();
}

std::vector<std::string> entities_of(ClientWorld& world) {
  std::vector<std::string> names;
  boost::asio::co_spawn(world.io(), world.client().view([&names](const rules::Engine& engine) {
    for (rules::EntityIndex i = 0; i < engine.entities().size(); ++i)
      names.push_back(to_string(engine.entities()[i]));
  }),
                        boost::asio::detached);
  world.settle();
  return names;
}

std::vector<rules::Spelling> spellings_of(ClientWorld& world) {
  std::vector<rules::Spelling> spellings;
  boost::asio::co_spawn(
      world.io(), world.client().view_names([&spellings](const rules::Engine&, const rules::NameBook& names) {
        spellings = names.spellings();
      }),
      boost::asio::detached);
  world.settle();
  return spellings;
}

TEST(IdentityTest, TwoSourcesThatSpellDifferentlyMakeOneCampaignAndOneAlert) {
  const LogCapture log(daemon::LogLevel::info);
  ClientWorld world(yaml_with());
  ASSERT_TRUE(world.observe(given_by("ads", "EU | Spring", "spend", 500)));
  ASSERT_TRUE(world.observe(given_by("crm", "eu-spring", "conversions", 2)));
  EXPECT_EQ(entities_of(world), std::vector<std::string>{"search/EU | Spring"});
  const auto alerts = world.alerts();
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].target, "trial_cpa");
  EXPECT_TRUE(log.contains("spellings met that are other names")) << "once met, it is told";
  EXPECT_TRUE(log.contains("eu-spring"));
}

TEST(IdentityTest, WithoutRulesNamesAreTakenAsTheyAre) {
  ClientWorld world(yaml_with(""));
  ASSERT_TRUE(world.observe(given_by("ads", "EU | Spring", "spend", 500)));
  ASSERT_TRUE(world.observe(given_by("crm", "eu-spring", "conversions", 2)));
  EXPECT_EQ(entities_of(world), (std::vector<std::string>{"search/EU | Spring", "search/eu-spring"}));
  EXPECT_TRUE(spellings_of(world).empty());
}

TEST(IdentityTest, ARestartAndAReplayAndABacktestKnowTheSame) {
  ClientWorld world(yaml_with());
  ASSERT_TRUE(world.observe(given_by("ads", "EU | Spring", "spend", 500)));
  ASSERT_TRUE(world.observe(given_by("crm", "eu-spring", "conversions", 2)));
  ASSERT_TRUE(world.observe(given_by("shop", "777", "spend", 90)));
  auto before = spellings_of(world);
  ASSERT_EQ(before.size(), 2u);
  for (const bool crash : {true, false}) {
    crash ? world.crash() : world.stop();
    world.start(yaml_with());
    EXPECT_EQ(spellings_of(world), before) << "what was met is remembered";
    ASSERT_TRUE(world.observe(given_by("crm", "EU_SPRING", "conversions", crash ? 3 : 4)));
    ASSERT_TRUE(world.observe(given_by("shop", "spring_sale", "conversions", crash ? 1 : 2)));
    EXPECT_EQ(entities_of(world), (std::vector<std::string>{"search/EU | Spring", "search/Spring Sale"}));
    before = spellings_of(world);
  }
  EXPECT_EQ(before.size(), 4u);
  world.pass(1min);

  daemon::Recovered replayed;
  for (const auto& stored : world.journal.events) {
    const auto event = rules::decode(stored.payload);
    ASSERT_TRUE(event);
    ASSERT_TRUE(std::holds_alternative<rules::Effects>(daemon::replay_event(replayed, *event)));
  }
  EXPECT_TRUE(replayed.engine->snapshot() == world.snapshot());

  std::set<std::pair<std::string, rules::Timestamp>> live;
  for (const auto& change : world.changes) {
    if (change.kind == rules::AlertChange::Kind::fired) live.emplace(change.alert.id, change.at);
  }
  const auto strategy = configuration_of(yaml_with()).clients.at(0).strategy;
  const auto outcome =
      daemon::backtest(world.journal, strategy, {day(1), day(20)}, daemon::AsKnown::then, world.now());
  ASSERT_TRUE(std::holds_alternative<daemon::Backtest>(outcome));
  std::set<std::pair<std::string, rules::Timestamp>> tried;
  for (const auto& fired : std::get<daemon::Backtest>(outcome).fired)
    tried.emplace(fired.alert.id, *fired.alert.fired_at);
  EXPECT_FALSE(live.empty());
  EXPECT_EQ(tried, live);
}

TEST(IdentityTest, ANameThatChangesItsSpellingIsTheSameRow) {
  for (const bool with_rules : {true, false}) {
    ClientWorld world(yaml_with(with_rules ? kCampaigns : ""));
    const auto utc = *rules::Calendar::open("UTC", std::chrono::Monday);
    const rules::Coverage whole = rules::coverage(utc, utc, {day(14), day(20)});
    ASSERT_TRUE(world.observe(given_by("ads", "EU Sale", "spend", 500), whole));
    const auto again = world.observe(given_by("ads", "eu_sale", "spend", 500), whole);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->changed, with_rules ? 0u : 2u);
    const auto other = world.observe(given_by("ads", "brand", "spend", 10), whole);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->changed, 2u) << "one that is gone is taken back";
  }
}

TEST(IdentityTest, WhatASourceStillGivesMovesToTheNameAndOlderDaysKeepTheirs) {
  ClientWorld world(yaml_with(""));
  const auto utc = *rules::Calendar::open("UTC", std::chrono::Monday);
  const rules::Coverage whole = rules::coverage(utc, utc, {day(19), day(20)});
  ASSERT_TRUE(world.observe(given_by("ads", "777", "spend", 5, 10)));
  ASSERT_TRUE(world.observe(given_by("ads", "777", "spend", 500, 20)));
  ASSERT_TRUE(world.adopt(yaml_with()));
  ASSERT_TRUE(world.observe(given_by("ads", "777", "spend", 500, 20), whole));
  std::map<std::string, double> spend;  // by name, on the two days
  boost::asio::co_spawn(world.io(), world.client().view([&spend](const rules::Engine& engine) {
    for (const char* name : {"777", "Spring Sale"}) {
      for (const auto& point :
           engine.series("spend", rules::Entity{{"search", name}}, "", "", {day(10), day(20)})) {
        if (point.value > 0) spend[name + to_string(point.day)] = point.value;
      }
    }
  }),
                        boost::asio::detached);
  world.settle();
  EXPECT_EQ(spend, (std::map<std::string, double>{{"7772026-11-10", 5}, {"Spring Sale2026-11-20", 500}}));
}

// The daemon as it runs: two files that are polled, pushes over HTTP, the command, a restart, an import.
class IdentityOfADaemonTest : public ::testing::Test {
 protected:
  IdentityOfADaemonTest() {
    std::string yaml = yaml_with();
    yaml.insert(yaml.find("clients:"), R"(  - name: ads
    client: acme
    connector: csv
    every: 1m
    with: {path: ads.csv, columns: {date: day, channel: channel, campaign: campaign, spend: cost}}
  - name: crm
    client: acme
    connector: csv
    every: 1m
    with: {path: crm.csv, columns: {date: day, channel: channel, campaign: campaign, conversions: deals}}
)");
    write_file(directory_ / "tightrope.yaml", yaml);
    const std::string today = to_string(today_);
    // Two spellings in one report are added.
    write_file(directory_ / "ads.csv", "day,channel,campaign,cost\n" + today + ",search,EU | Spring,400\n" +
                                           today + ",search,EU_Spring,100\n");
    write_file(directory_ / "crm.csv", "day,channel,campaign,deals\n" + today + ",search,EU | Spring,2\n" +
                                           today + ",search,EU Sprng,1\n");
    options_.config_file = directory_ / "tightrope.yaml";
    options_.storage_path = directory_ / "data";
    options_.http.listen_address = "127.0.0.1:0";
    options_.engine_threads = 2;
    options_.flush = 100ms;
  }

  json::value data(RunningApp& app, const std::string& path) {
    daemon::commands::DaemonAddress address;
    address.url = app.url();
    auto answer = daemon::commands::ask_for_data(address, "GET", path, "");
    if (const auto* problem = std::get_if<daemon::commands::DaemonProblem>(&answer)) {
      ADD_FAILURE() << problem->text;
      return {};
    }
    return std::get<json::value>(std::move(answer));
  }

  // Today's figure under a name; null until there is one.
  json::value figure(RunningApp& app, const std::string& kpi, const std::string& entity) {
    const std::string today = to_string(today_);
    const json::value series =
        data(app, "/api/v1/series?client=acme&kpi=" + kpi + "&from=" + today + "&to=" + today +
                      "&entity=channel%3Dsearch%2Ccampaign%3D" + daemon::commands::url_encoded(entity));
    const json::array& points = series.at("points").as_array();
    return points.empty() ? json::value() : points[0].at("value");
  }

  // Once it is `wanted`, or after some seconds.
  double figure_once(RunningApp& app, const std::string& kpi, const std::string& entity, double wanted) {
    double value = 0;
    for (int i = 0; i < 400; ++i) {
      const json::value found = figure(app, kpi, entity);
      if (found.is_number()) value = found.to_number<double>();
      if (value == wanted) break;
      std::this_thread::sleep_for(10ms);
    }
    return value;
  }

  TemporaryDirectory directory_;
  daemon::AppOptions options_;
  const rules::Day today_{static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count())};
};

TEST_F(IdentityOfADaemonTest, OneCampaignFromReportsPushesAndImportsOverARestart) {
  {
    RunningApp app(options_);
    ASSERT_FALSE(app.problem()) << *app.problem();
    EXPECT_EQ(figure_once(app, "spend", "EU | Spring", 500), 500);
    EXPECT_EQ(figure_once(app, "conversions", "EU | Spring", 2), 2);
    const std::string push = R"({"source":"shop","observations":[{"bucket":")" + to_string(today_) +
                             R"(","channel":"search","campaign":"eu-SPRING","metrics":{"clicks":70}}]})";
    daemon::commands::DaemonAddress address;
    address.url = app.url();
    const auto pushed = daemon::commands::ask_daemon(address, "POST", "/api/v1/observations", push);
    ASSERT_TRUE(std::holds_alternative<daemon::commands::DaemonReply>(pushed));
    EXPECT_EQ(std::get<daemon::commands::DaemonReply>(pushed).status, 202);
    EXPECT_EQ(figure_once(app, "clicks", "eu | spring", 70), 70) << "questions may spell it in any way";

    const Ran told = tightrope({"identity", "--url=" + app.url(), "--client=acme"});
    EXPECT_EQ(told.code, 0) << told.err;
    EXPECT_NE(told.out.find("acme: campaign: ignores case, spaces, separators; 1 alias\n"), std::string::npos)
        << told.out;
    EXPECT_NE(told.out.find("EU_Spring"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("eu-SPRING"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("a letter apart  "), std::string::npos) << told.out;
    EXPECT_EQ(tightrope({"identity", "--url=" + app.url(), "--client=nobody"}).code, 1);
  }
  // A file with a spelling of its own: once more, the same campaign.
  write_file(directory_ / "old.csv",
             "day,channel,campaign,cost\n" + to_string(today_ - 3) + ",search,eu.spring,50\n");
  for (const char* journalled : {"1 new", "0 new"}) {
    const Ran imported =
        tightrope({"import", "--config.file=" + options_.config_file,
                   "--storage.path=" + options_.storage_path, "--source=ads", directory_ / "old.csv"});
    EXPECT_EQ(imported.code, 0) << imported.err;
    EXPECT_NE(imported.out.find("1 figures: " + std::string(journalled)), std::string::npos) << imported.out;
  }
  RunningApp app(options_);
  ASSERT_FALSE(app.problem()) << *app.problem();
  const json::value report = data(app, "/api/v1/identity?client=acme");
  const json::value& acme = report.at("clients").as_array().at(0);
  ASSERT_EQ(acme.at("merged").as_array().size(), 1u) << acme;
  EXPECT_EQ(acme.at("merged").at(0).at("name").as_string(), "EU | Spring");
  std::set<std::string> met;
  for (const json::value& one : acme.at("merged").at(0).at("spellings").as_array()) {
    met.insert(json::value_to<std::string>(one.at("spelling")) + " by " +
               json::value_to<std::string>(one.at("source")));
  }
  EXPECT_EQ(met, (std::set<std::string>{"EU_Spring by ads", "eu-SPRING by shop", "eu.spring by ads"}));
  EXPECT_TRUE(acme.at("divided").as_array().empty());
  ASSERT_EQ(acme.at("lookAlikes").as_array().size(), 1u);
  EXPECT_EQ(acme.at("lookAlikes").at(0).at("alias").as_string(), R"("EU | Spring": ["EU Sprng"])");
  EXPECT_EQ(acme.at("lookAlikes").at(0).at("likeness").as_string(), "letter");
}

}  // namespace
}  // namespace tightrope::testing
