#include "rules/maturity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/rules/count_distributions.h"

namespace tightrope::rules {
namespace {

using Triangle = std::vector<std::vector<double>>;  // by day, cumulated, from age 0

Triangle simulated(std::mt19937& random, std::size_t days) {
  Triangle triangle(days);
  for (std::size_t day = 0; day < days; ++day) {
    double sum = 0;
    for (std::size_t age = 0; age < kMaturityAges && day + age < days; ++age) {
      const double mean = age == 0 ? 8 : 6 * std::exp2(-static_cast<double>(age) / 2);
      sum += std::poisson_distribution<int>(mean)(random);
      triangle[day].push_back(sum);
    }
  }
  return triangle;
}

TEST(MaturityTest, DayByDayItComesToWhatTheWholeTriangleSays) {
  std::mt19937 random(1);
  const Triangle triangle = simulated(random, 70);
  MaturityCurve curve;
  for (std::size_t today = 0; today < triangle.size(); ++today) {
    curve.begin_day();
    for (std::size_t age = 0; age < kLastAge && age < today; ++age) {
      const auto& day = triangle[today - age - 1];
      curve.add(age, day[age], day[age + 1]);
    }
  }
  GrowthFactors parent;
  parent.fill(1.1);
  const GrowthFactors factors = curve.factors(parent);
  for (std::size_t age = 0; age < kLastAge; ++age) {
    double next = 50 * 1.1;
    double now = 50;
    const std::size_t newest = triangle.size() - 2 - age;  // the last day that was seen at both ages
    for (std::size_t day = 0; day <= newest; ++day) {
      const double weight = std::exp2(-static_cast<double>(newest - day) / 30);
      next += weight * triangle[day][age + 1];
      now += weight * triangle[day][age];
    }
    EXPECT_NEAR(factors[age], next / now, 1e-12) << age;
    EXPECT_NEAR(curve.behind(age), next - 50 * 1.1, 1e-9) << age;
  }
}

TEST(MaturityTest, ACopyGoesOnAsTheOriginal) {
  MaturityCurve curve;
  curve.add(3, 10, 12);
  MaturityCurve kept = curve;
  for (MaturityCurve* one : {&curve, &kept}) {
    one->begin_day();
    one->add(3, 5, 9);
  }
  EXPECT_EQ(curve, kept);
}

TEST(MaturityTest, WithoutDaysTheParentHoldsAndWithoutAParentNothingIsMissing) {
  GrowthFactors parent;
  parent.fill(1.02);
  EXPECT_EQ(MaturityCurve().factors(parent), parent);
  const MaturityShares shares = maturity_shares(MaturityCurve().factors());
  EXPECT_DOUBLE_EQ(shares.front(), 1);
  EXPECT_DOUBLE_EQ(shares.back(), 1);
}

TEST(MaturityTest, RefundsLetASharePassOne) {
  MaturityCurve curve;
  curve.add(5, 100, 90);
  const MaturityShares shares = maturity_shares(curve.factors());
  EXPECT_NEAR(shares[5], 100.0 / 90, 1e-12);
  const Nowcast day = nowcast(12, shares[5], 10, 0.1);
  EXPECT_TRUE(day.final);
  EXPECT_DOUBLE_EQ(day.total, 12);
}

TEST(MaturityTest, YoungDaysAndThinHistoriesAreNotBetOn) {
  MaturityShares shares;
  shares.fill(0.5);
  shares[0] = 0.19;
  MaturityCurve client;
  for (std::size_t age : {std::size_t{0}, std::size_t{1}}) client.add(age, 150, 250);
  client.add(2, 150, 199);
  EXPECT_FALSE(worth_betting_on(shares[0], client.behind(0)));
  EXPECT_TRUE(worth_betting_on(shares[1], client.behind(1)));
  EXPECT_FALSE(worth_betting_on(shares[2], client.behind(2)));
  EXPECT_TRUE(worth_betting_on(shares[kLastAge], client.behind(kLastAge)));
}

TEST(NowcastTest, LiesBetweenChainLadderAndBornhuetterFerguson) {
  const double ladder = nowcast(4, 0.45, 10, 1e9).total;
  const double expected = nowcast(4, 0.45, 10, 0).total;
  EXPECT_NEAR(ladder, 4 / 0.45, 1e-6);
  EXPECT_DOUBLE_EQ(expected, 9.5);
  const double between = nowcast(4, 0.45, 10, 0.09).total;
  EXPECT_GT(between, ladder);
  EXPECT_LT(between, expected);
}

// What more of the day shows moves the total up or down, on average not at all.
TEST(NowcastTest, IsNotExpectedToMove) {
  for (const double variance : {0.0, 0.09, 1.0}) {
    const Nowcast now = nowcast(4, 0.4, 10, variance);
    const double arriving = now.unseen * (0.7 - 0.4) / (1 - 0.4);
    const double its_variance = variance > 0 ? 1 / (1 / variance + 4) : 0;
    const std::vector<double> counts = count_probabilities(arriving, its_variance);
    double later = 0;
    for (std::size_t n = 0; n < counts.size(); ++n) {
      later += counts[n] * nowcast(4 + static_cast<double>(n), 0.7, 10, variance).total;
    }
    EXPECT_NEAR(later, now.total, 1e-8) << variance;
  }
}

TEST(NowcastTest, RangesAreThoseOfTheWholeDistribution) {
  for (const double variance : {0.0, 0.09, 0.6}) {
    for (const double expected : {0.4, 6.0, 300.0}) {
      const Nowcast day = nowcast(3, 0.3, expected, variance);
      const std::vector<double> counts =
          count_probabilities(day.unseen, variance > 0 ? 1 / (1 / variance + 3) : 0);
      double sum = 0;
      double mean = 0;
      double square = 0;
      double low = -1;
      double high = -1;
      for (std::size_t n = 0; n < counts.size(); ++n) {
        const auto count = static_cast<double>(n);
        sum += counts[n];
        mean += count * counts[n];
        square += count * count * counts[n];
        if (low < 0 && sum >= 0.1) low = count;
        if (high < 0 && sum >= 0.9) high = count;
      }
      EXPECT_EQ(day.unseen_low, low) << variance << " " << expected;
      EXPECT_EQ(day.unseen_high, high) << variance << " " << expected;
      EXPECT_NEAR(day.sd, std::sqrt(square - mean * mean), 1e-6 * day.sd) << variance << " " << expected;
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
