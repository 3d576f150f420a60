// Guards, exceptions, paces and KPIs of changes and shares, through the engine.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

const Entity kBrand = campaign("search", "brand");
const Entity kGeneric = campaign("search", "generic");

// The built-in library and one more KPI.
Strategy with_kpi(std::string name, std::string_view formula, Target target) {
  KpiLibrary library;
  const auto error = library.add_kpi(std::move(name), formula, std::nullopt, Better::higher, "");
  EXPECT_FALSE(error) << error->problem;
  Strategy result = strategy({objective("growth", {std::move(target)})});
  result.kpis.assign(library.kpis().begin(), library.kpis().end());
  return result;
}

TEST(GuardTest, VolumeBoughtAtTheExpenseOfEfficiencyIsMarkedOnBoth) {
  Target volume = at_least("volume", "conversions", 10);
  volume.guards = {"cpa"};
  Engine engine(strategy({objective("growth", {volume, at_most("cpa", "cpa", 40)})}));
  const Effects effects = engine.apply(week_of(kNoon, kBrand, 100, 2));  // 14 conversions at 50 each
  const Verdict bought = verdict_of(engine, "volume", kBrand);
  EXPECT_EQ(bought.state, VerdictState::watch);
  EXPECT_EQ(bought.reason, Reason::guard_missed);
  const Verdict paid = verdict_of(engine, "cpa", kBrand);
  EXPECT_TRUE(paid.pays_for_another);
  ASSERT_EQ(effects.alerts.size(), 1u);
  EXPECT_NE(effects.alerts[0].alert.reason.find("volume is met meanwhile"), std::string::npos)
      << effects.alerts[0].alert.reason;
  engine.apply(week_of(kNoon + 1h, kBrand, 70, 2));
  EXPECT_EQ(verdict_of(engine, "volume", kBrand).state, VerdictState::on_target);
}

TEST(ExceptionTest, AnEntityCanHaveABoundOfItsOwn) {
  Target target = at_most("cpa", "cpa", 40);
  target.exceptions.push_back({.match = {{.dimension = 1, .globs = {"br*"}}}, .bounds = {{.high = 60}}});
  Engine engine(strategy({objective("growth", {target})}));
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 100, 2))), "");  // 50 each
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kGeneric, 100, 2))), "fired cpa search/generic\n");
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).high, 60);
  EXPECT_EQ(verdict_of(engine, "cpa", kGeneric).high, 40);
}

TEST(ChangeTest, ATargetCanBeOnAChangeOfARatio) {
  Engine engine(with_kpi("cvr_change", "change(cvr, 7d)", at_least("steady", "cvr_change", -0.2)));
  std::vector<Figure> list;
  for (int back = 0; back < 14; ++back) {
    list.push_back({kBrand, "clicks", kToday - back, 100});
    list.push_back({kBrand, "conversions", kToday - back, back < 7 ? 3.0 : 4.0});
  }
  EXPECT_EQ(told(engine.apply(figures(kNoon, list))), "fired steady search/brand\n");
  EXPECT_DOUBLE_EQ(verdict_of(engine, "steady", kBrand).value, (21.0 / 700) / (28.0 / 700) - 1);
  // A figure of the week before is part of it.
  engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday - 9, 0}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "steady", kBrand).value, (21.0 / 700) / (24.0 / 700) - 1);
}

TEST(ChangeTest, APartOfTodayIsNotHeldAgainstAWholeDay) {
  Engine engine(with_kpi("clicks_change", "change(clicks, 2d)", at_least("steady", "clicks_change", -0.2)));
  std::vector<Figure> list;
  for (int back = 1; back < 4; ++back) list.push_back({kBrand, "clicks", kToday - back, 100});
  engine.apply(figures(kNoon - 6h - 1s, list));  // 05:59, and nothing of today yet
  EXPECT_DOUBLE_EQ(verdict_of(engine, "steady", kBrand).value, 0);
  engine.apply(figures(kNoon - 6h - 1s, {{kBrand, "clicks", kToday, 25}}));  // a quarter of the day
  EXPECT_DOUBLE_EQ(verdict_of(engine, "steady", kBrand).value, 0);
}

TEST(ShareTest, AShareIsOfTheWholeObjectiveAndMovesWithEveryPartOfIt) {
  Engine engine(with_kpi("spend_share", "share(spend)", at_most("balance", "spend_share", 0.6)));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 50}, {kGeneric, "spend", kToday, 50}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "balance", kBrand).value, 0.5);
  const Effects effects = engine.apply(figures(kNoon + 1h, {{kGeneric, "spend", kToday, 150}}));
  EXPECT_EQ(told(effects), "fired balance search/generic\n");
  EXPECT_DOUBLE_EQ(verdict_of(engine, "balance", kBrand).value, 0.25);
}

TEST(RankTest, APlaybookCanAskForThePlaceAmongSiblings) {
  const auto advice = [](const char* when) {
    Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 10)})},
                           {playbook("last", "cpa", "", when, "Look at {campaign}.")}));
    std::vector<Figure> list;
    for (const auto& [entity, spend] : {std::pair(kBrand, 50.0), std::pair(kGeneric, 90.0)}) {
      list.push_back({entity, "spend", kToday, spend});
      list.push_back({entity, "conversions", kToday, 1});
    }
    std::string advised;
    for (const AlertChange& change : engine.apply(figures(kNoon, list)).alerts) {
      for (const Recommendation& one : change.alert.recommendations) advised += one.text;
    }
    return advised;
  };
  EXPECT_EQ(advice("rank(cpa) == 2"), "Look at generic.");
  EXPECT_EQ(advice("rank(spend) == 2"), "Look at brand.");  // the largest first
}

TEST(PaceTest, WeekdaysThatBringMoreAreAskedForMore) {
  Target target = at_least("volume", "conversions", 700, {0});
  target.over = *parse_window("week");
  target.pace = true;
  target.pacing.profile = Pacing::Profile::weekdays;
  Engine engine(strategy({objective("growth", {target})}));
  std::vector<Figure> list;  // nothing on Saturdays and Sundays; today is a Friday
  for (int back = 1; back < 90; ++back) {
    const std::chrono::weekday weekday(std::chrono::sys_days(std::chrono::days((kToday - back).number)));
    const bool weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
    list.push_back({kBrand, "conversions", kToday - back, weekend ? 0.0 : 140.0});
  }
  engine.apply(figures(kNoon, list));
  const double by_thursday = verdict_of(engine, "volume", {}).low;
  EXPECT_GT(by_thursday, 480);  // four fifths are 560, less the pull to a flat week; straight on it is 400
  EXPECT_LT(by_thursday, 600);
  EXPECT_EQ(verdict_of(engine, "volume", {}).state, VerdictState::on_target);
  EXPECT_NEAR(verdict_of(engine, "volume", {}).projected, 700, 30);
}

TEST(PaceTest, ASourceThatReportsOnceADayIsNotAskedForToday) {
  Target target = at_least("volume", "conversions", 700, {0});
  target.over = *parse_window("week");
  target.pace = true;
  Engine engine(strategy({objective("growth", {target})}));
  std::vector<Figure> list;
  for (int back = 1; back <= 4; ++back) list.push_back({kBrand, "conversions", kToday - back, 100});
  engine.apply(figures(kNoon, list));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).low, 400);
  EXPECT_EQ(told(engine.apply(Tick{kNoon + 11h})), "");
  engine.apply(figures(kNoon + 11h + 59min, {{kBrand, "conversions", kToday, 20}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).low, 400 + 100 * 23 / 24.0);  // the last hour is not over
}

TEST(PaceTest, TheCorridorNarrowsAndWhatWasLeftIsCarriedOver) {
  Target target = at_most("budget", "spend", 700, {0});
  target.over = *parse_window("week");
  target.pace = true;
  target.pacing = {.profile = Pacing::Profile::linear, .corridor = 0.1, .rollover = true};
  Engine engine(strategy({objective("growth", {target})}));
  std::vector<Figure> list;  // last week 50 a day of 100: 350 are left
  for (int back = 5; back <= 11; ++back) list.push_back({kBrand, "spend", kToday - back, 50});
  list.push_back({kBrand, "spend", kToday - 1, 100});
  engine.apply(figures(kNoon, list));
  // 1 050 for the week, 600 by Thursday night, and a tenth of the 450 to come.
  EXPECT_DOUBLE_EQ(verdict_of(engine, "budget", {}).high, 645);
}

TEST(BriefTest, AFiringAlertsReasonKeepsUpWithItsFigures) {
  Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 40)})}));
  std::vector<Figure> list;
  for (int back = 0; back < 14; ++back) {
    list.push_back({kBrand, "spend", kToday - back, back < 7 ? 100.0 : 60.0});
    list.push_back({kBrand, "clicks", kToday - back, 100});
    list.push_back({kBrand, "conversions", kToday - back, 2});
  }
  engine.apply(figures(kNoon, list));
  EXPECT_EQ(engine.alerts()[0].driver, "cpc");
  std::vector<Figure> worse;
  for (int back = 0; back < 7; ++back)
    worse.push_back({kBrand, "conversions", kToday - back, back == 0 ? 2.0 : 0.0});
  const Effects effects = engine.apply(figures(kNoon + 1h, worse));
  const Alert alert = engine.alerts()[0];
  EXPECT_EQ(alert.driver, "cvr");
  EXPECT_DOUBLE_EQ(alert.verdict.value, 350);
  ASSERT_FALSE(effects.alerts.empty());
  EXPECT_EQ(effects.alerts.back().kind, AlertChange::Kind::updated);
  EXPECT_EQ(effects.alerts.back().alert.revision, 1u + (alert.amendment ? 1u : 0u));
}

TEST(FrequencyTest, WhatDoesNotAddUpIsNotDividedByOneDaysReach) {
  Engine engine(strategy({objective("growth", {at_most("tired", "frequency", 3)})}));
  std::vector<Figure> list;
  for (int back = 0; back < 7; ++back) list.push_back({kBrand, "impressions", kToday - back, 1000});
  list.push_back({kBrand, "reach", kToday - 3, 500});
  EXPECT_EQ(told(engine.apply(figures(kNoon, list))), "");
  EXPECT_EQ(verdict_of(engine, "tired", kBrand).reason, Reason::does_not_add);
}

TEST(ReloadTest, AFiringAlertSpeaksOfTheWindowOfItsNewStrategy) {
  Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 40)})}));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  Strategy other = engine.strategy();
  other.objectives[0].targets[0].over = *parse_window("3d");
  engine.adopt(other, kNoon + 1h);
  EXPECT_EQ(engine.alerts()[0].window, "3d");
  EXPECT_EQ(engine.alerts()[0].window_text, "18 Nov to 20 Nov");
}

}  // namespace
}  // namespace tightrope::rules
