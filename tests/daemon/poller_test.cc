#include "daemon/poller.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/metrics.h"
#include "daemon/task_group.h"
#include "tests/support/join_within.h"
#include "tests/support/log_capture.h"
#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using collectors::Collected;
using collectors::CollectError;
using collectors::CollectRequest;
using collectors::CollectResult;
using collectors::FailureKind;
using testing::LogCapture;
using testing::ManualClock;

constexpr Timestamp kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h;

rules::Calendar utc() {
  return *rules::Calendar::open("UTC", std::chrono::Monday);
}

Collected figures_of(rules::Day day) {
  rules::BatchBuilder builder("ads", kNoon);
  rules::Entity entity;
  entity.set(0, "search");
  builder.add(builder.entity(entity), builder.metric("spend"), {.day = day}, rules::Amount::from_units(12));
  Collected collected;
  collected.batch = std::move(builder).take();
  collected.rows_read = 1;
  collected.newest = day;
  collected.complete = {day, day};
  return collected;
}

// Answers what it was told to, then succeeds.
class ScriptedCollector final : public collectors::Collector {
 public:
  struct Never {};
  struct Throws {};
  struct Partial {
    std::string why;
  };
  using Answer = std::variant<CollectError, Never, Throws, Partial>;

  ScriptedCollector(Clock& clock, std::deque<Answer>& answers,
                    std::vector<std::pair<Timestamp, CollectRequest>>& asked)
      : clock_(clock), answers_(answers), asked_(asked) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    asked_.emplace_back(clock_.now(), request);
    if (answers_.empty()) co_return figures_of(request.days.last);
    const Answer answer = answers_.front();
    answers_.pop_front();
    if (std::holds_alternative<Throws>(answer)) throw std::runtime_error("a mistake in the program");
    if (std::holds_alternative<Never>(answer)) {
      const Timestamp never = clock_.now() + std::chrono::days(1000);
      co_await clock_.sleep_until(never);
    }
    if (const auto* partial = std::get_if<Partial>(&answer)) {
      Collected collected = figures_of(request.days.last);
      collected.complete.reset();
      collected.partial = partial->why;
      co_return std::move(collected);
    }
    CollectResult failed = std::get<CollectError>(answer);
    co_return failed;
  }

 private:
  Clock& clock_;
  std::deque<Answer>& answers_;
  std::vector<std::pair<Timestamp, CollectRequest>>& asked_;
};

class PollerTest : public ::testing::Test {
 protected:
  PollerTest() {
    source_.name = "ads";
    source_.client = "acme";
    source_.connector = "csv";
    source_.every = 10min;
    source_.jitter = 0;
    source_.deadline = 2min;
    source_.lookback = std::chrono::days(3);
  }
  ~PollerTest() override {
    tasks_.cancel();
    EXPECT_TRUE(testing::join_within(io_, tasks_));
  }

  asio::awaitable<Taken<Accepted>> take(rules::ObservationBatch batch) {
    Taken<Accepted> taken = Accepted{
        .changed = static_cast<std::uint32_t>(batch.rows.size()), .restated = 0, .outside = outside_};
    if (!refusals_.empty()) {
      taken = refusals_.front();
      refusals_.pop_front();
    } else {
      batches_.push_back(std::move(batch));
    }
    co_return taken;
  }

  Poller& start() {
    PollerContext context{
        .clock = clock_,
        .slots = slots_,
        .metrics = metrics_,
        .hand_over = [this](rules::ObservationBatch batch, std::optional<rules::Coverage> coverage) {
          covered_.push_back(coverage);
          return take(std::move(batch));
        }};
    pollers_.push_back(std::make_unique<Poller>(
        source_, std::make_unique<ScriptedCollector>(clock_, answers_, asked_),
        collectors::Translation::between(source_, client_), std::move(context), first_status(source_)));
    tasks_.spawn(source_.name, pollers_.back()->run());
    io_.poll();
    return *pollers_.back();
  }

  // Time passes; everybody who sleeps wakes at his moment.
  void pass(Duration by) {
    const Timestamp until = clock_.now() + by;
    for (;;) {
      const auto next = clock_.next_deadline();
      if (!next || *next > until) break;
      clock_.set(std::max(*next, clock_.now()));
      io_.poll();
    }
    clock_.set(until);
    io_.poll();
  }

  std::vector<Duration> asked_at() const {
    std::vector<Duration> times;
    for (const auto& [at, request] : asked_) times.push_back(at - kNoon);
    return times;
  }

  asio::io_context io_;
  ManualClock clock_{kNoon};
  Metrics metrics_;
  Slots slots_{64};
  config::Source source_;
  rules::Strategy client_;  // in UTC and EUR
  std::deque<ScriptedCollector::Answer> answers_;
  std::deque<Refusal> refusals_;
  std::uint32_t outside_ = 0;  // of what is handed over
  std::vector<std::pair<Timestamp, CollectRequest>> asked_;
  std::vector<rules::ObservationBatch> batches_;
  std::vector<std::optional<rules::Coverage>> covered_;  // of what was handed over
  std::vector<std::unique_ptr<Poller>> pollers_;
  TaskGroup tasks_{io_.get_executor(),
                   [](const std::string& name, std::exception_ptr) { ADD_FAILURE() << name << " ended"; }};
};

TEST_F(PollerTest, PollsSoonAfterTheStartAndThenOncePerInterval) {
  Poller& poller = start();
  EXPECT_TRUE(asked_.empty());
  pass(2s);
  ASSERT_EQ(asked_.size(), 1u);
  pass(30min);
  ASSERT_EQ(asked_.size(), 4u);
  EXPECT_EQ(asked_[1].first, kNoon + 10min);
  EXPECT_EQ(asked_[3].first, kNoon + 30min);
  EXPECT_EQ(batches_.size(), 4u);
  EXPECT_EQ(poller.status().observations_total, 4u);
  EXPECT_EQ(poller.status().next_poll, kNoon + 40min);
}

TEST_F(PollerTest, AsksForTheLookbackDaysThatEndToday) {
  start();
  pass(2s);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(to_string(asked_[0].second.days.first), "2026-11-18");
  EXPECT_EQ(to_string(asked_[0].second.days.last), "2026-11-20");
  EXPECT_EQ(asked_[0].second.now, asked_[0].first);
}

TEST_F(PollerTest, HandsOverWhatTheAnswerCovers) {
  start();
  pass(2s);
  ASSERT_EQ(covered_.size(), 1u);
  ASSERT_TRUE(covered_[0]);
  EXPECT_TRUE(covered_[0]->contains({utc().day_of(kNoon)}));
  EXPECT_FALSE(covered_[0]->contains({utc().day_of(kNoon) - 1})) << "the collector did not say so";
}

TEST_F(PollerTest, AsksForDaysOfTheSourcesZoneAndHandsOverThoseOfTheClient) {
  source_.timezone = "Pacific/Auckland";  // 13 hours ahead: there it is the 21st
  source_.currency = "NZD";
  client_.metrics = {{"spend", rules::Unit::money, true}};
  Poller& poller = start();
  pass(2s);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(to_string(asked_[0].second.days.first), "2026-11-19");
  EXPECT_EQ(to_string(asked_[0].second.days.last), "2026-11-21");
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_EQ(batches_[0].metrics, std::vector<std::string>{"spend@NZD"});
  EXPECT_EQ(to_string(batches_[0].rows.at(0).bucket.day), "2026-11-21") << "a day keeps its date";
  EXPECT_EQ(to_string(*poller.status().newest_day), "2026-11-21");
  EXPECT_EQ(poller.status().newest_end, *rules::parse_timestamp("2026-11-21T11:00:00Z"));
}

TEST_F(PollerTest, ATemporaryFailureIsTriedAgainWithinThePollAndIsNotAFailedPoll) {
  LogCapture log(LogLevel::info);
  answers_ = {CollectError{FailureKind::temporary, "503", {}},
              CollectError{FailureKind::temporary, "503", {}}};
  Poller& poller = start();
  pass(10s);
  EXPECT_EQ(asked_.size(), 3u);
  EXPECT_EQ(batches_.size(), 1u);
  EXPECT_EQ(poller.status().failures_in_row, 0);
  EXPECT_EQ(poller.status().last_error, "");
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(PollerTest, AServersWaitIsHonouredEvenWhenItIsLongerThanTheInterval) {
  answers_ = {CollectError{FailureKind::throttled, "429", 25min}};
  start();
  pass(2s);
  ASSERT_EQ(asked_.size(), 1u);
  const Timestamp throttled = asked_[0].first;
  pass(60min);
  ASSERT_GE(asked_.size(), 2u);
  EXPECT_GE(asked_[1].first, throttled + 25min);
}

TEST_F(PollerTest, SaysByWhenAnAnswerIsWanted) {
  answers_ = {CollectError{FailureKind::temporary, "503", {}}};
  start();
  pass(10s);
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[0].second.deadline, asked_[0].first + 2min);
  EXPECT_EQ(asked_[1].second.deadline, asked_[0].second.deadline) << "one deadline for all tries of a poll";
}

TEST_F(PollerTest, RefusedCredentialsAreNotTriedAgainBeforeTheNextPoll) {
  LogCapture log(LogLevel::info);
  answers_ = {CollectError{FailureKind::unauthorized, "401 from ads.example", {}}};
  Poller& poller = start();
  pass(9min);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(poller.status().failures_in_row, 1);
  EXPECT_EQ(poller.status().last_error, "401 from ads.example");
  EXPECT_EQ(poller.status().last_error_reason, "unauthorized");
  EXPECT_FALSE(poller.status().last_success);
  pass(1min);
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_EQ(poller.status().failures_in_row, 0);
}

TEST_F(PollerTest, AnAnswerThatMayLackFiguresIsHandedOverAndToldOnce) {
  LogCapture log(LogLevel::info);
  const ScriptedCollector::Partial partial{"orders: remote store down"};
  answers_ = {partial, partial};
  start();
  pass(25min);
  EXPECT_EQ(batches_.size(), 3u);
  EXPECT_FALSE(covered_.at(0)) << "nothing is taken back";
  EXPECT_TRUE(covered_.at(2));
  const std::vector<std::string> lines = log.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("answers may lack figures, none are taken back"), std::string::npos);
  EXPECT_NE(lines[0].find("orders: remote store down"), std::string::npos);
  EXPECT_NE(lines[1].find("answers are whole again"), std::string::npos);
}

TEST_F(PollerTest, FiguresThatAreLeftOutAreToldOnceUntilNoneAre) {
  LogCapture log(LogLevel::info);
  outside_ = 2;
  start();
  pass(25min);
  EXPECT_EQ(log.lines().size(), 1u);
  EXPECT_TRUE(
      log.contains("level=warn component=poller msg=\"figures left out: they are older than what is kept"));
  EXPECT_TRUE(log.contains("source=ads figures=2 of="));
  outside_ = 0;
  pass(10min);
  outside_ = 1;
  pass(10min);
  EXPECT_EQ(log.lines().size(), 2u);
}

TEST_F(PollerTest, AFailureIsLoggedWhenItStartsWhenItChangesAndWhenItEnds) {
  LogCapture log(LogLevel::info);
  answers_ = {CollectError{FailureKind::rejected, "400 bad metric", {}},
              CollectError{FailureKind::rejected, "400 bad metric", {}},
              CollectError{FailureKind::unauthorized, "403", {}}};
  start();
  pass(45min);
  const std::vector<std::string> lines = log.lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0].find("poll failed"), std::string::npos);
  EXPECT_NE(lines[0].find("400 bad metric"), std::string::npos);
  EXPECT_NE(lines[1].find("403"), std::string::npos);
  EXPECT_EQ(lines[2], R"(level=info component=poller msg="poll succeeds again" source=ads)");
}

TEST_F(PollerTest, AnAnswerThatNeverComesIsCutOffAtTheDeadlineAndNamedATimeout) {
  answers_ = {ScriptedCollector::Never{}};
  Poller& poller = start();
  pass(2s);
  ASSERT_EQ(asked_.size(), 1u);
  pass(2min);
  EXPECT_EQ(poller.status().last_error_reason, "timeout");
  EXPECT_EQ(poller.status().last_error, "no complete answer within 120s");
  EXPECT_EQ(poller.status().last_duration, 2min);
  pass(10min);
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(PollerTest, AMistakeInACollectorFailsThePollAndNotThePoller) {
  answers_ = {ScriptedCollector::Throws{}};
  Poller& poller = start();
  pass(5min);
  EXPECT_EQ(poller.status().last_error_reason, "internal");
  pass(10min);
  EXPECT_EQ(batches_.size(), 1u);
}

TEST_F(PollerTest, FiguresThatCouldNotBeKeptAreReadAgain) {
  refusals_ = {Refusal{Refusal::Kind::not_durable, "the disk is full"}};
  Poller& poller = start();
  pass(10s);
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_EQ(batches_.size(), 1u);
  EXPECT_EQ(poller.status().failures_in_row, 0);
  EXPECT_EQ(to_string(*poller.status().newest_day), "2026-11-20");
}

TEST_F(PollerTest, ASourceThatKeepsFailingIsLeftAloneAndComesBack) {
  LogCapture log(LogLevel::info);
  for (int i = 0; i < 7; ++i) answers_.emplace_back(CollectError{FailureKind::rejected, "400", {}});
  Poller& poller = start();
  pass(45min);
  EXPECT_EQ(asked_.size(), 5u);
  EXPECT_EQ(poller.status().breaker, BreakerState::open);
  EXPECT_TRUE(log.contains("source left alone but for probes after 5 failed polls"));
  pass(5h);
  EXPECT_EQ(poller.status().breaker, BreakerState::closed);
  EXPECT_TRUE(log.contains("poll succeeds again"));
  const std::vector<Duration> times = asked_at();
  ASSERT_GE(times.size(), 8u);
  EXPECT_EQ(times[5] - times[4], 20min);
  EXPECT_EQ(times[6] - times[5], 40min);
  EXPECT_EQ(times[7] - times[6], 60min) << "probes are at most an hour apart";
}

TEST_F(PollerTest, MorePollsThanSlotsWaitForTheirTurn) {
  struct Slow {
    static asio::awaitable<void> hold(Slots& slots, Clock& clock, Duration for_so_long) {
      const Slots::Slot slot = co_await slots.take();
      const Timestamp until = clock.now() + for_so_long;
      co_await clock.sleep_until(until);
    }
  };
  for (std::size_t i = 0; i < 64; ++i) tasks_.spawn("holder", Slow::hold(slots_, clock_, 1min));
  io_.poll();
  EXPECT_EQ(slots_.free(), 0u);
  start();
  pass(30s);
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(slots_.waiting(), 1u);
  pass(30s);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(slots_.free(), 64u);
}

TEST_F(PollerTest, APollThatBacksOffKeepsNoSlot) {
  answers_ = {CollectError{FailureKind::throttled, "429", 60s}};
  start();
  pass(30s);
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(slots_.free(), 64u);
  pass(60s);
  EXPECT_EQ(batches_.size(), 1u);
}

rules::ObservationBatch batch_of(const std::vector<std::pair<rules::Bucket, rules::Amount>>& figures) {
  rules::BatchBuilder builder("ads", kNoon);
  const auto entity = builder.entity({});
  const auto spend = builder.metric("spend");
  for (const auto& [bucket, amount] : figures) builder.add(entity, spend, bucket, amount);
  return std::move(builder).take();
}

TEST(NewestEndTest, AWholeDayEndsAfterItsHoursAndMissingFiguresDoNotCount) {
  const rules::Day day = *rules::parse_day("2026-11-20");
  const rules::Amount one = rules::Amount::from_units(1);
  EXPECT_FALSE(newest_end(batch_of({}), utc()));
  EXPECT_FALSE(newest_end(batch_of({{{.day = day}, rules::Amount::missing()}}), utc()));
  EXPECT_EQ(newest_end(batch_of({{{.day = day, .hour = 9}, one}, {{.day = day, .hour = 7}, one}}), utc()),
            utc().start_of(day) + 10h);
  EXPECT_EQ(newest_end(batch_of({{{.day = day, .hour = 9}, one}, {{.day = day}, one}}), utc()),
            utc().start_of(day + 1));
  EXPECT_EQ(newest_end(batch_of({{{.day = day}, one}, {{.day = day, .hour = 9}, one}}), utc()),
            utc().start_of(day + 1));
}

}  // namespace
}  // namespace tightrope::daemon
