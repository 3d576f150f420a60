#include "daemon/app.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "client_world.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "rules/event.h"
#include "running_app.h"
#include "tests/support/http_server.h"
#include "tests/support/journal_calls.h"
#include "tests/support/log_capture.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

rules::Day today() {
  return {static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count())};
}

// A target that 100 EUR for one conversion misses.
constexpr const char* kBetaFires =
    "          - {name: cpa_now, kpi: cpa, at_most: 40, over: 7d, per: campaign, severity: page}\n";

// The status of each alert of a webhook's message, by campaign.
std::map<std::string, std::string> alerts_in(const HttpRequest& request) {
  std::map<std::string, std::string> found;
  const json::value body = json::parse(request.body);
  for (const json::value& alert : body.at("alerts").as_array())
    found[std::string(alert.at("labels").at("campaign").as_string())] =
        std::string(alert.at("status").as_string());
  return found;
}

bool is_good(const config::Errors& errors) {
  return std::ranges::none_of(
      errors, [](const config::Error& error) { return error.level == config::ErrorLevel::error; });
}

// An event as a run stored it whose clock showed this.
void store_tick(const std::string& storage, daemon::Timestamp at) {
  const daemon::OpenedJournal opened = daemon::open_sqlite_journal({.directory = storage});
  ASSERT_EQ(opened.error, std::nullopt);
  const daemon::JournalEvent event{
      .sequence = 0, .client = "acme", .at = at, .payload = rules::encode(rules::Tick{.at = at})};
  ASSERT_EQ(append(*opened.journal, event).error, std::nullopt);
}

class AppTest : public ::testing::Test {
 protected:
  daemon::AppOptions options() {
    daemon::AppOptions options;
    options.config_file = directory_ / "tightrope.yaml";
    options.storage_path = directory_ / "data";
    options.http.listen_address = "127.0.0.1:0";
    options.engine_threads = 2;
    options.flush = 100ms;
    return options;
  }

  void configure(int cpa = 40, const std::string& more_sources = "", const std::string& receiver = "oncall") {
    std::string yaml = acme_yaml(cpa);
    yaml.insert(yaml.find("clients:"), more_sources);
    yaml += "receivers:\n  - {name: oncall, webhook: {url: \"" + sink_.url("/alerts") + "\"}}\n";
    yaml += "route: {receiver: " + receiver + ", group_by: [campaign], group_wait: 0s, group_interval: 1s}\n";
    write_file(directory_ / "tightrope.yaml", yaml);
  }

  // With another client, "beta", of these targets where there are any.
  void configure_with_beta(const std::string& targets) {
    configure(1000);
    if (targets.empty()) return;
    const std::string beta =
        "  - name: beta\n    timezone: UTC\n    currency: EUR\n    objectives:\n"
        "      - name: sales\n        match: {channel: search}\n        targets:\n" +
        targets;
    std::string yaml = read_file(directory_ / "tightrope.yaml");
    yaml.insert(yaml.find("playbooks:"), beta);
    write_file(directory_ / "tightrope.yaml", yaml);
  }

  daemon::Taken<daemon::Accepted> push(RunningApp& app, const std::string& campaign, int spend,
                                       int conversions) {
    return app.run(app.app().find_client("acme")->observe(figures(campaign, today(), spend, conversions)));
  }

  TemporaryDirectory directory_;
  std::atomic<int> answer_{200};
  HttpServer sink_{[this](const HttpRequest&) { return HttpReply{.status = answer_}; }};
};

TEST_F(AppTest, AnAddressThatStrangersReachIsWarnedOfUnlessThereIsAToken) {
  configure();
  daemon::AppOptions open = options();
  open.http.listen_address = "0.0.0.0:0";
  {
    const LogCapture log;
    RunningApp app(open);
    EXPECT_TRUE(log.contains("level=warn component=http msg=\"everybody who reaches this port")) << "open";
  }
  const LogCapture log;
  {
    RunningApp app(options());
    EXPECT_FALSE(log.contains("everybody who reaches this port")) << "loopback";
  }
  configure();
  std::ofstream(directory_ / "tightrope.yaml", std::ios::app) << "http: {bearer_token: s3cret}\n";
  RunningApp app(open);
  EXPECT_FALSE(app.problem());
  EXPECT_FALSE(log.contains("everybody who reaches this port")) << "with a token";
}

TEST_F(AppTest, AnAddressWithoutAHostIsThisMachineAndSaysSo) {
  configure();
  daemon::AppOptions given = options();
  given.http.listen_address = ":0";
  const LogCapture log;
  RunningApp app(given);
  EXPECT_FALSE(app.problem());
  EXPECT_TRUE(log.contains("reached from this machine only; for all interfaces listen on 0.0.0.0:0"));
}

TEST_F(AppTest, TheLogSaysWhoDecidedWhat) {
  configure();
  const LogCapture log;
  RunningApp app(options());
  ASSERT_TRUE(push(app, "brand", 100, 1));
  std::string id;
  app.run(app.app().find_client("acme")->view(
      [&id](const rules::Engine& engine) { id = engine.alerts().at(0).recommendations.at(0).id; }));
  rules::Decision decision;
  decision.recommendation = id;
  decision.kind = rules::DecisionKind::declined;
  decision.by = "mara";
  decision.reason = "a sale is on";
  ASSERT_TRUE(app.run(app.app().find_client("acme")->decide(decision)));
  const std::string said = " decision=declined by=mara recommendation=" + id;
  for (int i = 0; i < 400 && !log.contains(said); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(log.contains(said));
  EXPECT_TRUE(log.contains("reason=\"a sale is on\""));
}

TEST_F(AppTest, FiguresThatMissTheirTargetReachTheWebhookAndTheLog) {
  LogCapture log(daemon::LogLevel::info);
  configure();
  RunningApp app(options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  EXPECT_TRUE(app.app().ready());
  const auto taken = push(app, "brand", 100, 1);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->changed, 2u);
  ASSERT_TRUE(sink_.wait_for_requests(1));
  const auto alerts = alerts_in(sink_.requests()[0]);
  EXPECT_EQ(alerts, (std::map<std::string, std::string>{{"brand", "firing"}}));
  EXPECT_TRUE(log.contains("alert fired"));
  EXPECT_TRUE(log.contains("costs="));
  EXPECT_TRUE(log.contains("advice=\"Lower bids of brand"));
}

TEST_F(AppTest, AnAlertThatIsAliveIsNotToldAgainAfterARestart) {
  configure();
  {
    RunningApp app(options());
    ASSERT_FALSE(app.problem());
    ASSERT_TRUE(push(app, "brand", 100, 1));
    ASSERT_TRUE(sink_.wait_for_requests(1));
  }
  RunningApp app(options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  ASSERT_TRUE(push(app, "other", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(2));
  EXPECT_EQ(alerts_in(sink_.requests()[1]), (std::map<std::string, std::string>{{"other", "firing"}}));
  EXPECT_EQ(sink_.requests().size(), 2u);
}

TEST_F(AppTest, AMessageThatNobodyTookIsSentAfterTheRestartUnderTheSameId) {
  configure();
  answer_ = 503;
  std::string id;
  {
    RunningApp app(options());
    ASSERT_FALSE(app.problem());
    ASSERT_TRUE(push(app, "brand", 100, 1));
    ASSERT_TRUE(sink_.wait_for_requests(1));
    id = sink_.requests()[0].header("x-tightrope-notification");
  }
  answer_ = 200;
  const std::size_t before = sink_.requests().size();
  RunningApp app(options());
  ASSERT_TRUE(sink_.wait_for_requests(before + 1));
  EXPECT_EQ(sink_.requests()[before].header("x-tightrope-notification"), id);
  EXPECT_FALSE(id.empty());
}

TEST_F(AppTest, WhatAReceiverRefusesIsToldAgainUntilItIsTaken) {
  const LogCapture log;
  // The answer may change only when the refusal has arrived.
  const auto refused = [&log](std::ptrdiff_t times) {
    const auto is_loss = [](const std::string& line) {
      return line.find("a notification is lost") != std::string::npos;
    };
    for (int i = 0; i < 2000 && std::ranges::count_if(log.lines(), is_loss) < times; ++i)
      std::this_thread::sleep_for(5ms);
    return std::ranges::count_if(log.lines(), is_loss) >= times;
  };
  configure();
  answer_ = 404;
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  ASSERT_TRUE(push(app, "brand", 100, 1));
  ASSERT_TRUE(refused(1));
  answer_ = 200;
  ASSERT_TRUE(sink_.wait_for_requests(2)) << "it would be silent until it is repeated";
  EXPECT_EQ(alerts_in(sink_.requests()[1]), (std::map<std::string, std::string>{{"brand", "firing"}}));
  for (int i = 0; i < 2000 && !log.contains("msg=\"delivered"); ++i) std::this_thread::sleep_for(5ms);
  answer_ = 404;
  ASSERT_TRUE(push(app, "brand", 100, 50));
  ASSERT_TRUE(refused(2));
  answer_ = 200;
  ASSERT_TRUE(sink_.wait_for_requests(4));
  EXPECT_EQ(alerts_in(sink_.requests()[3]), (std::map<std::string, std::string>{{"brand", "resolved"}}));
}

TEST_F(AppTest, AResolvedAlertIsToldToThoseWhoWereToldThatItFired) {
  configure();
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  ASSERT_TRUE(push(app, "brand", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(1));
  ASSERT_TRUE(push(app, "brand", 100, 50));
  ASSERT_TRUE(sink_.wait_for_requests(2));
  EXPECT_EQ(alerts_in(sink_.requests()[1]), (std::map<std::string, std::string>{{"brand", "resolved"}}));
}

TEST_F(AppTest, ASourceIsPolledAndItsAlertsAreTold) {
  write_file(directory_ / "ads.csv",
             "day,channel,campaign,cost,conv\n" + to_string(today()) + ",search,brand,500,2\n");
  configure(40, R"(  - name: ads
    client: acme
    connector: csv
    every: 1m
    with: {path: ads.csv, columns: {date: day, channel: channel, campaign: campaign, spend: cost, conversions: conv}}
)");
  RunningApp app(options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  ASSERT_TRUE(sink_.wait_for_requests(1));
  EXPECT_EQ(alerts_in(sink_.requests()[0]).begin()->first, "brand");
  struct Ask {
    static boost::asio::awaitable<std::vector<daemon::SourceStatus>> sources(daemon::App& of) {
      co_return of.sources();
    }
  };
  const auto sources = app.run(Ask::sources(app.app()));
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_TRUE(sources[0].pushed);
  EXPECT_EQ(sources[1].name, "ads");
  EXPECT_EQ(sources[1].observations_total, 2u);
  EXPECT_EQ(sources[1].last_error, "");
  EXPECT_FALSE(sources[1].stale);
}

TEST_F(AppTest, ABadFileChangesNothing) {
  configure();
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  write_file(directory_ / "tightrope.yaml", "clients: 5\n");
  const config::Errors errors = app.run(app.app().reload());
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors[0].where.line, 1);
  ASSERT_TRUE(push(app, "brand", 100, 1));
  EXPECT_TRUE(sink_.wait_for_requests(1));
}

TEST_F(AppTest, AReloadTakesUpTargetsClientsAndRoutes) {
  configure(1000);
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  ASSERT_TRUE(push(app, "brand", 100, 1));
  configure(40);
  std::string yaml = read_file(directory_ / "tightrope.yaml");
  yaml.insert(yaml.find("playbooks:"), R"(  - name: beta
    timezone: UTC
    currency: EUR
    objectives:
      - {name: sales, match: {channel: search}, targets: [{name: roas, kpi: roas, at_least: 2, over: 7d}]}
)");
  write_file(directory_ / "tightrope.yaml", yaml);
  EXPECT_TRUE(is_good(app.run(app.app().reload())));
  ASSERT_TRUE(sink_.wait_for_requests(1)) << "the stricter target is missed by what is known already";
  ASSERT_TRUE(app.app().find_client("beta"));
  EXPECT_TRUE(app.run(app.app().find_client("beta")->observe(figures("brand", today(), 1, 1))));
  configure(40);
  EXPECT_TRUE(is_good(app.run(app.app().reload())));
  EXPECT_FALSE(app.app().find_client("beta"));
}

TEST_F(AppTest, AClientThatAReloadRemovesAlertsNoMore) {
  HttpServer alertmanager{[](const HttpRequest&) { return HttpReply{.status = 200}; }};
  const auto write = [&](const std::string& targets) {
    configure_with_beta(targets);
    std::string yaml = read_file(directory_ / "tightrope.yaml");
    const std::string webhook = "{name: oncall, ";
    yaml.insert(yaml.find(webhook) + webhook.size(),
                "alertmanager: {urls: [\"" + alertmanager.url("") + "\"]}, ");
    write_file(directory_ / "tightrope.yaml", yaml);
  };
  write(std::string(kBetaFires) +
        "          - {name: cpa_later, kpi: cpa, at_most: 40, over: 7d, per: campaign, severity: page, for: "
        "5h}\n");
  LogCapture log(daemon::LogLevel::info);
  RunningApp app(options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  ASSERT_TRUE(app.run(app.app().find_client("beta")->observe(figures("brand", today(), 100, 1))));
  ASSERT_TRUE(sink_.wait_for_requests(1));
  ASSERT_TRUE(alertmanager.wait_for_requests(1));
  write("");
  ASSERT_TRUE(is_good(app.run(app.app().reload())));
  ASSERT_TRUE(sink_.wait_for_requests(2)) << "its alert fires for ever";
  EXPECT_EQ(alerts_in(sink_.requests()[1]), (std::map<std::string, std::string>{{"brand", "resolved"}}));
  EXPECT_NE(sink_.requests()[1].body.find("The client is no longer configured"), std::string::npos);
  ASSERT_TRUE(alertmanager.wait_for_requests(2));
  const auto ends = [](const HttpRequest& request) {
    return std::string(json::parse(request.body).as_array().at(0).at("endsAt").as_string());
  };
  EXPECT_LT(ends(alertmanager.requests()[1]), ends(alertmanager.requests()[0]));
  EXPECT_TRUE(log.contains("alert resolved\" client=beta"));
  ASSERT_TRUE(is_good(app.run(app.app().reload())));
  // The message of another client shows what else has been sent until then.
  configure(40);
  ASSERT_TRUE(is_good(app.run(app.app().reload())));
  ASSERT_TRUE(push(app, "other", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(3));
  EXPECT_EQ(alerts_in(sink_.requests()[2]), (std::map<std::string, std::string>{{"other", "firing"}}))
      << "resolved is told once";
}

TEST_F(AppTest, TheEndIsToldOfAlertsWhoseClientWasRemovedWhileNoDaemonRan) {
  configure_with_beta(kBetaFires);
  {
    RunningApp app(options());
    ASSERT_FALSE(app.problem()) << *app.problem();
    ASSERT_TRUE(app.run(app.app().find_client("beta")->observe(figures("brand", today(), 100, 1))));
    ASSERT_TRUE(sink_.wait_for_requests(1));
  }
  configure_with_beta("");
  {
    RunningApp app(options());
    ASSERT_FALSE(app.problem()) << *app.problem();
    ASSERT_TRUE(sink_.wait_for_requests(2)) << "its alert fires for ever";
    EXPECT_EQ(alerts_in(sink_.requests()[1]), (std::map<std::string, std::string>{{"brand", "resolved"}}));
    EXPECT_NE(sink_.requests()[1].body.find("The client is no longer configured"), std::string::npos);
  }
  RunningApp app(options());
  configure(40);
  ASSERT_TRUE(is_good(app.run(app.app().reload())));
  ASSERT_TRUE(push(app, "generic", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(3));
  EXPECT_EQ(alerts_in(sink_.requests()[2]), (std::map<std::string, std::string>{{"generic", "firing"}}))
      << "the end is told once";
}

TEST_F(AppTest, AReloadOfTheSameFileChangesNothing) {
  LogCapture log(daemon::LogLevel::info);
  configure();
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  ASSERT_TRUE(push(app, "brand", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(1));
  EXPECT_TRUE(is_good(app.run(app.app().reload())));
  EXPECT_TRUE(is_good(app.run(app.app().reload())));
  ASSERT_TRUE(push(app, "other", 100, 1));
  ASSERT_TRUE(sink_.wait_for_requests(2));
  EXPECT_EQ(alerts_in(sink_.requests()[1]).begin()->first, "other");
  EXPECT_TRUE(log.contains("configuration reloaded"));
}

TEST_F(AppTest, TimeGoesOnFromTheNewestEventWhenTheClockWasSetBackSince) {
  configure();
  { RunningApp app(options()); }
  const daemon::Timestamp stamped = daemon::system_time() + 1h;
  store_tick(options().storage_path, stamped);
  const LogCapture log;
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  EXPECT_GE(app.app().clock().now(), stamped);
  EXPECT_LT(app.app().clock().now(), stamped + 10min);
  EXPECT_TRUE(push(app, "brand", 100, 1)) << "figures are taken meanwhile";
}

TEST_F(AppTest, EventsOfTheFarFutureAreSaid) {
  configure();
  { RunningApp app(options()); }
  store_tick(options().storage_path, daemon::system_time() + std::chrono::days(40));
  const LogCapture log;
  RunningApp app(options());
  ASSERT_FALSE(app.problem());
  EXPECT_TRUE(log.contains("level=error component=app msg=\"the journal has events of the future"));
  EXPECT_LT(app.app().clock().now(), daemon::system_time() + 1h) << "a wrong clock is not followed";
}

TEST_F(AppTest, WhatKeepsItFromRunningIsSaid) {
  write_file(directory_ / "tightrope.yaml", "clientz: []\n");
  {
    RunningApp app(options());
    ASSERT_TRUE(app.problem());
    EXPECT_NE(app.problem()->find("did you mean \"clients\""), std::string::npos) << *app.problem();
  }
  configure();
  RunningApp first(options());
  ASSERT_FALSE(first.problem());
  {
    RunningApp second(options());
    ASSERT_TRUE(second.problem());
    EXPECT_NE(second.problem()->find("data"), std::string::npos) << *second.problem();
  }
  daemon::AppOptions same_port = options();
  same_port.storage_path = directory_ / "other";
  same_port.http.listen_address = "127.0.0.1:" + std::to_string(first.app().port());
  RunningApp third(same_port);
  ASSERT_TRUE(third.problem());
  EXPECT_NE(third.problem()->find(std::to_string(first.app().port())), std::string::npos) << *third.problem();
}

}  // namespace
}  // namespace tightrope::testing
