#include "rules/segments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "rules/reason.h"

namespace tightrope::rules {
namespace {

ExplainedChange cpa(BeforeAndNow value) {
  return {.kpi = "cpa", .value = value, .better = Better::lower};
}

// Spend over conversions of two campaigns: one steady, one dearer with a larger share.
const std::vector<NamedSums> kTwo{{"a", {.numerator = {4000, 3000}, .denominator = {100, 75}}},
                                  {"b", {.numerator = {2000, 4200}, .denominator = {40, 75}}}};
const SegmentSums kWhole{.numerator = {6000, 7200}, .denominator = {140, 150}};

TEST(SegmentsTest, RateAndMixOfEachSegment) {
  const auto parts = split_change(kTwo, kWhole);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_NEAR(parts[0].mix, 1.16, 0.005);
  EXPECT_NEAR(parts[0].rate, 0, 1e-9);
  EXPECT_NEAR(parts[1].mix, 1.62, 0.005);
  EXPECT_NEAR(parts[1].rate, 2.36, 0.005);
  EXPECT_NEAR(parts[0].effect + parts[1].effect, 48 - 6000 / 140.0, 1e-9);
  EXPECT_DOUBLE_EQ(parts[1].value.now, 56);
  EXPECT_DOUBLE_EQ(parts[1].share.now, 0.5);
}

TEST(SegmentsTest, ThoseOfAPartAddUpToThePart) {
  const std::vector<NamedSums> groups{{"b1", {.numerator = {1500, 1500}, .denominator = {30, 35}}},
                                      {"b2", {.numerator = {500, 2700}, .denominator = {10, 40}}}};
  const auto parts = split_change(groups, kWhole);
  EXPECT_NEAR(parts[0].effect + parts[1].effect, split_change(kTwo, kWhole)[1].effect, 1e-9);
}

TEST(SegmentsTest, ATotalIsAllRate) {
  const std::vector<NamedSums> segments{{"a", {.numerator = {100, 60}, .denominator = {0, 0}}},
                                        {"b", {.numerator = {50, 55}, .denominator = {0, 0}}}};
  const auto parts = split_change(segments, {.numerator = {150, 115}, .denominator = {1, 1}});
  EXPECT_DOUBLE_EQ(parts[0].effect, -40);
  EXPECT_DOUBLE_EQ(parts[0].rate, -40);
  EXPECT_DOUBLE_EQ(parts[1].mix, 0);
  EXPECT_DOUBLE_EQ(parts[0].value.now, 60);
}

TEST(SegmentsTest, NewAndStoppedOnesNeedNoSpecialCase) {
  const std::vector<NamedSums> segments{{"new", {.numerator = {0, 500}, .denominator = {0, 5}}},
                                        {"old", {.numerator = {400, 0}, .denominator = {10, 0}}},
                                        {"both", {.numerator = {400, 400}, .denominator = {10, 10}}},
                                        {"barren", {.numerator = {0, 300}, .denominator = {0, 0}}}};
  const auto parts = split_change(segments, {.numerator = {800, 1200}, .denominator = {20, 15}});
  double sum = 0;
  for (const SegmentChange& part : parts) {
    EXPECT_NEAR(part.mix + part.rate, part.effect, 1e-12);
    sum += part.effect;
  }
  EXPECT_NEAR(sum, 80 - 40, 1e-12);
  EXPECT_TRUE(parts[0].is_new);
  EXPECT_TRUE(parts[1].stopped);
  EXPECT_DOUBLE_EQ(parts[3].rate, 20);  // spend without conversions: 300 over the 15 of all
  EXPECT_DOUBLE_EQ(parts[3].mix, 0);
}

TEST(SegmentsTest, AnyCubeIsSplitExactly) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> upto(0, 1000);
  std::uniform_int_distribution<int> one_of(0, 3);
  for (int round = 0; round < 200; ++round) {
    std::vector<NamedSums> segments(3 + static_cast<std::size_t>(round % 60));
    SegmentSums whole{.numerator = {0, 0}, .denominator = {0, 0}};
    for (NamedSums& one : segments) {
      const auto figure = [&] { return one_of(random) == 0 ? 0.0 : upto(random); };
      one.name = "s" + std::to_string(&one - segments.data());
      one.sums = {.numerator = {figure(), figure()}, .denominator = {figure(), figure()}};
      whole.numerator.before += one.sums.numerator.before;
      whole.numerator.now += one.sums.numerator.now;
      whole.denominator.before += one.sums.denominator.before;
      whole.denominator.now += one.sums.denominator.now;
    }
    if (whole.denominator.before == 0 || whole.denominator.now == 0) continue;
    const ExplainedChange explained =
        cpa({whole.numerator.before / whole.denominator.before, whole.numerator.now / whole.denominator.now});
    std::vector<std::size_t> order;
    const SegmentLevel level =
        list_segments({.dimension = "campaign", .within = {}, .effect = explained.change(), .segments = {}},
                      segments, whole, explained, order);
    EXPECT_LE(level.segments.size(), SegmentLevel::kMostListed);
    EXPECT_EQ(level.segments.size() + level.others, segments.size());
    double sum = 0;
    for (const SegmentChange& one : split_change(segments, whole)) sum += one.effect;
    EXPECT_NEAR(sum, explained.change(), 1e-9 * (1 + std::abs(explained.change())));
    double listed = level.rest;
    for (const SegmentChange& one : level.segments) listed += one.effect;
    EXPECT_NEAR(listed, explained.change(), 1e-9 * (1 + std::abs(explained.change())));
  }
}

SegmentChange segment(std::string name, double effect, bool noise = false) {
  SegmentChange one;
  one.dimension = "campaign";
  one.name = std::move(name);
  one.effect = effect;
  one.rate = effect;
  one.within_noise = noise;
  return one;
}

SegmentLevel level(std::string dimension, std::vector<SegmentChange> segments) {
  SegmentLevel result{.dimension = std::move(dimension), .within = {}, .segments = std::move(segments)};
  for (SegmentChange& one : result.segments) one.dimension = result.dimension;
  return result;
}

std::string clause(const std::vector<SegmentLevel>& levels, ExplainedChange explained = cpa({42.8, 48}),
                   Unit unit = Unit::money) {
  const ReasonContext context{.unit = unit, .currency = "USD", .exposure = "conversions", .unit_of = {}};
  return segments_clause(explained, levels, named_segments(levels, explained), context);
}

TEST(SegmentWordsTest, OneSegmentThatHoldsOverHalfIsNamedAlone) {
  EXPECT_EQ(clause({level("campaign", {segment("trial-brand", 3.1), segment("generic", 2.1)})}),
            "mostly in campaign trial-brand (+3.10 of +5.20)");
}

TEST(SegmentWordsTest, TheDeepestThatIsNoChance) {
  EXPECT_EQ(clause({level("campaign", {segment("a", 4)}), level("ad_group", {segment("x", 3.9)})}),
            "mostly in ad group x (+3.90 of +5.20)");
  EXPECT_EQ(clause({level("campaign", {segment("a", 4)}), level("ad_group", {segment("x", 3.9, true)})}),
            "mostly in campaign a (+4.00 of +5.20)");
  EXPECT_EQ(clause({level("campaign", {segment("a", 4, true)})}),
            "mostly in campaign a (+4.00 of +5.20, may be chance)");
}

TEST(SegmentWordsTest, SeveralThatTogetherHoldOverHalf) {
  EXPECT_EQ(clause({level("campaign",
                          {segment("a", 2), segment("b", 1.5, true), segment("c", 1.2), segment("d", 0.5)})}),
            "by campaign: a +2.00, c +1.20 of +5.20");
  EXPECT_EQ(clause({level("campaign", {segment("a", 1), segment("b", 0.5), segment("c", 0.5)})}),
            "no campaign stands out");
}

TEST(SegmentWordsTest, WhyItHoldsTheChange) {
  SegmentChange mixed = segment("b", 4);
  mixed.mix = 3;
  mixed.rate = 1;
  mixed.share = {0.29, 0.5};
  EXPECT_EQ(clause({level("campaign", {mixed})}),
            "mostly in campaign b (+4.00 of +5.20, its share of conversions 29 to 50 %)");
  SegmentChange fresh = segment("b", 4);
  fresh.is_new = true;
  EXPECT_EQ(clause({level("campaign", {fresh})}), "mostly in campaign b (+4.00 of +5.20, new)");
}

TEST(SegmentWordsTest, SharesAreInPointsAndReciprocalsInPercent) {
  const ExplainedChange refunds{.kpi = "refund_rate", .value = {0.03, 0.05}, .better = Better::lower};
  EXPECT_EQ(clause({level("campaign", {segment("a", 0.018)})}, refunds, Unit::ratio),
            "mostly in campaign a (+1.8 of +2.0 points)");
  const ExplainedChange none{.kpi = "cpa", .value = {0.025, 0}, .reciprocal = true, .better = Better::higher};
  EXPECT_EQ(clause({level("campaign", {segment("a", -0.02)})}, none, Unit::per_money),
            "mostly in campaign a (80 % of the change)");
}

TEST(SegmentWordsTest, NothingIsSaidOfWhatBecameBetter) {
  EXPECT_EQ(clause({level("campaign", {segment("a", -4)})}, cpa({48, 42.8})), "");
}

}  // namespace
}  // namespace tightrope::rules
