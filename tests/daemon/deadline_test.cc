#include "daemon/deadline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using tightrope::testing::ManualClock;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

asio::awaitable<std::string> answer_after(Clock& clock, Duration time) {
  co_await clock.sleep_until(clock.now() + time);
  co_return "an answer that is too long for a small string";
}

asio::awaitable<std::string> refuse_after(Clock& clock, Duration time) {
  co_await clock.sleep_until(clock.now() + time);
  throw std::runtime_error("refused");
}

asio::awaitable<void> note_after(Clock& clock, Duration time, std::string& note) {
  try {
    co_await clock.sleep_until(clock.now() + time);
    note = "done";
  } catch (const boost::system::system_error&) {
    note = "cancelled";
    throw;
  }
}

// What came of it, as text.
struct Outcome {
  std::string text = "running";
};

std::string describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const DeadlinePassed&) {
    return "deadline passed";
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted ? "aborted" : error.what();
  } catch (const std::exception& error) {
    return error.what();
  }
}

struct DeadlineTest : ::testing::Test {
  std::shared_ptr<Outcome> start(asio::awaitable<std::string> work, Timestamp deadline,
                                 asio::cancellation_slot slot = {}) {
    auto outcome = std::make_shared<Outcome>();
    asio::co_spawn(
        io, with_deadline(clock, deadline, std::move(work)),
        asio::bind_cancellation_slot(slot, [outcome](std::exception_ptr failure, std::string value) {
          outcome->text = failure ? describe(failure) : value;
        }));
    io.poll();
    return outcome;
  }

  asio::io_context io;
  ManualClock clock{kStart};
};

TEST_F(DeadlineTest, WorkInTimeGivesItsValue) {
  const auto outcome = start(answer_after(clock, 1min), kStart + 2min);
  clock.advance(1min);
  io.poll();
  EXPECT_EQ(outcome->text, "an answer that is too long for a small string");
  EXPECT_EQ(clock.sleepers(), 0u);
}

TEST_F(DeadlineTest, LateWorkIsCancelled) {
  const auto outcome = start(answer_after(clock, 1h), kStart + 2min);
  clock.advance(2min - 1ms);
  io.poll();
  EXPECT_EQ(outcome->text, "running");
  clock.advance(1ms);
  io.poll();
  EXPECT_EQ(outcome->text, "deadline passed");
  EXPECT_EQ(clock.sleepers(), 0u);
}

TEST_F(DeadlineTest, AFailureIsToldAtOnceAndAsItself) {
  const auto outcome = start(refuse_after(clock, 1s), kStart + 1h);
  clock.advance(1s);
  io.poll();
  EXPECT_EQ(outcome->text, "refused");
  EXPECT_EQ(clock.sleepers(), 0u);
}

TEST_F(DeadlineTest, ADeadlineInThePastEndsTheWork) {
  const auto outcome = start(answer_after(clock, 1h), kStart - 1s);
  EXPECT_EQ(outcome->text, "deadline passed");
}

TEST_F(DeadlineTest, CancelledFromOutsideBothEnd) {
  asio::cancellation_signal signal;
  const auto outcome = start(answer_after(clock, 1h), kStart + 2h, signal.slot());
  EXPECT_EQ(clock.sleepers(), 2u);
  signal.emit(asio::cancellation_type::terminal);
  io.poll();
  EXPECT_EQ(outcome->text, "aborted");
  EXPECT_EQ(clock.sleepers(), 0u);
}

asio::awaitable<std::string> cancel_itself(asio::cancellation_signal& signal) {
  signal.emit(asio::cancellation_type::terminal);
  co_return "finished all the same";
}

TEST_F(DeadlineTest, WorkThatCancelsItselfAtOnceStillEnds) {
  asio::cancellation_signal signal;
  const auto outcome = start(cancel_itself(signal), kStart + 1h, signal.slot());
  EXPECT_EQ(outcome->text, "finished all the same");
  EXPECT_EQ(clock.sleepers(), 0u);
}

TEST_F(DeadlineTest, WorkWithoutAValueEndsBothWays) {
  std::string in_time;
  std::string late;
  Outcome first;
  Outcome second;
  asio::co_spawn(
      io, with_deadline(clock, kStart + 1h, note_after(clock, 1min, in_time)),
      [&](std::exception_ptr failure) { first.text = failure ? describe(failure) : "no failure"; });
  asio::co_spawn(
      io, with_deadline(clock, kStart + 1min, note_after(clock, 1h, late)),
      [&](std::exception_ptr failure) { second.text = failure ? describe(failure) : "no failure"; });
  io.poll();
  clock.advance(1min);
  io.poll();
  EXPECT_EQ(first.text, "no failure");
  EXPECT_EQ(in_time, "done");
  EXPECT_EQ(second.text, "deadline passed");
  EXPECT_EQ(late, "cancelled");
}

}  // namespace
}  // namespace tightrope::daemon
