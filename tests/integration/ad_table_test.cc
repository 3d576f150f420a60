// A real campaign export, read unchanged by config/examples/ad_table.yaml, against sums that this test makes
// on its own: 40 ad groups, 53 days, lines that end in CR LF, rows out of order, missing days, days without
// impressions, refunds.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "collectors/collector.h"
#include "config/configuration.h"
#include "rules/engine.h"
#include "tests/integration/run_command.h"

namespace tightrope {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using rules::Day;

struct Sums {
  double impressions = 0, clicks = 0, conversions = 0, spend = 0, revenue = 0;
  bool any = false;
  void add(const Sums& other) {
    impressions += other.impressions;
    clicks += other.clicks;
    conversions += other.conversions;
    spend += other.spend;
    revenue += other.revenue;
    any = any || other.any;
  }
};
using Table = std::map<std::string, std::map<int, Sums>>;  // ad group, day number

fs::path table_file() {
  if (const char* named = std::getenv("TIGHTROPE_AD_TABLE")) return named;
  return fs::path(TIGHTROPE_SOURCE_DIR) / "../shared/data/campaigns/ad_table.csv";
}

// As simple as can be: the file has no quotes.
Table read_table(const fs::path& file) {
  Table table;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> fields;
    std::stringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    const std::string& date = fields.at(0);  // DD-MM-YYYY
    const auto day = rules::parse_day(date.substr(6) + "-" + date.substr(3, 2) + "-" + date.substr(0, 2));
    const double clicks = std::stod(fields.at(2));
    table[fields.at(6)][day.value().number].add({.impressions = std::stod(fields.at(1)),
                                                 .clicks = clicks,
                                                 .conversions = std::stod(fields.at(3)),
                                                 .spend = clicks * std::stod(fields.at(4)),
                                                 .revenue = std::stod(fields.at(5)),
                                                 .any = true});
  }
  return table;
}

Sums sum(const Table& table, const std::string& ad_group, Day first, Day last) {
  Sums total;
  for (const auto& [name, days] : table) {
    if (!ad_group.empty() && name != ad_group) continue;
    for (auto day = days.lower_bound(first.number); day != days.end() && day->first <= last.number; ++day) {
      total.add(day->second);
    }
  }
  return total;
}

double ratio(double a, double b) {
  return b == 0 ? std::nan("") : a / b;
}

// What each KPI means, said once more and independently of the library.
std::map<std::string, double> kpis(const Sums& s) {
  return {{"cpa", ratio(s.spend, s.conversions)},
          {"cpc", ratio(s.spend, s.clicks)},
          {"cpm", ratio(1000 * s.spend, s.impressions)},
          {"ctr", ratio(s.clicks, s.impressions)},
          {"cvr", ratio(s.conversions, s.clicks)},
          {"roas", ratio(s.revenue, s.spend)},
          {"aov", ratio(s.revenue, s.conversions)},
          {"acos", ratio(s.spend, s.revenue)},
          {"spend", s.spend},
          {"revenue", s.revenue},
          {"clicks", s.clicks},
          {"impressions", s.impressions},
          {"conversions", s.conversions}};
}

void expect_same(double actual, double expected, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << what << " is " << actual;
    return;
  }
  EXPECT_NEAR(actual, expected, 1e-9 * std::max(1.0, std::abs(expected))) << what;
}

class AdTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(table_file())) {
      GTEST_SKIP() << "the campaign export is not there: " << table_file()
                   << " (TIGHTROPE_AD_TABLE names another place)";
    }
    setenv("AD_TABLE", fs::canonical(table_file()).c_str(), 1);
    table = read_table(table_file());
    for (const auto& [name, days] : table) {
      first = std::min(first, Day{days.begin()->first});
      last = std::max(last, Day{days.rbegin()->first});
    }
    const config::Loaded loaded = config::load(example);
    ASSERT_TRUE(loaded.configuration) << config::format(loaded.errors);
    configuration = *loaded.configuration;
  }

  // What the collector reads of the whole file.
  rules::ObservationBatch collect() {
    asio::io_context io;
    const auto transfer = collectors::make_curl_transfer(io.get_executor(), {});
    const auto calendar = *rules::Calendar::open("UTC", std::chrono::Monday);
    const auto collector = collectors::make_collector(configuration.sources.at(0),
                                                      {*transfer, calendar, configuration.dimensions});
    rules::ObservationBatch batch;
    asio::co_spawn(io, collector->collect({.days = {first, last}, .now = calendar.start_of(last + 1)}),
                   [&](std::exception_ptr thrown, collectors::CollectResult result) {
                     ASSERT_FALSE(thrown);
                     ASSERT_TRUE(result.has_value()) << result.error().text;
                     batch = std::move(result->batch);
                   });
    io.run();
    return batch;
  }

  const std::string example = std::string(TIGHTROPE_SOURCE_DIR) + "/config/examples/ad_table.yaml";
  Table table;
  Day first{std::numeric_limits<std::int32_t>::max()};
  Day last{0};
  config::Configuration configuration;
};

TEST_F(AdTableTest, TheFileIsWhatItIsSaidToBe) {
  EXPECT_EQ(table.size(), 40u);
  EXPECT_EQ(rules::to_string(first), "2015-10-01");
  EXPECT_EQ(rules::to_string(last), "2015-11-22");
  std::size_t rows = 0;
  for (const auto& [name, days] : table) rows += days.size();
  EXPECT_EQ(rows, 2115u);
}

TEST_F(AdTableTest, EveryKpiOfEveryAdGroupAndDayEqualsItsSums) {
  const rules::ObservationBatch batch = collect();
  rules::Engine engine(configuration.clients.at(0).strategy);
  engine.apply(batch);
  std::size_t compared = 0;
  for (const auto& [ad_group, days] : table) {
    rules::Entity entity;
    entity.path = {"search", ad_group};
    for (const auto& [kpi, whole] : kpis({})) {
      const auto points = engine.series(kpi, entity, "", "", {first, last});
      ASSERT_EQ(points.size(), static_cast<std::size_t>(last - first) + 1) << kpi;
      for (const rules::SeriesPoint& point : points) {
        const Sums day = sum(table, ad_group, point.day, point.day);
        // A day that the file lacks is missing: not even a volume of it is zero.
        const double expected = day.any ? kpis(day).at(kpi) : std::nan("");
        expect_same(point.value, expected, ad_group + " " + kpi + " " + rules::to_string(point.day));
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 40u * 13u * 53u);
}

TEST_F(AdTableTest, EveryVerdictOfEveryDayEqualsSumsOverItsWindow) {
  const rules::ObservationBatch all = collect();
  rules::Engine engine(configuration.clients.at(0).strategy);
  const auto& calendar = engine.calendar();
  std::size_t compared = 0;
  for (Day today = first; today <= last; today = today + 1) {
    rules::BatchBuilder builder("ad_table", calendar.start_of(today + 1) - rules::Duration(1));
    for (const auto& row : all.rows) {
      if (row.bucket.day != today) continue;
      builder.add(builder.entity(all.entities[row.entity]), builder.metric(all.metrics[row.metric]),
                  row.bucket, row.value);
    }
    engine.apply(std::move(builder).take());
    for (std::size_t i = 0; i < engine.target_count(); ++i) {
      const rules::TargetView view = engine.target(i);
      const rules::DayRange days = calendar.days_of(view.target->over, today);
      for (std::size_t node = 0; node < view.entities.size(); ++node) {
        const rules::Entity& entity = view.entities[node];
        const std::string ad_group = entity.path.empty() ? "" : entity.path[1];
        const Sums window = sum(table, ad_group, days.first, days.last);
        const double expected = kpis(window).at(view.kpi->name);
        const rules::Verdict& verdict = view.verdicts[node];
        const std::string what = view.target->name + " " + ad_group + " " + rules::to_string(today);
        expect_same(verdict.value, expected, what);
        if (!std::isnan(expected) && view.target->min_volume.empty()) {
          const bool missed = expected > verdict.high || expected < verdict.low;
          EXPECT_EQ(verdict.state == rules::VerdictState::off_target, missed) << what;
        }
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 53u * 40u);
}

// Imported and backtested as a user does it: the alerts are those that the sums call for.
TEST_F(AdTableTest, ABacktestFiresWhereTheSumsCrossTheTarget) {
  const testing::TemporaryDirectory storage;
  const std::string common = " --config.file=" + example + " --storage.path=" + storage.path();
  const testing::CommandResult imported = testing::run_tightrope(
      "import" + common + " " + fs::canonical(table_file()).string() + " --source=ad_table");
  ASSERT_EQ(imported.status, 0) << imported.err;
  const testing::CommandResult backtest =
      testing::run_tightrope("backtest" + common + " --from=2015-10-01 --to=2015-11-22 --format=json");
  ASSERT_EQ(backtest.status, 0) << backtest.err;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> fired;  // target, ad group: days
  const auto document = boost::json::parse(backtest.out);
  for (const auto& item : document.at("alerts").as_array()) {
    const auto& alert = item.as_object();
    std::string ad_group;
    if (const auto* labels = alert.if_contains("entity"); labels != nullptr && labels->is_object()) {
      if (const auto* name = labels->as_object().if_contains("campaign"))
        ad_group = name->as_string().c_str();
    }
    fired[{alert.at("target").as_string().c_str(), ad_group}].insert(
        std::string(alert.at("firedAt").as_string().c_str()).substr(0, 10));
  }

  // The rule, once more. Windows move on at midnight and the day's figures come at its end, so each day is looked at twice;
  // an alert fires when a window misses after one that did not.
  std::map<std::pair<std::string, std::string>, std::set<std::string>> expected;
  const auto calendar = *rules::Calendar::open("UTC", std::chrono::Monday);
  for (const rules::Target& target : configuration.clients.at(0).strategy.objectives.at(0).targets) {
    if (target.pace) continue;  // its bound moves with the hours of the month; compared by value above
    std::vector<std::string> entities{""};
    if (target.per.depth > 0) {
      entities.clear();
      for (const auto& [ad_group, days] : table) entities.push_back(ad_group);
    }
    for (const std::string& entity : entities) {
      bool firing = false;
      const auto look = [&](Day today, Day newest) {
        const rules::DayRange days = calendar.days_of(target.over, today);
        const Sums window = sum(table, entity, days.first, newest);
        const double value = kpis(window).at(target.kpi);
        bool missed;
        if (target.kpi == "cpa" && window.any && window.conversions == 0) {
          // Fewer than three were due, or than the minimum that can be judged: nothing is said.
          const double least = target.min_volume.empty() ? 3 : std::max(3.0, target.min_volume[0].amount);
          if (window.spend < least * target.bounds[0].high) return;
          missed = true;
        } else {
          if (!window.any || std::isnan(value)) return;
          missed = target.kind == rules::BoundKind::at_most ? value > target.bounds[0].high
                                                            : value < target.bounds[0].low;
          const bool volume =
              target.min_volume.empty() || window.conversions >= target.min_volume[0].amount;
          if (missed && !volume) return;  // too little to judge: as it was
        }
        if (missed && !firing) expected[{target.name, entity}].insert(rules::to_string(today));
        firing = missed;
      };
      for (Day today = first; today <= last; today = today + 1) {
        if (first < today) look(today, today - 1);
        look(today, today);
      }
    }
  }
  for (auto entry = fired.begin(); entry != fired.end();) {
    entry = entry->first.first == "conversion_volume" ? fired.erase(entry) : std::next(entry);
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace tightrope
