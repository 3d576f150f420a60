// Figures of the worked examples of the literature's formulas, computed by hand in the specification.
#include "rules/evidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>


namespace tightrope::rules {
namespace {

std::vector<double> evidence_by_day(double day_variance) {
  const double spend[] = {400, 380, 410, 395, 405};
  const double conversions[] = {10, 7, 6, 5, 4};
  Evidence evidence;
  std::vector<double> values;
  for (int day = 0; day < 5; ++day) {
    evidence.add({conversions[day], spend[day] / 40, day_variance}, EvidenceSide::below);
    values.push_back(std::exp(evidence.log_value()));
  }
  return values;
}

void expect_near(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i] / expected[i], 1, 2e-3) << i;
}

TEST(EvidenceTest, GrowsWithEveryDayThatFallsShort) {
  expect_near(evidence_by_day(0), {0.479, 1.658, 5.462, 19.26, 128.7});
}

TEST(EvidenceTest, IsWeakerWhereDaysVary) {
  expect_near(evidence_by_day(0.09), {0.570, 1.601, 3.798, 8.704, 26.46});
}

TEST(EvidenceTest, ADayWithoutExposureTeachesNothing) {
  Evidence evidence;
  evidence.add({0, 0, 0.1}, EvidenceSide::below);
  EXPECT_TRUE(std::isinf(evidence.log_value()));
}

TEST(EvidenceTest, OneBadDayCannotShout) {
  EXPECT_LT(std::exp(log_increment(600, 1000, 0.67, 0.09)), 3.3);
  EXPECT_GT(log_increment(600, 1000, 0.67, 0), 80);
}

TEST(EvidenceTest, AnIncrementIsOneOnAverageAtTheTargetAndLessBeyondIt) {
  std::mt19937 random(1);
  const double variance = 0.2;
  for (const double rate : {1.0, 1.3}) {
    std::gamma_distribution<double> effect(1 / variance, variance);
    double sum = 0;
    const int days = 200'000;
    for (int i = 0; i < days; ++i) {
      std::poisson_distribution<int> count(rate * 8 * effect(random));
      sum += std::exp(log_increment(count(random), 8, 0.67, variance));
    }
    if (rate == 1.0) {
      EXPECT_NEAR(sum / days, 1, 0.01);
    } else {
      EXPECT_LT(sum / days, 0.95);
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
