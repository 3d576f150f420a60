#include "daemon/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <random>
#include <vector>

#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 8h};

// How a sleep ended.
struct Outcome {
  bool ended = false;
  std::exception_ptr failure;
  bool woke() const { return ended && !failure; }
  bool aborted() const {
    if (!failure) return false;
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      return error.code() == asio::error::operation_aborted;
    } catch (...) {
      return false;
    }
  }
};

std::shared_ptr<Outcome> start_sleep(asio::io_context& io, Clock& clock, Timestamp deadline,
                                     asio::cancellation_slot slot = {}) {
  auto outcome = std::make_shared<Outcome>();
  asio::co_spawn(io, clock.sleep_until(deadline),
                 asio::bind_cancellation_slot(slot, [outcome](std::exception_ptr failure) {
                   outcome->ended = true;
                   outcome->failure = failure;
                 }));
  return outcome;
}

TEST(ManualClockTest, StandsStillUntilItIsAdvanced) {
  ManualClock clock(kStart);
  EXPECT_EQ(clock.now(), kStart);
  clock.advance(90s);
  EXPECT_EQ(clock.now(), kStart + 90s);
}

TEST(ManualClockTest, WakesOnlyWhatIsDue) {
  asio::io_context io;
  ManualClock clock(kStart);
  const auto early = start_sleep(io, clock, kStart + 1min);
  const auto late = start_sleep(io, clock, kStart + 2min);
  io.poll();
  EXPECT_EQ(clock.sleepers(), 2u);
  EXPECT_EQ(clock.next_deadline(), kStart + 1min);
  clock.advance(1min - 1ms);
  io.poll();
  EXPECT_FALSE(early->ended);
  clock.advance(1ms);
  io.poll();
  EXPECT_TRUE(early->woke());
  EXPECT_FALSE(late->ended);
  EXPECT_EQ(clock.next_deadline(), kStart + 2min);
  clock.advance(1min);
  io.poll();
  EXPECT_TRUE(late->woke());
  EXPECT_EQ(clock.sleepers(), 0u);
  EXPECT_EQ(clock.next_deadline(), std::nullopt);
}

TEST(ManualClockTest, ASleepToThePastReturnsAtOnce) {
  asio::io_context io;
  ManualClock clock(kStart);
  const auto outcome = start_sleep(io, clock, kStart);
  io.poll();
  EXPECT_TRUE(outcome->woke());
}

TEST(ManualClockTest, ACancelledSleepThrows) {
  asio::io_context io;
  ManualClock clock(kStart);
  asio::cancellation_signal signal;
  const auto outcome = start_sleep(io, clock, kStart + 1h, signal.slot());
  io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_TRUE(outcome->aborted());
  EXPECT_EQ(clock.sleepers(), 0u);
}

TEST(ManualClockTest, SetBackItWakesNobody) {
  asio::io_context io;
  ManualClock clock(kStart);
  const auto outcome = start_sleep(io, clock, kStart + 1min);
  io.poll();
  clock.set(kStart - 1h);
  io.poll();
  EXPECT_FALSE(outcome->ended);
  clock.set(kStart + 1min);
  io.poll();
  EXPECT_TRUE(outcome->woke());
}

TEST(SystemClockTest, RunsWithTheSystemsTime) {
  asio::io_context io;
  const auto clock = make_system_clock(io.get_executor());
  const Timestamp before = system_time();
  const Timestamp read = clock->now();
  const Timestamp after = system_time();
  EXPECT_LE(before, read);
  EXPECT_LE(read, after);
}

TEST(SystemClockTest, DoesNotWakeBeforeTheDeadline) {
  asio::io_context io;
  const auto clock = make_system_clock(io.get_executor());
  const Timestamp deadline = clock->now() + 30ms;
  const auto outcome = start_sleep(io, *clock, deadline);
  io.run();
  EXPECT_TRUE(outcome->woke());
  EXPECT_GE(clock->now(), deadline);
}

TEST(SystemClockTest, AnExecutorEndsWhenNobodySleepsAnyMore) {
  asio::io_context io;
  const auto clock = make_system_clock(io.get_executor());
  asio::cancellation_signal signal;
  const auto outcome = start_sleep(io, *clock, Timestamp::max(), signal.slot());
  io.poll();
  EXPECT_FALSE(outcome->ended);
  signal.emit(asio::cancellation_type::terminal);
  io.run();  // would go on for ever if the watchdog did
  EXPECT_TRUE(outcome->aborted());
}

TEST(SystemClockTest, AClockThatIsSetAheadWakesTheSleeper) {
  asio::io_context io;
  auto ahead = std::make_shared<Duration>(0);
  const auto clock = make_system_clock(io.get_executor(), [ahead] { return system_time() + *ahead; });
  const auto outcome = start_sleep(io, *clock, clock->now() + 10h);
  io.poll();
  *ahead = 11h;
  io.run();  // would take ten hours if the jump were not noticed
  EXPECT_TRUE(outcome->woke());
}

TEST(SystemClockTest, AClockThatIsSetBackDoesNotWakeTheSleeperEarly) {
  asio::io_context io;
  auto ahead = std::make_shared<Duration>(0);
  const auto clock = make_system_clock(io.get_executor(), [ahead] { return system_time() + *ahead; });
  const Timestamp deadline = clock->now() + 20ms;
  const auto outcome = start_sleep(io, *clock, deadline);
  io.poll();
  *ahead = -40ms;
  io.run();
  EXPECT_TRUE(outcome->woke());
  EXPECT_GE(clock->now(), deadline);
}

TEST(SystemClockTest, AClockThatIsSetBackKeepsNobodyWaitingForTheOldTime) {
  asio::io_context io;
  auto ahead = std::make_shared<Duration>(0);
  const auto clock = make_system_clock(io.get_executor(), [ahead] { return system_time() + *ahead; });
  const Timestamp before = clock->now();
  const auto outcome = start_sleep(io, *clock, before + 50ms);
  io.poll();
  *ahead = -10h;
  EXPECT_GE(clock->now(), before);
  EXPECT_GT(clock->ahead(), 9h);
  io.run();  // would take ten hours if time stood still meanwhile
  EXPECT_TRUE(outcome->woke());
}

TEST(SystemClockTest, ATimeThatWasGivenBeforeIsGoneOnFrom) {
  asio::io_context io;
  const auto clock = make_system_clock(io.get_executor());
  EXPECT_EQ(clock->ahead(), 0ms);
  const Timestamp stamped = clock->now() + 1h;
  clock->not_before(stamped);
  EXPECT_GE(clock->now(), stamped);
  EXPECT_GT(clock->ahead(), 59min);
  clock->not_before(stamped - 2h);
  EXPECT_GE(clock->now(), stamped);
}

TEST(ForwardTimeTest, FollowsTheWallClock) {
  ForwardTime time;
  const ForwardTime::Steady steady{};
  EXPECT_EQ(time.at(kStart, steady), kStart);
  EXPECT_EQ(time.at(kStart + 1s, steady + 1s), kStart + 1s);
  EXPECT_EQ(time.at(kStart + 5h, steady + 2s), kStart + 5h);
}

TEST(ForwardTimeTest, SetBackItGoesOnAtHalfTheSpeedUntilTheWallClockHasCaughtUp) {
  ForwardTime time;
  const ForwardTime::Steady steady{};
  ASSERT_EQ(time.at(kStart, steady), kStart);
  const Timestamp set_back = kStart - 1h;
  EXPECT_EQ(time.at(set_back, steady), kStart);
  EXPECT_EQ(time.at(set_back + 1h, steady + 1h), kStart + 30min);
  EXPECT_EQ(time.at(set_back + 2h, steady + 2h), kStart + 1h);
  EXPECT_EQ(time.at(set_back + 3h, steady + 3h), kStart + 2h);
}

TEST(ForwardTimeTest, NeverGoesBackWhateverTheClockIsSetTo) {
  std::mt19937_64 random(7);
  const auto draw = [&random](Duration most) {
    return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random));
  };
  ForwardTime time;
  ForwardTime::Steady steady{};
  Timestamp wall = kStart;
  Timestamp newest = time.at(wall, steady);
  for (int i = 0; i < 10'000; ++i) {
    const Duration passed = draw(5s);
    steady += passed;
    wall += passed;
    if (i % 10 == 0) wall += draw(2min) - draw(2min);
    const Timestamp now = time.at(wall, steady);
    ASSERT_GE(now, newest);
    ASSERT_GE(now, wall);
    ASSERT_GE(now - newest, now == wall ? 0ms : passed / 2 - 1ms) << "it stands still";
    newest = now;
  }
}

TEST(SystemClockTest, TenThousandSleepersAllWake) {
  asio::io_context io;
  const auto clock = make_system_clock(io.get_executor());
  const Timestamp now = clock->now();
  std::vector<std::shared_ptr<Outcome>> outcomes;
  for (int i = 0; i < 10'000; ++i) outcomes.push_back(start_sleep(io, *clock, now + Duration(i % 50)));
  io.run();
  for (const auto& outcome : outcomes) ASSERT_TRUE(outcome->woke());
}

TEST(SystemClockTest, SleepersMayBeDestroyedAfterTheClock) {
  asio::io_context io;
  auto clock = make_system_clock(io.get_executor());
  const auto outcome = start_sleep(io, *clock, clock->now() + 10h);
  io.poll();
  clock.reset();
  EXPECT_FALSE(outcome->ended);  // and the context destroys the frame
}

TEST(JumpDetectorTest, AClockThatRunsHasNotJumped) {
  JumpDetector detector;
  const JumpDetector::Steady steady{};
  EXPECT_FALSE(detector.jumped(kStart, steady));
  EXPECT_FALSE(detector.jumped(kStart + 1s, steady + 1s));
  EXPECT_FALSE(detector.jumped(kStart + 1h, steady + 1h + 50ms));
}

TEST(JumpDetectorTest, AJumpIsToldOnce) {
  JumpDetector detector;
  const JumpDetector::Steady steady{};
  EXPECT_FALSE(detector.jumped(kStart, steady));
  EXPECT_TRUE(detector.jumped(kStart + 1h, steady + 1s));
  EXPECT_FALSE(detector.jumped(kStart + 1h + 1s, steady + 2s));
}

TEST(JumpDetectorTest, AJumpBackIsTold) {
  JumpDetector detector;
  const JumpDetector::Steady steady{};
  EXPECT_FALSE(detector.jumped(kStart, steady));
  EXPECT_TRUE(detector.jumped(kStart - 1h, steady + 1s));
}

TEST(JumpDetectorTest, SmallDriftsAddUp) {
  JumpDetector detector;
  JumpDetector::Steady steady{};
  Timestamp wall = kStart;
  EXPECT_FALSE(detector.jumped(wall, steady));
  int told = 0;
  for (int i = 0; i < 60; ++i) told += detector.jumped(wall += 1001ms, steady += 1s) ? 1 : 0;
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace tightrope::daemon
