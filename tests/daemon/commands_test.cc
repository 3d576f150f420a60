#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "client_world.h"
#include "daemon/commands/table.h"
#include "daemon/recovery.h"
#include "ran_command.h"
#include "running_app.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

namespace json = boost::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Six days of one campaign: good until the 3rd, bad from the 4th on.
constexpr const char* kHistory =
    "day,channel,campaign,cost,conv\n"
    "2026-03-01,search,brand,30,3\n"
    "2026-03-02,search,brand,30,3\n"
    "2026-03-03,search,brand,30,3\n"
    "2026-03-04,search,brand,900,1\n"
    "2026-03-05,search,brand,900,1\n"
    "2026-03-06,search,brand,900,1\n";

constexpr const char* kDollarsInNewYork =
    R"(  - name: us_ads
    client: acme
    connector: csv
    timezone: America/New_York
    currency: USD
    with: {path: us.csv, date_format: "%Y-%m-%d %H", columns: {date: hour, channel: channel, spend: cost, conversions: conv}}
)";

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() {
    std::string yaml = acme_yaml();
    yaml.insert(yaml.find("clients:"), R"(  - name: ads
    client: acme
    connector: csv
    lookback: 4d
    with: {path: ads.csv, columns: {date: day, channel: channel, campaign: campaign, spend: cost, conversions: conv}}
)");
    write_file(config_, yaml);
    write_file(directory_ / "ads.csv", kHistory);
  }

  std::string config_flag() const { return "--config.file=" + config_; }
  std::string storage_flag() const { return "--storage.path=" + (directory_ / "data"); }
  daemon::AppOptions daemon_options(std::string listen_address = "127.0.0.1:0") const {
    daemon::AppOptions options;
    options.config_file = config_;
    options.storage_path = directory_ / "data";
    options.http.listen_address = std::move(listen_address);
    return options;
  }
  static rules::Day utc_today() {
    return {static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count())};
  }
  Ran import(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"import", config_flag(), storage_flag(), "--source=ads",
                                   directory_ / "ads.csv"};
    words.insert(words.end(), more.begin(), more.end());
    return tightrope(words);
  }
  Ran backtest(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"backtest", config_flag(), storage_flag(), "--from=2026-03-01",
                                   "--to=2026-03-06"};
    words.insert(words.end(), more.begin(), more.end());
    return tightrope(words);
  }

  // "USD 2026-03-05 rate@EUR 1.07": every figure of the client's journal, in order.
  std::vector<std::string> journalled(std::string_view client) const {
    std::vector<std::string> figures;
    const auto opened = daemon::open_sqlite_journal({.directory = directory_ / "data", .read_only = true});
    if (opened.error) return {opened.error->text};
    const auto utc = *rules::Calendar::open("UTC", std::chrono::Monday);
    opened.journal->read_events(client, 0, [&](const daemon::JournalEvent& event) {
      const auto decoded = rules::decode(event.payload);
      const auto* batch = decoded ? std::get_if<rules::ObservationBatch>(&*decoded) : nullptr;
      if (batch == nullptr) return true;
      for (const auto& row : batch->rows) {
        figures.push_back(to_string(batch->entities[row.entity]) + " " + utc.format(row.bucket) + " " +
                          batch->metrics[row.metric] + " " + to_string(row.value));
      }
      return true;
    });
    return figures;
  }

  TemporaryDirectory directory_;
  const std::string config_ = directory_ / "tightrope.yaml";
};

TEST_F(CommandsTest, NothingAndNonsenseAreUsageErrors) {
  EXPECT_EQ(tightrope({}).code, 2);
  const Ran unknown = tightrope({"chekc"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_TRUE(has(unknown.err, "there is no command \"chekc\"; did you mean \"check\"?")) << unknown.err;
  EXPECT_EQ(tightrope({"run"}).code, 2);
  EXPECT_EQ(tightrope({"check"}).code, 2);
  EXPECT_EQ(tightrope({"decide", "0123", "maybe"}).code, 2);
}

TEST_F(CommandsTest, HelpAndVersionAreGood) {
  const Ran help = tightrope({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* command : {"run", "check", "test", "schema", "poll", "import", "backtest", "explain",
                              "status", "alerts", "identity", "ack", "decide"}) {
    EXPECT_TRUE(has(help.out, command)) << command;
    EXPECT_EQ(tightrope({command, "--help"}).code, 0) << command;
  }
  EXPECT_TRUE(has(tightrope({"--version"}).out, "tightrope "));
}

TEST_F(CommandsTest, CheckSaysHowManyFilesAreGood) {
  const Ran ran = tightrope({"check", config_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "1 file checked, ok\n");
}

TEST_F(CommandsTest, CheckNamesThePlaceOfAMistake) {
  write_file(config_, "clients:\n  - nmae: acme\n");
  const Ran ran = tightrope({"check", config_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.err, "tightrope.yaml:2:5: error:")) << ran.err;
  EXPECT_TRUE(has(ran.err, "did you mean \"name\"?")) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(tightrope({"check", directory_ / "none.yaml"}).code, 1);
}

TEST_F(CommandsTest, SchemaIsAJsonSchema) {
  const Ran ran = tightrope({"schema"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(has(std::string(json::parse(ran.out).at("$schema").as_string()), "json-schema.org"));
  EXPECT_EQ(json::parse(ran.out).at("$ref").as_string(), "#/$defs/configuration");
  const Ran of_tests = tightrope({"schema", "--of=test"});
  EXPECT_EQ(of_tests.code, 0);
  EXPECT_EQ(json::parse(of_tests.out).at("$ref").as_string(), "#/$defs/test_file");
  EXPECT_EQ(tightrope({"schema", "--of=nothing"}).code, 2);
}

TEST_F(CommandsTest, PollPrintsAnObservationPerLine) {
  const Ran ran = tightrope({"poll", config_flag(), "ads", "--now=2026-03-05T12:00:00Z"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::istringstream lines(ran.out);
  std::string line;
  std::map<std::string, int> by_metric;
  while (std::getline(lines, line)) {
    const json::value observation = json::parse(line);
    EXPECT_EQ(observation.at("client").as_string(), "acme");
    ++by_metric[std::string(observation.at("metric").as_string())];
  }
  EXPECT_EQ(by_metric, (std::map<std::string, int>{{"conversions", 4}, {"spend", 4}}));
  const Ran days = tightrope({"poll", config_flag(), "ads", "--days=2026-03-01..2026-03-01"});
  EXPECT_EQ(days.code, 0) << days.err;
  EXPECT_EQ(std::count(days.out.begin(), days.out.end(), '\n'), 2);
}

TEST_F(CommandsTest, PollPrintsTheClientsHoursAndTheSourcesCurrency) {
  std::string yaml = acme_yaml();
  yaml.insert(yaml.find("clients:"), kDollarsInNewYork);
  write_file(config_, yaml);
  write_file(directory_ / "us.csv", "hour,channel,cost,conv\n2026-03-06 20,search,3,1\n");
  const Ran ran = tightrope({"poll", config_flag(), "us_ads", "--now=2026-03-07T03:00:00Z", "--days=1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      R"({"client":"acme","source":"us_ads","entity":{"channel":"search"},"bucket":"2026-03-07T01","metric":"spend","value":3,"currency":"USD"}
{"client":"acme","source":"us_ads","entity":{"channel":"search"},"bucket":"2026-03-07T01","metric":"conversions","value":1}
)");
  EXPECT_TRUE(has(ran.err, "of other days than 2026-03-06 to 2026-03-06")) << "the day of the source's zone";
}

TEST_F(CommandsTest, RatesArePolledAndImportedForAllClients) {
  std::string yaml = acme_yaml();
  yaml.insert(yaml.find("clients:"), R"(  - name: ecb
    rates: {base: EUR}
    connector: csv
    with: {path: eurofxref-hist.csv, columns: {date: Date, rates: "*"}}
)");
  yaml.insert(yaml.find("playbooks:"), "  - {name: beta, currency: USD}\n");
  write_file(config_, yaml);
  write_file(directory_ / "eurofxref-hist.csv",
             "Date,USD,JPY,CYP,\n2026-03-06,1.08,163.2,N/A,\n2026-03-05,1.07,162,N/A,\n");
  const Ran polled = tightrope({"poll", config_flag(), "ecb", "--now=2026-03-06T17:00:00Z", "--days=1"});
  EXPECT_EQ(polled.code, 0) << polled.err;
  EXPECT_EQ(
      polled.out,
      R"({"source":"ecb","bucket":"2026-03-06","metric":"rate","base":"EUR","currency":"JPY","value":163.2}
{"source":"ecb","bucket":"2026-03-06","metric":"rate","base":"EUR","currency":"USD","value":1.08}
)");
  const Ran imported =
      tightrope({"import", config_flag(), storage_flag(), "--source=ecb", directory_ / "eurofxref-hist.csv"});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_TRUE(has(imported.out, "2 days from 2026-03-05 to 2026-03-06")) << imported.out;
  EXPECT_TRUE(has(imported.out, "acme: 4 figures:")) << imported.out;
  EXPECT_TRUE(has(imported.out, "beta: 4 figures:")) << imported.out;
  for (const char* client : {"acme", "beta"}) {
    EXPECT_EQ(journalled(client),
              (std::vector<std::string>{"JPY 2026-03-05 rate@EUR 162", "USD 2026-03-05 rate@EUR 1.07",
                                        "JPY 2026-03-06 rate@EUR 163.2", "USD 2026-03-06 rate@EUR 1.08"}))
        << client;
  }
}

TEST_F(CommandsTest, ImportBringsFiguresInTheClientsHoursAndUnderTheirCurrency) {
  std::string yaml = acme_yaml();
  yaml.insert(yaml.find("clients:"), kDollarsInNewYork);
  write_file(config_, yaml);
  write_file(directory_ / "us.csv",
             "hour,channel,cost,conv\n2026-03-06 20,search,3,1\n2026-03-06 17,search,4,1\n");
  const Ran ran =
      tightrope({"import", config_flag(), storage_flag(), "--source=us_ads", directory_ / "us.csv"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "2 days from 2026-03-06 to 2026-03-07")) << ran.out;
  EXPECT_EQ(
      journalled("acme"),
      (std::vector<std::string>{"search 2026-03-06T22 spend@USD 4", "search 2026-03-06T22 conversions 1",
                                "search 2026-03-07T01 spend@USD 3", "search 2026-03-07T01 conversions 1"}));
}

TEST_F(CommandsTest, PollSaysWhatIsWrong) {
  const Ran unknown = tightrope({"poll", config_flag(), "adz"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_TRUE(has(unknown.err, "there is no source \"adz\"; did you mean \"ads\"?")) << unknown.err;
  const Ran pushed = tightrope({"poll", config_flag(), "shop"});
  EXPECT_EQ(pushed.code, 1);
  EXPECT_TRUE(has(pushed.err, "figures are pushed to \"shop\""));
  EXPECT_EQ(tightrope({"poll", config_flag(), "ads", "--now=yesterday"}).code, 2);
  EXPECT_EQ(tightrope({"poll", config_flag(), "ads", "--days=0"}).code, 2);
  write_file(directory_ / "ads.csv", "day,channel\n2026-03-01,search\n");
  const Ran bad = tightrope({"poll", config_flag(), "ads"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_TRUE(has(bad.err, "bad_data")) << bad.err;
}

TEST_F(CommandsTest, ImportTellsWhatItDidAndASecondTimeThatItIsKnown) {
  const Ran first = import();
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_TRUE(has(first.out, "6 rows read, 1 entities, 6 days from 2026-03-01 to 2026-03-06")) << first.out;
  EXPECT_TRUE(has(first.out, "12 figures:")) << first.out;
  // Whether the engine still holds days of 2026 depends on when this runs; the journal has them all.
  const auto opened = daemon::open_sqlite_journal({.directory = directory_ / "data", .read_only = true});
  ASSERT_TRUE(opened.journal);
  std::vector<rules::Timestamp> learnt;
  ASSERT_FALSE(opened.journal->read_events("acme", 0, [&](const daemon::JournalEvent& stored) {
    const auto event = rules::decode(stored.payload);
    if (event && std::holds_alternative<rules::ObservationBatch>(*event)) learnt.push_back(stored.at);
    return true;
  }));
  ASSERT_EQ(learnt.size(), 6u);
  EXPECT_TRUE(std::ranges::is_sorted(learnt));
  EXPECT_EQ(rules::to_rfc3339(learnt[0]), "2026-03-01T23:59:59.999Z");
}

TEST_F(CommandsTest, ImportKnowsNothingFromTheFuture) {
  const Ran ran = import({"--known-at=2999-01-01T00:00:00Z"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, "lies ahead")) << ran.err;
  EXPECT_FALSE(daemon::open_sqlite_journal({.directory = directory_ / "data", .read_only = true}).journal);
}

TEST_F(CommandsTest, ImportSaysWhichRowsItLeavesOut) {
  write_file(directory_ / "ads.csv", std::string(kHistory) + "2999-01-01,search,brand,30,3\n");
  const Ran ran = import();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.err, "1 row of days after tomorrow or before 1970 was left out")) << ran.err;
}

TEST_F(CommandsTest, ImportingOldHistoryAgainAppendsNothingToTheJournal) {
  std::string old = kHistory;  // years before the days that an engine holds
  for (auto at = old.find("2026"); at != std::string::npos; at = old.find("2026", at))
    old.replace(at, 4, "2019");
  write_file(directory_ / "ads.csv", old);
  ASSERT_EQ(import().code, 0);
  EXPECT_EQ(journalled("acme").size(), 12u);
  const Ran again = import();
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(has(again.out, "12 figures: 0 new or different, 0 of them restated, 12 known already"))
      << again.out;
  EXPECT_EQ(journalled("acme").size(), 12u);
  // A figure that has changed since is told apart from the others, and told again at another time.
  old.replace(old.find("900"), 3, "800");
  write_file(directory_ / "ads.csv", old);
  ASSERT_EQ(import({"--known-at=2019-04-01T00:00:00Z"}).code, 0);
  EXPECT_EQ(journalled("acme").size(), 13u);
  EXPECT_EQ(journalled("acme").back(), "search/brand 2019-03-04 spend 800");
  ASSERT_EQ(import({"--known-at=2019-04-01T00:00:00Z"}).code, 0);
  EXPECT_EQ(journalled("acme").size(), 13u);
}

TEST_F(CommandsTest, ImportSaysWhatTheDaemonWillDrop) {
  write_file(directory_ / "ads.csv", std::string(kHistory) + "2021-11-20,search,brand,30,3\n");
  const Ran ran = import();
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.err, "became known longer ago than journal.retention (400d)")) << ran.err;
  EXPECT_TRUE(has(ran.err, "to keep them, write journal: {retention: ")) << ran.err;
}

TEST_F(CommandsTest, AnImportThatWasStoppedGoesOnWhereItWas) {
  const std::string whole = kHistory;
  write_file(directory_ / "ads.csv", whole.substr(0, whole.find("2026-03-04")));
  ASSERT_EQ(import().code, 0);
  EXPECT_EQ(journalled("acme").size(), 6u);
  write_file(directory_ / "ads.csv", whole);
  const Ran again = import();
  ASSERT_EQ(again.code, 0);
  EXPECT_TRUE(has(again.out, " 6 known already")) << again.out;
  EXPECT_EQ(journalled("acme").size(), 12u);
}

TEST_F(CommandsTest, ImportRefusesASourceThatReadsNoFiles) {
  const Ran ran =
      tightrope({"import", config_flag(), storage_flag(), "--source=shop", directory_ / "ads.csv"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.err, "source \"shop\" has the connector push")) << ran.err;
}

TEST_F(CommandsTest, BacktestShowsWhatWouldHaveFired) {
  ASSERT_EQ(import().code, 0);
  const Ran ran = backtest({"--format=json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json::value result = json::parse(ran.out);
  const json::array& alerts = result.at("alerts").as_array();
  ASSERT_EQ(alerts.size(), 1u) << ran.out;
  EXPECT_EQ(alerts[0].at("target").as_string(), "trial_cpa");
  EXPECT_EQ(alerts[0].at("entity").at("campaign").as_string(), "brand");
  EXPECT_EQ(alerts[0].at("firedAt").as_string(), "2026-03-04T23:59:59.999Z");
  // By hand: 90 + 900 over 9 + 1.
  EXPECT_DOUBLE_EQ(alerts[0].at("value").to_number<double>(), 99.0);
  EXPECT_EQ(alerts[0].at("high").to_number<double>(), 40);
  const json::value& totals = result.at("targets").at(0);
  EXPECT_EQ(totals.at("alerts").to_number<int>(), 1);
  EXPECT_EQ(totals.at("alertDays").to_number<int>(), 3);
  const Ran table = backtest();
  EXPECT_TRUE(has(table.out, "search/brand")) << table.out;
  EXPECT_TRUE(has(table.out, "> 40.00 EUR")) << table.out;
  EXPECT_EQ(
      tightrope({"backtest", config_flag(), storage_flag(), "--from=2026-03-02", "--to=2026-03-01"}).code, 2);
}

TEST_F(CommandsTest, BacktestKnowsARestatementOnlyAfterItCame) {
  ASSERT_EQ(import().code, 0);
  std::string restated = kHistory;
  restated.replace(restated.find("2026-03-04,search,brand,900,1"), 29, "2026-03-04,search,brand,030,3");
  write_file(directory_ / "ads.csv", restated);
  ASSERT_EQ(import({"--known-at=2026-03-08T00:00:00Z"}).code, 0);
  const auto fired_at = [](const Ran& ran) {
    const json::value result = json::parse(ran.out);
    return std::string(result.at("alerts").at(0).at("firedAt").as_string());
  };
  EXPECT_EQ(fired_at(backtest({"--format=json", "--as-known=then"})), "2026-03-04T23:59:59.999Z");
  EXPECT_EQ(fired_at(backtest({"--format=json", "--as-known=now"})), "2026-03-05T23:59:59.999Z");
}

TEST_F(CommandsTest, BacktestListsWhatALaterFigureWouldHaveChanged) {
  ASSERT_EQ(import().code, 0);
  EXPECT_TRUE(has(backtest().out, "no alert would be another on the figures known today"));
  std::string restated = kHistory;
  for (const char* day : {"04", "05", "06"}) {
    const std::string line = std::string("2026-03-") + day + ",search,brand,900,1";
    restated.replace(restated.find(line), line.size(), std::string("2026-03-") + day + ",search,brand,30,3");
  }
  write_file(directory_ / "ads.csv", restated);
  ASSERT_EQ(import({"--known-at=2026-03-08T00:00:00Z"}).code, 0);
  const json::value result = json::parse(backtest({"--format=json"}).out);
  const json::value& lists = result.at("restatements");
  EXPECT_EQ(lists.at("wouldHaveFired").as_array().size(), 0u);
  ASSERT_EQ(lists.at("wouldNotHaveFired").as_array().size(), 1u);
  const json::value& alert = lists.at("wouldNotHaveFired").at(0);
  EXPECT_EQ(alert.at("firedAt").as_string(), "2026-03-04T23:59:59.999Z");
  EXPECT_TRUE(alert.at("firedAtNow").is_null());
  EXPECT_DOUBLE_EQ(alert.at("valueThen").to_number<double>(), 99);
  EXPECT_DOUBLE_EQ(alert.at("valueNow").to_number<double>(), 10);
  EXPECT_EQ(alert.at("figures").as_array().size(), 2u);
  const Ran table = backtest();
  EXPECT_TRUE(has(table.out, "spend 2026-03-04: 900 restated to 30, learnt 2026-03-08 00:00")) << table.out;
}

TEST_F(CommandsTest, ExplainAsOfATimeShowsWhatWasKnownThen) {
  ASSERT_EQ(import().code, 0);
  std::string restated = kHistory;
  restated.replace(restated.find("2026-03-04,search,brand,900,1"), 29, "2026-03-04,search,brand,030,3");
  write_file(directory_ / "ads.csv", restated);
  ASSERT_EQ(import({"--known-at=2026-03-05T08:00:00Z"}).code, 0);
  const auto explain = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"explain", config_flag(), storage_flag(), "acme", "trial_cpa"};
    words.insert(words.end(), more.begin(), more.end());
    return tightrope(words);
  };
  const Ran then = explain({"search/brand", "--as-of=2026-03-04", "--format=json"});
  ASSERT_EQ(then.code, 0) << then.err;
  EXPECT_DOUBLE_EQ(json::parse(then.out).at("verdict").at("value").to_number<double>(), 99);
  EXPECT_EQ(json::parse(then.out).at("asOf").as_string(), "2026-03-04T23:59:59.999Z");
  const Ran later = explain({"search/brand", "--as-of=2026-03-05T08:00:00Z"});
  ASSERT_EQ(later.code, 0) << later.err;
  EXPECT_TRUE(has(later.out, "restated, was 900.00 (learnt 2026-03-04 23:59)")) << later.out;
  EXPECT_TRUE(has(later.out, "spend was 900.00 until 2026-03-05 08:00")) << later.out;
  EXPECT_TRUE(has(explain({"--as-of=2026-03-04"}).out, "search/brand"));
  EXPECT_EQ(explain({"search/brand", "--as-of=2026-02-01"}).code, 1);
  const Ran nothing = explain({"search/brand", "--as-of=someday"});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(has(nothing.err, "--as-of: \"someday\" is not a time")) << nothing.err;
  // Under no strategy at all: history was imported before there was one.
  const Ran strategy = explain({"search/brand", "--as-of=2026-03-05", "--strategy=then"});
  EXPECT_EQ(strategy.code, 1);
  EXPECT_TRUE(has(strategy.err, "no strategy was in force by then")) << strategy.err;
  EXPECT_EQ(explain({"search/brand", "--strategy=then"}).code, 2);
}

TEST_F(CommandsTest, ExplainShowsEveryNumberBehindAVerdict) {
  {
    RunningApp app(daemon_options());
    ASSERT_FALSE(app.problem()) << *app.problem();
    const rules::Day today = utc_today();
    ASSERT_TRUE(app.run(app.app().find_client("acme")->observe(figures("brand", today, 100, 1))));
    ASSERT_TRUE(app.run(app.app().find_client("acme")->observe(figures("brand", today - 1, 20, 2))));
    // Beside the running daemon.
    const Ran ran = tightrope(
        {"explain", config_flag(), storage_flag(), "--format=json", "acme", "trial_cpa", "search/brand"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const json::value told = json::parse(ran.out);
    EXPECT_EQ(told.at("verdict").at("value").to_number<double>(), 40.0);
    EXPECT_EQ(told.at("inputs").as_array().size(), 2u);
    for (const json::value& input : told.at("inputs").as_array()) {
      EXPECT_EQ(input.at("sum").to_number<double>(), input.at("metric").as_string() == "spend" ? 120 : 3);
      EXPECT_EQ(input.at("buckets").as_array().size(), 7u);
    }
    const Ran then = tightrope({"explain", config_flag(), storage_flag(), "acme", "trial_cpa", "search/brand",
                                "--as-of=" + to_string(today), "--strategy=then"});
    EXPECT_TRUE(has(then.out, "= 120.00 / 3\n")) << then.out << then.err;
    EXPECT_TRUE(has(then.out, "alert       resolved: off since ")) << then.out;
    const Ran refused = import();
    EXPECT_EQ(refused.code, 1) << "a daemon has the storage";
    EXPECT_FALSE(refused.err.empty());
  }
  const Ran text = tightrope({"explain", config_flag(), storage_flag(), "acme", "trial_cpa", "search/brand"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(has(text.out, "= 120.00 / 3\n")) << text.out;
  const Ran listed = tightrope({"explain", config_flag(), storage_flag(), "acme", "trial_cpa"});
  EXPECT_EQ(listed.code, 0);
  EXPECT_TRUE(has(listed.out, "search/brand"));
  const Ran unknown = tightrope({"explain", config_flag(), storage_flag(), "acme", "trial_cpaa"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_TRUE(has(unknown.err, "did you mean \"trial_cpa\"?")) << unknown.err;
}

TEST_F(CommandsTest, ARunningDaemonCanBeAskedAndTold) {
  RunningApp app(daemon_options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  const rules::Day today = utc_today();
  ASSERT_TRUE(app.run(app.app().find_client("acme")->observe(figures("brand", today, 100, 1))));
  const std::string url = "--url=" + app.url();

  const Ran status = tightrope({"status", url});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_TRUE(has(status.out, "ready          yes")) << status.out;
  EXPECT_TRUE(has(status.out, "in force since")) << status.out;
  EXPECT_TRUE(has(status.out, "trials")) << status.out;
  EXPECT_TRUE(has(status.out, "shop")) << status.out;

  const Ran listed = tightrope({"alerts", url, "--output=json"});
  ASSERT_EQ(listed.code, 0) << listed.err;
  const json::value alerts = json::parse(listed.out);
  ASSERT_FALSE(alerts.as_array().empty());
  const json::value& alert = alerts.at(0);
  const std::string id(alert.at("id").as_string());
  const std::string recommendation(alert.at("recommendations").at(0).at("id").as_string());
  EXPECT_TRUE(has(tightrope({"alerts", url}).out, id));
  EXPECT_TRUE(has(tightrope({"alerts", url, "--output=extended"}).out, recommendation));
  EXPECT_FALSE(has(tightrope({"alerts", url, "--state=resolved"}).out, id));

  const Ran digest = tightrope({"digest", url, "--false-share=0.2"});
  EXPECT_EQ(digest.code, 0) << digest.err;
  EXPECT_TRUE(has(digest.out, "acme: 0 of ")) << digest.out;
  EXPECT_TRUE(has(digest.out, "on average at most 20 % are there by luck")) << digest.out;
  EXPECT_TRUE(tightrope({"digest", url, "--output=json"}).out.starts_with("[{\"client\":\"acme\""));
  EXPECT_EQ(tightrope({"digest", url, "--false-share=2"}).code, 2);

  EXPECT_EQ(tightrope({"ack", url, id, "--by=kim"}).code, 0);
  const Ran again = tightrope({"ack", url, id, "--by=lee"});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(has(again.err, "kim")) << again.err;
  const Ran decided =
      tightrope({"decide", url, recommendation, "declined", "--by=kim", "--reason=a sale is on"});
  EXPECT_EQ(decided.code, 0) << decided.err;
  EXPECT_TRUE(has(tightrope({"alerts", url, "--output=extended"}).out, "declined"));
  EXPECT_EQ(tightrope({"decide", url, "0000000000000000", "did"}).code, 1);

  EXPECT_FALSE(has(tightrope({"alerts", url}).out, "restated")) << "nothing was";
  daemon::ClientRuntime& client = *app.app().find_client("acme");
  ASSERT_TRUE(app.run(client.observe(figures("shoes", today - 1, 100, 1))));
  ASSERT_TRUE(app.run(client.observe(figures("shoes", today - 1, 100, 10))));
  EXPECT_TRUE(has(tightrope({"alerts", url, "--state=resolved"}).out, "(restated: would not have fired)"));
  EXPECT_TRUE(
      has(tightrope({"alerts", url, "--state=resolved", "--output=extended"}).out,
          "Restated: it fired on 100.00\u00a0EUR, which is now 10.00\u00a0EUR and would not have fired"));
}

// A campaign's name is whatever somebody typed into a vendor's form, and a terminal does what it is told.
TEST_F(CommandsTest, NamesCannotSteerTheTerminal) {
  RunningApp app(daemon_options());
  ASSERT_FALSE(app.problem()) << *app.problem();
  const rules::Day today = utc_today();
  ASSERT_TRUE(app.run(app.app().find_client("acme")->observe(
      figures("br\x1b[2Jand\nX\xc2\x9bY\xe2\x80\xaeZ", today, 100, 1))));
  const std::string url = "--url=" + app.url();
  const std::string shown = "br [2Jand X Y Z";
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"alerts", url}, {"alerts", url, "--output=extended"}}) {
    const Ran ran = tightrope(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, shown)) << ran.out;
    for (const char* control : {"\x1b", "d\nX", "\xc2\x9b", "\xe2\x80\xae"})
      EXPECT_FALSE(has(ran.out, control));
  }
}

TEST_F(CommandsTest, ADaemonThatAsksForATokenNamesTheFlag) {
  const std::string token_file = directory_ / "token";
  std::ofstream(token_file) << "s3cret\n";
  std::ofstream(config_, std::ios::app) << "http: {bearer_token: s3cret}\n";
  RunningApp app(daemon_options(":0"));
  ASSERT_FALSE(app.problem()) << *app.problem();
  const std::string url = "--url=" + app.url();
  const Ran without = tightrope({"alerts", url});
  EXPECT_EQ(without.code, 1);
  EXPECT_TRUE(has(without.err, "--bearer-token-file")) << without.err;
  EXPECT_EQ(tightrope({"alerts", url, "--bearer-token-file=" + token_file}).code, 0);
  std::ofstream(token_file) << "wrong\n";
  const Ran wrong = tightrope({"alerts", url, "--bearer-token-file=" + token_file});
  EXPECT_TRUE(has(wrong.err, "does not accept the token in " + token_file)) << wrong.err;
}

TEST_F(CommandsTest, AWrongAddressOrExternalUrlIsAUsageError) {
  for (const char* wrong : {"--web.listen-address=9870", "--web.listen-address=example:http",
                            "--web.listen-address=127.0.0.1:99999", "--web.external-url=notaurl",
                            "--web.external-url=ftp://tightrope.example"}) {
    const Ran ran = tightrope({"run", config_flag(), wrong});
    EXPECT_EQ(ran.code, 2) << wrong;
    EXPECT_FALSE(ran.err.empty()) << wrong;
  }
}

TEST_F(CommandsTest, ADaemonThatIsNotThereIsSaid) {
  const Ran ran = tightrope({"status", "--url=http://127.0.0.1:1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.err, "no answer from the daemon")) << ran.err;
}

struct PrintableCase {
  const char* name;
  std::string text;
  const char* shown;
};

class PrintableTest : public ::testing::TestWithParam<PrintableCase> {};

TEST_P(PrintableTest, IsShownAs) {
  EXPECT_EQ(daemon::commands::printable(GetParam().text), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    All, PrintableTest,
    ::testing::ValuesIn(std::vector<PrintableCase>{
        {"WordsOfAnyScript", "Z\u00fcrich \u0421\u043a\u0438\u0434\u043a\u0430 \u7279\u5356 \U0001f600",
         "Z\u00fcrich \u0421\u043a\u0438\u0434\u043a\u0430 \u7279\u5356 \U0001f600"},
        {"Escape", "a\x1b[2Jb", "a [2Jb"},
        {"LinesAndTabs", "a\r\n\tb", "a   b"},
        {"Nul", std::string("a\0b", 3), "a b"},
        {"Delete", "a\x7f", "a "},
        {"ControlsOfEightBits",
         "a\xc2\x80"
         "b\xc2\x9b"
         "c\xc2\x9f",
         "a b c "},
        {"NoBreakSpaceStays", "7\u00a0days", "7\u00a0days"},
        {"Directions", "a\u202a\u202e\u2066\u2069z", "a    z"},
        {"NeighboursOfDirections", "\u2029\u202f\u2065\u206a", "\u2029\u202f\u2065\u206a"},
        {"BytesThatAreNoText", "a\x9b\xc2", "a\ufffd\ufffd"},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TableTest, CellsArePrintableAndAsWideAsTheyAreShown) {
  std::ostringstream out;
  daemon::commands::print_table(out, {"A", "B"}, {{"a\nb", "x"}, {"\u202e", "y"}});
  EXPECT_EQ(out.str(), "A    B\na b  x\n     y\n");
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestText) {
  std::ostringstream out;
  daemon::commands::print_table(out, {"A", "B"}, {{"é", "x"}, {"long", ""}});
  EXPECT_EQ(out.str(), "A     B\né     x\nlong\n");
}

}  // namespace
}  // namespace tightrope::testing
