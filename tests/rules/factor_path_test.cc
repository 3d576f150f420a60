#include "rules/factor_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

namespace tightrope::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Figures = std::map<std::string, BeforeAndNow, std::less<>>;

FactorPath path_of(const ExplainedChange& explained, const Figures& figures) {
  return factor_path(explained, [&](std::string_view kpi) {
    const auto place = figures.find(kpi);
    return place == figures.end() ? BeforeAndNow{kUndefined, kUndefined} : place->second;
  });
}

double sum_of(const FactorLevel& level) {
  double sum = 0;
  for (const FactorEffect& one : level.effects) sum += one.effect;
  return sum;
}

TEST(FactorPathTest, FactorsAddUpToTheChange) {
  const FactorPath path = path_of({.kpi = "cpa", .value = {40, 62.5}, .better = Better::lower},
                                  {{"cpc", {1.2, 1.5}}, {"cvr", {0.03, 0.024}}});
  ASSERT_EQ(path.levels.size(), 1u);
  EXPECT_NEAR(path.levels[0].effects[0].effect, 11.25, 1e-9);
  EXPECT_NEAR(path.levels[0].effects[1].effect, 11.25, 1e-9);
  EXPECT_THAT(path.drivers, ElementsAre("cpc"));  // neither holds over half
}

TEST(FactorPathTest, GoesDownToTheDeepestFactorThatHoldsOverHalf) {
  // The click price rose by a half for dearer impressions, and fewer of them are clicked by a twentieth.
  const FactorPath path =
      path_of({.kpi = "cpa", .value = {40, 60}, .better = Better::lower},
              {{"cpc", {1.2, 1.8}}, {"cvr", {0.03, 0.03}}, {"cpm", {12, 17.1}}, {"ctr", {0.01, 0.0095}}});
  EXPECT_THAT(path.drivers, ElementsAre("cpc", "cpm"));
  ASSERT_EQ(path.levels.size(), 2u);
  EXPECT_EQ(path.levels[1].of, "cpc");
  EXPECT_NEAR(sum_of(path.levels[0]), 20, 1e-9);
  EXPECT_NEAR(sum_of(path.levels[1]), path.levels[0].effects[0].effect, 1e-9);
}

TEST(FactorPathTest, TheDeeperOneIsNoDriverBelowHalfOfTheWholeChange) {
  const FactorPath path =
      path_of({.kpi = "cpa", .value = {40, 40 * 1.5 * 1.1}, .better = Better::lower},
              {{"cpc", {1, 1.5}}, {"cvr", {0.033, 0.03}}, {"cpm", {10, 12}}, {"ctr", {0.01, 0.008}}});
  EXPECT_THAT(path.drivers, ElementsAre("cpc"));
  ASSERT_EQ(path.levels.size(), 2u);  // still listed
}

TEST(FactorPathTest, NoResultsAreExplainedUpsideDown) {
  const FactorPath path =
      path_of({.kpi = "cpa", .value = {1 / 40.0, 0}, .reciprocal = true, .better = Better::higher},
              {{"cpc", {1.2, 1.3}}, {"cvr", {0.03, 0}}});
  EXPECT_THAT(path.drivers, ElementsAre("cvr"));
  EXPECT_NEAR(path.levels[0].effects[0].effect, -1 / 40.0, 1e-12);
  EXPECT_EQ(path.levels[0].effects[1].effect, 0);
}

TEST(FactorPathTest, TheValueOfNoOrdersCountsAsUnchanged) {
  const FactorPath path = path_of({.kpi = "roas", .value = {3, 0}, .better = Better::higher},
                                  {{"cpc", {1, 1}}, {"cvr", {0.03, 0}}, {"aov", {100, kUndefined}}});
  EXPECT_THAT(path.drivers, ElementsAre("cvr"));
  EXPECT_NEAR(sum_of(path.levels.at(0)), -3, 1e-12);
}

TEST(FactorPathTest, AnUnknownFactorExplainsNothing) {
  const FactorPath path =
      path_of({.kpi = "cpa", .value = {40, 62.5}, .better = Better::lower}, {{"cpc", {1, 2}}});
  EXPECT_THAT(path.levels, IsEmpty());
  EXPECT_THAT(path.drivers, IsEmpty());
}

TEST(FactorPathTest, WhatBecameBetterHasNoDriver) {
  const FactorPath path = path_of({.kpi = "cpa", .value = {62.5, 40}, .better = Better::lower},
                                  {{"cpc", {1.5, 1.2}}, {"cvr", {0.024, 0.03}}});
  EXPECT_THAT(path.drivers, IsEmpty());
  EXPECT_EQ(path.levels.size(), 1u);
}

// Whatever the sums: each level adds up to what it explains.
TEST(FactorPathTest, AnySumsAreSharedOutExactly) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> upto(1, 1000);
  for (int round = 0; round < 300; ++round) {
    double spend[2], impressions[2], clicks[2], conversions[2], revenue[2];
    for (const int i : {0, 1}) {
      spend[i] = upto(random);
      impressions[i] = 1000 * upto(random);
      clicks[i] = upto(random);
      conversions[i] = round % 7 == 0 && i == 1 ? 0 : upto(random);
      revenue[i] = conversions[i] * upto(random);
    }
    const auto ratio = [](const double* a, const double* b, double times = 1) {
      return BeforeAndNow{times * a[0] / b[0], times * a[1] / b[1]};
    };
    Figures figures{{"cpc", ratio(spend, clicks)},        {"cvr", ratio(conversions, clicks)},
                    {"aov", ratio(revenue, conversions)}, {"cpm", ratio(spend, impressions, 1000)},
                    {"ctr", ratio(clicks, impressions)},  {"roas", ratio(revenue, spend)},
                    {"spend", {spend[0], spend[1]}},      {"impressions", {impressions[0], impressions[1]}},
                    {"clicks", {clicks[0], clicks[1]}},   {"conversions", {conversions[0], conversions[1]}}};
    for (const char* kpi : {"roas", "conversions", "cpc"}) {
      const ExplainedChange explained{.kpi = kpi, .value = figures.at(kpi), .better = Better::higher};
      const FactorPath path = path_of(explained, figures);
      ASSERT_FALSE(path.levels.empty()) << kpi << " in round " << round;
      double whole = explained.change();
      for (const FactorLevel& level : path.levels) {
        EXPECT_NEAR(sum_of(level), whole, 1e-9 * (1 + std::abs(whole))) << kpi << " at " << level.of;
        whole = level.effects.front().effect;
      }
    }
  }
}

TEST(FactorsBelowTest, NearestFirst) {
  EXPECT_THAT(factors_below("cpa"), ElementsAre("cpc", "cvr", "cpm", "ctr"));
  EXPECT_TRUE(is_factor_below("ctr", "cpa"));
  EXPECT_FALSE(is_factor_below("cpa", "cpc"));
  EXPECT_FALSE(is_factor_below("open_rate", "cpa"));
  EXPECT_THAT(factors_below("no_such_kpi"), IsEmpty());
}

}  // namespace
}  // namespace tightrope::rules
