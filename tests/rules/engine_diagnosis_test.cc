// Why and where, as the engine tells it: from figures to the words in an alert.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rules/engine.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const Entity kBrand = campaign("search", "brand");
const Entity kGeneric = campaign("search", "generic");
const Entity kSpring = campaign("social", "spring");

// A day of one campaign.
struct DayOf {
  double spend = 0;
  double impressions = 0;
  double clicks = 0;
  double conversions = 0;
};

void add_days(std::vector<Figure>& list, const Entity& entity, Day first, Day last, const DayOf& day) {
  for (Day at = first; at <= last; at = at + 1) {
    list.push_back({entity, "spend", at, day.spend});
    list.push_back({entity, "impressions", at, day.impressions});
    list.push_back({entity, "clicks", at, day.clicks});
    list.push_back({entity, "conversions", at, day.conversions});
  }
}

// The week to today against the week before it.
void add_weeks(std::vector<Figure>& list, const Entity& entity, const DayOf& before, const DayOf& now) {
  add_days(list, entity, kToday - 13, kToday - 7, before);
  add_days(list, entity, kToday - 6, kToday, now);
}

Engine engine_with(Target target, std::vector<Playbook> playbooks = {}) {
  return Engine(strategy({objective("growth", {std::move(target)})}, std::move(playbooks)));
}

Alert alert_of(Engine& engine, const std::vector<Figure>& list) {
  engine.apply(figures(kNoon, list));
  const auto alerts = engine.alerts();
  EXPECT_THAT(alerts, SizeIs(1));
  return alerts.empty() ? Alert() : alerts[0];
}

constexpr DayOf kSteadyDay{.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 10};

TEST(EngineDiagnosisTest, NamesTheFactorBelowTheFactorAndTheCampaign) {
  Engine engine =
      engine_with(at_most("cpa", "cpa", 12, {0}),
                  {playbook("any", "cpa", "", "", "Look."), playbook("bids", "cpa", "cpc", "", "Lower bids."),
                   playbook("prices", "cpa", "cpm", "", "Look at the prices."),
                   playbook("page", "cpa", "cvr", "", "Look at the page.")});
  std::vector<Figure> list;
  add_weeks(list, kBrand, kSteadyDay, {.spend = 200, .impressions = 5000, .clicks = 100, .conversions = 10});
  add_weeks(list, kGeneric, kSteadyDay, kSteadyDay);
  add_weeks(list, kSpring, kSteadyDay, kSteadyDay);
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "cpc");
  EXPECT_THAT(alert.deeper_drivers, ElementsAre("cpm"));
  EXPECT_EQ(alert.reason,
            "CPC up 33 % (1.00 to 1.33 EUR), through CPM up 33 % (20.00 to 26.67 EUR); CVR steady; mostly in "
            "campaign brand (all of +3.33).");
  ASSERT_THAT(alert.segments, SizeIs(1));
  EXPECT_EQ(to_string(alert.segments[0].entity), "search/brand");
  EXPECT_NEAR(alert.segments[0].rate, 10 / 3.0, 1e-9);
  // What treats the deepest cause leads, then its cause, then what treats none.
  ASSERT_THAT(alert.recommendations, SizeIs(3));
  EXPECT_EQ(alert.recommendations[0].playbook, "prices");
  EXPECT_EQ(alert.recommendations[1].playbook, "bids");
  EXPECT_EQ(alert.recommendations[2].playbook, "any");
}

TEST(EngineDiagnosisTest, AnExplanationAddsUp) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12, {0}));
  std::vector<Figure> list;
  add_weeks(list, kBrand, kSteadyDay, {.spend = 180, .impressions = 4000, .clicks = 90, .conversions = 8});
  add_weeks(list, kGeneric, kSteadyDay,
            {.spend = 150, .impressions = 5500, .clicks = 120, .conversions = 11});
  add_weeks(list, kSpring, kSteadyDay, {.spend = 90, .impressions = 5100, .clicks = 95, .conversions = 9});
  engine.apply(figures(kNoon, list));
  const auto told = engine.explain("cpa", {});
  ASSERT_TRUE(told);
  const Diagnosis& why = told->why;
  EXPECT_DOUBLE_EQ(why.explained.value.before, 10);
  EXPECT_DOUBLE_EQ(why.explained.value.now, told->verdict.value);
  ASSERT_FALSE(why.factors.levels.empty());
  double factors = 0;
  for (const FactorEffect& one : why.factors.levels[0].effects) factors += one.effect;
  EXPECT_NEAR(factors, why.explained.change(), 1e-9);
  ASSERT_THAT(why.segments, SizeIs(2));  // channels, then campaigns of search
  EXPECT_EQ(why.segments[0].dimension, "channel");
  EXPECT_EQ(why.segments[1].dimension, "campaign");
  EXPECT_EQ(to_string(why.segments[1].within), "search");
  double whole = why.explained.change();
  for (const SegmentLevel& level : why.segments) {
    EXPECT_NEAR(level.effect, whole, 1e-9);
    double sum = level.rest;
    for (const SegmentChange& one : level.segments) sum += one.effect;
    EXPECT_NEAR(sum, whole, 1e-9);
    whole = level.segments.front().effect;
  }
}

TEST(EngineDiagnosisTest, AResultThatHardlyAnybodyBringsMayBeChance) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12, {0}));
  std::vector<Figure> list;
  add_weeks(list, kBrand, {.spend = 10, .impressions = 500, .clicks = 10, .conversions = 1},
            {.spend = 10, .impressions = 500, .clicks = 10, .conversions = 0.5});
  add_weeks(list, kGeneric, {.spend = 10, .impressions = 500, .clicks = 10, .conversions = 1},
            {.spend = 10, .impressions = 500, .clicks = 10, .conversions = 1});
  EXPECT_THAT(alert_of(engine, list).reason,
              ::testing::HasSubstr("in campaign brand (+3.61 of +3.33, may be chance)"));
}

TEST(EngineDiagnosisTest, NoResultsAtAllAreExplainedUpsideDown) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12));
  std::vector<Figure> list;  // on so few that it is no news of the tracking
  add_weeks(list, kBrand, {.spend = 6, .impressions = 500, .clicks = 10, .conversions = 1},
            {.spend = 6, .impressions = 500, .clicks = 10, .conversions = 0});
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "cvr");
  EXPECT_EQ(alert.reason, "CVR down 100 % (10 to 0 %); CPC steady.");
  const auto told = engine.explain("cpa", kBrand);
  EXPECT_TRUE(told->why.explained.reciprocal);
  EXPECT_EQ(told->why.unit, Unit::per_money);
}

TEST(EngineDiagnosisTest, ATotalOfAnObjectiveIsFollowedToItsAdGroup) {
  Engine engine = engine_with(at_least("volume", "conversions", 300, {0}));
  std::vector<Figure> list;
  const Entity first{.path = {"search", "brand", "exact"}};
  const Entity second{.path = {"search", "brand", "phrase"}};
  add_weeks(list, first, {.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 20},
            {.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 8});
  add_weeks(list, second, {.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 20},
            {.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 20});
  add_weeks(list, kSpring, kSteadyDay, kSteadyDay);
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "cvr");
  EXPECT_THAT(alert.reason, ::testing::HasSubstr("; mostly in ad group exact (-"));
  EXPECT_EQ(to_string(alert.segments.at(0).entity), "search/brand/exact");
}

TEST(EngineDiagnosisTest, AMetricThatIsNotReportedSoFarDownIsNotSplitThere) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12));
  std::vector<Figure> list;
  for (int back = 13; back >= 0; --back) {
    list.push_back({kBrand, "conversions", kToday - back, 20});
    for (const char* group : {"exact", "phrase"})
      list.push_back(
          {{.path = {"search", "brand", group}}, "spend", kToday - back, back < 7 ? 200.0 : 100.0});
  }
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.reason, "CPA up 100 % (10.00 to 20.00 EUR).");
  EXPECT_THAT(alert.segments, IsEmpty());
}

TEST(EngineDiagnosisTest, AnHourlyWindowIsSplitAsWell) {
  Target target = at_most("cpc", "cpc", 1.2, {0});
  target.over = *parse_window("6h");
  Engine engine = engine_with(target);
  std::vector<Figure> list;
  for (int hour = 1; hour <= 12; ++hour) {
    for (const Entity& entity : {kBrand, kGeneric}) {
      list.push_back({entity, "clicks", kToday, 100, hour});
      list.push_back({entity, "spend", kToday, hour >= 7 && entity == kBrand ? 200.0 : 100.0, hour});
    }
  }
  EXPECT_THAT(alert_of(engine, list).reason,
              StartsWith("CPC up 50 % (1.00 to 1.50 EUR); mostly in campaign brand (all of +0.50"));
}

TEST(EngineDiagnosisTest, WhatWasOffBeforeIsNothingNewAndWhatMetItsBoundIsAStep) {
  for (const double before : {12.5, 11.9}) {
    Engine engine = engine_with(at_most("cpa", "cpa", 12));
    std::vector<Figure> list;
    for (int back = 13; back >= 0; --back) {
      list.push_back({kBrand, "conversions", kToday - back, 100});
      list.push_back({kBrand, "spend", kToday - back, back < 7 ? 1'205 : before * 100});
    }
    EXPECT_EQ(alert_of(engine, list).reason,
              before > 12 ? "Nothing new: CPA was 12.50 EUR before."
                          : "A small step past the bound: CPA was 11.90 EUR before, and is 12.05 EUR.");
  }
}

TEST(EngineDiagnosisTest, ATotalIsNotHeldAgainstDaysBeforeItBegan) {
  for (const int days : {9, 14}) {
    Engine engine = engine_with(at_most("spend", "spend", 700));
    std::vector<Figure> list;
    for (int back = days - 1; back >= 0; --back)
      list.push_back({kBrand, "spend", kToday - back, back < 7 ? 150.0 : 75.0});
    const std::string reason = alert_of(engine, list).reason;
    if (days == 14) {
      EXPECT_THAT(reason, StartsWith("spend up 1"));
    } else {
      EXPECT_EQ(reason, "") << "1050 against 150 of two days";
    }
  }
}

// --- Tracking or demand ---

constexpr DayOf kSilentDay{.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 0};

// Four weeks as ever, and nothing any more in the last three days.
void add_silence(std::vector<Figure>& list, const Entity& entity) {
  add_days(list, entity, kToday - 30, kToday - 3, kSteadyDay);
  add_days(list, entity, kToday - 2, kToday, kSilentDay);
}

TEST(EngineDiagnosisTest, TheThreeDaysOfASilenceAreDaysWithFigures) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12));
  std::vector<Figure> list;  // nothing of today yet
  add_days(list, kBrand, kToday - 30, kToday - 4, kSteadyDay);
  add_days(list, kBrand, kToday - 3, kToday - 1, kSilentDay);
  EXPECT_THAT(alert_of(engine, list).reason,
              StartsWith("No conversions on 300 clicks in three days, where about 30 were due"));
}

const Alert* find_alert(const std::vector<Alert>& alerts, std::string_view name) {
  const auto place = std::find_if(alerts.begin(), alerts.end(), [name](const Alert& alert) {
    return !alert.dimensions.empty() && alert.dimensions.back().second == name;
  });
  return place == alerts.end() ? nullptr : &*place;
}

TEST(EngineDiagnosisTest, AllCampaignsAtOnceAreTheTag) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12));
  std::vector<Figure> list;
  for (const char* name : {"a", "b", "c"}) add_silence(list, campaign("search", name));
  add_days(list, kSpring, kToday - 30, kToday, kSteadyDay);
  engine.apply(figures(kNoon, list));
  const auto alerts = engine.alerts();
  const Alert* alert = find_alert(alerts, "b");
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->driver, "tracking");
  EXPECT_EQ(
      alert->reason,
      "No conversions on 900 clicks in three days in 3 of 4 campaigns, where about 75 were due: has the "
      "tracking broken?");
}

TEST(EngineDiagnosisTest, OneCampaignAloneMayBeItsPage) {
  Engine engine = engine_with(
      at_most("cpa", "cpa", 12),
      {playbook("tag", "", "tracking", "", "Test the tag."), playbook("page", "cpa", "cvr", "", "Look.")});
  std::vector<Figure> list;
  add_silence(list, kBrand);
  for (const Entity& entity : {kGeneric, kSpring}) add_days(list, entity, kToday - 30, kToday, kSteadyDay);
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "tracking");
  EXPECT_EQ(
      alert.reason,
      "No conversions on 300 clicks in three days, where about 25 were due, while other campaigns bring "
      "theirs: tracking or landing page?");
  ASSERT_THAT(alert.recommendations, SizeIs(1));
  EXPECT_EQ(alert.recommendations[0].playbook, "tag");
}

ObservationBatch from_shop(const std::vector<Figure>& list) {
  BatchBuilder builder("shop", kNoon - 1h);
  for (const Figure& figure : list) {
    builder.add(builder.entity(figure.entity), builder.metric(figure.metric), {.day = figure.day},
                *Amount::from_double(figure.value));
  }
  return std::move(builder).take();
}

TEST(EngineDiagnosisTest, TheShopsOrdersTellTrackingFromThePage) {
  for (const bool orders_stop : {false, true}) {
    Engine engine = engine_with(at_most("cpa", "cpa", 12));
    std::vector<Figure> orders;
    for (int back = 30; back >= 0; --back)
      orders.push_back({kBrand, "orders", kToday - back, orders_stop && back < 3 ? 0.0 : 9.0});
    engine.apply(from_shop(orders));
    std::vector<Figure> list;
    add_silence(list, kBrand);
    const Alert alert = alert_of(engine, list);
    EXPECT_EQ(alert.driver, orders_stop ? "cvr" : "tracking");
    const std::string beginning =
        "No conversions on 300 clicks in three days, where about 25 were due, and orders ";
    EXPECT_THAT(
        alert.reason,
        StartsWith(beginning + (orders_stop ? "stopped as well: landing page or offer, hardly the tracking"
                                            : "go on (27): the tracking has broken.")));
  }
}

TEST(EngineDiagnosisTest, OrdersOfTheSameSourceAreNoWitness) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12));
  std::vector<Figure> list;
  for (int back = 30; back >= 0; --back)
    list.push_back({kBrand, "orders", kToday - back, back < 3 ? 0.0 : 9.0});
  add_silence(list, kBrand);
  EXPECT_EQ(alert_of(engine, list).reason,
            "No conversions on 300 clicks in three days, where about 25 were due: has the tracking broken?");
}

TEST(EngineDiagnosisTest, FewerPeopleToReachAreNamedAsDemand) {
  Engine engine =
      engine_with(at_least("volume", "conversions", 100),
                  {playbook("demand", "", "demand", "", "Widen."),
                   playbook("clicks", "", "clicks", "", "Bid."), playbook("page", "", "cvr", "", "Look.")});
  std::vector<Figure> list;
  add_weeks(list, kBrand, {.spend = 200, .impressions = 10000, .clicks = 200, .conversions = 20},
            {.spend = 100, .impressions = 5000, .clicks = 100, .conversions = 10});
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "demand");
  EXPECT_EQ(alert.reason, "Demand fell: impressions down 46 % (65 417 to 35 000), CTR and CVR steady.");
  ASSERT_THAT(alert.recommendations, SizeIs(2));
  EXPECT_EQ(alert.recommendations[0].playbook, "demand");
  EXPECT_EQ(alert.recommendations[1].playbook, "clicks");
}

TEST(EngineDiagnosisTest, AWorsePageIsNeitherTrackingNorDemand) {
  Engine engine = engine_with(at_least("volume", "conversions", 100));
  std::vector<Figure> list;
  add_weeks(list, kBrand, {.spend = 200, .impressions = 10000, .clicks = 200, .conversions = 20},
            {.spend = 200, .impressions = 10000, .clicks = 200, .conversions = 9});
  const Alert alert = alert_of(engine, list);
  EXPECT_EQ(alert.driver, "cvr");
  EXPECT_THAT(alert.reason, StartsWith("CVR down 55 % (10.0 to 4.5 %)"));
}

TEST(EngineDiagnosisTest, WhatAnAlertNamesIsKept) {
  Engine engine = engine_with(at_most("cpa", "cpa", 12, {0}));
  std::vector<Figure> list;
  add_weeks(list, kBrand, kSteadyDay, {.spend = 200, .impressions = 5000, .clicks = 100, .conversions = 10});
  add_weeks(list, kGeneric, kSteadyDay, kSteadyDay);
  const Alert alert = alert_of(engine, list);
  const std::string kept = engine.snapshot();
  const auto again = Engine::restore(engine.strategy(), kept);
  ASSERT_TRUE(again);
  const auto alerts = again->alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].deeper_drivers, alert.deeper_drivers);
  ASSERT_THAT(alerts[0].segments, SizeIs(1));
  EXPECT_EQ(alerts[0].segments[0].entity, kBrand);
  EXPECT_EQ(alerts[0].segments[0].effect, alert.segments[0].effect);
  EXPECT_EQ(alerts[0].segments_unit, Unit::money);
  EXPECT_EQ(again->snapshot(), kept);
}

}  // namespace
}  // namespace tightrope::rules
