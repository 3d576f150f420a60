// The list for the morning, and how late figures come, as people are shown them.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

constexpr int kDays = 40;

// Every day of a campaign alike, until yesterday.
void add_days(std::vector<Figure>& rows, const Entity& entity, double spend, double conversions) {
  for (int back = 1; back <= kDays; ++back) {
    rows.push_back({entity, "spend", kToday - back, spend});
    rows.push_back({entity, "conversions", kToday - back, conversions});
  }
}

Engine with_campaigns(std::vector<Target> targets) {
  Engine engine(strategy({objective("trials", std::move(targets))}));
  std::vector<Figure> rows;
  for (int i = 0; i < 20; ++i) add_days(rows, campaign("search", "good-" + std::to_string(i)), 400, 10);
  add_days(rows, campaign("search", "slightly"), 404, 10);
  add_days(rows, campaign("search", "dear"), 800, 10);
  engine.apply(figures(kNoon, rows));
  return engine;
}

TEST(EngineDigestTest, ListsWhatLuckHardlyExplainsAmongAllThatWasLookedAt) {
  const Engine engine = with_campaigns({at_most("cpa", "cpa", 40)});
  const Digest digest = engine.digest();
  EXPECT_EQ(digest.candidates, 22u);
  ASSERT_EQ(digest.entries.size(), 1u);
  const DigestEntry& dear = digest.entries[0];
  EXPECT_EQ(dear.entity, campaign("search", "dear"));
  EXPECT_EQ(dear.verdict.state, VerdictState::off_target);
  EXPECT_GE(dear.e_value, digest.threshold);
  EXPECT_DOUBLE_EQ(dear.e_value, std::pow(10.0, dear.verdict.evidence_log10) / kListedDays);
  EXPECT_LT(dear.listed_from, 0.1);
  // It misses its target too, but by so little that chance explains it.
  EXPECT_EQ(verdict_of(engine, "cpa", campaign("search", "slightly")).state, VerdictState::off_target);
}

TEST(EngineDigestTest, IsEmptyWhereAlmostNoneMayBeFalse) {
  const Engine engine = with_campaigns({at_most("cpa", "cpa", 40)});
  const double from = engine.digest().entries.at(0).listed_from;
  EXPECT_EQ(engine.digest(from * 1.001).entries.size(), 1u);
  const Digest none = engine.digest(from * 0.999);
  EXPECT_TRUE(none.entries.empty());
  EXPECT_TRUE(std::isinf(none.threshold));
  EXPECT_EQ(none.candidates, 22u);
}

TEST(EngineDigestTest, DoesNotNeedAConfidenceAndDoesNotMindOne) {
  Target sure = at_most("sure_cpa", "cpa", 40);
  sure.confidence = 0.999;
  const Engine engine = with_campaigns({at_most("cpa", "cpa", 40), sure});
  const Digest digest = engine.digest();
  EXPECT_EQ(digest.candidates, 44u);
  ASSERT_EQ(digest.entries.size(), 2u);
  EXPECT_NE(digest.entries[0].target, digest.entries[1].target);
}

TEST(EngineDigestTest, WhatCannotBeJudgedByItsDaysIsNoCandidate) {
  Target band = at_most("band", "cpa", 40);
  band.kind = BoundKind::between;
  band.bounds = {{.from = kFirstDay, .low = 10, .high = 20}};
  Target pace = at_least("volume", "conversions", 90'000, {0});
  pace.over = *parse_window("month");
  pace.pace = true;
  const Engine engine = with_campaigns({band, pace, at_most("spend", "spend", 10)});
  EXPECT_EQ(engine.digest().candidates, 0u);
  EXPECT_TRUE(engine.digest().entries.empty());
}

// Half of a day's conversions are there at its end, and all a day later.
Engine with_late_conversions() {
  Engine engine(strategy({objective("trials", {at_most("cpa", "cpa", 40)})}));
  const Entity brand = campaign("search", "brand");
  for (int back = kDays; back >= 0; --back) {
    const Day day = kToday - back;
    engine.apply(figures(
        kNoon - 24h * back,
        {{brand, "spend", day, 400}, {brand, "conversions", day, 10}, {brand, "conversions", day - 1, 20}}));
  }
  return engine;
}

TEST(EngineLagsTest, TellHowMuchOfADayIsThereAtEachAge) {
  const std::vector<LagView> lags = with_late_conversions().lags();
  ASSERT_EQ(lags.size(), 2u);
  const LagView& conversions = lags[0].metric == "conversions" ? lags[0] : lags[1];
  const LagView& spend = lags[0].metric == "conversions" ? lags[1] : lags[0];
  EXPECT_EQ(conversions.source, "test");
  EXPECT_EQ(conversions.metric, "conversions");
  EXPECT_NEAR(conversions.shares[0], 0.5, 0.02);
  EXPECT_NEAR(conversions.shares[1], 1, 0.02);
  EXPECT_GT(conversions.behind[0], 200);
  EXPECT_EQ(spend.metric, "spend");
  EXPECT_DOUBLE_EQ(spend.shares[0], 1);
}

TEST(EngineLagsTest, ASeriesSaysHowMuchOfEachDayHasArrived) {
  const Engine engine = with_late_conversions();
  const auto points = engine.series("cpa", campaign("search", "brand"), "", "", {kToday - 3, kToday});
  ASSERT_EQ(points.size(), 4u);
  EXPECT_NEAR(points[0].maturity, 1, 0.02);
  EXPECT_NEAR(points[2].maturity, 0.5, 0.02);  // yesterday is over since midnight
  EXPECT_NEAR(points[3].maturity, 0.5, 0.02);  // as at its end
  const auto spend = engine.series("spend", campaign("search", "brand"), "", "", {kToday, kToday});
  EXPECT_DOUBLE_EQ(spend.at(0).maturity, 1);
  // Nobody ever gave clicks.
  EXPECT_TRUE(
      std::isnan(engine.series("cpc", campaign("search", "brand"), "", "", {kToday, kToday}).at(0).maturity));
}

TEST(EngineLagsTest, AnAlertNamesWhatItsValueRestsOn) {
  const Engine engine = with_campaigns({at_most("cpa", "cpa", 40)});
  for (const Alert& alert : engine.alerts()) {
    if (alert.dimensions[1].second != "dear") continue;
    EXPECT_EQ(alert.counted, "conversions");
    EXPECT_DOUBLE_EQ(alert.verdict.results, 60);  // of six days: nobody reported today
    EXPECT_NE(with_plain_spaces(describe(alert).what)
                  .find("on 60 conversions, target at most 40.00 EUR, over 99.9 % sure"),
              std::string::npos)
        << describe(alert).what;
    return;
  }
  FAIL() << "no alert";
}

}  // namespace
}  // namespace tightrope::rules
