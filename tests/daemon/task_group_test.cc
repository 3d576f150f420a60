#include "daemon/task_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/clock.h"
#include "tests/support/join_within.h"
#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tightrope::testing::join_within;
using tightrope::testing::ManualClock;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

asio::awaitable<void> sleep_then_note(Clock& clock, Duration time, std::vector<std::string>& notes,
                                      std::string note) {
  co_await clock.sleep_until(clock.now() + time);
  notes.push_back(note);
}

asio::awaitable<void> fail_after(Clock& clock, Duration time, std::string text) {
  co_await clock.sleep_until(clock.now() + time);
  throw std::runtime_error(text);
}

asio::awaitable<void> abort_by_itself() {
  throw boost::system::system_error(asio::error::operation_aborted);
  co_return;
}

asio::awaitable<void> end_with(std::function<void()> action) {
  action();
  co_return;
}

asio::awaitable<void> clean_up_when_cancelled(Clock& clock, std::vector<std::string>& notes) {
  try {
    co_await clock.sleep_until(Timestamp::max());
  } catch (const boost::system::system_error&) {
    notes.push_back("cleaned up");
    throw;
  }
}

struct TaskGroupTest : ::testing::Test {
  TaskGroup::OnFailure note_failure() {
    return [this](const std::string& name, std::exception_ptr failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        failures.push_back(name + ": " + error.what());
      }
    };
  }

  asio::io_context io;
  ManualClock clock{kStart};
  std::vector<std::string> notes;
  std::vector<std::string> failures;
  TaskGroup tasks{io.get_executor(), note_failure()};
};

TEST_F(TaskGroupTest, RunsItsTasksToTheirEnd) {
  tasks.spawn("one", sleep_then_note(clock, 1min, notes, "one"));
  tasks.spawn("two", sleep_then_note(clock, 2min, notes, "two"));
  EXPECT_EQ(tasks.size(), 2u);
  io.poll();
  clock.advance(1min);
  io.poll();
  EXPECT_THAT(notes, ElementsAre("one"));
  EXPECT_EQ(tasks.size(), 1u);
  clock.advance(1min);
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, ElementsAre("one", "two"));
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, JoinReturnsAtOnceWhenThereIsNothing) {
  EXPECT_TRUE(join_within(io, tasks));
}

TEST_F(TaskGroupTest, JoinWaitsForTheLast) {
  tasks.spawn("long", sleep_then_note(clock, 1h, notes, "done"));
  EXPECT_FALSE(join_within(io, tasks));
  clock.advance(1h);
  EXPECT_TRUE(join_within(io, tasks));
}

TEST_F(TaskGroupTest, CancelEndsSleepingTasks) {
  for (int i = 0; i < 100; ++i) tasks.spawn("sleeper", sleep_then_note(clock, 1h, notes, "woke"));
  io.poll();
  EXPECT_EQ(clock.sleepers(), 100u);
  tasks.cancel();
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_EQ(clock.sleepers(), 0u);
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, CancelLetsATaskCleanUp) {
  tasks.spawn("careful", clean_up_when_cancelled(clock, notes));
  io.poll();
  tasks.cancel();
  tasks.cancel();
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, ElementsAre("cleaned up"));
}

TEST_F(TaskGroupTest, ATaskCancelledBeforeItRanEnds) {
  tasks.spawn("unborn", sleep_then_note(clock, 1h, notes, "woke"));
  tasks.cancel();
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, TasksSpawnedAfterCancelAreCancelled) {
  tasks.cancel();
  EXPECT_TRUE(tasks.cancelled());
  tasks.spawn("late", sleep_then_note(clock, 1h, notes, "woke"));
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(TaskGroupTest, AFailureIsReportedWithTheTasksName) {
  tasks.spawn("poll acme", fail_after(clock, 1min, "no route to host"));
  tasks.spawn("poll zebra", sleep_then_note(clock, 2min, notes, "polled"));
  io.poll();
  clock.advance(1min);
  io.poll();
  EXPECT_THAT(failures, ElementsAre("poll acme: no route to host"));
  EXPECT_EQ(tasks.size(), 1u);
  clock.advance(1min);
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, ElementsAre("polled"));
}

TEST_F(TaskGroupTest, AnAbortThatNobodyAskedForIsAFailure) {
  tasks.spawn("odd", abort_by_itself());
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_EQ(failures.size(), 1u);
}

TEST_F(TaskGroupTest, ATaskMaySpawnAnother) {
  tasks.spawn("parent",
              end_with([this] { tasks.spawn("child", sleep_then_note(clock, 1min, notes, "child")); }));
  EXPECT_FALSE(join_within(io, tasks));
  clock.advance(1min);
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, ElementsAre("child"));
}

TEST_F(TaskGroupTest, ATaskMayCancelItsGroup) {
  tasks.spawn("sleeper", sleep_then_note(clock, 1h, notes, "woke"));
  tasks.spawn("ender", end_with([this] { tasks.cancel(); }));
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(TaskGroupTest, ATaskSpawnedByATaskOfACancelledGroupDoesNotStart) {
  tasks.spawn("parent", end_with([this] {
                tasks.cancel();
                tasks.spawn("child", end_with([this] { notes.push_back("started"); }));
                EXPECT_EQ(tasks.size(), 2u);
              }));
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, SeveralMayJoin) {
  tasks.spawn("long", sleep_then_note(clock, 1h, notes, "done"));
  TaskGroup joiners(io.get_executor(), note_failure());
  joiners.spawn("first", tasks.join());
  joiners.spawn("second", tasks.join());
  io.poll();
  EXPECT_EQ(joiners.size(), 2u);
  clock.advance(1h);
  EXPECT_TRUE(join_within(io, joiners));
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(TaskGroupTest, ACancelledJoinEndsAndTheTasksGoOn) {
  tasks.spawn("long", sleep_then_note(clock, 1h, notes, "done"));
  TaskGroup joiners(io.get_executor(), note_failure());
  joiners.spawn("joiner", tasks.join());
  io.poll();
  joiners.cancel();
  EXPECT_TRUE(join_within(io, joiners));
  EXPECT_EQ(tasks.size(), 1u);
  clock.advance(1h);
  EXPECT_TRUE(join_within(io, tasks));
  EXPECT_THAT(notes, ElementsAre("done"));
}

TEST(TaskGroupLifeTest, AContextThatRunsNoMoreMayBeDestroyedAfterTheGroup) {
  asio::io_context io;
  ManualClock clock(kStart);
  std::vector<std::string> notes;
  {
    TaskGroup tasks(io.get_executor(), nullptr);
    tasks.spawn("never", sleep_then_note(clock, 1h, notes, "woke"));
    io.poll();
  }
  EXPECT_THAT(notes, IsEmpty());
}

}  // namespace
}  // namespace tightrope::daemon
