// Queue and writer over a store that does what the test says.
#include "daemon/journal_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/log_capture.h"

namespace tightrope::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using InHand = JournalQueue::InHand;

QuickRequest append(std::string payload, std::vector<std::string>* told = nullptr) {
  const std::string name = payload.substr(0, 8);
  return AppendRequest{{.sequence = 0, .client = "acme", .at = {}, .payload = std::move(payload)},
                       [told, name](std::optional<JournalError> error, Sequence sequence) {
                         if (told)
                           told->push_back(name + (error ? " failed" : " is " + std::to_string(sequence)));
                       }};
}
SlowRequest save(std::string name, std::size_t size, std::vector<std::string>* told = nullptr) {
  return SaveRequest{{.client = name, .upto = 0, .at = {}, .state = std::string(size, 'x'), .document = ""},
                     [told, name](std::optional<JournalError> error) {
                       if (told) told->push_back(name + (error ? " failed" : " is saved"));
                     }};
}

TEST(JournalQueueTest, HandsOutAllThatWaitsAsOneGroup) {
  JournalQueue queue(1'000'000);
  for (const char* payload : {"a", "b", "c"}) {
    QuickRequest request = append(payload);
    ASSERT_EQ(queue.push(request), std::nullopt);
  }
  const auto batch = queue.take(InHand::nothing);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->quick.size(), 3u);
  EXPECT_FALSE(batch->slow);
}

TEST(JournalQueueTest, AGroupHasABound) {
  JournalQueue queue(100u << 20);
  for (int i = 0; i < 5; ++i) {
    QuickRequest request = append(std::string(3u << 20, 'x'));
    ASSERT_EQ(queue.push(request), std::nullopt);
  }
  EXPECT_EQ(queue.take(InHand::nothing)->quick.size(), 2u);
  EXPECT_EQ(queue.take(InHand::nothing)->quick.size(), 2u);
  EXPECT_EQ(queue.take(InHand::nothing)->quick.size(), 1u);
}

TEST(JournalQueueTest, OneLargerThanAGroupGoesAlone) {
  JournalQueue queue(100u << 20);
  QuickRequest request = append(std::string(20u << 20, 'x'));
  ASSERT_EQ(queue.push(request), std::nullopt);
  EXPECT_EQ(queue.take(InHand::nothing)->quick.size(), 1u);
}

TEST(JournalQueueTest, RoomIsGivenBackWhenTheGroupIsWritten) {
  JournalQueue queue(5'000);
  QuickRequest first = append(std::string(4'000, 'x'));
  QuickRequest second = append(std::string(4'000, 'y'));
  ASSERT_EQ(queue.push(first), std::nullopt);
  const auto batch = queue.take(InHand::nothing);
  ASSERT_TRUE(batch);
  const auto refused = queue.push(second);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, JournalFailure::overloaded);
  EXPECT_EQ(std::get<AppendRequest>(second).event.payload.size(), 4'000u)
      << "a refused request is left as it is";
  queue.finished_quick(batch->quick_bytes);
  EXPECT_EQ(queue.queued_bytes(), 0u);
  EXPECT_EQ(queue.push(second), std::nullopt);
}

TEST(JournalQueueTest, EmptyRequestsCountToo) {
  JournalQueue queue(10'000);
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) {
    QuickRequest request = WriteRequest{{}, [](std::optional<JournalError>) {}};
    taken += queue.push(request) ? 0 : 1;
  }
  EXPECT_LT(taken, 100);
}

TEST(JournalQueueTest, SlowOnesAreHandedOutOneAtATimeAndHaveTheirOwnRoom) {
  JournalQueue queue(1'000);
  SlowRequest first = save("first", 3'000);
  SlowRequest second = save("second", 3'000);
  SlowRequest third = save("third", 3'000);
  QuickRequest quick = append("quick");
  ASSERT_EQ(queue.push(first), std::nullopt);
  ASSERT_EQ(queue.push(second), std::nullopt);
  EXPECT_EQ(queue.push(third)->kind, JournalFailure::overloaded);
  ASSERT_EQ(queue.push(quick), std::nullopt);
  const auto batch = queue.take(InHand::nothing);
  ASSERT_TRUE(batch && batch->slow);
  EXPECT_EQ(std::get<SaveRequest>(*batch->slow).snapshot.client, "first");
  EXPECT_EQ(batch->quick.size(), 1u);
  EXPECT_FALSE(queue.take(InHand::slow)->slow) << "one is in hand";
  queue.finished_slow();
  EXPECT_EQ(std::get<SaveRequest>(*queue.take(InHand::chore)->slow).snapshot.client, "second");
}

TEST(JournalQueueTest, AValueBeyondTheStoresLimitIsRefused) {
  JournalQueue queue(~std::uint64_t{0});
  QuickRequest request = append(std::string((64u << 20) + 1, 'x'));
  const auto refused = queue.push(request);
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->text, HasSubstr("larger than the journal takes"));
}

TEST(JournalQueueTest, ClosedItRefusesAndHandsOutTheRest) {
  JournalQueue queue(1'000'000);
  QuickRequest before = append("before");
  QuickRequest after = append("after");
  ASSERT_EQ(queue.push(before), std::nullopt);
  queue.close();
  EXPECT_EQ(queue.push(after)->kind, JournalFailure::closed);
  EXPECT_EQ(queue.take(InHand::nothing)->quick.size(), 1u);
  EXPECT_TRUE(queue.take(InHand::slow)) << "a slow request in hand is finished";
  EXPECT_FALSE(queue.take(InHand::chore));
  EXPECT_FALSE(queue.take(InHand::nothing));
}

// A store that writes down what it is asked for. It starts held: the writer waits in its first call until
// go().
class ScriptedStore final : public JournalStore {
 public:
  std::optional<JournalError> commit(const std::vector<QuickRequest>& group,
                                     std::vector<Sequence>& sequences) override {
    enter("commit " + std::to_string(group.size()));
    const std::lock_guard lock(mutex_);
    if (failure) return failure;
    for (const QuickRequest& request : group) {
      if (std::holds_alternative<AppendRequest>(request)) sequences.push_back(++last_);
    }
    return std::nullopt;
  }
  Step step(const SlowRequest& request, const Hurry& hurry) override {
    enter("step of " + std::get<SaveRequest>(request).snapshot.client);
    const bool hurried = hurry();
    const std::lock_guard lock(mutex_);
    if (slow_failure) return {.finished = true, .error = slow_failure};
    hurries_.push_back(hurried);
    return {.finished = ++steps_ % 3 == 0, .error = std::nullopt};
  }
  bool do_chore() override { return false; }
  std::optional<JournalError> maintain() override { return std::nullopt; }
  void close() override { enter("close"); }
  std::uint64_t file_bytes() const override { return 4'711; }

  // Returns when the writer is in its first call.
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !calls_.empty(); });
  }
  void go() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  void fail_with(std::optional<JournalError> error) {
    const std::lock_guard lock(mutex_);
    failure = std::move(error);
  }
  std::vector<bool> hurries() const {
    const std::lock_guard lock(mutex_);
    return hurries_;
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  std::optional<JournalError> failure;
  std::optional<JournalError> slow_failure;

 private:
  void enter(std::string call) {
    std::unique_lock lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> calls_;
  std::vector<bool> hurries_;
  bool held_ = true;
  Sequence last_ = 0;
  int steps_ = 0;
};

void wait_for_all_before(JournalWriter& writer) {
  const auto done = std::make_shared<std::promise<void>>();  // set_value() may outlast the wait
  writer.push(QuickRequest(WriteRequest{{}, [done](std::optional<JournalError>) { done->set_value(); }}));
  done->get_future().wait();
}

TEST(JournalWriterTest, WhatComesWhileItWritesIsOneGroup) {
  ScriptedStore store;
  std::vector<std::string> told;
  {
    JournalWriter writer(store, 1'000'000);
    writer.push(append("a", &told));
    store.wait_until_held();
    for (const char* payload : {"b", "c", "d"}) writer.push(append(payload, &told));
    store.go();
  }
  EXPECT_THAT(store.calls(), ElementsAre("commit 1", "commit 3", "close"));
  EXPECT_THAT(told, ElementsAre("a is 1", "b is 2", "c is 3", "d is 4"));
}

TEST(JournalWriterTest, QuickRequestsGoBetweenTheStepsOfASlowOne) {
  ScriptedStore store;
  std::vector<std::string> told;
  {
    JournalWriter writer(store, 1'000'000);
    writer.push(save("snapshot", 10, &told));
    store.wait_until_held();
    writer.push(append("a", &told));
    store.go();
  }
  EXPECT_THAT(store.calls(),
              ElementsAre("step of snapshot", "commit 1", "step of snapshot", "step of snapshot", "close"));
  EXPECT_THAT(told, ElementsAre("a is 1", "snapshot is saved"));
  EXPECT_THAT(store.hurries(), ElementsAre(true, false, false));
}

TEST(JournalWriterTest, AFullDiskIsLoggedWhenItStartsChangesAndEnds) {
  const testing::LogCapture log;
  const auto said = [&log](std::string_view part) {
    const auto lines = log.lines();
    return std::count_if(lines.begin(), lines.end(),
                         [part](const std::string& line) { return line.find(part) != std::string::npos; });
  };
  ScriptedStore store;
  store.go();
  JournalWriter writer(store, 1'000'000);
  store.fail_with(JournalError{JournalFailure::full, "the disk is full"});
  for (int i = 0; i < 3; ++i) {
    writer.push(append("a"));
    wait_for_all_before(writer);
  }
  EXPECT_EQ(said("level=error"), 1);
  EXPECT_EQ(said("the disk is full"), 1);
  EXPECT_EQ(writer.stats().refusing->text, "the disk is full");
  store.fail_with(JournalError{JournalFailure::read_only, "the disk cannot be written"});
  writer.push(append("a"));
  wait_for_all_before(writer);
  EXPECT_EQ(said("for another reason"), 1);
  store.fail_with(std::nullopt);
  writer.push(append("a"));
  wait_for_all_before(writer);
  EXPECT_EQ(said("the journal takes events again"), 1);
  EXPECT_FALSE(writer.stats().refusing);
}

TEST(JournalWriterTest, AFailedCommitFailsItsWholeGroupAndTheNextIsTriedAgain) {
  ScriptedStore store;
  std::vector<std::string> told;
  store.go();
  JournalWriter writer(store, 1'000'000);
  store.fail_with(JournalError{JournalFailure::full, "the disk is full"});
  writer.push(append("a", &told));
  wait_for_all_before(writer);
  const JournalStats failing = writer.stats();
  EXPECT_EQ(failing.failing->text, "the disk is full");
  EXPECT_GE(failing.failed_commits_total, 1u);
  EXPECT_EQ(failing.events_total, 0u);
  store.fail_with(std::nullopt);
  writer.push(append("b", &told));
  wait_for_all_before(writer);
  const JournalStats sound = writer.stats();
  EXPECT_FALSE(sound.failing);
  EXPECT_EQ(sound.events_total, 1u);
  EXPECT_EQ(sound.bytes_total, 1u);
  EXPECT_EQ(sound.file_bytes, 4'711u);
  EXPECT_THAT(told, ElementsAre("a failed", "b is 1"));
}

TEST(JournalWriterTest, AFailedSnapshotIsShownThoughAppendsSucceed) {
  ScriptedStore store;
  store.slow_failure = JournalError{JournalFailure::full, "no room for a snapshot"};
  store.go();
  std::vector<std::string> told;
  JournalWriter writer(store, 1'000'000);
  writer.push(save("snapshot", 10, &told));
  wait_for_all_before(writer);
  wait_for_all_before(writer);
  EXPECT_THAT(told, ElementsAre("snapshot failed"));
  EXPECT_EQ(writer.stats().failing->text, "no room for a snapshot");
}

TEST(JournalWriterTest, WhatIsRefusedIsToldOnTheCallersThread) {
  ScriptedStore store;
  std::vector<std::string> told;
  JournalWriter writer(store, 1'000);
  writer.push(append("a", &told));
  store.wait_until_held();
  writer.push(append(std::string(2'000, 'b'), &told));
  EXPECT_THAT(told, ElementsAre("bbbbbbbb failed"));
  EXPECT_GT(writer.stats().queued_bytes, 0u);
  store.go();
}

TEST(JournalWriterTest, ADoneMayWriteAgain) {
  ScriptedStore store;
  store.go();
  std::vector<std::string> told;
  std::promise<void> written_again;
  JournalWriter writer(store, 400);
  writer.push(QuickRequest(
      AppendRequest{{.sequence = 0, .client = "acme", .at = {}, .payload = std::string(100, 'x')},
                    [&](std::optional<JournalError>, Sequence) {
                      // Would be refused if the room of the first were still taken.
                      writer.push(append(std::string(100, 'y'), &told));
                      written_again.set_value();
                    }}));
  written_again.get_future().wait();
  wait_for_all_before(writer);
  EXPECT_THAT(told, ElementsAre("yyyyyyyy is 2"));
}

}  // namespace
}  // namespace tightrope::daemon
