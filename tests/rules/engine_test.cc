#include "rules/engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;
using std::chrono::days;

const Entity kBrand = campaign("search", "brand");
const Entity kGeneric = campaign("search", "generic");

Engine engine_with(Target target, std::vector<Playbook> playbooks = {}) {
  return Engine(strategy({objective("growth", {std::move(target)})}, std::move(playbooks)));
}

TEST(EngineTest, RatiosAreSumsOverSums) {
  Engine engine = engine_with(at_most("cpa", "cpa", 50, {0}));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 100},
                               {kBrand, "conversions", kToday, 1},
                               {kGeneric, "spend", kToday - 1, 100},
                               {kGeneric, "conversions", kToday - 1, 9}}));
  const Verdict verdict = verdict_of(engine, "cpa", {});
  EXPECT_DOUBLE_EQ(verdict.value, 20);  // 200 / 10, and not the mean of 100 and 11.1
  EXPECT_EQ(verdict.state, VerdictState::on_target);
}

TEST(EngineTest, AMissFiresOnceAndResolvesWhenItIsWellAgain) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 100, 2))), "fired cpa search/brand\n");
  EXPECT_EQ(told(engine.apply(Tick{kNoon + 3h})), "");
  EXPECT_EQ(told(engine.apply(week_of(kNoon + 4h, kBrand, 100, 5))),
            "amended cpa search/brand\nresolved cpa search/brand\n");
  EXPECT_EQ(engine.alerts().size(), 1u);
  EXPECT_EQ(engine.alerts()[0].phase, AlertPhase::resolved);
}

TEST(EngineTest, MissingIsNotZero) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  const Effects effects = engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 500}}));
  EXPECT_TRUE(effects.alerts.empty());
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).reason, Reason::undefined);
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).state, VerdictState::unknown);
}

TEST(EngineTest, MoneySpentWithoutAnyResultIsOffTargetOnceThreeResultsWereDue) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 100}, {kBrand, "conversions", kToday, 0}}));
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).state, VerdictState::watch);
  const Effects effects = engine.apply(figures(kNoon + 1h, {{kBrand, "spend", kToday, 120}}));
  EXPECT_EQ(told(effects), "fired cpa search/brand\n");
  EXPECT_TRUE(std::isnan(verdict_of(engine, "cpa", kBrand).value));
}

TEST(EngineTest, NoDataNeverResolvesAnAlert) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  const Effects effects = engine.apply(Tick{kNoon + days(30)});  // all of its figures left the window
  EXPECT_EQ(told(effects), "");
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).reason, Reason::no_figures);
  ASSERT_EQ(engine.alerts().size(), 1u);
  EXPECT_EQ(engine.alerts()[0].phase, AlertPhase::firing);
}

TEST(EngineTest, NoDataCanRaiseAnAlertWhereTheTargetSaysSo) {
  Target target = at_least("volume", "conversions", 10, {0});
  target.no_data = NoData::alert;
  target.hold = 2h;
  Engine engine = engine_with(target);
  EXPECT_EQ(told(engine.apply(Tick{kNoon})), "pending volume\n");
  EXPECT_EQ(told(engine.apply(Tick{kNoon + 2h})), "fired volume\n");
  EXPECT_EQ(told(engine.apply(week_of(kNoon + 3h, kBrand, 10, 3))), "resolved volume\n");
}

TEST(EngineTest, AMissShorterThanForIsDropped) {
  Target target = at_most("cpa", "cpa", 40);
  target.hold = 1h;
  Engine engine = engine_with(target);
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 100, 2))), "pending cpa search/brand\n");
  EXPECT_EQ(told(engine.apply(week_of(kNoon + 59min, kBrand, 100, 5))), "dropped cpa search/brand\n");
}

TEST(EngineTest, AMissAsLongAsForFiresAtTheInstantItIsDue) {
  Target target = at_most("cpa", "cpa", 40);
  target.hold = 90min;
  Engine engine = engine_with(target);
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  EXPECT_EQ(engine.next_wakeup(), kNoon + 1h);
  const Effects effects = engine.apply(Tick{kNoon + 5h});
  ASSERT_EQ(effects.alerts.size(), 1u);
  EXPECT_EQ(effects.alerts[0].at, kNoon + 90min);
  EXPECT_EQ(effects.alerts[0].alert.fired_at, kNoon + 90min);
}

TEST(EngineTest, KeepFiringForHoldsTheAlert) {
  Target target = at_most("cpa", "cpa", 40);
  target.keep_firing_for = std::chrono::hours(24);
  Engine engine = engine_with(target);
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  EXPECT_EQ(told(engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday, 40}}))), "");
  EXPECT_EQ(told(engine.apply(Tick{kNoon + 24h})), "");
  const Effects effects = engine.apply(Tick{kNoon + 26h});
  ASSERT_EQ(told(effects), "resolved cpa search/brand\n");
  EXPECT_EQ(effects.alerts[0].at, kNoon + 25h);
}

TEST(EngineTest, AnAlertThatFiredOnAFigureSinceRestatedIsAmended) {
  Target target = at_most("cpa", "cpa", 40);
  target.keep_firing_for = days(3);
  Engine engine = engine_with(target);
  engine.apply(week_of(kNoon, kBrand, 100, 2));  // 50
  const Effects effects =
      engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday - 2, 9}}));  // 700 / 21
  ASSERT_EQ(told(effects), "amended cpa search/brand\n");
  const Amendment& amendment = *effects.alerts[0].alert.amendment;
  EXPECT_DOUBLE_EQ(amendment.value_before, 50);
  EXPECT_DOUBLE_EQ(amendment.value_now, 700.0 / 21);
  EXPECT_FALSE(amendment.would_have_fired);
  EXPECT_EQ(effects.alerts[0].alert.revision, 2u);
}

TEST(EngineTest, FirstFiguresThatComeAfterTheAlertAmendIt) {
  Target target = at_most("cpa", "cpa", 40);
  target.keep_firing_for = days(3);
  Engine engine = engine_with(target);
  std::vector<Figure> list;
  for (int back = 6; back >= 0; --back) {
    list.push_back({kBrand, "spend", kToday - back, 100});
    if (back != 1) list.push_back({kBrand, "conversions", kToday - back, 2});
  }
  ASSERT_EQ(told(engine.apply(figures(kNoon, list))), "fired cpa search/brand\n");
  const Effects effects = engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday - 1, 20}}));
  ASSERT_EQ(told(effects), "amended cpa search/brand\n");
  const Amendment& amendment = *effects.alerts[0].alert.amendment;
  EXPECT_DOUBLE_EQ(amendment.value_before, 700.0 / 12);
  EXPECT_DOUBLE_EQ(amendment.value_now, 700.0 / 32);
  EXPECT_FALSE(amendment.would_have_fired);
  EXPECT_EQ(effects.cells_restated, 0u);
}

TEST(EngineTest, AnHourOfTodayThatIsRestatedAmendsAnHourlyAlert) {
  Target target = at_most("cpc", "cpc", 1.2, {0});
  target.over = *parse_window("3h");
  target.keep_firing_for = days(3);
  Engine engine = engine_with(target);
  std::vector<Figure> list;
  for (int hour = 10; hour <= 12; ++hour) {
    list.push_back({kBrand, "clicks", kToday, 100, hour});
    list.push_back({kBrand, "spend", kToday, 150, hour});
  }
  ASSERT_EQ(told(engine.apply(figures(kNoon, list))), "fired cpc\n");
  // The open hour grows, and that is no restatement.
  EXPECT_EQ(told(engine.apply(figures(kNoon + 10min, {{kBrand, "clicks", kToday, 101, 12}}))), "");
  const Effects effects = engine.apply(figures(kNoon + 20min, {{kBrand, "clicks", kToday, 400, 11}}));
  ASSERT_EQ(told(effects), "amended cpc\n");
  EXPECT_DOUBLE_EQ(effects.alerts[0].alert.amendment->value_now, 450.0 / 600);
}

TEST(EngineTest, TodayGrowingIsNoRestatement) {
  Target target = at_most("cpa", "cpa", 40);
  target.keep_firing_for = days(3);
  Engine engine = engine_with(target);
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  const Effects effects = engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday, 30}}));
  EXPECT_EQ(told(effects), "");
  EXPECT_EQ(effects.cells_restated, 0u);
}

TEST(EngineTest, AResolvedAlertIsAmendedToo) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  engine.apply(figures(kNoon + 1h, {{kBrand, "conversions", kToday, 30}}));
  const Effects effects = engine.apply(figures(kNoon + 2h, {{kBrand, "conversions", kToday - 3, 12}}));
  EXPECT_EQ(told(effects), "amended cpa search/brand\n");
}

TEST(EngineTest, MinimumVolumeWatchesInsteadOfAlerting) {
  Target target = at_most("cpa", "cpa", 40);
  target.min_volume = {{"conversions", 20}};
  Engine engine = engine_with(target);
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 100, 2))), "");
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).reason, Reason::little_volume);
  EXPECT_EQ(told(engine.apply(week_of(kNoon + 1h, kBrand, 200, 3))), "fired cpa search/brand\n");
}

TEST(EngineTest, ADatedBoundIsInForceFromItsDay) {
  Target target = at_most("cpa", "cpa", 60);
  target.bounds.push_back({.from = kToday + 1, .high = 40});
  Engine engine = engine_with(target);
  EXPECT_EQ(told(engine.apply(week_of(kNoon, kBrand, 100, 2))), "");
  const Effects effects = engine.apply(Tick{kNoon + 13h});
  ASSERT_EQ(told(effects), "fired cpa search/brand\n");
  EXPECT_EQ(effects.alerts[0].at, kNoon + 12h);
}

TEST(EngineTest, AWindowMovesOnAtMidnightOfTheClientsZone) {
  Strategy new_york = strategy({objective("growth", {at_least("volume", "conversions", 1, {0})})});
  new_york.timezone = "America/New_York";
  new_york.objectives[0].targets[0].over = *parse_window("yesterday");
  Engine engine(new_york);
  engine.apply(figures(kNoon, {{kBrand, "conversions", kToday, 7}}));
  EXPECT_EQ(verdict_of(engine, "volume", {}).reason, Reason::no_figures);
  engine.apply(Tick{kNoon + 16h});  // 23:00 of the same day in New York
  EXPECT_EQ(verdict_of(engine, "volume", {}).reason, Reason::no_figures);
  engine.apply(Tick{kNoon + 17h});
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 7);
}

TEST(EngineTest, AnHourlyWindowNeedsHours) {
  Target target = at_most("cpa", "cpa", 40);
  target.over = *parse_window("24h");
  Engine engine = engine_with(target);
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).reason, Reason::needs_hours);
  engine.apply(
      figures(kNoon + 1min, {{kBrand, "spend", kToday - 1, 60, 13},    // 13:00 yesterday: in the window
                             {kBrand, "spend", kToday - 1, 1000, 12},  // 12:00 yesterday: no longer
                             {kBrand, "conversions", kToday, 2, 12}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "cpa", kBrand).value, 30);
}

TEST(EngineTest, ADayIsTheSumOfItsHoursUnlessItWasGiven) {
  Engine engine = engine_with(at_least("volume", "conversions", 1, {0}));
  engine.apply(
      figures(kNoon, {{kBrand, "conversions", kToday, 2, 9}, {kBrand, "conversions", kToday, 3, 10}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 5);
  engine.apply(figures(kNoon + 1min, {{kBrand, "conversions", kToday, 1, 10}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 3);
  engine.apply(figures(kNoon + 2min, {{kBrand, "conversions", kToday, 8}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 8);
  engine.apply(figures(kNoon + 3min, {{kBrand, "conversions", kToday, 6, 11}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 8);
}

TEST(EngineTest, PaceComparesWithTheShareOfThePeriodElapsed) {
  Target target = at_least("volume", "conversions", 900, {0});
  target.over = *parse_window("month");
  target.pace = true;
  Engine engine = engine_with(target);
  engine.apply(figures(kNoon, {{kBrand, "conversions", kToday, 590}}));
  const Verdict verdict = verdict_of(engine, "volume", {});
  EXPECT_NEAR(verdict.low, 900 * (19 * 24 + 12) / (30.0 * 24), 1e-9);  // of hours that are over
  EXPECT_EQ(verdict.state, VerdictState::on_target);
}

TEST(EngineTest, WhatServesNoObjectiveIsReportedWithItsSpend) {
  Objective search = objective("search", {at_most("cpa", "cpa", 40)});
  search.match = {{0, {"search"}}};
  Engine engine(strategy({search}));
  engine.apply(
      figures(kNoon, {{kBrand, "spend", kToday, 75}, {campaign("social", "spring"), "spend", kToday, 25}}));
  const auto unaligned = engine.unaligned();
  ASSERT_EQ(unaligned.size(), 1u);
  EXPECT_EQ(to_string(unaligned[0].entity), "social/spring");
  EXPECT_DOUBLE_EQ(unaligned[0].spend, 25);
  EXPECT_DOUBLE_EQ(engine.spend_aligned_ratio(), 0.75);
}

TEST(EngineTest, StakeIsWhatTheMissCostsAnHour) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  const double hours = 6 * 24 + 13;
  EXPECT_NEAR(verdict_of(engine, "cpa", kBrand).stake_per_hour, (700 - 14 * 40) / hours, 1e-9);
}

TEST(EngineTest, DaysBeforeACampaignBeganCostNothing) {
  Target target = at_most("cpa", "cpa", 40);
  target.over = *parse_window("28d");
  const auto days_of = [](int first, int last) {
    std::vector<Figure> list;
    for (int back = first; back >= last; --back) {
      list.push_back({kBrand, "spend", kToday - back, 100});
      list.push_back({kBrand, "conversions", kToday - back, 2});
    }
    return list;
  };
  const double over = 100 - 2 * 40.0;  // a day
  {
    Engine engine = engine_with(target);
    engine.apply(figures(kNoon, days_of(2, 0)));
    EXPECT_NEAR(verdict_of(engine, "cpa", kBrand).stake_per_hour, 3 * over / (2 * 24 + 13), 1e-9);
  }
  {
    Engine engine = engine_with(target);
    engine.apply(figures(kNoon, days_of(0, 0)));
    EXPECT_NEAR(verdict_of(engine, "cpa", kBrand).stake_per_hour, over / 13, 1e-9);
  }
  {
    // It was there before and paused: those days saved what the others cost.
    Engine engine = engine_with(target);
    std::vector<Figure> list = days_of(40, 38);
    for (const Figure& figure : days_of(2, 0)) list.push_back(figure);
    engine.apply(figures(kNoon, list));
    EXPECT_NEAR(verdict_of(engine, "cpa", kBrand).stake_per_hour, 3 * over / (27 * 24 + 13), 1e-9);
  }
}

TEST(EngineTest, TheDriverIsNamedAndItsPlaybookLeads) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12),
                              {playbook("any", "cpa", "", "", "Look at {campaign}."),
                               playbook("lower_bids", "cpa", "cpc", "change(cpc, 7d) > 10%",
                                        "Lower bids of {campaign} by {step:.0%}, to {bid_after}."),
                               playbook("landing_page", "cpa", "cvr", "", "Look at the landing page.")});
  std::vector<Figure> list;
  for (int back = 13; back >= 0; --back) {
    const double price = back >= 7 ? 1.0 : 1.5;
    list.push_back({kBrand, "clicks", kToday - back, 100});
    list.push_back({kBrand, "spend", kToday - back, 100 * price});
    list.push_back({kBrand, "conversions", kToday - back, 10});
  }
  const Effects effects = engine.apply(figures(kNoon, list));
  ASSERT_EQ(told(effects), "fired cpa search/brand\n");
  const Alert& alert = effects.alerts[0].alert;
  EXPECT_EQ(alert.driver, "cpc");
  EXPECT_EQ(alert.reason, "CPC up 50 % (1.00 to 1.50 EUR); CVR steady.");
  ASSERT_EQ(alert.recommendations.size(), 2u);
  EXPECT_EQ(alert.recommendations[0].playbook, "lower_bids");
  EXPECT_EQ(alert.recommendations[0].text, "Lower bids of brand by 20 %, to 1.20 EUR.");
  EXPECT_EQ(alert.recommendations[1].playbook, "any");
}

TEST(EngineTest, AdviceForSearchIsNotGivenToAnEmailCampaign) {
  Playbook search = playbook("search_terms", "cpa", "", "", "Read the search terms of {campaign}.");
  search.channels = {"shop*", "search"};
  Playbook dental = playbook("book_once", "cpa", "", "", "Book once yourself.");
  dental.clients = {"dental_*"};
  Engine engine = engine_with(at_most("cpa", "cpa", 40), {search, dental});
  const Entity mail = campaign("mail", "newsletter");
  EXPECT_TRUE(engine.apply(week_of(kNoon, mail, 100, 2)).alerts[0].alert.recommendations.empty());
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  ASSERT_EQ(fired.alerts[0].alert.recommendations.size(), 1u);
  EXPECT_EQ(fired.alerts[0].alert.recommendations[0].playbook, "search_terms");
}

TEST(EngineTest, TrackingThatBrokeOvernightIsCheckedBeforeAnythingElse) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12),
                              {playbook("book_once", "cpa", "cvr", "", "Book once yourself."),
                               playbook("test_the_tag", "", "tracking", "", "Test the tag of {campaign}.")});
  std::vector<Figure> list;
  for (int back = 13; back >= 0; --back) {
    list.push_back({kBrand, "clicks", kToday - back, 200});
    list.push_back({kBrand, "spend", kToday - back, 200});
    list.push_back({kBrand, "conversions", kToday - back, back >= 3 ? 20.0 : 2.0});
  }
  const Effects fired = engine.apply(figures(kNoon, list));
  ASSERT_EQ(fired.alerts.size(), 1u);
  EXPECT_EQ(fired.alerts[0].alert.driver, "tracking");
  EXPECT_EQ(fired.alerts[0].alert.reason,
            "6 conversions on 600 clicks in three days, where about 50 were due: has the tracking broken?");
  ASSERT_EQ(fired.alerts[0].alert.recommendations.size(), 1u);
  EXPECT_EQ(fired.alerts[0].alert.recommendations[0].playbook, "test_the_tag");
}

TEST(EngineTest, TheWorthOfAdviceWithoutAStepIsHalfTheStake) {
  // The cost per conversion has to fall by 60 %, and a step is 20 %.
  Engine engine = engine_with(
      at_most("cpa", "cpa", 20),
      {playbook("look", "cpa", "", "", "Look."), playbook("bids", "cpa", "", "", "Lower by {step:.0%}.")});
  const Alert alert = engine.apply(week_of(kNoon, kBrand, 100, 2)).alerts[0].alert;
  ASSERT_EQ(alert.recommendations.size(), 2u);
  const double half = alert.verdict.stake_per_hour * 24 / 2;
  EXPECT_EQ(alert.recommendations[0].playbook, "look");
  EXPECT_NEAR(alert.recommendations[0].worth_per_day, half, 1e-9);
  EXPECT_NEAR(alert.recommendations[1].worth_per_day, half * 0.2 / 0.6, 1e-9);
}

TEST(EngineTest, APlaybookThatWasCarriedOutRestsForItsCooldown) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40), {playbook("look", "cpa", "", "", "Look.")});
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  const std::string id = fired.alerts[0].alert.recommendations[0].id;
  Decision decision{.at = kNoon + 1h, .recommendation = id, .by = "ann"};
  EXPECT_EQ(told(engine.apply(decision)), "decided cpa search/brand\n");
  decision.at = kNoon + 1h + 11min;
  EXPECT_NE(engine.apply(decision).refused, "");
  engine.apply(week_of(kNoon + 2h, kBrand, 100, 5));
  const Effects again = engine.apply(week_of(kNoon + 3h, kBrand, 100, 2));
  EXPECT_TRUE(again.alerts.back().alert.recommendations.empty());
  engine.apply(week_of(kNoon + 4h, kBrand, 100, 5));
  const Effects later = engine.apply(week_of(kNoon + days(4), kBrand, 100, 2, kToday + 4));
  EXPECT_EQ(later.alerts.back().alert.recommendations.size(), 1u);
}

TEST(EngineTest, ASlipOfTheThumbIsPutRightWithin10Minutes) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40), {playbook("look", "cpa", "", "", "Look.")});
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  Decision decision{.at = kNoon + 1h, .recommendation = fired.alerts[0].alert.recommendations[0].id};
  engine.apply(decision);
  decision.at += 10min;
  decision.kind = DecisionKind::declined;
  decision.by = "ann";
  EXPECT_EQ(engine.apply(decision).refused, "");
  const Recommendation declined = engine.alerts()[0].recommendations[0];
  EXPECT_EQ(declined.state, RecommendationState::declined);
  EXPECT_EQ(declined.decided_by, "ann");
  decision.at += 10min + 1ms;
  EXPECT_EQ(engine.apply(decision).refused, "it was declined before, by ann, on " +
                                                engine.calendar().format_with_zone(*declined.decided_at) +
                                                "; a decision can be replaced for 10 minutes");
  // What was not carried out after all does not rest.
  engine.apply(week_of(kNoon + 2h, kBrand, 100, 5));
  const Effects again = engine.apply(week_of(kNoon + 3h, kBrand, 100, 2));
  EXPECT_EQ(again.alerts.back().alert.recommendations.size(), 1u);
}

TEST(EngineTest, ARefusedSecondDecisionDoesNotEndInByAndNothing) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40), {playbook("look", "cpa", "", "", "Look.")});
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  Decision decision{.at = kNoon + 1h, .recommendation = fired.alerts[0].alert.recommendations[0].id};
  engine.apply(decision);
  decision.at += 1h;
  const std::string refused = engine.apply(decision).refused;
  EXPECT_TRUE(refused.starts_with("it was carried out before, on ")) << refused;
}

TEST(EngineTest, WhatWasPutOffIsAskedAgainAtItsMinute) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40), {playbook("look", "cpa", "", "", "Look.")});
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  const Timestamp until = kNoon + 1h + 17min;
  Decision decision{.at = kNoon + 1h,
                    .recommendation = fired.alerts[0].alert.recommendations[0].id,
                    .kind = DecisionKind::later,
                    .by = "ann",
                    .until = until};
  engine.apply(decision);
  EXPECT_EQ(engine.next_wakeup(), until);
  auto restored = Engine::restore(engine.strategy(), engine.snapshot());
  ASSERT_TRUE(restored);
  for (Engine* one : {&engine, &*restored}) {
    EXPECT_EQ(one->next_wakeup(), until);
    one->apply(Tick{until - 1ms});
    EXPECT_EQ(one->alerts()[0].recommendations[0].state, RecommendationState::later);
    one->apply(Tick{until});
    EXPECT_EQ(one->alerts()[0].recommendations[0].state, RecommendationState::open);
    EXPECT_GT(one->next_wakeup(), until);
  }
  EXPECT_EQ(engine.snapshot(), restored->snapshot());
}

TEST(EngineTest, AnAcknowledgementStaysWithTheAlert) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  EXPECT_EQ(told(engine.apply(Acknowledgement{kNoon + 1h, fired.alerts[0].alert.id, "ann"})),
            "acknowledged cpa search/brand\n");
  EXPECT_EQ(engine.alerts()[0].acknowledged_by, "ann");
  EXPECT_NE(engine.apply(Acknowledgement{kNoon + 1h, "0123456789abcdef", "ann"}).refused, "");
}

TEST(EngineTest, ANewStrategyKeepsTheAlertsOfTargetsThatAreStillThere) {
  Strategy two =
      strategy({objective("growth", {at_most("cpa", "cpa", 40), at_least("volume", "conversions", 100)})});
  Engine engine(two);
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  ASSERT_EQ(engine.alerts().size(), 2u);
  const std::string id = engine.find_alert(engine.alerts()[0].id)->id;
  Strategy one = strategy({objective("growth", {at_most("cpa", "cpa", 45)})});
  EXPECT_EQ(told(engine.adopt(one, kNoon + 1h)), "resolved volume search/brand\n");
  ASSERT_EQ(engine.alerts().size(), 2u);
  EXPECT_EQ(engine.alerts()[0].target, "cpa");
  EXPECT_EQ(engine.alerts()[0].phase, AlertPhase::firing);
  EXPECT_DOUBLE_EQ(engine.alerts()[0].verdict.high, 45);
  Strategy looser = strategy({objective("growth", {at_most("cpa", "cpa", 60)})});
  EXPECT_EQ(told(engine.adopt(looser, kNoon + 2h)), "resolved cpa search/brand\n");
  EXPECT_FALSE(id.empty());
}

TEST(EngineTest, ANewPlaybookAdvisesOnAlertsThatFireAlready) {
  const Target target = at_most("cpa", "cpa", 40);
  Engine engine(strategy({objective("growth", {target})}, {playbook("look", "cpa", "", "", "Look.")}));
  const Effects fired = engine.apply(week_of(kNoon, kBrand, 100, 2));
  Decision decision{
      .at = kNoon + 1h, .recommendation = fired.alerts[0].alert.recommendations[0].id, .by = "ann"};
  engine.apply(decision);
  engine.adopt(strategy({objective("growth", {target})}, {playbook("act", "cpa", "", "", "Act.")}),
               kNoon + 2h);
  const auto recommendations = engine.alerts()[0].recommendations;
  ASSERT_EQ(recommendations.size(), 2u);
  EXPECT_EQ(recommendations[0].playbook, "act");
  EXPECT_EQ(recommendations[0].state, RecommendationState::open);
  EXPECT_EQ(recommendations[1].playbook, "look");
  EXPECT_EQ(recommendations[1].decided_by, "ann");
}

TEST(EngineTest, OnlyRowsThatChangeSomethingAreLeftOfAPoll) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  const ObservationBatch first = week_of(kNoon, kBrand, 100, 2);
  EXPECT_EQ(engine.changed(first).rows.size(), 14u);
  engine.apply(first);
  EXPECT_TRUE(engine.changed(week_of(kNoon + 1h, kBrand, 100, 2)).rows.empty());
  const ObservationBatch more =
      figures(kNoon + 1h, {{kBrand, "spend", kToday, 100}, {kBrand, "spend", kToday - 1, 90}});
  const ObservationBatch changed = engine.changed(more);
  ASSERT_EQ(changed.rows.size(), 1u);
  EXPECT_EQ(changed.rows[0].value, Amount::from_units(90));
}

TEST(EngineTest, ADayOf25HoursHasTwoHoursOfThatName) {
  Strategy new_york = strategy({objective("growth", {at_least("volume", "conversions", 1, {0})})});
  new_york.timezone = "America/New_York";
  new_york.objectives[0].targets[0].over = *parse_window("today");
  Engine engine(new_york);
  const Day day = *parse_day("2026-11-01");
  const Timestamp evening = *parse_timestamp("2026-11-02T04:30:00Z");  // 23:30 there
  std::vector<Figure> list;
  for (int hour = 0; hour < 25; ++hour) list.push_back({kBrand, "conversions", day, 1, hour});
  engine.apply(figures(evening, list));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "volume", {}).value, 25);
}

TEST(EngineTest, TimeNeverMovesBack) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(Tick{kNoon});
  engine.apply(Tick{kNoon - 5h});
  EXPECT_EQ(engine.now(), kNoon);
}

TEST(EngineTest, AClockThatWasWrongByYearsDoesNotKeepTheEngineBusy) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  engine.apply(Tick{kNoon + days(365 * 9)});
  EXPECT_EQ(engine.now(), kNoon + days(365 * 9));
  EXPECT_EQ(verdict_of(engine, "cpa", kBrand).reason, Reason::no_figures);
}

TEST(EngineTest, ExplainNamesEveryNumberBehindAVerdict) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(week_of(kNoon, kBrand, 100, 2));
  const auto explanation = engine.explain("cpa", kBrand);
  ASSERT_TRUE(explanation);
  ASSERT_EQ(explanation->inputs.size(), 2u);
  EXPECT_EQ(explanation->inputs[0].metric, "spend");
  EXPECT_DOUBLE_EQ(explanation->inputs[0].sum, 700);
  ASSERT_EQ(explanation->inputs[0].buckets.size(), 7u);
  EXPECT_EQ(explanation->inputs[0].buckets[0].second, Amount::from_units(100));
  EXPECT_FALSE(engine.explain("cpa", kGeneric));
}

TEST(EngineTest, ASeriesHasAGapWhereNothingWasReported) {
  Engine engine = engine_with(at_most("cpa", "cpa", 40));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday - 2, 50},
                               {kBrand, "conversions", kToday - 2, 2},
                               {kBrand, "spend", kToday, 90},
                               {kBrand, "conversions", kToday, 3}}));
  const auto points = engine.series("cpa", {}, "", "cpa", {kToday - 2, kToday});
  ASSERT_EQ(points.size(), 3u);
  EXPECT_DOUBLE_EQ(points[0].value, 25);
  EXPECT_TRUE(std::isnan(points[1].value));
  EXPECT_DOUBLE_EQ(points[2].value, 30);
  ASSERT_NE(points[2].bound, nullptr);
  EXPECT_DOUBLE_EQ(points[2].bound->high, 40);
}

}  // namespace
}  // namespace tightrope::rules
