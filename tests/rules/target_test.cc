#include "rules/target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

TEST(TargetTest, TheBoundInForceIsTheLatestThatHasBegun) {
  Target target;
  target.bounds = {{Day{100}, 0, 45}, {Day{110}, 0, 40}};
  EXPECT_EQ(target.bound_on(Day{99}), nullptr);
  EXPECT_EQ(target.bound_on(Day{100}), &target.bounds[0]);
  EXPECT_EQ(target.bound_on(Day{109}), &target.bounds[0]);
  EXPECT_EQ(target.bound_on(Day{110}), &target.bounds[1]);
  EXPECT_EQ(target.bound_on(Day{9999}), &target.bounds[1]);
}

TEST(TargetTest, ABoundWithoutADateIsAlwaysInForce) {
  Target target;
  target.bounds = {Bound{.high = 45}};
  EXPECT_EQ(target.bound_on(Day{-5000}), &target.bounds[0]);
}

TEST(ObjectiveTest, AnyGlobOfEachDimensionHasToMatch) {
  Objective objective;
  objective.match = {{0, {"search", "social"}}, {1, {"trial-*"}}};
  EXPECT_TRUE(objective.matches({{"search", "trial-de"}}));
  EXPECT_TRUE(objective.matches({{"social", "trial-fr", "group"}}));
  EXPECT_FALSE(objective.matches({{"mail", "trial-de"}}));
  EXPECT_FALSE(objective.matches({{"search", "brand"}}));
  EXPECT_FALSE(objective.matches({{"search"}})) << "a channel's own figures belong to no campaign";
}

TEST(ObjectiveTest, WithoutMatchersItHoldsEverything) {
  EXPECT_TRUE(Objective().matches({}));
  EXPECT_TRUE(Objective().matches({{"search"}}));
}

TEST(StrategyTest, FindsByName) {
  Strategy strategy;
  strategy.metrics = {{"spend", Unit::money, true}, {"clicks", Unit::count, true}};
  ASSERT_NE(strategy.find_metric("clicks"), nullptr);
  EXPECT_EQ(strategy.find_metric("clicks")->unit, Unit::count);
  EXPECT_EQ(strategy.find_metric("click"), nullptr);
  EXPECT_EQ(strategy.find_kpi("cpa"), nullptr);
}

TEST(PlaybookTest, NamedValuesAndTextsAreDistinctAndHideNothing) {
  const KpiLibrary library;
  std::set<std::string> seen;
  for (const auto& [name, unit] : playbook_values()) {
    EXPECT_TRUE(is_formula_name(name)) << name;
    EXPECT_NE(unit, Unit::truth) << name;
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(library.find_metric(name), nullptr) << name;
    EXPECT_EQ(library.find_kpi(name), nullptr) << name;
  }
  for (const std::string& name : playbook_texts({})) EXPECT_TRUE(seen.insert(name).second) << name;
  EXPECT_TRUE(seen.contains("step"));
  EXPECT_TRUE(seen.contains("bid_after"));
  EXPECT_TRUE(seen.contains("campaign"));
}

TEST(TargetTest, WordsAreThoseOfTheConfiguration) {
  EXPECT_EQ(to_string(BoundKind::at_most), "at_most");
  EXPECT_EQ(to_string(BoundKind::at_least), "at_least");
  EXPECT_EQ(to_string(BoundKind::between), "between");
  EXPECT_EQ(to_string(NoData::keep), "keep");
  EXPECT_EQ(to_string(NoData::alert), "alert");
  EXPECT_EQ(to_string(NoData::ok), "ok");
  EXPECT_EQ(to_string(Severity::page), "page");
  EXPECT_EQ(to_string(Severity::ticket), "ticket");
  EXPECT_EQ(to_string(Severity::digest), "digest");
}

}  // namespace
}  // namespace tightrope::rules
