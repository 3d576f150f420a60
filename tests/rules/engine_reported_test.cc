// Totals of windows that have not got all their figures: a source fell silent, or reports each day on the
// next morning.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rules/engine.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace rules::testing;

const Entity kBrand = campaign("search", "brand");
constexpr Timestamp kMidnight = kNoon - 12h;

Target total(Target target, std::string_view over, bool pace = false) {
  target.over = *parse_window(over);
  target.pace = pace;
  return target;
}

// The same figure for each of the seven days that end with `last`.
ObservationBatch steady_week(const std::string& metric, double each, Day last, Timestamp learnt) {
  std::vector<Figure> list;
  for (int back = 0; back < 7; ++back) list.push_back({kBrand, metric, last - back, each});
  return figures(learnt, list);
}

std::string told_by_ticks(Engine& engine, Timestamp from, int hours) {
  std::string all;
  for (int hour = 0; hour < hours; ++hour) all += told(engine.apply(Tick{from + 1h * hour}));
  return all;
}

TEST(ReportedTest, ASilentSourceDoesNotResolveWhatMustNotExceedItsBound) {
  Engine engine(strategy({objective("growth", {total(at_most("budget", "spend", 700, {0}), "7d")})}));
  EXPECT_EQ(told(engine.apply(steady_week("spend", 150, kToday, kNoon))), "fired budget\n");
  EXPECT_EQ(told_by_ticks(engine, kNoon, 24 * 7), "");
}

TEST(ReportedTest, ASilentSourceDoesNotFallShort) {
  Engine engine(strategy({objective("growth", {total(at_least("leads", "conversions", 70, {0}), "7d")})}));
  engine.apply(steady_week("conversions", 12, kToday, kNoon));
  EXPECT_EQ(told_by_ticks(engine, kNoon, 24 * 6), "");
  EXPECT_EQ(verdict_of(engine, "leads", {}).reason, Reason::on_course);
}

TEST(ReportedTest, WhatIsSteadilyMetIsNotMissedAtMidnight) {
  Engine engine(strategy({objective("growth", {total(at_least("leads", "conversions", 70, {0}), "7d")})}));
  engine.apply(steady_week("conversions", 11, kToday, kMidnight + 23h));
  std::string all;
  for (int day = 1; day < 20; ++day) {
    all += told_by_ticks(engine, kMidnight + 24h * day, 23);
    all +=
        told(engine.apply(figures(kMidnight + 24h * day + 23h, {{kBrand, "conversions", kToday + day, 11}})));
  }
  EXPECT_EQ(all, "");
  EXPECT_EQ(verdict_of(engine, "leads", {}).state, VerdictState::on_target);
}

TEST(ReportedTest, WhatFallsShortOfItsShareIsMissed) {
  Engine engine(strategy({objective("growth", {total(at_least("leads", "conversions", 70, {0}), "7d")})}));
  engine.apply(steady_week("conversions", 11, kToday, kMidnight + 23h));
  EXPECT_EQ(told(engine.apply(figures(kMidnight + 47h, {{kBrand, "conversions", kToday + 1, 1}}))),
            "fired leads\n");
}

TEST(ReportedTest, ReportsOfTheNextMorningResolve) {
  Engine engine(strategy({objective("growth", {total(at_least("leads", "conversions", 70, {0}), "7d")})}));
  EXPECT_EQ(told(engine.apply(steady_week("conversions", 5, kToday - 1, kNoon))), "fired leads\n");
  std::string all;
  for (int day = 1; day < 9; ++day) {
    all += told_by_ticks(engine, kMidnight + 24h * day, 6);
    all += told(
        engine.apply(figures(kMidnight + 24h * day + 6h, {{kBrand, "conversions", kToday + day - 1, 11}})));
  }
  EXPECT_EQ(all, "resolved leads\n");
}

TEST(ReportedTest, ASilentHourlySourceResolvesNothing) {
  Engine engine(strategy({objective("growth", {total(at_most("budget", "spend", 240, {0}), "24h")})}));
  std::vector<Figure> list;
  for (int hour = 0; hour < 24; ++hour) list.push_back({kBrand, "spend", kToday - 1, 20, hour});
  EXPECT_EQ(told(engine.apply(figures(kMidnight, list))), "fired budget\n");
  EXPECT_EQ(told_by_ticks(engine, kMidnight, 23), "");
}

TEST(ReportedTest, AskingStopsWhereAPacesFiguresStop) {
  Engine engine(
      strategy({objective("growth", {total(at_least("leads", "conversions", 300, {0}), "month", true)})}));
  std::vector<Figure> list;
  for (int day = 1; day <= 20; ++day) list.push_back({kBrand, "conversions", kToday - 20 + day, 10});
  EXPECT_EQ(told(engine.apply(figures(kMidnight + 23h, list))), "");
  EXPECT_EQ(told_by_ticks(engine, kMidnight + 24h, 24 * 5), "");
  EXPECT_DOUBLE_EQ(verdict_of(engine, "leads", {}).low, 200);
}

TEST(ReportedTest, TheHourThatHasBegunIsNotDueYet) {
  Engine engine(
      strategy({objective("growth", {total(at_least("leads", "conversions", 7200, {0}), "month", true)})}));
  std::vector<Figure> list;  // 10 an hour, and 7 200 a month of 30 days
  for (int day = 1; day < 20; ++day) list.push_back({kBrand, "conversions", kToday - 20 + day, 240});
  for (int hour = 0; hour < 12; ++hour) list.push_back({kBrand, "conversions", kToday, 10, hour});
  EXPECT_EQ(told(engine.apply(figures(kNoon, list))), "");
  EXPECT_EQ(verdict_of(engine, "leads", {}).state, VerdictState::on_target);
}

TEST(ReportedTest, BeforeTheFirstFiguresNothingWasLeftOver) {
  Target target = total(at_most("budget", "spend", 3000, {0}), "month", true);
  target.pacing = {.profile = Pacing::Profile::linear, .rollover = true};
  Engine engine(strategy({objective("growth", {target})}));
  std::vector<Figure> list;  // since 21 October
  for (int back = 0; back <= 30; ++back) list.push_back({kBrand, "spend", kToday - back, 100});
  engine.apply(figures(kMidnight + 23h, list));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "budget", {}).high, 2000);
}

TEST(ReportedTest, MoreTakenBackThanCameMeetsNoTarget) {
  Engine engine(strategy({objective("growth", {total(at_most("price", "cpa", 45), "7d")})}));
  EXPECT_EQ(told(engine.apply(
                figures(kNoon, {{kBrand, "spend", kToday, 600}, {kBrand, "conversions", kToday, -1}}))),
            "fired price search/brand\n");
  EXPECT_EQ(verdict_of(engine, "price", kBrand).state, VerdictState::off_target);
}

TEST(ReportedTest, AFlightIsClosedAWeekAfterItsEnd) {
  Target target = at_most("price", "cpa", 45);
  target.over = {.kind = Window::Kind::flight, .length = 1, .first = kToday - 6, .last = kToday};
  Engine engine(strategy({objective("growth", {target})}));
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 600, 10))), "fired price search/brand\n");
  EXPECT_EQ(told(engine.apply(Tick{kMidnight + 24h * 8 - 1ms})), "");
  EXPECT_EQ(told(engine.apply(Tick{kMidnight + 24h * 8})), "resolved price search/brand\n");
  EXPECT_EQ(verdict_of(engine, "price", kBrand).reason, Reason::period_over);
  EXPECT_EQ(told(engine.apply(Tick{kMidnight + 24h * 120})), "");
}

TEST(ReportedTest, WhatWouldBeTooLittleToJudgeWouldNotHaveFired) {
  Target target = total(at_most("price", "cpa", 45), "7d");
  target.min_volume = {{"conversions", 20}};
  Engine engine(strategy({objective("growth", {target})}));
  const Day day = kToday - 1;
  EXPECT_EQ(
      told(engine.apply(figures(kNoon, {{kBrand, "spend", day, 2000}, {kBrand, "conversions", day, 30}}))),
      "fired price search/brand\n");
  engine.apply(figures(kNoon + 1min, {{kBrand, "conversions", day, 10}}));
  const std::vector<Alert> alerts = engine.alerts();
  ASSERT_EQ(alerts.size(), 1u);
  ASSERT_TRUE(alerts.front().amendment.has_value());
  EXPECT_FALSE(alerts.front().amendment->would_have_fired);
}

TEST(ReportedTest, AnotherKpiOfTheSameNameAmendsNothing) {
  Engine engine(strategy({objective("growth", {total(at_most("t", "cpa", 45), "7d")})}));
  const Day day = kToday - 1;
  EXPECT_EQ(told(engine.apply(figures(kNoon, {{kBrand, "spend", day, 600},
                                              {kBrand, "conversions", day, 7},
                                              {kBrand, "revenue", day, 900}}))),
            "fired t search/brand\n");
  engine.adopt(strategy({objective("growth", {total(at_least("t", "roas", 3), "7d")})}), kNoon + 1min);
  engine.apply(figures(kNoon + 2min, {{kBrand, "conversions", day, 8}, {kBrand, "spend", day, 500}}));
  const std::vector<Alert> alerts = engine.alerts();
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_FALSE(alerts.front().amendment.has_value());
}

}  // namespace
}  // namespace tightrope::rules
