#include "rules/verdict.h"

#include <gtest/gtest.h>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace tightrope::rules::testing;

Verdict judged(const Target& target, CheckInput input) {
  static const KpiLibrary kLibrary;
  input.any_figure = true;
  return judge(target, *kLibrary.find_kpi(target.kpi), sides_of(target, target.bounds[0]), input);
}

CheckInput price(double spend, double results) {
  CheckInput input;
  input.numerator = input.spend = spend;
  input.denominator = results;
  input.denominator_unit = Unit::count;
  input.value = results == 0 ? kUndefined : spend / results;
  input.hours = 10;
  return input;
}

TEST(VerdictTest, OverspendIsWhatIsAtStake) {
  const Verdict verdict = judged(at_most("t", "cpa", 40), price(500, 10));
  EXPECT_EQ(verdict.state, VerdictState::off_target);
  EXPECT_DOUBLE_EQ(verdict.gap_ratio, 0.25);
  EXPECT_DOUBLE_EQ(verdict.stake_per_hour, (500.0 - 400) / 10);
}

TEST(VerdictTest, RoomLeftIsANegativeGap) {
  const Verdict verdict = judged(at_most("t", "cpa", 40), price(300, 10));
  EXPECT_EQ(verdict.state, VerdictState::on_target);
  EXPECT_DOUBLE_EQ(verdict.gap_ratio, -0.25);
  EXPECT_EQ(verdict.stake_per_hour, 0);
}

TEST(VerdictTest, ExactlyAtTheBoundIsMetButNear) {
  const Verdict verdict = judged(at_most("t", "cpa", 40), price(400, 10));
  EXPECT_EQ(verdict.state, VerdictState::watch);
  EXPECT_EQ(verdict.reason, Reason::near_bound);
}

TEST(VerdictTest, TheShortfallOfARoasIsRevenueThatDidNotCome) {
  CheckInput input;
  input.numerator = 300;
  input.denominator = input.spend = 100;
  input.denominator_unit = Unit::money;
  input.value = 3;
  input.hours = 10;
  const Verdict verdict = judged(at_least("t", "roas", 4), input);
  EXPECT_EQ(verdict.state, VerdictState::off_target);
  EXPECT_DOUBLE_EQ(verdict.gap_ratio, 0.25);
  EXPECT_DOUBLE_EQ(verdict.stake_per_hour, 10);
}

TEST(VerdictTest, ARateIsWorthItsShareOfTheSpend) {
  CheckInput input;
  input.numerator = 15;
  input.denominator = 1000;
  input.denominator_unit = Unit::count;
  input.value = 0.015;
  input.spend = 200;
  input.hours = 10;
  EXPECT_DOUBLE_EQ(judged(at_least("t", "ctr", 0.02), input).stake_per_hour, 5);
}

TEST(VerdictTest, BetweenIsMissedOnEitherSide) {
  Target target = at_most("t", "cpa", 40);
  target.kind = BoundKind::between;
  target.bounds[0].low = 20;
  EXPECT_EQ(judged(target, price(500, 10)).state, VerdictState::off_target);
  EXPECT_EQ(judged(target, price(300, 10)).state, VerdictState::on_target);
  const Verdict low = judged(target, price(100, 10));
  EXPECT_EQ(low.state, VerdictState::off_target);
  EXPECT_DOUBLE_EQ(low.gap_ratio, 0.5);
}

TEST(VerdictTest, ABoundOfZeroHasNoShares) {
  CheckInput input;
  input.value = 3;
  EXPECT_EQ(judged(at_most("t", "refunds", 0), input).gap_ratio, 1);
  input.value = 0;
  EXPECT_NE(judged(at_most("t", "refunds", 0), input).state, VerdictState::off_target);
}

TEST(VerdictTest, MissedOnLittleVolumeIsWatchedAndCostsNothingYet) {
  CheckInput input = price(500, 2);
  input.volume_reached = false;
  const Verdict verdict = judged(at_most("t", "cpa", 40), input);
  EXPECT_EQ(verdict.state, VerdictState::watch);
  EXPECT_EQ(verdict.reason, Reason::little_volume);
  EXPECT_EQ(verdict.stake_per_hour, 0);
}

TEST(VerdictTest, BeforeItsFirstBoundATargetIsUnknown) {
  static const KpiLibrary kLibrary;
  const Target target = at_most("t", "cpa", 40);
  const Verdict verdict = judge(target, *kLibrary.find_kpi("cpa"), std::nullopt, price(500, 2));
  EXPECT_EQ(verdict.state, VerdictState::unknown);
  EXPECT_EQ(verdict.reason, Reason::no_bound_yet);
}

}  // namespace
}  // namespace tightrope::rules
