// Figures in other currencies, through the engine.
#include <gtest/gtest.h>

#include <cmath>

#include "rules/currency.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

const Entity kBrand = campaign("search", "brand");
const Entity kDollar{{"USD"}};

Engine engine_with(Target target) {
  return Engine(strategy({objective("growth", {std::move(target)})}));
}

ObservationBatch dollars_for_one_euro(Timestamp learnt, Day day, double rate) {
  return figures(learnt, {{kDollar, rate_metric("EUR"), day, rate}});
}

TEST(EngineMoneyTest, BothSidesOfARatioAreConvertedAtTheRateOfTheirDay) {
  Engine engine = engine_with(at_least("roas", "roas", 3));
  engine.apply(dollars_for_one_euro(kNoon, kToday - 1, 2));
  engine.apply(dollars_for_one_euro(kNoon, kToday, 4));
  engine.apply(figures(kNoon, {{kBrand, "spend@USD", kToday - 1, 100},
                               {kBrand, "spend@USD", kToday, 100},
                               {kBrand, "revenue", kToday - 1, 75},
                               {kBrand, "revenue@USD", kToday, 300}}));
  // (75 + 300 / 4) / (100 / 2 + 100 / 4)
  EXPECT_DOUBLE_EQ(verdict_of(engine, "roas", kBrand).value, 2);
}

TEST(EngineMoneyTest, AMissingRateMakesTheVerdictUnknownAndSaysSo) {
  Engine engine = engine_with(at_most("cpa", "cpa", 10));
  engine.apply(figures(kNoon, {{kBrand, "spend@USD", kToday, 100}, {kBrand, "conversions", kToday, 2}}));
  Verdict verdict = verdict_of(engine, "cpa", kBrand);
  EXPECT_EQ(verdict.state, VerdictState::unknown);
  EXPECT_EQ(verdict.reason, Reason::no_rate);
  EXPECT_TRUE(std::isnan(verdict.value));
  // The rate comes late: the figure is converted then.
  EXPECT_EQ(told(engine.apply(dollars_for_one_euro(kNoon + 1h, kToday - 2, 2))), "fired cpa search/brand\n");
  verdict = verdict_of(engine, "cpa", kBrand);
  EXPECT_DOUBLE_EQ(verdict.value, 25);
}

TEST(EngineMoneyTest, ARestatedRateRestatesWhatHangsOnIt) {
  Engine engine = engine_with(at_most("cpa", "cpa", 30));
  engine.apply(dollars_for_one_euro(kNoon, kToday - 1, 2));
  engine.apply(
      figures(kNoon, {{kBrand, "spend@USD", kToday - 1, 100}, {kBrand, "conversions", kToday - 1, 1}}));
  EXPECT_EQ(engine.alerts().size(), 1u);
  const Effects effects = engine.apply(dollars_for_one_euro(kNoon + 1h, kToday - 1, 4));
  EXPECT_EQ(told(effects), "amended cpa search/brand\nresolved cpa search/brand\n");
}

TEST(EngineMoneyTest, SeveralCurrenciesOfOneCellAddUp) {
  Engine engine = engine_with(at_most("spend", "spend", 1000));
  engine.apply(dollars_for_one_euro(kNoon, kToday, 2));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 10}}));
  engine.apply(figures(kNoon, {{kBrand, "spend@USD", kToday, 100}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 60);
  engine.apply(figures(kNoon, {{kBrand, "spend@EUR", kToday, 20}}));  // the client's own by its full name
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 70);
  engine.apply(figures(kNoon, {{kBrand, "spend@USD", kToday, kUndefined}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 20);
}

TEST(EngineMoneyTest, RatesAndFiguresThatAreKnownAreNotTakenAgain) {
  Engine engine = engine_with(at_most("spend", "spend", 1000));
  const auto rate = dollars_for_one_euro(kNoon, kToday, 2);
  const auto spend = figures(kNoon, {{kBrand, "spend@USD", kToday, 100}, {kBrand, "spend", kToday, 10}});
  EXPECT_EQ(engine.changed(rate).rows.size(), 1u);
  engine.apply(rate);
  engine.apply(spend);
  EXPECT_EQ(engine.changed(rate).rows.size(), 0u);
  EXPECT_EQ(engine.changed(spend).rows.size(), 0u);
  EXPECT_TRUE(engine.unaligned().empty());  // a currency is no campaign
}

TEST(EngineMoneyTest, HoursInAnotherCurrencyMakeTheirDay) {
  Engine engine = engine_with(at_most("spend", "spend", 1000));
  engine.apply(dollars_for_one_euro(kNoon, kToday, 2));
  engine.apply(figures(kNoon, {{kBrand, "spend@USD", kToday, 10, 3}, {kBrand, "spend@USD", kToday, 30, 4}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 20);
  engine.apply(dollars_for_one_euro(kNoon, kToday, 4));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 10);
}

TEST(EngineMoneyTest, AClientThatChangesItsCurrencyKeepsItsFigures) {
  Engine engine = engine_with(at_most("spend", "spend", 1000));
  engine.apply(dollars_for_one_euro(kNoon, kToday, 2));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 10}}));
  Strategy in_dollars = engine.strategy();
  in_dollars.currency = "USD";
  engine.adopt(in_dollars, kNoon + 1h);
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 20);
  engine.apply(figures(kNoon + 2h, {{kBrand, "spend@EUR", kToday, 11}}));
  EXPECT_DOUBLE_EQ(verdict_of(engine, "spend", kBrand).value, 22);
  auto restored = Engine::restore(in_dollars, engine.snapshot());
  ASSERT_TRUE(restored);
  EXPECT_DOUBLE_EQ(verdict_of(*restored, "spend", kBrand).value, 22);
}

TEST(EngineMoneyTest, ATargetThatGoesWithItsCurrencyIsToldInThatOne) {
  Engine engine = engine_with(at_most("spend", "spend", 5));
  engine.apply(dollars_for_one_euro(kNoon, kToday, 2));
  engine.apply(figures(kNoon, {{kBrand, "spend", kToday, 10}}));
  Strategy in_dollars = strategy({objective("growth", {at_most("cpa", "cpa", 5)})});
  in_dollars.currency = "USD";
  const Effects effects = engine.adopt(in_dollars, kNoon + 1h);
  EXPECT_EQ(told(effects), "resolved spend search/brand\n");
  const Alert& alert = effects.alerts.at(0).alert;
  EXPECT_EQ(alert.currency, "EUR");
  EXPECT_DOUBLE_EQ(alert.verdict.value, 10);
}

}  // namespace
}  // namespace tightrope::rules
