#include "rules/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "rules/tactic_value.h"

namespace tightrope::rules {
namespace {

using ::testing::ElementsAre;

TEST(OutcomeTest, AChangeTurnsItsSignWithTime) {
  const BeforeAndAfter sums{.seen_before = 250,
                            .exposure_before = 10000,
                            .days_before = 28,
                            .seen_after = 160,
                            .exposure_after = 5000,
                            .days_after = 14};
  BeforeAndAfter turned = sums;
  std::swap(turned.seen_before, turned.seen_after);
  std::swap(turned.exposure_before, turned.exposure_after);
  std::swap(turned.days_before, turned.days_after);
  const LogChange forth = log_change(sums, 1, 0.02);
  const LogChange back = log_change(turned, 1, 0.02);
  EXPECT_NEAR(forth.change, 0.248, 5e-4);
  EXPECT_NEAR(forth.variance, 0.0124, 5e-5);
  EXPECT_DOUBLE_EQ(back.change, -forth.change);
  EXPECT_DOUBLE_EQ(back.variance, forth.variance);
}

TEST(OutcomeTest, ControlsThatAgreeDoNotDiverge) {
  const std::vector<LogChange> controls(4, {.change = 0.1, .variance = 0.02});
  const ControlChange pool = pooled(controls);
  EXPECT_DOUBLE_EQ(pool.mean, 0.1);
  EXPECT_DOUBLE_EQ(pool.divergence, 0);
  EXPECT_DOUBLE_EQ(pool.variance, 0.02 / 4);
}

TEST(OutcomeTest, ControlsThatDivergeWidenTheRange) {
  const LogChange treated{.change = 0.3, .variance = 0.01};
  std::vector<LogChange> controls(6, {.change = 0, .variance = 0.01});
  const auto calm = estimate_outcome(treated, controls);
  for (std::size_t i = 0; i < controls.size(); ++i) controls[i].change = i % 2 == 0 ? 0.4 : -0.4;
  const auto wild = estimate_outcome(treated, controls);
  ASSERT_TRUE(calm && wild);
  EXPECT_GT(calm->low, 0);
  EXPECT_LT(wild->low, 0);
  EXPECT_NEAR(calm->effect, wild->effect, 1e-12);
}

TEST(OutcomeTest, TwoControlsAreTheLeast) {
  const std::vector<LogChange> one(1, {.change = 0, .variance = 0.01});
  EXPECT_FALSE(estimate_outcome({.change = 1, .variance = 0.01}, one).has_value());
}

// Campaigns that drift apart by themselves, of different sizes: the range holds what it promises, and the
// treated one is no more often the most extreme than any other.
TEST(OutcomeTest, RangesAndPlacebosHoldForCampaignsThatNobodyTouched) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  const int rounds = 3000;
  int covered = 0;
  int most_extreme = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<LogChange> campaigns;
    for (int i = 0; i < 11; ++i) {
      const double variance = 0.01 + 0.01 * (i % 3);
      const double drift = 0.05 + 0.15 * normal(random);
      campaigns.push_back({.change = drift + std::sqrt(variance) * normal(random), .variance = variance});
    }
    const LogChange treated = campaigns[static_cast<std::size_t>(round % 11)];
    campaigns.erase(campaigns.begin() + round % 11);
    const auto outcome = estimate_outcome(treated, campaigns);
    ASSERT_TRUE(outcome.has_value());
    covered += outcome->low <= 0 && 0 <= outcome->high ? 1 : 0;
    most_extreme += placebo_p(*outcome, campaigns) <= 1.0 / 11 + 1e-12 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(covered) / rounds, 0.8, 0.03);
  EXPECT_LE(static_cast<double>(most_extreme) / rounds, 1.0 / 11 + 0.01);
}

TEST(OutcomeTest, WhatLookedBadByChanceIsExpectedBack) {
  const LongRun usual{.log_rate = -3.5, .variance = 0.02};
  const Rebound noisy = expected_rebound(-3.9, 0.06, usual);
  EXPECT_DOUBLE_EQ(noisy.reliability, 0.25);
  EXPECT_NEAR(noisy.expected, 0.3, 1e-12);
  EXPECT_DOUBLE_EQ(expected_rebound(-3.9, 0, usual).expected, 0);
  EXPECT_LT(expected_rebound(-3.1, 0.06, usual).expected, 0);
}

TEST(OutcomeTest, TheLongRunLeavesOutWhatCountingScatters) {
  std::vector<RateBlock> blocks(8, {.seen = 100, .exposure = 1000});
  blocks[0] = blocks[1] = {.seen = 1, .exposure = 1000};  // older than the last six
  const auto steady = long_run(blocks, 1, 0);
  ASSERT_TRUE(steady.has_value());
  EXPECT_NEAR(steady->log_rate, std::log(100.5 / 1000), 1e-12);
  EXPECT_DOUBLE_EQ(steady->variance, 0.01);
  for (std::size_t i = 2; i < 8; ++i) blocks[i].seen = i % 2 == 0 ? 50 : 200;
  const auto moving = long_run(blocks, 1, 0);
  ASSERT_TRUE(moving.has_value());
  const double off = std::log(200.5 / 50.5) / 2;
  EXPECT_NEAR(moving->variance, 6 * off * off / 5 - (1 / 50.5 + 1 / 200.5) / 2, 1e-9);
  EXPECT_FALSE(long_run(std::vector<RateBlock>{{.seen = 5, .exposure = 5}}, 1, 0).has_value());
}

struct VerdictCase {
  std::string name;
  double low;
  double high;
  double rebound;
  WantedChange wanted;
  double days_after;
  OutcomeVerdict verdict;
};

class OutcomeVerdictTest : public ::testing::TestWithParam<VerdictCase> {};

TEST_P(OutcomeVerdictTest, FollowsFromTheRange) {
  const VerdictCase& one = GetParam();
  OutcomeEstimate outcome;
  outcome.control_count = kFewestControls;
  outcome.low = one.low;
  outcome.high = one.high;
  const BeforeAndAfter treated{.seen_before = 100,
                               .exposure_before = 1,
                               .days_before = 28,
                               .seen_after = 100,
                               .exposure_after = 1,
                               .days_after = one.days_after};
  EXPECT_EQ(outcome_verdict(outcome, {.reliability = 1, .expected = one.rebound}, treated, 1, one.wanted),
            one.verdict);
}

INSTANTIATE_TEST_SUITE_P(
    All, OutcomeVerdictTest,
    ::testing::ValuesIn(std::vector<VerdictCase>{
        {"AboveNothingWorked", 0.1, 0.3, 0, WantedChange::more, 7, OutcomeVerdict::worked},
        {"AboveNothingHurtWhereLessIsWanted", 0.1, 0.3, 0, WantedChange::less, 7, OutcomeVerdict::hurt},
        {"BelowNothingWorkedWhereLessIsWanted", -0.3, -0.1, 0, WantedChange::less, 7, OutcomeVerdict::worked},
        {"BelowNothingHurt", -0.3, -0.1, 0, WantedChange::more, 7, OutcomeVerdict::hurt},
        {"ARecoveryThatWasDueIsNoSuccess", 0.1, 0.3, 0.2, WantedChange::more, 7, OutcomeVerdict::too_early},
        {"WithinFivePercentIsNeutral", -0.04, 0.04, 0, WantedChange::more, 7, OutcomeVerdict::neutral},
        {"AWideRangeIsTooEarly", -0.2, 0.3, 0, WantedChange::more, 27, OutcomeVerdict::too_early},
        {"AWideRangeAfterFourWeeksIsNotShown", -0.2, 0.3, 0, WantedChange::more, 28,
         OutcomeVerdict::not_shown},
    }),
    [](const auto& row) { return row.param.name; });

TEST(OutcomeTest, TooLittleToTellIsUnverified) {
  OutcomeEstimate outcome;
  outcome.low = 0.1;
  outcome.high = 0.3;
  outcome.control_count = kFewestControls;
  BeforeAndAfter treated{.seen_before = 1200,
                         .exposure_before = 1,
                         .days_before = 28,
                         .seen_after = 1200,
                         .exposure_after = 1,
                         .days_after = 28};
  const auto verdict = [&] { return outcome_verdict(outcome, {}, treated, 60, WantedChange::more); };
  EXPECT_EQ(verdict(), OutcomeVerdict::worked);
  treated.seen_after = 1199;  // 19.98 orders of 60
  EXPECT_EQ(verdict(), OutcomeVerdict::unverified);
  treated.seen_after = 1200;
  outcome.control_count = kFewestControls - 1;
  EXPECT_EQ(verdict(), OutcomeVerdict::unverified);
  EXPECT_EQ(outcome_verdict(std::nullopt, {}, treated, 60, WantedChange::more), OutcomeVerdict::unverified);
}

TEST(TacticValueTest, OneLuckySuccessIsNoCertainty) {
  const TacticRecord lucky{.successes = 1, .verdicts = 1, .stake = 100, .effort = 0};
  const TacticRecord proven{.successes = 60, .verdicts = 80, .stake = 100, .effort = 0};
  EXPECT_LT(tactic_value(lucky, 0.5).chance, tactic_value(proven, 0.5).chance);
  EXPECT_LT(tactic_value(lucky, 0.5).chance_low, 0.5);
}

TEST(TacticValueTest, AnUnknownTacticHasTheChanceOfItsContext) {
  const std::vector<TacticRecord> context{{.successes = 14, .verdicts = 20, .stake = 0, .effort = 0},
                                          {.successes = 1, .verdicts = 6, .stake = 0, .effort = 0}};
  EXPECT_DOUBLE_EQ(context_chance({}), 0.5);
  EXPECT_DOUBLE_EQ(context_chance(context), 16.0 / 28);
  EXPECT_DOUBLE_EQ(tactic_value({}, 16.0 / 28).chance, 16.0 / 28);
}

TEST(TacticValueTest, WhatCostsMoreThanItBringsIsNotTried) {
  const std::vector<TacticValue> values{{.value = 5}, {.value = -1}, {.value = 9}, {.value = 5}};
  EXPECT_THAT(worth_trying(values), ElementsAre(2, 0, 3));
}

}  // namespace
}  // namespace tightrope::rules
