#include "rules/ratio_range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace tightrope::rules {
namespace {

TEST(RatioRangeTest, NeedsTenDaysAndADenominator) {
  const std::vector<double> ones(10, 1);
  const std::vector<double> zeros(10, 0);
  EXPECT_TRUE(ratio_range(ones, ones, 0.1).has_value());
  EXPECT_FALSE(ratio_range(std::span(ones).first(9), std::span(ones).first(9), 0.1).has_value());
  EXPECT_FALSE(ratio_range(ones, zeros, 0.1).has_value());
}

TEST(RatioRangeTest, DaysThatAllAgreeLeaveNoDoubt) {
  const auto range = ratio_range(std::vector<double>(12, 6), std::vector<double>(12, 2), 0.1);
  ASSERT_TRUE(range.has_value());
  EXPECT_DOUBLE_EQ(range->ratio, 3);
  EXPECT_NEAR(range->half_width, 0, 1e-12);
}

TEST(RatioRangeTest, FollowsTheUnitsOfBothSums) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> amount(3, 1);
  std::vector<double> revenue;
  std::vector<double> spend;
  std::vector<double> revenue_in_cents;
  for (int day = 0; day < 20; ++day) {
    revenue.push_back(amount(random));
    spend.push_back(amount(random));
    revenue_in_cents.push_back(100 * revenue.back());
  }
  const auto range = ratio_range(revenue, spend, 0.05);
  const auto in_cents = ratio_range(revenue_in_cents, spend, 0.05);
  ASSERT_TRUE(range && in_cents);
  EXPECT_NEAR(in_cents->low(), 100 * range->low(), 1e-9);
  EXPECT_NEAR(in_cents->high(), 100 * range->high(), 1e-9);
}

// Looked at every day from the tenth to the ninetieth.
TEST(RatioRangeTest, HoldsTheTrueRatioAtEveryLook) {
  std::mt19937 random(2);
  std::lognormal_distribution<double> order(4, 0.8);
  const double mean_order = std::exp(4 + 0.32);
  const int runs = 400;
  int ever_outside = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> revenue;
    std::vector<double> spend;
    bool outside = false;
    for (int day = 0; day < 90; ++day) {
      spend.push_back(std::uniform_real_distribution<double>(80, 120)(random));
      double sum = 0;
      const int orders = std::poisson_distribution<int>(spend.back() / 10)(random);
      for (int i = 0; i < orders; ++i) sum += order(random);
      revenue.push_back(sum);
      const auto range = ratio_range(revenue, spend, 0.1);
      const double truth = mean_order / 10;
      outside = outside || (range && (range->low() > truth || range->high() < truth));
    }
    ever_outside += outside ? 1 : 0;
  }
  EXPECT_LE(static_cast<double>(ever_outside) / runs, 0.1);
}

}  // namespace
}  // namespace tightrope::rules
