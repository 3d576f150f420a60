// Where a period's total is heading.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include "rules/pacing.h"

namespace tightrope::rules {
namespace {

using Figures = std::vector<std::optional<double>>;

const Day kMonday{4};  // 1970-01-05
constexpr WeekdayProfile kConsumer{0.8, 0.8, 0.9, 1.0, 1.1, 1.3, 1.1};

Figures days_of(const WeekdayProfile& profile, std::size_t count, double level) {
  Figures figures;
  for (std::size_t i = 0; i < count; ++i) figures.emplace_back(level * profile[i % 7]);
  return figures;
}

// A consumer's week with noise; the seed is fixed.
Figures noisy_days(std::size_t count, double level) {
  std::mt19937 random(42);
  Figures figures;
  for (std::size_t i = 0; i < count; ++i) {
    const double noise = 0.8 + 0.4 * (static_cast<double>(random() % 1000) / 1000);
    figures.emplace_back(level * kConsumer[i % 7] * noise);
  }
  return figures;
}

double mean(const WeekdayProfile& profile) {
  return std::accumulate(profile.begin(), profile.end(), 0.0) / 7;
}

TEST(WeekdayProfileTest, HalfOfItIsThePriorAfterFourWeeksOfEachWeekday) {
  // 34 days leave 28 with a mean of their own, and a mean of whole weeks is the level itself.
  const WeekdayProfile profile = weekday_profile(days_of(kConsumer, 34, 500), kMonday, kFlatProfile);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(profile[i], (kConsumer[i] + 1) / 2, 1e-12) << i;
}

TEST(WeekdayProfileTest, IsThePriorWithoutFigures) {
  EXPECT_EQ(weekday_profile({}, kMonday, kConsumer), weekday_profile(Figures(60), kMonday, kConsumer));
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(weekday_profile({}, kMonday, kConsumer)[i], kConsumer[i], 1e-12) << i;
  }
}

TEST(WeekdayProfileTest, ForgetsWhatIsOlderThanEightWeeks) {
  Figures figures = days_of(kConsumer, 70, 500);
  const WeekdayProfile before = weekday_profile(figures, kMonday, kFlatProfile);
  for (std::size_t i = 0; i < 70 - 59; ++i) figures[i] = 9999;
  EXPECT_EQ(weekday_profile(figures, kMonday, kFlatProfile), before);
  figures[70 - 59] = -9999;  // leaves the oldest day that counts without a mean
  EXPECT_NE(weekday_profile(figures, kMonday, kFlatProfile), before);
}

TEST(WeekdayProfileTest, TakesAMissingDayForMissingAndNotForZero) {
  Figures figures(40, 100.0);
  for (std::size_t sunday = 6; sunday < 40; sunday += 7) figures[sunday].reset();
  for (const double factor : weekday_profile(figures, kMonday, kFlatProfile)) EXPECT_NEAR(factor, 1, 1e-12);
  for (std::size_t sunday = 6; sunday < 40; sunday += 7) figures[sunday] = 0;
  EXPECT_LT(weekday_profile(figures, kMonday, kFlatProfile)[6], 0.6);
}

TEST(WeekdayProfileTest, MissingDaysAtTheEndsAreNoDaysOfTheSeries) {
  const Figures figures = noisy_days(40, 500);
  const WeekdayProfile profile = weekday_profile(figures, kMonday, kFlatProfile);
  Figures longer(7);  // a week without figures before, and two days after
  longer.insert(longer.end(), figures.begin(), figures.end());
  longer.resize(longer.size() + 2);
  EXPECT_EQ(weekday_profile(longer, kMonday - 7, kFlatProfile), profile);
}

TEST(WeekdayProfileTest, AWeekdayWithoutFiguresKeepsItsPrior) {
  Figures figures(34, 100.0);
  for (std::size_t sunday = 6; sunday < 34; sunday += 7) figures[sunday].reset();
  const WeekdayProfile profile = weekday_profile(figures, kMonday, kConsumer);
  EXPECT_NEAR(profile[6] / profile[3], kConsumer[6] / kConsumer[3],
              1e-12);  // a Thursday's prior is 1, as seen
  EXPECT_NEAR(profile[5] / profile[3], (kConsumer[5] + 1) / 2, 1e-12);
}

TEST(WeekdayProfileTest, RefundsThatNearlyCancelAWeekDoNotMakeItAllOneDays) {
  const WeekdayProfile week{100, -16.5, -16.5, -16.5, -16.5, -16.5, -16.5};  // 1 in all
  const WeekdayProfile profile = weekday_profile(days_of(week, 34, 1), kMonday, kFlatProfile);
  EXPECT_NEAR(profile[0], 4, 1e-12);
  for (std::size_t i = 1; i < 7; ++i) EXPECT_NEAR(profile[i], 0.5, 1e-12) << i;
}

TEST(WeekdayProfileTest, StaysAboveZeroAndInTheMeanOneWhateverComes) {
  Figures refunds = noisy_days(56, 20);
  for (std::size_t i = 0; i < refunds.size(); i += 3) refunds[i] = -60;
  Figures weekdays_only = days_of({7, 0, 0, 0, 0, 0, 0}, 56, 10);
  const WeekdayProfile monday_only{7, 0, 0, 0, 0, 0, 0};
  for (const WeekdayProfile& profile :
       {weekday_profile(refunds, kMonday, kFlatProfile), weekday_profile(weekdays_only, kMonday, monday_only),
        weekday_profile(Figures(56, 0.0), kMonday, kConsumer),
        weekday_profile(Figures(56, -1.0), kMonday, kConsumer)}) {
    EXPECT_NEAR(mean(profile), 1, 1e-12);
    EXPECT_GT(*std::min_element(profile.begin(), profile.end()), 0);
  }
}

TEST(PaceLevelTest, ASingleWildDayMovesItByNoMoreThanItsClip) {
  PaceLevel level;
  for (int i = 0; i < 30; ++i) level.add(i % 2 == 0 ? 90 : 110, 1);
  const PaceRate before = level.rate();
  level.add(1e6, 1);
  const PaceRate after = level.rate();
  EXPECT_GT(after.level, before.level);
  EXPECT_LE(after.level, before.level + 0.3 * 2.5 * 15);
}

TEST(PaceLevelTest, OfEqualSurprisesTheSmallerWeightIsTaken) {
  PaceLevel level;
  for (int i = 0; i < 30; ++i) level.add(100, 1);
  EXPECT_EQ(level.rate(), (PaceRate{.level = 100, .sigma = 1, .smoothing = 0.05}));
}

TEST(PaceLevelTest, AStepIsFollowedByTheRunThatLearnsFast) {
  PaceLevel level;
  for (int i = 0; i < 20; ++i) level.add(i % 2 == 0 ? 95 : 105, 1);
  for (int i = 0; i < 40; ++i) level.add(i % 2 == 0 ? 195 : 205, 1);
  EXPECT_EQ(level.rate().smoothing, 0.3);
  EXPECT_NEAR(level.rate().level, 200, 10);
  EXPECT_LT(level.slowest().level, level.rate().level);
}

TEST(PaceLevelTest, ASeriesThatBeginsWithAWeekOfZerosIsNotStuckThere) {
  PaceLevel level;
  for (int i = 0; i < 10; ++i) level.add(0, 1);
  EXPECT_EQ(level.rate(), (PaceRate{.level = 0, .sigma = 0, .smoothing = 0.05}));
  for (int i = 0; i < 60; ++i) level.add(100, 1);
  EXPECT_NEAR(level.rate().level, 100, 5);
}

TEST(PaceLevelTest, AStepAfterMonthsOfEqualDaysIsBelieved) {
  PaceLevel level;
  for (int i = 0; i < 400; ++i) level.add(100, 1);
  for (int i = 0; i < 28; ++i) level.add(150, 1);
  EXPECT_NEAR(level.rate().level, 150, 5);
}

TEST(PaceLevelTest, GoesOnFromItsMembers) {
  const Figures figures = noisy_days(60, 100);
  PaceLevel whole;
  for (std::size_t i = 0; i < 60; ++i) whole.add(*figures[i], kConsumer[i % 7]);
  for (const std::size_t stop : {0u, 3u, 7u, 30u}) {
    PaceLevel first;
    for (std::size_t i = 0; i < stop; ++i) first.add(*figures[i], kConsumer[i % 7]);
    PaceLevel second;
    second.start = first.start;
    second.runs = first.runs;
    second.started = first.started;
    second.days = first.days;
    second.zeros = first.zeros;
    second.sum = first.sum;
    for (std::size_t i = stop; i < 60; ++i) second.add(*figures[i], kConsumer[i % 7]);
    EXPECT_EQ(second, whole) << stop;
  }
  static_assert(sizeof(PaceLevel) <= 64 * sizeof(double));
}

TEST(PaceBasisTest, SettledSeriesHaveTheirOwnProfileAndLevel) {
  const Figures figures = noisy_days(56, 100);
  const auto basis = pace_basis(figures, kMonday, kFlatProfile);
  ASSERT_TRUE(basis);
  EXPECT_EQ(basis->profile, weekday_profile(figures, kMonday, kFlatProfile));
  PaceLevel level;
  for (std::size_t i = 0; i < 56; ++i) level.add(*figures[i], basis->profile[i % 7]);
  EXPECT_EQ(basis->rate, level.rate());
}

TEST(PaceBasisTest, YoungSeriesTakeTheClientsProfileThePlainMeanAndTwiceTheScatter) {
  const Figures figures = noisy_days(13, 100);
  const auto basis = pace_basis(figures, kMonday, kConsumer);
  ASSERT_TRUE(basis);
  EXPECT_EQ(basis->profile, kConsumer);
  PaceLevel level;
  for (std::size_t i = 0; i < 13; ++i) level.add(*figures[i], kConsumer[i % 7]);
  EXPECT_EQ(basis->rate.level, level.mean());
  EXPECT_EQ(basis->rate.sigma, 2 * level.rate().sigma);
  const auto settled = pace_basis(noisy_days(14, 100), kMonday, kConsumer);
  ASSERT_TRUE(settled);
  EXPECT_NE(settled->profile, kConsumer);
}

TEST(PaceBasisTest, TwoDaysShowNoScatter) {
  Figures figures(20);
  figures[3] = 10;
  figures[9] = 12;
  EXPECT_FALSE(pace_basis(figures, kMonday, kConsumer));
  figures[12] = 14;
  const auto basis = pace_basis(figures, kMonday, kFlatProfile);
  ASSERT_TRUE(basis);
  EXPECT_EQ(basis->rate.level, 12);
  EXPECT_NEAR(basis->rate.sigma, 2 * 1.2533 * 4 / 3, 1e-12);
}

TEST(PaceBasisTest, SeriesThatAreOftenZeroAreTakenFlatAndSlow) {
  Figures figures = noisy_days(50, 100);
  for (std::size_t i = 0; i < 15; ++i) figures[3 * i] = 0;  // 30 % of 50, not more
  const auto often = pace_basis(figures, kMonday, kConsumer);
  ASSERT_TRUE(often);
  EXPECT_NE(often->profile, kFlatProfile);
  figures[45] = 0;
  const auto oftener = pace_basis(figures, kMonday, kConsumer);
  ASSERT_TRUE(oftener);
  EXPECT_EQ(oftener->profile, kFlatProfile);
  EXPECT_EQ(oftener->rate.smoothing, 0.05);
}

TEST(PaceBasisTest, MissingDaysMoveTheLevelNowhere) {
  Figures figures(40, 100.0);
  for (const std::size_t missing : {9u, 10u, 25u}) figures[missing].reset();
  const auto basis = pace_basis(figures, kMonday, kFlatProfile);
  ASSERT_TRUE(basis);
  EXPECT_NEAR(basis->rate.level, 100, 1e-9);
}

TEST(PaceBasisTest, ScalesWithTheUnit) {
  const Figures figures = noisy_days(56, 100);
  Figures cents;
  for (const auto& figure : figures) cents.emplace_back(*figure * 128);  // exact in binary
  const auto in_units = pace_basis(figures, kMonday, kConsumer);
  const auto in_cents = pace_basis(cents, kMonday, kConsumer);
  ASSERT_TRUE(in_units && in_cents);
  EXPECT_EQ(in_cents->profile, in_units->profile);
  EXPECT_EQ(in_cents->rate.level, 128 * in_units->rate.level);
  EXPECT_EQ(in_cents->rate.sigma, 128 * in_units->rate.sigma);
  EXPECT_EQ(in_cents->rate.smoothing, in_units->rate.smoothing);
}

constexpr PaceRate kExampleRate{.level = 400, .sigma = 60, .smoothing = 0.2};

Projection example(const ProjectionTerms& terms = {}) {
  // 5200 so far, ten flat days to come, today the first of them.
  return project(kExampleRate, 5200, 1, days_ahead(std::vector<double>(9, 1.0), 0.2), terms);
}

TEST(ProjectionTest, MeetsTheWorkedExample) {
  const Projection projection = example();
  EXPECT_NEAR(projection.total, 9200, 1e-9);
  EXPECT_NEAR(projection.sd, 60 * std::sqrt(39.4), 1e-9);
  EXPECT_NEAR(projection.sd, 376.6, 0.05);
  EXPECT_NEAR(projection.low, 8717, 0.5);
  EXPECT_NEAR(projection.high, 9683, 0.5);
}

TEST(ProjectionTest, IsTheActualWhenNoDayRemains) {
  const Projection projection = project(kExampleRate, 8976.26, 0, {});
  EXPECT_EQ(projection.total, 8976.26);
  EXPECT_EQ(projection.sd, 0);
  EXPECT_EQ(projection.low, 8976.26);
  EXPECT_EQ(projection.high, 8976.26);
  EXPECT_EQ(projection.chance_to_reach(8976.26), 1);
  EXPECT_EQ(projection.chance_to_reach(8976.27), 0);
  EXPECT_EQ(projection.chance_to_keep(8976.26), 1);
  EXPECT_EQ(projection.chance_to_keep(8976.25), 0);
}

TEST(ProjectionTest, AChangeOfTodayChangesTodayAlone) {
  const std::vector<double> factors{0.9, 1.2, 0.7};
  const DaysAhead after_today = days_ahead(factors, 0.1);
  const PaceRate rate{.level = 50, .sigma = 8, .smoothing = 0.1};
  for (const double left : {1.0, 0.6, 0.0}) {
    std::vector<double> all{left};
    all.insert(all.end(), factors.begin(), factors.end());
    const DaysAhead whole = days_ahead(all, 0.1);
    const Projection projection = project(rate, 10, left, after_today);
    EXPECT_NEAR(projection.total, 10 + 50 * whole.factors, 1e-9);
    EXPECT_NEAR(projection.sd, 8 * std::sqrt(whole.variance), 1e-9);
  }
}

TEST(ProjectionTest, NothingEndsBelowTheActual) {
  const PaceRate wild{.level = 1, .sigma = 100, .smoothing = 0.3};
  EXPECT_EQ(project(wild, 20, 1, {}).low, 20);
  const PaceRate refunds{.level = -5, .sigma = 1, .smoothing = 0.1};
  EXPECT_EQ(project(refunds, 20, 1, {}).total, 20);
  EXPECT_GT(project(refunds, 20, 1, {}).high, 20);
}

TEST(ProjectionTest, CalibrationWidensTheRangeAndLeavesItsMiddle) {
  const Projection plain = example();
  const Projection wide = example({.calibration = 1.5});
  EXPECT_EQ(wide.total, plain.total);
  EXPECT_NEAR(wide.high - wide.total, 1.5 * (plain.high - plain.total), 1e-9);
  EXPECT_NEAR(wide.total - wide.low, 1.5 * (plain.total - plain.low), 1e-9);
  EXPECT_GT(wide.chance_to_reach(9600), plain.chance_to_reach(9600));
}

TEST(ProjectionTest, ACapHoldsSpend) {
  const Projection projection = example({.cap = 9000});
  EXPECT_EQ(projection.total, 9000);
  EXPECT_NEAR(projection.uncapped, 9200, 1e-9);
  EXPECT_EQ(projection.high, 9000);
  EXPECT_LT(projection.low, 9000);
  EXPECT_EQ(projection.chance_to_reach(9000.01), 0);
  EXPECT_EQ(projection.chance_to_keep(9000), 1);
  EXPECT_NEAR(projection.chance_to_reach(9000), example().chance_to_reach(9000), 1e-12);
  // What is already beyond the cap stays.
  const Projection beyond = example({.cap = 5000});
  EXPECT_EQ(beyond.total, 5200);
  EXPECT_EQ(beyond.low, 5200);
  EXPECT_EQ(beyond.high, 5200);
}

TEST(ProjectionTest, ChancesAreTheTailsOfANormal) {
  const Projection projection = example();
  EXPECT_NEAR(projection.chance_to_reach(projection.total), 0.5, 1e-12);
  EXPECT_NEAR(projection.chance_to_reach(projection.high), 0.1, 1e-12);
  EXPECT_NEAR(projection.chance_to_reach(projection.low), 0.9, 1e-12);
  EXPECT_NEAR(projection.chance_to_keep(projection.total + 1.96 * projection.sd), 0.975, 1e-5);
  EXPECT_EQ(projection.chance_to_reach(5200), 1);
  EXPECT_EQ(projection.chance_to_keep(5199), 0);
  for (double bound = 5300; bound < 13'000; bound += 100) {
    EXPECT_NEAR(projection.chance_to_reach(bound) + projection.chance_to_keep(bound), 1, 1e-12) << bound;
    EXPECT_GE(projection.chance_to_reach(bound), projection.chance_to_reach(bound + 100)) << bound;
  }
}

}  // namespace
}  // namespace tightrope::rules
