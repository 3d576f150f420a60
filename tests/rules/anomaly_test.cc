#include "rules/anomaly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

using std::chrono::hours;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 3 / 2)};  // a Monday
constexpr int kSeeds = 20;

// From -1 to 1, the same on every machine.
double noise(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11) * 0x1p-52 - 1;
}

// A value each hour.
using Series = std::vector<double>;

Series noisy(std::uint64_t seed, std::size_t length) {
  std::mt19937_64 random(seed);
  Series series(length);
  for (double& value : series) value = 50 + noise(random) + noise(random) + noise(random);
  return series;
}

// Four times as much from 11 to 14 o'clock.
Series with_peaks(std::uint64_t seed, std::size_t length) {
  Series series = noisy(seed, length);
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 24 >= 11 && i % 24 <= 14) series[i] *= 4;
  }
  return series;
}

std::vector<double> scores_of(const Series& series, AnomalyDetector detector = {}) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < series.size(); ++i)
    scores.push_back(detector.add(kStart + hours(i), series[i]));
  return scores;
}

double highest(const std::vector<double>& scores, std::size_t from, std::size_t length) {
  const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(from);
  return *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(length));
}

std::string bytes_of(const AnomalyDetector& detector) {
  ByteWriter out;
  detector.save(out);
  return std::move(out).take();
}

std::optional<AnomalyDetector> detector_of(const std::string& bytes) {
  ByteReader in(bytes);
  std::optional<AnomalyDetector> detector = AnomalyDetector::load(in);
  return in.finished() ? detector : std::nullopt;
}

// What happens to a series from an hour on, for some hours.
struct Event {
  const char* name;
  Series (*series)(std::uint64_t seed, std::size_t length);
  double (*changed)(const Series& series, std::size_t at, std::size_t from);
  std::size_t from;
  std::size_t length;
};

class AnomalyEventTest : public ::testing::TestWithParam<Event> {};

// The same noise with and without the event. Chance may call in either, so that it is the rule over many
// seeds.
TEST_P(AnomalyEventTest, IsCalledAndQuietIsNot) {
  const Event& event = GetParam();
  int called = 0;
  int called_in_quiet = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Series series = event.series(seed, 960);
    const double quiet = highest(scores_of(series), event.from, event.length);
    for (std::size_t i = event.from; i < event.from + event.length; ++i)
      series[i] = event.changed(series, i, event.from);
    const double strange = highest(scores_of(series), event.from, event.length);
    if (strange >= AnomalyDetector::kAlarm && strange > quiet) ++called;
    if (quiet >= AnomalyDetector::kAlarm) ++called_in_quiet;
  }
  EXPECT_GE(called, kSeeds * 9 / 10);
  EXPECT_LE(called_in_quiet, kSeeds * 3 / 10);
}

INSTANTIATE_TEST_SUITE_P(
    All, AnomalyEventTest,
    ::testing::Values(
        Event{"AJump", noisy, [](const Series& s, std::size_t at, std::size_t) { return s[at] + 8; }, 800,
              24},
        Event{"ADrop", noisy, [](const Series& s, std::size_t at, std::size_t) { return s[at] - 8; }, 800,
              24},
        Event{"ASpike", noisy, [](const Series& s, std::size_t at, std::size_t) { return s[at] * 1.2; }, 800,
              1},
        Event{"ASmallShiftThatLasts", noisy,
              [](const Series& s, std::size_t at, std::size_t) { return s[at] + 2.5; }, 800, 72},
        Event{"AMissingPeak", with_peaks,
              [](const Series& s, std::size_t at, std::size_t) { return s[at] / 4; }, 24 * 35 + 11, 4},
        Event{"APeakAtNight", with_peaks,
              [](const Series& s, std::size_t at, std::size_t) { return s[at] * 4; }, 24 * 35 + 1, 4},
        Event{"AFlatLineInNoise", noisy,
              [](const Series& s, std::size_t, std::size_t from) { return s[from - 1]; }, 800, 24},
        Event{"AFlatLineInPeaks", with_peaks,
              [](const Series& s, std::size_t, std::size_t from) { return s[from - 1]; }, 24 * 35, 24}),
    [](const auto& event) { return std::string(event.param.name); });

TEST(AnomalyTest, RestoredInTheMiddleItGoesOnToTheByte) {
  Series series = with_peaks(7, 700);
  series[300] = 900;
  series[500] = -40;
  for (const std::size_t cut : {0u, 1u, 30u, 60u, 301u, 640u}) {
    AnomalyDetector whole;
    std::optional<AnomalyDetector> restored;
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (i == cut) {
        restored = detector_of(bytes_of(whole));
        ASSERT_TRUE(restored);
        EXPECT_EQ(*restored, whole);
      }
      const double score = whole.add(kStart + hours(i), series[i]);
      if (restored) {
        EXPECT_EQ(restored->add(kStart + hours(i), series[i]), score) << i;
      }
    }
    EXPECT_EQ(bytes_of(*restored), bytes_of(whole)) << cut;
  }
}

TEST(AnomalyTest, AConstantSeriesIsNeverStrange) {
  for (const double value : {0.0, 1.0, -3.7, 1e9 + 0.1, 1e-12, 1e140}) {
    for (const double score : scores_of(Series(2000, value))) EXPECT_EQ(score, 0) << value;
  }
}

TEST(AnomalyTest, AChangeOfAConstantSeriesIsStrange) {
  Series series(500, 20);
  series[400] = 20.001;
  EXPECT_GE(scores_of(series)[400], AnomalyDetector::kAlarm);
}

TEST(AnomalyTest, NothingIsSaidBeforeTheWarmUp) {
  Series series = noisy(3, 200);
  series[30] = 1e6;
  const std::vector<double> scores = scores_of(series);
  EXPECT_EQ(highest(scores, 0, AnomalyDetector::kWarmUp), 0);
}

TEST(AnomalyTest, MissingValuesAreSkipped) {
  const Series series = with_peaks(5, 600);
  AnomalyDetector without;
  AnomalyDetector with;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double score = without.add(kStart + hours(i), series[i]);
    EXPECT_EQ(with.add(kStart + hours(i), i % 2 == 0 ? kNone : -kInfinite), 0);
    EXPECT_EQ(with.add(kStart + hours(i), series[i]), score);
  }
  EXPECT_EQ(with, without);
}

// The time of day comes from the clock, not from counting.
TEST(AnomalyTest, APeakAfterAGapIsExpected) {
  int strange = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Series series = with_peaks(seed, 24 * 40);
    AnomalyDetector detector;
    double most = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
      const bool gap = i >= 24 * 30 + 5 && i < 24 * 31 + 9;
      if (gap) continue;
      const double score = detector.add(kStart + hours(i), series[i]);
      if (i >= 24 * 31 + 9 && i < 24 * 32) most = std::max(most, score);
    }
    if (most >= AnomalyDetector::kAlarm) ++strange;
  }
  EXPECT_LE(strange, kSeeds / 4);
}

// Powers of two change no digit, so that the scores are equal and not just near.
TEST(AnomalyTest, ScaleAndSignDoNotMatter) {
  Series series = with_peaks(11, 800);
  series[500] = 400;
  const std::vector<double> scores = scores_of(series);
  for (const double factor : {0x1p-40, 0x1p30, -1.0, -0x1p5}) {
    Series scaled = series;
    for (double& value : scaled) value *= factor;
    EXPECT_EQ(scores_of(scaled), scores) << factor;
  }
}

TEST(AnomalyTest, TheZeroDoesNotMatter) {
  std::mt19937_64 random(13);
  Series series;
  for (int i = 0; i < 800; ++i) series.push_back(static_cast<double>(random() % 64) + (i == 500 ? 500 : 0));
  const std::vector<double> scores = scores_of(series);
  EXPECT_GE(scores[500], AnomalyDetector::kAlarm);
  for (const double shift : {-40.0, 1000.0, 65536.0}) {
    Series shifted = series;
    for (double& value : shifted) value += shift;
    const std::vector<double> again = scores_of(shifted);
    for (std::size_t i = 0; i < scores.size(); ++i)
      EXPECT_NEAR(again[i], scores[i], 1e-6) << shift << " " << i;
  }
}

TEST(AnomalyTest, AfterAnAlarmItRestsUnlessWhatComesIsStrangerStill) {
  Series series = noisy(17, 800);
  series[600] = 56;
  series[605] = 56;
  series[610] = 75;
  const std::vector<double> scores = scores_of(series);
  EXPECT_GE(scores[600], AnomalyDetector::kAlarm);
  EXPECT_EQ(scores[605], 0);
  EXPECT_GT(scores[610], scores[600]);
}

// As the header says: about n^(1 - kAlarm / kRecord) times.
TEST(AnomalyTest, ChanceCallsMoreRarelyTheLongerTheSeries) {
  for (const std::size_t length : {1'000u, 10'000u, 100'000u}) {
    const std::vector<double> scores = scores_of(noisy(19, length));
    const auto calls = std::count_if(scores.begin(), scores.end(),
                                     [](double score) { return score >= AnomalyDetector::kAlarm; });
    EXPECT_LE(static_cast<double>(calls),
              1.5 * std::pow(length, 1 - AnomalyDetector::kAlarm / AnomalyDetector::kRecord))
        << length;
  }
}

TEST(AnomalyTest, ScoresLieBetweenZeroAndOneWhateverComes) {
  std::mt19937_64 random(23);
  AnomalyDetector detector;
  Timestamp at = kStart;
  for (int i = 0; i < 20'000; ++i) {
    at += Duration(static_cast<std::int64_t>(random() % 7'200'000) - 1'800'000);
    const double size = std::pow(10.0, noise(random) * static_cast<double>(random() % 150));
    const double score = detector.add(at, noise(random) * size);
    ASSERT_GE(score, 0);
    ASSERT_LE(score, 1);
  }
  for (const Timestamp extreme : {Timestamp::max(), Timestamp::min(), kStart}) {
    const double score = detector.add(extreme, 1);
    EXPECT_GE(score, 0);
    EXPECT_LE(score, 1);
  }
  EXPECT_TRUE(detector_of(bytes_of(detector)));
}

TEST(AnomalyTest, ItsBytesAreFew) {
  AnomalyDetector detector;
  for (int i = 0; i < 20'000; ++i) {
    std::mt19937_64 random(static_cast<std::uint64_t>(i));
    detector.add(kStart + std::chrono::minutes(i), noise(random));
  }
  EXPECT_LT(bytes_of(detector).size(), 8192u);
}

TEST(AnomalyTest, DamagedBytesAreRefusedOrHarmless) {
  const Series series = with_peaks(29, 400);
  AnomalyDetector detector;
  for (std::size_t i = 0; i < series.size(); ++i) detector.add(kStart + hours(i), series[i]);
  const std::string bytes = bytes_of(detector);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(detector_of(bytes.substr(0, length))) << length;
  std::mt19937_64 random(31);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    for (std::uint64_t k = 0; k <= random() % 3; ++k)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    std::optional<AnomalyDetector> loaded = detector_of(damaged);
    if (!loaded) continue;
    for (int k = 0; k < 3; ++k) {
      const double score = loaded->add(kStart + hours(400 + k), series[static_cast<std::size_t>(k)]);
      ASSERT_GE(score, 0);
      ASSERT_LE(score, 1);
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
