#include "daemon/poll_schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);
constexpr Timestamp kNever = kStart + std::chrono::days(1000);
const TryFailure kMayPass{.may_pass = true, .retry_after = {}};
const TryFailure kWillNotPass{};

PollPolicy every(Duration interval, double jitter = 0) {
  PollPolicy policy;
  policy.every = interval;
  policy.jitter = jitter;
  return policy;
}

// A poll that fails at once and for good.
void fail(PollSchedule& schedule) {
  const Timestamp now = schedule.next_poll();
  schedule.begin(now);
  schedule.failed(now);
}

TEST(PollScheduleTest, TheFirstPollIsSoonAndNotAlwaysAtTheSameMoment) {
  std::vector<Duration> waits;
  for (const char* name : {"a", "b", "c", "d"}) {
    const PollSchedule schedule(every(15min), seed_of(name), kStart);
    waits.push_back(schedule.next_poll() - kStart);
    EXPECT_GE(waits.back(), 0s);
    EXPECT_LT(waits.back(), 2s);
  }
  EXPECT_NE(waits[0], waits[1]);
  EXPECT_NE(waits[2], waits[3]);
  EXPECT_LT(PollSchedule(every(100ms), seed_of("fast"), kStart).next_poll() - kStart, 100ms);
}

TEST(PollScheduleTest, EqualSeedsGiveEqualTimes) {
  PollSchedule one(every(1min, 0.1), 7, kStart), other(every(1min, 0.1), 7, kStart);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(one.next_poll(), other.next_poll());
    const Timestamp now = one.next_poll();
    for (PollSchedule* schedule : {&one, &other}) {
      schedule->begin(now);
      schedule->succeeded(now + 1s);
    }
  }
}

TEST(PollScheduleTest, PollsLieOnAGridWithJitterAfterIt) {
  PollSchedule schedule(every(1min, 0.1), 3, kStart);
  bool differ = false;
  for (int i = 1; i < 40; ++i) {
    const Timestamp now = schedule.next_poll();
    schedule.begin(now);
    schedule.succeeded(now + 3s);
    const Timestamp grid = kStart + i * 1min;
    EXPECT_GE(schedule.next_poll(), grid);
    EXPECT_LT(schedule.next_poll(), grid + 6s);
    differ = differ || schedule.next_poll() != grid;
  }
  EXPECT_TRUE(differ);
}

TEST(PollScheduleTest, PollsThatASlowOneHasOverrunAreLeftOut) {
  PollSchedule schedule(every(1min), 1, kStart);
  schedule.begin(schedule.next_poll());
  schedule.succeeded(kStart + 3min + 20s);
  EXPECT_EQ(schedule.next_poll(), kStart + 4min);
}

TEST(PollScheduleTest, RetriesBackOffAndGiveUpAfterTheMostAllowed) {
  PollPolicy policy = every(15min);
  policy.most_retries = 3;
  PollSchedule schedule(policy, 1, kStart);
  schedule.begin(kStart);
  Timestamp now = kStart;
  for (const Duration longest : {1000ms, 2000ms, 4000ms}) {
    const auto again = schedule.retry(now, kMayPass, kNever);
    ASSERT_TRUE(again);
    EXPECT_GE(*again - now, longest / 2);
    EXPECT_LE(*again - now, longest);
    now = *again;
  }
  EXPECT_EQ(schedule.tries(), 4);
  EXPECT_FALSE(schedule.retry(now, kMayPass, kNever));
}

TEST(PollScheduleTest, BackOffDoesNotGrowBeyondItsLongest) {
  PollPolicy policy = every(15min);
  policy.most_retries = 100;
  policy.longest_backoff = 5s;
  PollSchedule schedule(policy, 1, kStart);
  schedule.begin(kStart);
  for (int i = 0; i < 100; ++i) {
    const auto again = schedule.retry(kStart, kMayPass, kNever);
    ASSERT_TRUE(again);
    EXPECT_LE(*again - kStart, 5s);
  }
}

TEST(PollScheduleTest, WhatTryingAgainCannotHelpIsNotTriedAgain) {
  PollSchedule schedule(every(15min), 1, kStart);
  schedule.begin(kStart);
  EXPECT_FALSE(schedule.retry(kStart, kWillNotPass, kNever));
}

TEST(PollScheduleTest, ARetryIsNeverEarlierThanTheServerAllowed) {
  PollSchedule schedule(every(15min), 1, kStart);
  schedule.begin(kStart);
  const auto again = schedule.retry(kStart, {.may_pass = true, .retry_after = 40s}, kNever);
  ASSERT_TRUE(again);
  EXPECT_GE(*again, kStart + 40s);
}

TEST(PollScheduleTest, NeitherARetryNorTheNextPollComesBeforeAWaitBeyondTheDeadline) {
  PollSchedule schedule(every(15min), 1, kStart);
  schedule.begin(kStart);
  EXPECT_FALSE(schedule.retry(kStart, {.may_pass = true, .retry_after = 1h}, kStart + 2min));
  schedule.failed(kStart);
  EXPECT_EQ(schedule.next_poll(), kStart + 1h);
}

TEST(PollScheduleTest, AProbeThatIsToldToWaitPostponesTheNextOne) {
  PollSchedule schedule(every(1min), 1, kStart);
  for (int i = 0; i < 6; ++i) fail(schedule);
  const Timestamp now = schedule.next_poll();
  schedule.begin(now);
  ASSERT_EQ(schedule.breaker(), BreakerState::half_open);
  EXPECT_FALSE(schedule.retry(now, {.may_pass = true, .retry_after = 3h}, now + 2min));
  schedule.failed(now);
  EXPECT_EQ(schedule.next_poll(), now + 3h);
}

TEST(PollScheduleTest, AfterAWaitPollsLieOnTheirGridAgain) {
  PollSchedule schedule(every(15min), 1, kStart);
  schedule.begin(kStart);
  EXPECT_FALSE(schedule.retry(kStart, {.may_pass = true, .retry_after = 50min}, kStart + 2min));
  schedule.failed(kStart);
  ASSERT_EQ(schedule.next_poll(), kStart + 50min);
  schedule.begin(kStart + 50min);
  schedule.succeeded(kStart + 50min);
  EXPECT_EQ(schedule.next_poll(), kStart + 60min);
}

TEST(PollScheduleTest, AWaitOfYearsIsNotBelieved) {
  PollSchedule schedule(every(15min), 1, kStart);
  schedule.begin(kStart);
  EXPECT_FALSE(
      schedule.retry(kStart, {.may_pass = true, .retry_after = std::chrono::days(4000)}, kStart + 2min));
  schedule.failed(kStart);
  EXPECT_LE(schedule.next_poll(), kStart + 24h);
}

TEST(PollScheduleTest, TheBreakerOpensAfterFiveFailuresAndProbesRarelyAndMoreRarely) {
  PollSchedule schedule(every(1min), 1, kStart);
  for (int i = 0; i < 4; ++i) fail(schedule);
  EXPECT_EQ(schedule.breaker(), BreakerState::closed);
  fail(schedule);
  EXPECT_EQ(schedule.breaker(), BreakerState::open);
  EXPECT_EQ(schedule.failures_in_row(), 5);
  std::vector<Duration> waits;
  for (int i = 0; i < 6; ++i) {
    const Timestamp now = schedule.next_poll();
    schedule.begin(now);
    EXPECT_EQ(schedule.breaker(), BreakerState::half_open);
    EXPECT_FALSE(schedule.retry(now, kMayPass, kNever)) << "a probe is one try";
    schedule.failed(now);
    EXPECT_EQ(schedule.breaker(), BreakerState::open);
    waits.push_back(schedule.next_poll() - now);
  }
  EXPECT_EQ(waits, (std::vector<Duration>{4min, 8min, 10min, 10min, 10min, 10min}));
}

TEST(PollScheduleTest, ProbesAreAtMostAnHourApartButNeverCloserThanTheInterval) {
  PollSchedule often(every(30min), 1, kStart), rarely(every(6h), 1, kStart);
  for (int i = 0; i < 12; ++i) {
    fail(often);
    fail(rarely);
  }
  const Timestamp now = often.next_poll();
  often.begin(now);
  often.failed(now);
  EXPECT_EQ(often.next_poll() - now, 1h);
  const Timestamp later = rarely.next_poll();
  rarely.begin(later);
  rarely.failed(later);
  EXPECT_EQ(rarely.next_poll() - later, 6h);
}

TEST(PollScheduleTest, AProbeThatSucceedsClosesTheBreaker) {
  PollSchedule schedule(every(1min), 1, kStart);
  for (int i = 0; i < 7; ++i) fail(schedule);
  const Timestamp now = schedule.next_poll();
  schedule.begin(now);
  schedule.succeeded(now);
  EXPECT_EQ(schedule.breaker(), BreakerState::closed);
  EXPECT_EQ(schedule.failures_in_row(), 0);
  EXPECT_LE(schedule.next_poll() - now, 1min);
}

}  // namespace
}  // namespace tightrope::daemon
