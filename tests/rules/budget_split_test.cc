#include "rules/budget_split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "rules/response_curve.h"

namespace tightrope::rules {
namespace {

// --- The curve ---

ResponseSums sums_of(double elasticity, double noise, int days, std::mt19937& random) {
  std::normal_distribution<double> normal;
  ResponseSums sums;
  for (int day = 0; day < days; ++day) {
    const double spend = 200 * std::exp(0.5 * normal(random));
    sums.begin_day();
    sums.add(spend, 50 * std::pow(spend / 200, elasticity) * std::exp(noise * normal(random)), 0.04);
  }
  return sums;
}

TEST(ResponseCurveTest, AnElasticityIsFoundAgain) {
  std::mt19937 random(1);
  for (const double elasticity : {0.4, 0.6, 0.9}) {
    const ResponseCurve curve = sums_of(elasticity, 0.1, 90, random).fit(200);
    EXPECT_NEAR(curve.elasticity, elasticity, 3 * std::sqrt(curve.covariance.elasticity)) << elasticity;
    EXPECT_NEAR(curve.at(200), 50, 5) << elasticity;
  }
}

TEST(ResponseCurveTest, IsTheSameAroundAnySpend) {
  std::mt19937 random(2);
  const ResponseSums sums = sums_of(0.6, 0.2, 60, random);
  const ResponseCurve here = sums.fit(200);
  const ResponseCurve there = sums.fit(90);
  EXPECT_NEAR(here.elasticity, there.elasticity, 1e-6);
  for (const double spend : {60.0, 150.0, 400.0}) EXPECT_NEAR(here.at(spend) / there.at(spend), 1, 1e-6);
}

TEST(ResponseCurveTest, WithoutVariationThePriorHolds) {
  ResponseSums steady;
  for (int day = 0; day < 60; ++day) {
    steady.begin_day();
    steady.add(100, 20, 0.04);
  }
  const ResponseCurve curve = steady.fit(100);
  EXPECT_NEAR(curve.elasticity, 0.7, 1e-6);
  EXPECT_NEAR(std::sqrt(curve.covariance.elasticity), 0.15, 1e-6);
}

TEST(ResponseCurveTest, DaysWithoutSpendSayNothing) {
  std::mt19937 random(3);
  const ResponseSums sums = sums_of(0.6, 0.2, 10, random);
  ResponseSums with = sums;
  with.add(0, 0, 0.04);
  EXPECT_EQ(sums, with);
}

TEST(ResponseCurveTest, ATestOfTheBudgetSaysMoreThanADay) {
  ResponseSums plain;
  plain.add(100, 20, 0.04);
  ResponseSums tested = plain;
  plain.add(120, 24, 0.04);
  tested.add(120, 24, 0.04, ResponseSums::kTestTrust);
  EXPECT_LT(tested.fit(100).covariance.elasticity, plain.fit(100).covariance.elasticity);
}

TEST(ResponseCurveTest, DaysThatScatterMoreThanTheyShouldWidenTheCovariance) {
  std::mt19937 random(4);
  const double calm = sums_of(0.6, 0.1, 60, random).fit(200).covariance.elasticity;
  const double wild = sums_of(0.6, 1.5, 60, random).fit(200).covariance.elasticity;
  EXPECT_GT(wild, 2 * calm);
}

// --- The split ---

std::vector<SplitCampaign> some_campaigns(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<SplitCampaign> campaigns;
  for (std::size_t i = 0; i < count; ++i) {
    SplitCampaign one;
    one.curve = {.usual_spend = 50 + 400 * share(random),
                 .eta = 1 + 2 * share(random),
                 .elasticity = 0.1 + 0.85 * share(random),
                 .covariance = {.eta = 0.01, .eta_elasticity = 0.001, .elasticity = 0.01}};
    one.value = 20 + 100 * share(random);
    const SpendBounds bounds = spend_bounds(one.curve.usual_spend, 0, 1e9, 0.1 + 0.8 * share(random));
    one.low = bounds.low;
    one.high = bounds.high;
    campaigns.push_back(one);
  }
  return campaigns;
}

double usual_total(const std::vector<SplitCampaign>& campaigns) {
  double total = 0;
  for (const SplitCampaign& one : campaigns) total += one.curve.usual_spend;
  return total;
}

double value_of(const std::vector<SplitCampaign>& campaigns, const std::vector<double>& spend) {
  double value = 0;
  for (std::size_t i = 0; i < spend.size(); ++i)
    value += campaigns[i].value * campaigns[i].curve.at(spend[i]);
  return value;
}

double marginal(const SplitCampaign& one, double spend) {
  return one.value * one.curve.elasticity * one.curve.at(spend) / spend;
}

TEST(BudgetSplitTest, SpendsTheBudgetWithinTheBounds) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    const auto campaigns = some_campaigns(random, 7);
    const double total = usual_total(campaigns) * (round % 2 == 0 ? 1 : 1.02);
    const BudgetSplit split = split_budget(campaigns, total);
    EXPECT_EQ(split.fit, SplitFit::exact);
    EXPECT_NEAR(std::accumulate(split.spend.begin(), split.spend.end(), 0.0) / total, 1, 1e-12);
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
      EXPECT_GE(split.spend[i], campaigns[i].low);
      EXPECT_LE(split.spend[i], campaigns[i].high);
    }
  }
}

// The conditions of Karush, Kuhn and Tucker, which for a concave sum are those of the optimum.
TEST(BudgetSplitTest, TheLastUnitBringsTheSameWhereverItMayMove) {
  std::mt19937 random(6);
  for (int round = 0; round < 100; ++round) {
    const auto campaigns = some_campaigns(random, 7);
    const BudgetSplit split = split_budget(campaigns, usual_total(campaigns));
    double most_at_low = 0;       // would give, were they let
    double least_at_high = 1e99;  // would take
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
      const double brings = marginal(campaigns[i], split.spend[i]);
      if (split.spend[i] < campaigns[i].high) most_at_low = std::max(most_at_low, brings);
      if (split.spend[i] > campaigns[i].low) least_at_high = std::min(least_at_high, brings);
    }
    EXPECT_LE(most_at_low, least_at_high * (1 + 1e-9)) << round;
  }
}

TEST(BudgetSplitTest, NoOtherMoveBringsMore) {
  std::mt19937 random(7);
  const auto campaigns = some_campaigns(random, 6);
  const BudgetSplit split = split_budget(campaigns, usual_total(campaigns));
  const double best = value_of(campaigns, split.spend);
  EXPECT_NEAR(best - split.current, split.gain, 1e-9 * best);
  EXPECT_GE(split.gain, 0);
  std::uniform_int_distribution<std::size_t> any(0, campaigns.size() - 1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<double> other = split.spend;
    const std::size_t from = any(random);
    const std::size_t to = any(random);
    const double most = std::min(other[from] - campaigns[from].low, campaigns[to].high - other[to]);
    const double moved = std::uniform_real_distribution<double>(0, 1)(random) * std::max(0.0, most);
    other[from] -= moved;
    other[to] += moved;
    EXPECT_LE(value_of(campaigns, other), best * (1 + 1e-12));
  }
}

TEST(BudgetSplitTest, BoundsThatLeaveNoChoiceAreSaid) {
  std::mt19937 random(8);
  const auto campaigns = some_campaigns(random, 3);
  const BudgetSplit little = split_budget(campaigns, 1);
  const BudgetSplit much = split_budget(campaigns, 1e9);
  EXPECT_EQ(little.fit, SplitFit::too_many);
  EXPECT_EQ(much.fit, SplitFit::too_few);
  for (std::size_t i = 0; i < campaigns.size(); ++i) {
    EXPECT_EQ(little.spend[i], campaigns[i].low);
    EXPECT_EQ(much.spend[i], campaigns[i].high);
  }
  EXPECT_TRUE(split_budget({}, 100).spend.empty());
}

SplitCampaign at_hundred(double outcomes, double elasticity, double sd_elasticity) {
  return {.curve = {.usual_spend = 100,
                    .eta = std::log(outcomes),
                    .elasticity = elasticity,
                    .covariance = {.eta = sd_elasticity == 0 ? 0 : 0.0064,
                                   .eta_elasticity = 0,
                                   .elasticity = sd_elasticity * sd_elasticity}},
          .value = 100,
          .low = 50,
          .high = 150};
}

TEST(BudgetSplitTest, AnUncertainSlopeIsNoReasonToMove) {
  const std::vector<SplitCampaign> known{at_hundred(4, 0.5, 0), at_hundred(2, 0.8, 0)};
  const BudgetSplit sure = split_budget(known, 200);
  EXPECT_NEAR(sure.spend[0], 133.07, 0.005);
  EXPECT_NEAR(sure.gain, 6.48, 0.005);
  EXPECT_EQ(sure.advice, SplitAdvice::move);
  EXPECT_FALSE(sure.least_known.has_value());

  const std::vector<SplitCampaign> unknown{at_hundred(4, 0.5, 0.1), at_hundred(2, 0.8, 0.1)};
  const BudgetSplit unsure = split_budget(unknown, 200);
  EXPECT_NEAR(unsure.gain_sd, 15.85, 0.005);
  EXPECT_EQ(unsure.advice, SplitAdvice::uncertain);
  ASSERT_TRUE(unsure.least_known.has_value());
}

TEST(BudgetSplitTest, ASureGainOfNextToNothingIsNotWorthAMove) {
  std::vector<SplitCampaign> alike{at_hundred(4, 0.5, 0), at_hundred(4.1, 0.5, 0)};
  const BudgetSplit split = split_budget(alike, 200);
  EXPECT_GT(split.gain, 0);
  EXPECT_EQ(split.advice, SplitAdvice::too_small);
}

TEST(BudgetSplitTest, FloorsAndCapsBind) {
  const SpendBounds usual = spend_bounds(100, 0, 1000);
  EXPECT_DOUBLE_EQ(usual.low, 80);
  EXPECT_DOUBLE_EQ(usual.high, 120);
  const SpendBounds floor = spend_bounds(100, 130, 1000);
  EXPECT_DOUBLE_EQ(floor.low, 130);
  EXPECT_DOUBLE_EQ(floor.high, 130);
  const SpendBounds cap = spend_bounds(100, 0, 70);
  EXPECT_DOUBLE_EQ(cap.low, 70);
  EXPECT_DOUBLE_EQ(cap.high, 70);
}

}  // namespace
}  // namespace tightrope::rules
