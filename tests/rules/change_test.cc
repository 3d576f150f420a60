// Changes of products and of ratios of sums: what is explained is all of the change, and nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "rules/diagnosis.h"
#include "rules/factor_effects.h"
#include "rules/mix.h"

namespace tightrope::rules {
namespace {

std::vector<FactorMovement> some_factors(std::mt19937& random) {
  std::lognormal_distribution<double> value(0, 2);
  std::vector<FactorMovement> factors;
  for (const double power : {1.0, -1.0, 1.0, -1.0}) {
    factors.push_back({.value = {value(random), value(random)}, .power = power});
  }
  return factors;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

TEST(FactorEffectsTest, AddUpToTheChange) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto change = explain_product(some_factors(random));
    ASSERT_TRUE(change.has_value());
    const double scale = std::max(change->value.before, change->value.now);
    EXPECT_NEAR(sum(change->effects), change->value.now - change->value.before, 1e-10 * scale);
  }
}

TEST(FactorEffectsTest, TurnTheirSignWithTime) {
  std::mt19937 random(2);
  std::vector<FactorMovement> factors = some_factors(random);
  const auto forth = explain_product(factors);
  for (FactorMovement& factor : factors) std::swap(factor.value.before, factor.value.now);
  const auto back = explain_product(factors);
  ASSERT_TRUE(forth && back);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    EXPECT_NEAR(forth->effects[i], -back->effects[i], 1e-9 * std::abs(forth->effects[i]));
  }
}

TEST(FactorEffectsTest, DoNotDependOnTheOrderOfFactors) {
  std::mt19937 random(3);
  std::vector<FactorMovement> factors = some_factors(random);
  const auto forth = explain_product(factors);
  std::reverse(factors.begin(), factors.end());
  const auto back = explain_product(factors);
  ASSERT_TRUE(forth && back);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    EXPECT_NEAR(forth->effects[i], back->effects[factors.size() - 1 - i], 1e-9 * std::abs(forth->effects[i]));
  }
}

TEST(FactorEffectsTest, FactorsThatComeFromNothingShareTheWholeChange) {
  const std::vector<FactorMovement> factors{
      {.value = {0, 0.02}, .power = 1}, {.value = {0, 50}, .power = 1}, {.value = {2, 4}, .power = -1}};
  const auto change = explain_product(factors);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->effects, (std::vector<double>{0.125, 0.125, 0}));
  // The limit of ever smaller figures, which it nears only as their logarithm grows.
  std::vector<FactorMovement> near = factors;
  near[0].value.before = near[1].value.before = 1e-150;
  const auto limit = explain_product(near);
  ASSERT_TRUE(limit.has_value());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(limit->effects[i], change->effects[i], 0.01);
}

TEST(FactorEffectsTest, WhatStaysAtNothingHasNoEffects) {
  const std::vector<FactorMovement> factors{{.value = {0, 3}, .power = 1}, {.value = {5, 0}, .power = 1}};
  const auto change = explain_product(factors);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->effects, (std::vector<double>{0, 0}));
}

TEST(FactorEffectsTest, AnUndefinedProductIsExplainedByItsReciprocal) {
  std::vector<FactorMovement> cpa{{.value = {1.2, 1.5}, .power = 1}, {.value = {0.03, 0}, .power = -1}};
  EXPECT_FALSE(explain_product(cpa).has_value());
  for (FactorMovement& factor : cpa) factor.power = -factor.power;
  const auto change = explain_product(cpa);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->effects, (std::vector<double>{0, -0.03 / 1.2}));
}

TEST(FactorEffectsTest, AnUnknownOrNegativeFactorExplainsNothing) {
  for (const double value : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(explain_product(std::vector<FactorMovement>{{.value = {value, 1}, .power = 1}}).has_value());
  }
}

TEST(FactorEffectsTest, AreThoseOfTheDiagnosis) {
  const auto cpa = decompose("cpa", {40, 62.5}, Better::lower, [](std::string_view factor) {
    return factor == "cpc" ? BeforeAndNow{1.2, 1.5} : BeforeAndNow{0.03, 0.024};
  });
  const auto change = explain_product(
      std::vector<FactorMovement>{{.value = {1.2, 1.5}, .power = 1}, {.value = {0.03, 0.024}, .power = -1}});
  ASSERT_TRUE(change.has_value());
  ASSERT_EQ(cpa.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(cpa[i].effect, change->effects[i], 1e-9);
}

std::vector<SegmentSums> some_segments(std::mt19937& random) {
  std::lognormal_distribution<double> amount(3, 1);
  std::vector<SegmentSums> segments;
  for (int i = 0; i < 6; ++i) {
    segments.push_back(
        {.numerator = {amount(random), amount(random)}, .denominator = {amount(random), amount(random)}});
  }
  segments[1].numerator.before = segments[1].denominator.before = 0;  // new
  segments[2].numerator.now = segments[2].denominator.now = 0;        // paused
  segments[3].denominator.now = 0;                                    // spends and brings nothing
  return segments;
}

TEST(MixTest, SegmentsAddUpToTheChange) {
  std::mt19937 random(4);
  for (int round = 0; round < 100; ++round) {
    const auto change = mix_and_rate(some_segments(random));
    ASSERT_TRUE(change.has_value());
    double total = 0;
    for (const SegmentEffect& segment : change->segments) total += segment.total();
    EXPECT_NEAR(total, change->value.now - change->value.before, 1e-10 * change->value.now);
  }
}

TEST(MixTest, TurnsItsSignWithTime) {
  std::mt19937 random(5);
  std::vector<SegmentSums> segments = some_segments(random);
  const auto forth = mix_and_rate(segments);
  for (SegmentSums& segment : segments) {
    std::swap(segment.numerator.before, segment.numerator.now);
    std::swap(segment.denominator.before, segment.denominator.now);
  }
  const auto back = mix_and_rate(segments);
  ASSERT_TRUE(forth && back);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_NEAR(forth->segments[i].mix, -back->segments[i].mix, 1e-12);
    EXPECT_NEAR(forth->segments[i].rate, -back->segments[i].rate, 1e-12);
  }
}

TEST(MixTest, OnlyTheRateOfASegmentThatKeepsItsShareChanges) {
  const std::vector<SegmentSums> segments{{.numerator = {100, 150}, .denominator = {10, 10}},
                                          {.numerator = {100, 100}, .denominator = {10, 10}}};
  const auto change = mix_and_rate(segments);
  ASSERT_TRUE(change.has_value());
  EXPECT_DOUBLE_EQ(change->segments[0].mix, 0);
  EXPECT_DOUBLE_EQ(change->segments[0].rate, 2.5);
  EXPECT_DOUBLE_EQ(change->segments[1].total(), 0);
  EXPECT_EQ(dominant_segment(*change), 0u);
}

TEST(MixTest, OnlyTheMixChangesWhileRatesStay) {
  const std::vector<SegmentSums> segments{{.numerator = {400, 100}, .denominator = {10, 2.5}},
                                          {.numerator = {200, 350}, .denominator = {10, 17.5}}};
  const auto change = mix_and_rate(segments);
  ASSERT_TRUE(change.has_value());
  for (const SegmentEffect& segment : change->segments) {
    EXPECT_NEAR(segment.rate, 0, 1e-12);
    EXPECT_LT(segment.mix, 0);  // less of the dear one is as good as more of the cheap one
  }
}

TEST(MixTest, ARatioWithoutADenominatorIsNotExplained) {
  EXPECT_FALSE(mix_and_rate({}).has_value());
  EXPECT_FALSE(
      mix_and_rate(std::vector<SegmentSums>{{.numerator = {10, 10}, .denominator = {2, 0}}}).has_value());
}

TEST(MixTest, NothingDominatesAChangeThatAllShare) {
  const std::vector<SegmentSums> segments(4, {.numerator = {100, 120}, .denominator = {10, 10}});
  const auto change = mix_and_rate(segments);
  ASSERT_TRUE(change.has_value());
  EXPECT_FALSE(dominant_segment(*change).has_value());
}

}  // namespace
}  // namespace tightrope::rules
