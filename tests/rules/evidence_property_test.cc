// What makes evidence honest, by exact sums over everything a day can bring.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "rules/evidence.h"
#include "tests/rules/count_distributions.h"

namespace tightrope::rules {
namespace {

double mean_increment(double mean, double expected, double ratio, double day_variance) {
  const std::vector<double> counts = count_probabilities(mean, day_variance);
  double sum = 0;
  for (std::size_t n = 0; n < counts.size(); ++n) {
    sum += counts[n] * std::exp(log_increment(static_cast<double>(n), expected, ratio, day_variance));
  }
  return sum;
}

struct Setting {
  EvidenceSide side;
  double expected;
  double day_variance;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const EvidenceSide side : {EvidenceSide::below, EvidenceSide::above}) {
    for (const double expected : {0.2, 3.0, 40.0}) {
      for (const double day_variance : {0.0, 0.01, 0.09, 0.5}) all.push_back({side, expected, day_variance});
    }
  }
  return all;
}

std::string text(const Setting& one, double ratio) {
  return "expected " + std::to_string(one.expected) + " variance " + std::to_string(one.day_variance) +
         " ratio " + std::to_string(ratio);
}

TEST(EvidencePropertyTest, AnIncrementIsOneOnAverageExactlyAtTheTarget) {
  for (const Setting& one : settings()) {
    for (const double ratio : alternatives(one.side)) {
      EXPECT_NEAR(mean_increment(one.expected, one.expected, ratio, one.day_variance), 1, 1e-9)
          << text(one, ratio);
    }
  }
}

TEST(EvidencePropertyTest, AnIncrementFallsTheBetterTheTrueRateIs) {
  for (const Setting& one : settings()) {
    const bool below = one.side == EvidenceSide::below;
    for (const double ratio : alternatives(one.side)) {
      double before = 1 + 1e-9;
      for (const double better : {1.0, 1.05, 1.3, 2.0}) {
        const double rate = below ? better : 1 / better;
        const double mean = mean_increment(rate * one.expected, one.expected, ratio, one.day_variance);
        EXPECT_LE(mean, before) << text(one, ratio) << " true rate " << rate;
        before = mean;
      }
    }
  }
}

TEST(EvidencePropertyTest, AnIncrementHasTheMeanOfItsClosedForm) {
  for (const Setting& one : settings()) {
    if (one.day_variance == 0) continue;
    const double kappa = 1 / one.day_variance;
    for (const double ratio : alternatives(one.side)) {
      const double z = ratio * (one.expected + kappa) / (ratio * one.expected + kappa);
      for (const double rate : {0.8, 1.0, 1.2}) {
        const double base = (ratio * one.expected + kappa) / (one.expected + kappa) *
                            (1 + rate * one.expected * (1 - z) / kappa);
        const double mean = mean_increment(rate * one.expected, one.expected, ratio, one.day_variance);
        EXPECT_NEAR(mean / std::pow(base, -kappa), 1, 1e-7) << text(one, ratio) << " true rate " << rate;
      }
    }
  }
}

TEST(EvidencePropertyTest, ASharesIncrementIsOneOnAverageAtTheTargetAndLessBeyondIt) {
  const double trials = 30;
  const double share = 0.3;
  for (const double precision : {10.0, 200.0}) {
    for (const double ratio : alternatives(EvidenceSide::below)) {
      for (const double true_share : {0.3, 0.35, 0.5}) {
        double mean = 0;
        for (double n = 0; n <= trials; ++n) {
          const double a = true_share * precision;
          const double b = (1 - true_share) * precision;
          const double log_p = std::lgamma(trials + 1) - std::lgamma(n + 1) - std::lgamma(trials - n + 1) +
                               std::lgamma(a + n) + std::lgamma(b + trials - n) -
                               std::lgamma(a + b + trials) + std::lgamma(a + b) - std::lgamma(a) -
                               std::lgamma(b);
          mean += std::exp(log_p + log_increment_of_share(n, trials, ratio * share, share, precision));
        }
        if (true_share == share) {
          EXPECT_NEAR(mean, 1, 1e-9) << precision << " " << ratio;
        } else {
          EXPECT_LT(mean, 1) << precision << " " << ratio << " " << true_share;
        }
      }
    }
  }
}

// Half of the day is over and `seen` of it are known: what the rest brings has the day effect as it now
// seems.
TEST(EvidencePropertyTest, PeekingWithinADayWinsNothing) {
  for (const Setting& one : settings()) {
    for (const double seen : {0.0, 1.0, 7.0}) {
      const double half = one.expected / 2;
      const double kappa = 1 / one.day_variance;
      const double mean = one.day_variance > 0 ? half * (kappa + seen) / (kappa + half) : half;
      const double variance = one.day_variance > 0 ? 1 / (kappa + seen) : 0;
      const std::vector<double> rest = count_probabilities(mean, variance);
      for (const double ratio : alternatives(one.side)) {
        double later = 0;
        for (std::size_t n = 0; n < rest.size(); ++n) {
          later += rest[n] * std::exp(log_increment(seen + static_cast<double>(n), one.expected, ratio,
                                                    one.day_variance));
        }
        const double now = std::exp(log_increment(seen, half, ratio, one.day_variance));
        EXPECT_NEAR(later / now, 1, 1e-7) << text(one, ratio) << " seen " << seen;
      }
    }
  }
}

TEST(EvidencePropertyTest, OneDayIsWorthNoMoreThanItsOwnEffectHoweverBigTheCampaign) {
  const double variance = 0.09;
  const double share = 0.6;
  for (const double ratio : alternatives(EvidenceSide::below)) {
    const double kappa = 1 / variance;
    const double limit = std::exp(-kappa * std::log(ratio) - kappa * share * (1 / ratio - 1));
    EXPECT_NEAR(std::exp(log_increment(share * 1e8, 1e8, ratio, variance)) / limit, 1, 1e-4) << ratio;
    EXPECT_LE(std::exp(log_increment(600, 1000, ratio, variance)), 3.2) << ratio;
  }
}

// --- Money ---

struct OrderValues {
  std::string name;
  std::vector<double> sizes;  // the probability of each value
  double mean() const { return moment(1); }
  double moment(int power) const {
    double sum = 0;
    for (std::size_t v = 0; v < sizes.size(); ++v) sum += sizes[v] * std::pow(static_cast<double>(v), power);
    return sum;
  }
};

std::vector<OrderValues> order_values() {
  std::vector<OrderValues> all;
  all.push_back({.name = "one price", .sizes = {0, 0, 0, 1}});
  all.push_back({.name = "small and huge", .sizes = std::vector<double>(61, 0)});
  all.back().sizes[1] = 0.95;
  all.back().sizes[60] = 0.05;
  all.push_back({.name = "a heavy tail", .sizes = std::vector<double>(61, 0)});
  double sum = 0;
  for (std::size_t v = 1; v <= 60; ++v) {
    all.back().sizes[v] = std::pow(static_cast<double>(v), -1.8);
    sum += all.back().sizes[v];
  }
  for (double& p : all.back().sizes) p /= sum;
  return all;
}

// Of the increment on a day that brings the mean revenue that is due.
double mean_increment_of_money(const OrderValues& orders, double jump_size, double due_jumps, double ratio,
                               double day_variance) {
  const double due = due_jumps * orders.mean();
  const std::vector<double> totals = total_probabilities(due_jumps, day_variance, orders.sizes, 6000);
  EXPECT_NEAR(std::accumulate(totals.begin(), totals.end(), 0.0), 1, 1e-9);
  double mean = 0;
  for (std::size_t total = 0; total < totals.size(); ++total) {
    mean += totals[total] * std::exp(log_increment(static_cast<double>(total) / jump_size, due / jump_size,
                                                   ratio, day_variance));
  }
  return mean;
}

TEST(EvidencePropertyTest, MoneyBelowItsTargetNeverWinsOnAverageWhateverTheOrderValues) {
  for (const OrderValues& orders : order_values()) {
    const double jump = orders.moment(2) / orders.mean();
    for (const double ratio : alternatives(EvidenceSide::below)) {
      for (const double variance : {0.05, 0.3}) {
        const double mean = mean_increment_of_money(orders, jump, 12, ratio, variance);
        EXPECT_LE(mean, 1 + 1e-9) << orders.name << " " << ratio << " " << variance;
        if (orders.name == "one price") {
          EXPECT_NEAR(mean, 1, 1e-8);  // nothing is given away where orders are counts
        }
      }
    }
  }
}

TEST(EvidencePropertyTest, MoneyAboveItsTargetNeedsTheCapAsTheSizeOfAJump) {
  const OrderValues orders = order_values()[1];
  bool won = false;
  for (const double ratio : alternatives(EvidenceSide::above)) {
    EXPECT_LE(mean_increment_of_money(orders, 60, 12, ratio, 0.05), 1 + 1e-9) << ratio;
    won = won || mean_increment_of_money(orders, orders.mean(), 12, ratio, 0.05) > 1.01;
  }
  EXPECT_TRUE(won);  // a jump taken for smaller than it is wins by itself
}

// --- Runs of days ---

std::vector<EvidenceDay> some_days(std::mt19937& random, std::size_t count, double rate) {
  std::vector<EvidenceDay> days;
  for (std::size_t i = 0; i < count; ++i) {
    const double expected = i % 9 == 4 ? 0 : std::uniform_real_distribution<double>(1, 9)(random);
    std::gamma_distribution<double> effect(1 / 0.09, 0.09);
    const double mean = rate * expected * effect(random);
    const double seen = expected > 0 ? std::poisson_distribution<int>(mean)(random) : 0;
    days.push_back({.seen = seen, .expected = expected, .day_variance = 0.09});
  }
  return days;
}

TEST(EvidencePropertyTest, ReplayingFromTheDayBeforeAChangeEqualsDoingItAllAgain) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<EvidenceDay> days = some_days(random, 40, 0.7);
    std::vector<Evidence> kept(1);
    for (const EvidenceDay& day : days) {
      kept.push_back(kept.back());
      kept.back().add(day, EvidenceSide::below);
    }
    const auto changed = std::uniform_int_distribution<std::size_t>(0, days.size() - 1)(random);
    for (std::size_t day = changed; day < days.size(); day += 3) days[day].seen += 2;

    Evidence replayed = kept[changed];
    for (std::size_t day = changed; day < days.size(); ++day) replayed.add(days[day], EvidenceSide::below);
    Evidence anew;
    for (const EvidenceDay& day : days) anew.add(day, EvidenceSide::below);
    EXPECT_EQ(replayed, anew) << "changed from day " << changed;
  }
}

TEST(EvidencePropertyTest, EvidenceSinceAnyStartIsNeverLessThanSinceAFixedOne) {
  std::mt19937 random(8);
  for (int round = 0; round < 50; ++round) {
    const std::vector<EvidenceDay> days = some_days(random, 30, 0.9);
    Evidence evidence;
    for (const EvidenceDay& day : days) evidence.add(day, EvidenceSide::below);
    EXPECT_GE(evidence.log_value(), log_fixed_start(days, EvidenceSide::below) - 1e-9);
  }
}

TEST(EvidencePropertyTest, FalseAlarmsAreAsFarApartAsPromised) {
  std::mt19937 random(9);
  const double alpha = 0.02;
  const int runs = 300;
  double days = 0;
  for (int run = 0; run < runs; ++run) {
    Evidence evidence;
    for (int day = 0; day < 5000 && evidence.value() < 1 / alpha; ++day) {
      evidence.add(some_days(random, 1, 1)[0], EvidenceSide::below);
      ++days;
    }
  }
  EXPECT_GE(days / runs, 1 / alpha);
}

}  // namespace
}  // namespace tightrope::rules
