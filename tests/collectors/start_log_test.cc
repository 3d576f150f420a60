#include "collectors/start_log.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
using rules::Duration;
using rules::Timestamp;

constexpr Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);

// The definition, word by word: when one more may begin, with all starts at hand.
Timestamp earliest_by_all(const std::vector<Timestamp>& starts, const StartLog::Rates& rates,
                          Timestamp from) {
  Timestamp at = from;
  for (const auto& rate : rates) {
    const auto n = static_cast<std::size_t>(rate.requests);
    if (starts.size() >= n) at = std::max(at, starts[starts.size() - n] + rate.in);
  }
  return at;
}

// The most that began within a time, over all times.
int most_within(const std::vector<Timestamp>& starts, Duration time) {
  int most = 0;
  for (std::size_t first = 0, i = 0; i < starts.size(); ++i) {
    while (starts[i] - starts[first] >= time) ++first;
    most = std::max(most, static_cast<int>(i - first + 1));
  }
  return most;
}

TEST(StartLogTest, WhereNothingBeganAnythingMay) {
  EXPECT_EQ(StartLog().earliest({{.requests = 1, .in = 1h}}, kStart), kStart);
  StartLog log;
  log.add(kStart);
  EXPECT_EQ(log.earliest({}, kStart), kStart);
}

TEST(StartLogTest, AStartCountsUntilItsTimeIsOver) {
  StartLog log;
  log.add(kStart);
  log.add(kStart + 4s);
  EXPECT_EQ(log.earliest({{.requests = 2, .in = 10s}}, kStart + 5s), kStart + 10s);
  EXPECT_EQ(log.earliest({{.requests = 1, .in = 10s}}, kStart + 5s), kStart + 14s);
  EXPECT_EQ(log.earliest({{.requests = 3, .in = 10s}}, kStart + 5s), kStart + 5s);
  EXPECT_EQ(log.earliest({{.requests = 1, .in = 10s}}, kStart + 14s), kStart + 14s);
  EXPECT_EQ(log.earliest({{.requests = 3, .in = 10s}, {.requests = 2, .in = 1min}}, kStart + 5s),
            kStart + 1min);
}

TEST(StartLogTest, AFewStartsAreKnownExactly) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    StartLog log;
    std::vector<Timestamp> starts;
    Timestamp now = kStart;
    for (int i = 0; i < 300; ++i) {
      now += Duration(random() % 3 == 0 ? 0 : random() % 5'000);
      const StartLog::Rates rates{
          {.requests = static_cast<int>(1 + random() % 20), .in = Duration(random() % 60'000)},
          {.requests = static_cast<int>(1 + random() % 90), .in = Duration(random() % 900'000)}};
      ASSERT_EQ(log.earliest(rates, now), earliest_by_all(starts, rates, now)) << round << ' ' << i;
      log.add(now);
      starts.push_back(now);
    }
  }
}

TEST(StartLogTest, ADaysLimitIsKeptWithLittleMemoryAndNotMuchLonger) {
  const StartLog::Rates rates{{.requests = 15'000, .in = 24h}, {.requests = 10, .in = 1s}};
  std::mt19937_64 random(11);
  StartLog log;
  std::vector<Timestamp> starts;
  Timestamp now = kStart;
  Duration longest{0};
  while (now < kStart + 3 * 24h) {
    now += Duration(random() % 1'000 == 0 ? random() % 3'600'000 : random() % 2'000);
    const Timestamp exact = earliest_by_all(starts, rates, now);
    const Timestamp at = log.earliest(rates, now);
    ASSERT_GE(at, exact);
    const StartLog::Rates of_a_second{rates[1]};
    ASSERT_LE(log.earliest(of_a_second, now) - earliest_by_all(starts, of_a_second, now), 16ms);
    longest = std::max(longest, at - exact);
    now = at;
    log.add(now);
    log.forget_before(now - 24h);
    starts.push_back(now);
    ASSERT_LE(log.groups(), 4'000u);
  }
  EXPECT_GT(starts.size(), 30'000u);
  EXPECT_LE(most_within(starts, 24h), 15'000);
  EXPECT_LE(most_within(starts, 1s), 10);
  EXPECT_LE(longest, Duration(24h) / 64);
}

TEST(StartLogTest, StartsMoveWithAClockThatIsSetBack) {
  StartLog log;
  log.add(kStart);
  log.shift_back(1h);
  EXPECT_EQ(log.earliest({{.requests = 1, .in = 2h}}, kStart - 1h), kStart + 1h);
}

}  // namespace
}  // namespace tightrope::collectors
