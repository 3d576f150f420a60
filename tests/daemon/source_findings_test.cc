// A source whose file goes wrong and is mended: what is found is in the log, the metrics, the API and the
// engine, and is gone again.
#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "running_app.h"
#include "tests/support/log_capture.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using daemon::commands::DaemonAddress;
using daemon::commands::DaemonReply;

constexpr const char* kYaml = R"(
sources:
  - name: sheet
    client: acme
    connector: csv
    every: 1s
    jitter: 0
    lookback: 40d
    with:
      path: ads.csv
      columns: {date: day, channel: channel, campaign: campaign, spend: cost, clicks: clicks, conversions: conv}
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - name: trials
        targets: [{name: trial_cpa, kpi: cpa, at_most: 5, over: 7d, per: campaign}]
playbooks:
  - {name: mend, applies: {finding: conversions_stopped}, advise: "Test the tag of {campaign}."}
)";

rules::Day today() {
  return {static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count())};
}

class SourceFindingsTest : public ::testing::Test {
 protected:
  SourceFindingsTest() {
    write_file(directory_ / "tightrope.yaml", kYaml);
    options_.config_file = directory_ / "tightrope.yaml";
    options_.storage_path = directory_ / "data";
    options_.http.listen_address = "127.0.0.1:0";
    options_.engine_threads = 1;
    options_.flush = 10ms;
  }

  // Six weeks of two campaigns. The last ten days of one are without conversions, or all is well.
  enum class Tag { works, broken };
  void publish(Tag tag, const std::string& clicks = "clicks") const {
    std::string csv = "day,channel,campaign,cost," + clicks + ",conv\n";
    for (int back = 40; back >= 0; --back) {
      const std::string day = to_string(today() - back);
      const bool silent = tag == Tag::broken && back <= 10;
      csv += day + ",search,brand,100,200," + (silent ? "0" : "10") + "\n";
      csv += day + ",search,boots,100,180,11\n";
    }
    write_file(directory_ / "ads.csv", csv);
  }

  static json::value source(const RunningApp& app) {
    const auto answer = daemon::commands::ask_for_data(address(app), "GET", "/api/v1/sources", "");
    const auto* data = std::get_if<json::value>(&answer);
    return data ? data->at("sources").at(0) : json::value();
  }
  static std::string metrics(const RunningApp& app) {
    const auto answer = daemon::commands::ask_daemon(address(app), "GET", "/metrics", "");
    const auto* reply = std::get_if<DaemonReply>(&answer);
    return reply ? reply->body : std::string();
  }
  static bool has_sample(const RunningApp& app, const std::string& name, int value) {
    return metrics(app).find(name + "{client=\"acme\",finding=\"conversions_stopped\",source=\"sheet\"} " +
                             std::to_string(value) + "\n") != std::string::npos;
  }
  // The kinds that are found, once there are so many polls more; what they are, if they are not so in time.
  static std::vector<std::string> found(const RunningApp& app, std::size_t wanted) {
    std::vector<std::string> kinds;
    for (int i = 0; i < 1000; ++i) {
      kinds.clear();
      const json::value shown = source(app);
      for (const json::value& finding : shown.at("findings").as_array())
        kinds.emplace_back(finding.at("finding").as_string());
      if (kinds.size() == wanted && !shown.at("lastSuccess").is_null()) break;
      std::this_thread::sleep_for(10ms);
    }
    return kinds;
  }
  // What is advised on the campaign's alert.
  static std::vector<std::string> advice(RunningApp& app) {
    std::vector<std::string> playbooks;
    app.run(app.app().find_client("acme")->view([&](const rules::Engine& engine) {
      for (const rules::Alert& alert : engine.alerts()) {
        for (const rules::Recommendation& one : alert.recommendations) playbooks.push_back(one.playbook);
      }
    }));
    return playbooks;
  }

  using Kinds = std::vector<std::string>;
  TemporaryDirectory directory_;
  daemon::AppOptions options_;

 private:
  static DaemonAddress address(const RunningApp& app) {
    DaemonAddress address;
    address.url = app.url();
    return address;
  }
};

std::size_t count(const LogCapture& log, const std::string& part) {
  std::size_t lines = 0;
  for (const std::string& line : log.lines()) lines += line.find(part) != std::string::npos;
  return lines;
}

TEST_F(SourceFindingsTest, WhatIsFoundIsToldOnceAndGoesAway) {
  LogCapture log(daemon::LogLevel::info);
  publish(Tag::works);
  RunningApp app(options_);
  ASSERT_FALSE(app.problem()) << *app.problem();
  EXPECT_EQ(found(app, 0), Kinds());
  EXPECT_TRUE(has_sample(app, "tightrope_source_findings_begun_total", 0));

  publish(Tag::broken);
  ASSERT_EQ(found(app, 1), Kinds{"conversions_stopped"});
  const json::value finding = source(app).at("findings").at(0);
  EXPECT_EQ(finding.at("entity").as_string(), "search/brand");
  EXPECT_EQ(finding.at("since").as_string(), to_string(today() - 10));
  EXPECT_EQ(std::string(finding.at("text").as_string()).find("No conversions of search/brand since "), 0u);
  EXPECT_TRUE(has_sample(app, "tightrope_source_findings", 1));
  for (int i = 0; i < 500 && advice(app).empty(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(advice(app), Kinds{"mend"});
  std::this_thread::sleep_for(1100ms);  // another poll says nothing new
  EXPECT_EQ(count(log, "msg=\"found\" source=sheet finding=conversions_stopped"), 1u);

  publish(Tag::works);
  EXPECT_EQ(found(app, 0), Kinds());
  EXPECT_EQ(count(log, "msg=\"found no more\" source=sheet finding=conversions_stopped"), 1u);
  EXPECT_TRUE(has_sample(app, "tightrope_source_findings_begun_total", 1));
}

TEST_F(SourceFindingsTest, ARestartKnowsWhatWasFoundAndARemovedSourceTakesItAlong) {
  publish(Tag::broken);
  {
    RunningApp app(options_);
    ASSERT_EQ(found(app, 1), Kinds{"conversions_stopped"});
    for (int i = 0; i < 500 && advice(app).empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(advice(app), Kinds{"mend"});
  }
  LogCapture log(daemon::LogLevel::info);
  {
    RunningApp app(options_);
    EXPECT_EQ(found(app, 1), Kinds{"conversions_stopped"});
    EXPECT_EQ(advice(app), Kinds{"mend"});
    EXPECT_EQ(count(log, "msg=\"found\" source=sheet"), 0u);
  }
  std::string yaml = kYaml;
  yaml.erase(yaml.find("sources:"), yaml.find("clients:") - yaml.find("sources:"));
  write_file(directory_ / "tightrope.yaml", yaml);
  RunningApp app(options_);
  ASSERT_FALSE(app.problem()) << *app.problem();
  EXPECT_EQ(advice(app), Kinds());
}

TEST_F(SourceFindingsTest, AColumnThatIsGoneIsDriftAndTheCommandsShowIt) {
  publish(Tag::works);
  RunningApp app(options_);
  ASSERT_FALSE(app.problem()) << *app.problem();
  EXPECT_EQ(found(app, 0), Kinds());
  publish(Tag::works, "clicked");
  ASSERT_EQ(found(app, 1), Kinds{"schema_drift"});
  const std::string text(source(app).at("findings").at(0).at("text").as_string());
  EXPECT_NE(text.find("no column \"clicks\""), std::string::npos) << text;

  std::ostringstream out, err;
  const std::string url = "--url=" + app.url();
  const std::vector<const char*> words{"tightrope", "status", url.c_str()};
  daemon::commands::run_command_line(static_cast<int>(words.size()), words.data(), out, err);
  EXPECT_NE(out.str().find("schema_drift"), std::string::npos) << out.str();

  publish(Tag::works);
  EXPECT_EQ(found(app, 0), Kinds());
}

TEST_F(SourceFindingsTest, PollPrintsWhatOneReadShows) {
  publish(Tag::broken);
  std::ostringstream out, err;
  const std::string file = "--config.file=" + options_.config_file;
  const std::vector<const char*> words{"tightrope", "poll", file.c_str(), "sheet"};
  EXPECT_EQ(daemon::commands::run_command_line(static_cast<int>(words.size()), words.data(), out, err), 0);
  EXPECT_NE(err.str().find("finding conversions_stopped: No conversions of search/brand since "),
            std::string::npos)
      << err.str();
}

}  // namespace
}  // namespace tightrope::testing
