// The KPI families: what becomes a series, and that scrapers can read it.
#include "daemon/exposition.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/daemon/exposition_reader.h"
#include "tests/rules/strategies.h"

namespace tightrope::daemon {
namespace {

using namespace rules::testing;  // NOLINT: strategies in code
using testing::Dialect;
using testing::Exposition;
using testing::read_exposition;

std::string text_of(const KpiSamples& samples, MetricsFormat format = MetricsFormat::text) {
  std::vector<std::string> headers;
  std::vector<std::string_view> parts;
  samples.collect(format, headers, parts);
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

class ExpositionTest : public ::testing::Test {
 protected:
  Exposition scrape(const rules::Engine& engine) {
    samples_.clear();
    exposition_.write(engine, samples_);
    const Exposition result = read_exposition(text_of(samples_));
    EXPECT_EQ(result.faults, std::vector<std::string>());
    return result;
  }

  rules::Engine engine(std::vector<rules::Target> targets) {
    return rules::Engine(strategy({objective("trials", std::move(targets))}));
  }

  KpiExposition exposition_;
  KpiSamples samples_;
};

TEST_F(ExpositionTest, EveryCheckHasItsValueTargetAndGap) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  acme.apply(week_of(kNoon, campaign("search", "generic"), 60, 2));
  const Exposition page = scrape(acme);
  const std::map<std::string, std::string> brand{
      {"client", "acme"}, {"objective", "trials"}, {"target", "trial_cpa"}, {"kpi", "cpa"},
      {"window", "7d"},   {"channel", "search"},   {"campaign", "brand"}};
  EXPECT_EQ(page.value("tightrope_kpi_value", brand), 50);
  EXPECT_EQ(page.value("tightrope_kpi_target", brand), 40);
  EXPECT_EQ(page.value("tightrope_kpi_gap_ratio", brand), 0.25);
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"campaign", "generic"}}), 30);
  EXPECT_EQ(page.families.at("tightrope_kpi_value").samples.front().labels.size(), brand.size());
  EXPECT_EQ(page.families.at("tightrope_kpi_value").type, "gauge");
}

TEST_F(ExpositionTest, WhatIsLookedAtHasAScoreOnceItIsJudged) {
  rules::Objective watched = objective("trials", {});
  watched.look_at = {{"spend", {2}}, {"clicks", {0}}};
  rules::Engine acme(strategy({std::move(watched)}));
  std::vector<Figure> list;
  for (int i = 1; i <= 60; ++i) {
    list.push_back({campaign("search", "brand"), "spend", kToday - i, 5});
    if (i < 20) list.push_back({campaign("search", "brand"), "clicks", kToday - i, 5});
  }
  acme.apply(figures(kNoon, list));
  acme.apply(rules::Tick{kNoon + std::chrono::hours(1)});
  const Exposition page = scrape(acme);
  ASSERT_EQ(page.count("tightrope_anomaly_score"), 1u);
  EXPECT_EQ(page.value("tightrope_anomaly_score", {{"client", "acme"},
                                                   {"objective", "trials"},
                                                   {"kpi", "spend"},
                                                   {"channel", "search"},
                                                   {"campaign", "brand"}}),
            0);
}

TEST_F(ExpositionTest, OfAMissItIsSaidHowSureItIs) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 400, 5));
  acme.apply(week_of(kNoon, campaign("search", "generic"), 60, 2));
  const Exposition page = scrape(acme);
  const rules::Verdict verdict = verdict_of(acme, "trial_cpa", campaign("search", "brand"));
  EXPECT_GT(verdict.sure, 0.5);
  EXPECT_EQ(page.value("tightrope_kpi_sure_ratio", {{"campaign", "brand"}}), verdict.sure);
  EXPECT_EQ(page.value("tightrope_kpi_maturity_ratio", {{"campaign", "brand"}}), verdict.maturity);
  EXPECT_EQ(page.count("tightrope_kpi_sure_ratio"), 1u) << "the other campaign meets its target";
  EXPECT_EQ(page.count("tightrope_source_maturity_ratio"), 0u) << "nothing was learnt yet";
}

TEST_F(ExpositionTest, HowLateASourcesFiguresComeIsTold) {
  using namespace std::chrono_literals;
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  const rules::Entity brand = campaign("search", "brand");
  acme.apply(figures(kNoon, {{brand, "conversions", kToday, 100}}));
  acme.apply(figures(kNoon + 24h, {{brand, "conversions", kToday, 200}}));
  acme.apply(rules::Tick{.at = kNoon + 48h});
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.count("tightrope_source_maturity_ratio"), 4u);
  const auto share = [&](const char* age) {
    return page.value("tightrope_source_maturity_ratio",
                      {{"client", "acme"}, {"source", "test"}, {"metric", "conversions"}, {"age_days", age}});
  };
  EXPECT_LT(share("0"), 0.9);
  EXPECT_EQ(share("7"), 1);
}

TEST_F(ExpositionTest, UnknownFiguresHaveNoSample) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 0));
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.count("tightrope_kpi_value"), 0u);
  EXPECT_EQ(page.count("tightrope_verdicts"), 4u);
}

TEST_F(ExpositionTest, CountsOfNothingAreZeros) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 60)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.value("tightrope_verdicts", {{"state", "on_target"}}), 1);
  EXPECT_EQ(page.value("tightrope_verdicts", {{"state", "off_target"}}), 0);
  EXPECT_EQ(page.value("tightrope_alerts", {{"state", "firing"}, {"severity", "ticket"}}), 0);
  EXPECT_EQ(page.value("tightrope_stake_per_hour", {{"currency", "EUR"}, {"objective", "trials"}}), 0);
  EXPECT_EQ(page.value("tightrope_spend_aligned_ratio", {{"client", "acme"}}), 1);
}

TEST_F(ExpositionTest, AlertsAndRecommendationsAreCounted) {
  rules::Engine acme(strategy({objective("trials", {at_most("trial_cpa", "cpa", 40)})},
                              {playbook("lower_bids", "cpa", "", "gap > 0", "Lower bids.")}));
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.value("tightrope_alerts", {{"target", "trial_cpa"}, {"state", "firing"}}), 1);
  EXPECT_EQ(page.value("tightrope_alerts", {{"target", "trial_cpa"}, {"state", "pending"}}), 0);
  EXPECT_EQ(page.value("tightrope_recommendations", {{"playbook", "lower_bids"}, {"state", "open"}}), 1);
  EXPECT_GT(page.value("tightrope_stake_per_hour", {{"objective", "trials"}}), 0);
}

TEST_F(ExpositionTest, FamiliesOfAllClientsStandTogether) {
  rules::Strategy first = strategy({objective("trials", {at_most("trial_cpa", "cpa", 40)})});
  rules::Strategy second = first;
  second.client = "beta";
  rules::Engine acme(first);
  rules::Engine beta(second);
  for (rules::Engine* one : {&acme, &beta}) one->apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  samples_.clear();
  exposition_.write(acme, samples_);
  exposition_.write(beta, samples_);
  const Exposition page = read_exposition(text_of(samples_));  // a family in two places is a fault
  EXPECT_EQ(page.faults, std::vector<std::string>());
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"client", "acme"}}), 50);
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"client", "beta"}}), 50);
}

TEST_F(ExpositionTest, NewEntityAppearsInTheNextScrape) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  EXPECT_EQ(scrape(acme).count("tightrope_kpi_value"), 1u);
  acme.apply(week_of(kNoon, campaign("social", "spring"), 90, 3));
  EXPECT_EQ(scrape(acme).value("tightrope_kpi_value", {{"campaign", "spring"}}), 30);
}

TEST_F(ExpositionTest, NewStrategyRenewsTheLabels) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  scrape(acme);
  acme.adopt(strategy({objective("trials", {at_most("renamed", "cpa", 45)})}), kNoon);
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.value("tightrope_kpi_target", {{"target", "renamed"}}), 45);
  EXPECT_EQ(page.count("tightrope_kpi_value", {{"target", "trial_cpa"}}), 0u);
}

TEST_F(ExpositionTest, AnotherEngineOfTheSameClientRenewsTheLabels) {
  for (const char* name : {"one", "two"}) {
    const auto acme =
        std::make_unique<rules::Engine>(strategy({objective("trials", {at_most(name, "cpa", 40)})}));
    acme->apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
    EXPECT_EQ(scrape(*acme).value("tightrope_kpi_value", {{"target", name}}), 50);
  }
}

TEST_F(ExpositionTest, LevelsDeeperThanTwoShowTheirDimensions) {
  rules::Engine acme = engine({at_most("by_group", "cpa", 40, {3}), at_most("whole", "cpa", 40, {0})});
  acme.apply(week_of(kNoon, rules::Entity{{"search", "brand", "exact"}}, 100, 2));
  const Exposition page = scrape(acme);
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"target", "by_group"}, {"ad_group", "exact"}}), 50);
  EXPECT_EQ(page.value("tightrope_kpi_value", {{"target", "whole"}, {"channel", ""}, {"campaign", ""}}), 50);
}

TEST_F(ExpositionTest, NamesFromOutsideCannotBreakTheFormat) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  const std::string wild = "a\"b\\c\nd{e=\"f\"} 7 \xff caf\xc3\xa9";
  acme.apply(week_of(kNoon, campaign(wild, "x"), 100, 2));
  EXPECT_EQ(scrape(acme).value("tightrope_kpi_value",
                               {{"channel", "a\"b\\c\nd{e=\"f\"} 7 \xef\xbf\xbd caf\xc3\xa9"}}),
            50);
}

TEST_F(ExpositionTest, FirstExportRuleThatNamesTheKpiDecides) {
  rules::Engine acme =
      engine({at_most("cpa_campaign", "cpa", 40, {2}), at_most("cpa_whole", "cpa", 40, {0}),
              at_most("spend_whole", "spend", 1e6, {0}), at_most("clicks_whole", "conversions", 1e6, {0})});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  exposition_.configure(
      {{.kpi = "cp?", .levels = {{0}}}, {.kpi = "spend", .levels = {{2}}}, {.kpi = "*", .levels = {{0}}}});
  Exposition page = scrape(acme);
  EXPECT_EQ(page.count("tightrope_kpi_value", {{"target", "cpa_campaign"}}), 0u);
  EXPECT_EQ(page.count("tightrope_kpi_value", {{"target", "cpa_whole"}}), 1u);
  EXPECT_EQ(page.count("tightrope_kpi_value", {{"target", "spend_whole"}}), 0u);
  EXPECT_EQ(page.count("tightrope_kpi_value", {{"target", "clicks_whole"}}), 1u);
  EXPECT_EQ(page.value("tightrope_verdicts", {{"state", "unknown"}}),
            0);  // what is not exported is checked all the same
  exposition_.configure({});
  page = scrape(acme);
  EXPECT_EQ(page.count("tightrope_kpi_value"), 4u);
}

TEST_F(ExpositionTest, LabelsOfClientsThatAreGoneAreForgotten) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  scrape(acme);
  EXPECT_GT(exposition_.label_bytes(), 0u);
  const std::vector<std::string> others{"beta"};
  exposition_.keep_only(others);
  EXPECT_EQ(exposition_.label_bytes(), 0u);
}

TEST_F(ExpositionTest, BothFormatsAreReadable) {
  rules::Engine acme = engine({at_most("trial_cpa", "cpa", 40)});
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  exposition_.write(acme, samples_);
  EXPECT_EQ(
      read_exposition(text_of(samples_, MetricsFormat::openmetrics) + "# EOF\n", Dialect::openmetrics).faults,
      std::vector<std::string>());
}

TEST_F(ExpositionTest, PromtoolHasNothingToSay) {
  rules::Engine acme(strategy({objective("trials", {at_most("trial_cpa", "cpa", 40)})},
                              {playbook("lower_bids", "cpa", "", "gap > 0", "Lower bids.")}));
  acme.apply(week_of(kNoon, campaign("search", "brand"), 100, 2));
  exposition_.write(acme, samples_);
  const testing::Promtool said = testing::check_with_promtool(text_of(samples_));
  if (!said.found) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(said.output, "");
  EXPECT_EQ(said.status, 0);
}

struct BoundCase {
  const char* name;
  rules::BoundKind kind;
  double value, low, high, shown;
};
constexpr double kNone = rules::kUndefined;
class ShownBoundTest : public ::testing::TestWithParam<BoundCase> {};

TEST_P(ShownBoundTest, IsTheOneThatMatters) {
  const BoundCase& c = GetParam();
  rules::Verdict verdict;
  verdict.value = c.value;
  verdict.low = c.low;
  verdict.high = c.high;
  const double shown = shown_bound(c.kind, verdict);
  EXPECT_TRUE(shown == c.shown || (std::isnan(shown) && std::isnan(c.shown))) << shown;
}

INSTANTIATE_TEST_SUITE_P(All, ShownBoundTest,
                         ::testing::ValuesIn(std::vector<BoundCase>{
                             {"AtMost", rules::BoundKind::at_most, 5, kNone, 10, 10},
                             {"AtLeast", rules::BoundKind::at_least, 5, 3, kNone, 3},
                             {"NotInForce", rules::BoundKind::at_most, 5, kNone, kNone, kNone},
                             {"BelowBoth", rules::BoundKind::between, 1, 3, 10, 3},
                             {"AboveBoth", rules::BoundKind::between, 12, 3, 10, 10},
                             {"NearerToTheLower", rules::BoundKind::between, 4, 3, 10, 3},
                             {"NearerToTheUpper", rules::BoundKind::between, 9, 3, 10, 10},
                             {"UnknownValue", rules::BoundKind::between, kNone, 3, 10, 10},
                         }),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(DimensionLabelTest, IsAlwaysAnAllowedName) {
  EXPECT_EQ(dimension_label("ad_group"), "ad_group");
  EXPECT_EQ(dimension_label("ad group"), "ad_group");
  EXPECT_EQ(dimension_label("1st"), "_st");
  EXPECT_EQ(dimension_label("client"), "dimension_client");
  EXPECT_EQ(dimension_label("__x"), "dimension___x");
  EXPECT_EQ(dimension_label(""), "dimension_");
}

TEST(SampleTextTest, BlocksAreUsedAgain) {
  SampleText text;
  std::string expected;
  const auto fill = [&](std::size_t lines) {
    text.clear();
    expected.clear();
    for (std::size_t i = 0; i < lines; ++i) {
      const std::string labels = "{i=\"" + std::string(i % 700, 'x') + "\"} ";
      text.sample("name", labels, static_cast<double>(i));
      expected += "name" + labels + std::to_string(i) + "\n";
    }
    std::vector<std::string_view> parts;
    text.parts(parts);
    std::string joined;
    for (const std::string_view part : parts) joined += part;
    EXPECT_EQ(text.size(), expected.size());
    return joined == expected;
  };
  for (const std::size_t lines : {0u, 10u, 5000u, 300u, 5000u, 6000u}) EXPECT_TRUE(fill(lines)) << lines;
}

TEST(SampleTextTest, ValueIsTheShortestThatReadsBackTheSame) {
  const auto written = [](double value) {
    char buffer[32];
    return std::string(buffer, write_value(buffer, value));
  };
  EXPECT_EQ(written(0), "0");
  EXPECT_EQ(written(45.1), "45.1");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(-std::numeric_limits<double>::denorm_min()), "-5e-324");
  EXPECT_EQ(written(std::nan("")), "NaN");
  EXPECT_EQ(written(INFINITY), "+Inf");
  EXPECT_EQ(written(-INFINITY), "-Inf");
}

}  // namespace
}  // namespace tightrope::daemon
