#include "rules/false_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tightrope::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FalseDiscoveryTest, ListsTheLongestThatEveryEntryCarries) {
  const std::vector<double> e{1200, 3, 0.2, 40, 900, 15, 0, 2.5, 60, 7};
  EXPECT_THAT(listed(e).which, ElementsAre(0, 3, 4, 8));
  EXPECT_DOUBLE_EQ(listed(e).threshold, 25);
  EXPECT_THAT(listed({}).which, IsEmpty());
  EXPECT_TRUE(std::isinf(listed({}).threshold));
}

TEST(FalseDiscoveryTest, WhatIsNotKnownCountsAsNothingButCounts) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(listed(std::vector<double>{unknown, 20.0}).which, ElementsAre(1));
  EXPECT_THAT(listed(std::vector<double>{unknown, unknown, 20.0}).which, IsEmpty());
}

TEST(FalseDiscoveryTest, TheShareShownIsTheSmallestAtWhichItIsListed) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> some(1, 2);
  std::vector<double> e;
  for (int i = 0; i < 60; ++i) e.push_back(i % 7 == 0 ? 0 : some(random));
  const std::vector<double> from = listed_from(e);
  for (std::size_t i = 0; i < e.size(); ++i) {
    ASSERT_LE(from[i], 1) << i;
    if (from[i] == 1) continue;
    const auto with = listed(e, from[i] * 1.0001).which;
    const auto without = listed(e, from[i] * 0.9999).which;
    EXPECT_TRUE(std::binary_search(with.begin(), with.end(), i)) << i;
    EXPECT_FALSE(std::binary_search(without.begin(), without.end(), i)) << i;
  }
}

TEST(FalseDiscoveryTest, WeightsMoveAttentionWithoutAddingAny) {
  const std::vector<double> e{5, 5, 5, 5};
  EXPECT_THAT(weighted(e, std::vector<double>{30, 10, 0, 0}), ElementsAre(15, 5, 0, 0));
  EXPECT_THAT(weighted(e, std::vector<double>{0, 0, 0, 0}), ElementsAre(5, 5, 5, 5));
}

TEST(FalseDiscoveryTest, OnlyTheWindowCounts) {
  std::vector<EvidenceDay> days(30, {.seen = 0, .expected = 5, .day_variance = 0.1});
  days.insert(days.end(), 56, {.seen = 5, .expected = 5, .day_variance = 0.1});
  Evidence within;
  for (int i = 0; i < 56; ++i) within.add(days.back(), EvidenceSide::below);
  EXPECT_DOUBLE_EQ(e_value(days, EvidenceSide::below), within.value() / 56);
  EXPECT_EQ(e_value(std::vector<EvidenceDay>(9), EvidenceSide::below), 0);
}

// False entries over all entries, 0 for an empty list.
double false_share_of(const Listed& list, std::size_t bad) {
  if (list.which.empty()) return 0;
  double wrong = 0;
  for (const std::size_t i : list.which) wrong += i >= bad ? 1 : 0;
  return wrong / static_cast<double>(list.which.size());
}

// All campaigns move together: by how much is drawn once and shared, in the worst way that e-values allow.
TEST(FalseDiscoveryTest, TheFalseShareHoldsWhenAllCampaignsShareOneFate) {
  const double share = 0.1;
  const std::vector<double> struck(50, 1 / share);  // with a chance of `share`; else all are 0
  EXPECT_EQ(listed(struck, share).which.size(), 50u);
  EXPECT_DOUBLE_EQ(share * false_share_of(listed(struck, share), 0), share);
  EXPECT_THAT(listed(std::vector<double>(50, 0.999 / share), share).which, IsEmpty());
}

TEST(FalseDiscoveryTest, TheFalseShareHoldsUnderAnyDependence) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  const std::size_t all = 40;
  const std::size_t bad = 8;
  for (const double common : {-1.0, 0.0, 0.7, 1.0}) {  // -1: the two halves move against each other
    double sum = 0;
    const int rounds = 4000;
    for (int round = 0; round < rounds; ++round) {
      const double shared = normal(random);
      std::vector<double> e;
      for (std::size_t i = 0; i < all; ++i) {
        const double sign = common < 0 && i % 2 == 0 ? -1 : 1;
        const double z = sign * std::abs(common) * shared + std::sqrt(1 - common * common) * normal(random) +
                         (i < bad ? 3 : 0);
        e.push_back(std::exp(2 * z - 2));  // mean 1 where nothing is wrong
      }
      sum += false_share_of(listed(e), bad);
    }
    EXPECT_LE(sum / rounds, kFalseShare) << common;
  }
}

TEST(FalseDiscoveryTest, SharedBadDaysDoNotFillTheList) {
  std::mt19937 random(3);
  std::gamma_distribution<double> effect(1 / 0.09, 0.09);
  const std::size_t all = 20;
  const std::size_t bad = 4;
  double false_share = 0;
  double found = 0;
  const int rounds = 60;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::vector<EvidenceDay>> days(all);
    for (std::size_t day = 0; day < kListedDays; ++day) {
      const double shared = effect(random);
      for (std::size_t i = 0; i < all; ++i) {
        const double rate = i < bad && day >= 28 ? 0.5 : 1;
        const double seen = std::poisson_distribution<int>(12 * rate * shared)(random);
        days[i].push_back({.seen = seen, .expected = 12, .day_variance = 0.09});
      }
    }
    std::vector<double> e;
    for (const auto& campaign : days) e.push_back(e_value(campaign, EvidenceSide::below));
    const Listed list = listed(e);
    const double wrong = false_share_of(list, bad);
    false_share += wrong / rounds;
    found += (1 - wrong) * static_cast<double>(list.which.size()) / static_cast<double>(bad) / rounds;
  }
  EXPECT_LE(false_share, kFalseShare);
  EXPECT_GT(found, 0.9);
}

}  // namespace
}  // namespace tightrope::rules
