#include "rules/dispersion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

struct Campaign {
  std::vector<double> seen;
  std::vector<double> expected;
  DayMoments moments;
};

// Days around `mean` conversions whose effects have this variance and keep so much of the day before.
Campaign simulated(std::mt19937& random, int days, double mean, double variance, double kept = 0) {
  Campaign campaign;
  std::normal_distribution<double> normal;
  const double sd = std::sqrt(std::log1p(variance));
  double state = normal(random);
  for (int day = 0; day < days; ++day) {
    state = kept * state + std::sqrt(1 - kept * kept) * normal(random);
    const double expected = mean * std::uniform_real_distribution<double>(0.7, 1.3)(random);
    const double effect = std::exp(sd * state - sd * sd / 2);
    const double seen = std::poisson_distribution<int>(expected * effect)(random);
    campaign.seen.push_back(seen);
    campaign.expected.push_back(expected);
    campaign.moments.add(seen, expected);
  }
  return campaign;
}

struct Client {
  std::vector<Campaign> campaigns;
  ClientDispersion dispersion;
};

Client client_of(std::mt19937& random, double variance, double kept) {
  Client client;
  std::vector<DayMoments> moments;
  for (int i = 0; i < 40; ++i) {
    client.campaigns.push_back(simulated(random, 80, 40, variance, kept));
    moments.push_back(client.campaigns.back().moments);
  }
  client.dispersion = client_dispersion(moments);
  DayCorrelation correlation(client.dispersion);
  for (const Campaign& campaign : client.campaigns) {
    correlation.add(campaign.moments, campaign.seen, campaign.expected);
  }
  client.dispersion.correlation = correlation.value();
  return client;
}

TEST(DispersionTest, MomentsSayWhatTheDaysSay) {
  std::mt19937 random(1);
  const Campaign campaign = simulated(random, 60, 12, 0.2);
  double seen = 0;
  double expected = 0;
  for (std::size_t day = 0; day < campaign.seen.size(); ++day) {
    seen += campaign.seen[day];
    expected += campaign.expected[day];
  }
  double excess = 0;
  double scale = 0;
  double variances = 0;
  for (std::size_t day = 0; day < campaign.seen.size(); ++day) {
    const double mean = campaign.expected[day] * seen / expected;
    const double off = campaign.seen[day] - mean;
    excess += off * off - mean * (1 - campaign.expected[day] / expected);
    scale += mean * mean;
    variances += (mean + 0.2 * mean * mean) * (mean + 0.2 * mean * mean);
  }
  EXPECT_NEAR(campaign.moments.excess() / excess, 1, 1e-10);
  EXPECT_NEAR(campaign.moments.scale() / scale, 1, 1e-10);
  EXPECT_NEAR(campaign.moments.precision(0.2) / (scale * scale / (2 * variances)), 1, 1e-10);
}

TEST(DispersionTest, AClientsVarianceIsFoundAgain) {
  std::mt19937 random(2);
  EXPECT_NEAR(client_of(random, 0.09, 0).dispersion.day_variance, 0.09, 0.01);
  EXPECT_NEAR(client_of(random, 0, 0).dispersion.day_variance, 0, 0.003);
}

TEST(DispersionTest, OnlyDaysThatFollowEachOtherInKindAreCorrelated) {
  std::mt19937 random(3);
  EXPECT_LT(client_of(random, 0.09, 0).dispersion.correlation, 0.06);
  EXPECT_NEAR(client_of(random, 0.09, 0.5).dispersion.correlation, 0.5, 0.08);
}

TEST(DispersionTest, ADayWithoutExposurePartsItsNeighbours) {
  const ClientDispersion client{.day_variance = 0.1, .weight = 1, .correlation = 0};
  std::vector<double> seen;
  std::vector<double> expected;
  DayMoments moments;
  for (int i = 0; i < 20; ++i) {  // pairs of equal days, one pair high and one low
    for (const double day_seen : {i % 2 == 0 ? 30.0 : 10.0, i % 2 == 0 ? 30.0 : 10.0, 0.0}) {
      seen.push_back(day_seen);
      expected.push_back(day_seen > 0 ? 20 : 0);
      moments.add(seen.back(), expected.back());
    }
  }
  DayCorrelation parted(client);
  parted.add(moments, seen, expected);
  EXPECT_DOUBLE_EQ(parted.value(), 0.6);  // every pair moves together; held to the most
  EXPECT_EQ(moments.days, 40);
}

TEST(DispersionTest, ACampaignsOwnScatterCountsByHowMuchItSays) {
  const ClientDispersion client{.day_variance = 0.09, .weight = 300, .correlation = 0};
  std::mt19937 random(4);
  const Campaign wild = simulated(random, 90, 100, 0.6);
  const Campaign tiny = simulated(random, 90, 0.3, 0.6);
  EXPECT_GT(day_variance_of(wild.moments, client), 0.3);
  EXPECT_NEAR(day_variance_of(tiny.moments, client), 1.15 * 0.09, 0.02);
}

TEST(DispersionTest, WithoutEnoughDaysTheClientsHolds) {
  const ClientDispersion client{.day_variance = 0.2, .weight = 5, .correlation = 0.2};
  DayMoments few;
  for (int i = 0; i < DayMoments::kFewestDays - 1; ++i) few.add(100 * (i % 2), 50);
  EXPECT_DOUBLE_EQ(day_variance_of(few, client), 1.15 * 0.2 * 1.2 / 0.8);
  EXPECT_DOUBLE_EQ(day_variance_of({}, client), 1.15 * 0.2 * 1.2 / 0.8);
}

TEST(DispersionTest, WithoutAClientThereIsADefault) {
  EXPECT_FALSE(client_dispersion({}).known());
  const std::vector<DayMoments> nothing_seen(3);
  EXPECT_FALSE(client_dispersion(nothing_seen).known());
  EXPECT_DOUBLE_EQ(day_variance_of({}, client_dispersion(nothing_seen)), kDefaultDayVariance);
}

TEST(DispersionTest, VarianceNeverFallsBelowItsFloor) {
  const ClientDispersion steady{.day_variance = 0, .weight = 5, .correlation = 0};
  EXPECT_DOUBLE_EQ(day_variance_of({}, steady), 0.01);
}

TEST(DispersionTest, AJumpIsTheOrderThatTheAverageUnitOfMoneyCameWith) {
  OrderMoments campaign;
  for (const double value : {10.0, 30.0}) campaign.add(value);
  EXPECT_DOUBLE_EQ(jump_size(campaign, {}), 25);  // (100 + 900) / 40
  OrderMoments client;
  for (int i = 0; i < 100; ++i) client.add(80);
  EXPECT_DOUBLE_EQ(jump_size(campaign, client), (2 * 25 + 50 * 80) / 52.0);
  EXPECT_DOUBLE_EQ(jump_size({}, client), 80);
  EXPECT_DOUBLE_EQ(jump_size({}, {}), 0);
  EXPECT_DOUBLE_EQ(jump_size_of_totals(900, 10), 180);
}

}  // namespace
}  // namespace tightrope::rules
