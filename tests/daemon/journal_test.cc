// What every store must do. A new one joins by a line in INSTANTIATE_TEST_SUITE_P.
#include "daemon/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/journal_calls.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace tightrope::testing;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

struct Store {
  const char* name;
  std::function<OpenedJournal(JournalOptions)> open;
};

class JournalTest : public ::testing::TestWithParam<Store> {
 protected:
  std::unique_ptr<Journal> open() {
    OpenedJournal opened = GetParam().open(options);
    if (opened.error) throw std::runtime_error(opened.error->text);
    return std::move(opened.journal);
  }
  static JournalEvent event(std::string client, rules::Duration after, std::string payload) {
    return {.sequence = 0, .client = std::move(client), .at = kStart + after, .payload = std::move(payload)};
  }
  static std::vector<std::string> payloads(const std::vector<JournalEvent>& events) {
    std::vector<std::string> found;
    for (const JournalEvent& each : events) found.push_back(each.payload);
    return found;
  }
  static std::vector<std::string> texts(const std::vector<Record>& records) {
    std::vector<std::string> found;
    for (const Record& record : records)
      found.push_back(record.table + "/" + record.key + "=" + record.value);
    return found;
  }

  TemporaryDirectory directory;
  JournalOptions options{.directory = directory / "journal"};
};

TEST_P(JournalTest, EventsAreReadInTheOrderOfTheirCommit) {
  const auto journal = open();
  for (const char* payload : {"one", "two", "three"}) {
    ASSERT_EQ(append(*journal, event("acme", 1s, payload)).error, std::nullopt);
  }
  EXPECT_THAT(payloads(events_of(*journal, "acme")), ElementsAre("one", "two", "three"));
}

TEST_P(JournalTest, AnEventKeepsItsTimeAndIsFoundUnderTheSequenceItWasGiven) {
  const auto journal = open();
  const Appended appended = append(*journal, event("acme", -1ms, "x"));
  const auto events = events_of(*journal, "acme");
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].sequence, appended.sequence);
  EXPECT_EQ(events[0].at, kStart - 1ms);
  EXPECT_EQ(events[0].client, "acme");
}

TEST_P(JournalTest, SequencesAscendOverAllClientsAndClientsStayApart) {
  const auto journal = open();
  const Sequence first = append(*journal, event("acme", 1s, "a")).sequence;
  const Sequence second = append(*journal, event("zebra", 1s, "z")).sequence;
  const Sequence third = append(*journal, event("acme", 1s, "b")).sequence;
  EXPECT_GE(first, 1u);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_THAT(payloads(events_of(*journal, "acme")), ElementsAre("a", "b"));
  EXPECT_THAT(payloads(events_of(*journal, "zebra")), ElementsAre("z"));
  std::vector<std::string> clients;
  ASSERT_EQ(journal->read_clients(clients), std::nullopt);
  EXPECT_THAT(clients, ElementsAre("acme", "zebra"));
}

TEST_P(JournalTest, ReadingCanStartLaterAndEndEarlier) {
  const auto journal = open();
  const Sequence first = append(*journal, event("acme", 1s, "one")).sequence;
  for (const char* payload : {"two", "three"}) append(*journal, event("acme", 1s, payload));
  EXPECT_THAT(payloads(events_of(*journal, "acme", first)), ElementsAre("two", "three"));
  std::vector<std::string> seen;
  const auto error = journal->read_events("acme", 0, [&](const JournalEvent& each) {
    seen.push_back(each.payload);
    return seen.size() < 2;
  });
  EXPECT_EQ(error, std::nullopt);
  EXPECT_THAT(seen, ElementsAre("one", "two"));
}

TEST_P(JournalTest, WhatIsNotKnownHasNothingToRead) {
  const auto journal = open();
  EXPECT_THAT(events_of(*journal, "nobody"), IsEmpty());
  EXPECT_EQ(snapshot_of(*journal, "nobody"), std::nullopt);
  EXPECT_THAT(records_of(*journal, "nothing"), IsEmpty());
  std::vector<std::string> clients{"left over"};
  ASSERT_EQ(journal->read_clients(clients), std::nullopt);
  EXPECT_THAT(clients, IsEmpty());
}

TEST_P(JournalTest, PayloadsOfEverySizeComeBackWhole) {
  std::vector<std::string> written;
  for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 4'095u, 4'096u, 100'000u, 3'000'000u}) {
    written.push_back(noise(size, size));
    written.push_back(std::string(size, 'x'));
  }
  {
    const auto journal = open();
    for (const std::string& payload : written)
      ASSERT_EQ(append(*journal, event("acme", 1s, payload)).error, std::nullopt);
  }
  EXPECT_EQ(payloads(events_of(*open(), "acme")), written);
}

TEST_P(JournalTest, NamesMayHoldAnyBytes) {
  const std::string odd("a'\"%\0\xff;--", 10);
  const auto journal = open();
  ASSERT_EQ(append(*journal, event(odd, 1s, "x")).error, std::nullopt);
  ASSERT_EQ(write(*journal, {{odd, odd, odd}, {odd, "", ""}}), std::nullopt);
  EXPECT_THAT(payloads(events_of(*journal, odd)), ElementsAre("x"));
  const auto records = records_of(*journal, odd);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].key, "");
  EXPECT_EQ(records[1].key, odd);
  EXPECT_EQ(records[1].value, odd);
}

TEST_P(JournalTest, EverythingSurvivesReopening) {
  {
    const auto journal = open();
    append(*journal, event("acme", 1s, "one"));
    write(*journal, {{"outbox", "1", "message"}});
    save(*journal, {.client = "acme", .upto = 1, .at = kStart, .state = "state", .document = "document"});
  }
  const auto journal = open();
  EXPECT_THAT(payloads(events_of(*journal, "acme")), ElementsAre("one"));
  EXPECT_THAT(texts(records_of(*journal, "outbox")), ElementsAre("outbox/1=message"));
  const auto snapshot = snapshot_of(*journal, "acme");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->client, "acme");
  EXPECT_EQ(snapshot->upto, 1u);
  EXPECT_EQ(snapshot->at, kStart);
  EXPECT_EQ(snapshot->state, "state");
  EXPECT_EQ(snapshot->document, "document");
}

TEST_P(JournalTest, SequencesGoOnAfterReopening) {
  Sequence last = 0;
  for (int round = 0; round < 3; ++round) {
    const auto journal = open();
    const Sequence next = append(*journal, event("acme", 1s, "x")).sequence;
    EXPECT_GT(next, last);
    last = next;
  }
}

TEST_P(JournalTest, SequencesGoOnAfterEverythingWasPruned) {
  Sequence last = 0;
  {
    const auto journal = open();
    last = append(*journal, event("acme", 1s, "x")).sequence;
    ASSERT_EQ(save(*journal, {.client = "acme", .upto = last, .at = kStart, .state = "", .document = ""}),
              std::nullopt);
    ASSERT_EQ(prune(*journal, kStart + 1h), std::nullopt);
    EXPECT_THAT(events_of(*journal, "acme"), IsEmpty());
  }
  EXPECT_GT(append(*open(), event("acme", 1s, "y")).sequence, last);
}

TEST_P(JournalTest, RecordsArePutReplacedAndErased) {
  const auto journal = open();
  ASSERT_EQ(write(*journal, {{"outbox", "b", "2"}, {"outbox", "a", "1"}, {"told", "a", "x"}}), std::nullopt);
  EXPECT_THAT(texts(records_of(*journal, "outbox")), ElementsAre("outbox/a=1", "outbox/b=2"));
  ASSERT_EQ(write(*journal,
                  {{"outbox", "a", std::nullopt}, {"outbox", "b", "3"}, {"outbox", "none", std::nullopt}}),
            std::nullopt);
  EXPECT_THAT(texts(records_of(*journal, "outbox")), ElementsAre("outbox/b=3"));
  EXPECT_THAT(texts(records_of(*journal, "told")), ElementsAre("told/a=x"));
  EXPECT_EQ(write(*journal, {}), std::nullopt);
}

TEST_P(JournalTest, ASnapshotReplacesTheOlderOneOfItsClientOnly) {
  const auto journal = open();
  ASSERT_EQ(save(*journal, {.client = "acme", .upto = 1, .at = kStart, .state = "old", .document = "d1"}),
            std::nullopt);
  ASSERT_EQ(save(*journal, {.client = "zebra", .upto = 2, .at = kStart, .state = "other", .document = ""}),
            std::nullopt);
  ASSERT_EQ(
      save(*journal, {.client = "acme", .upto = 3, .at = kStart + 1h, .state = "new", .document = "d2"}),
      std::nullopt);
  const auto snapshot = snapshot_of(*journal, "acme");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->upto, 3u);
  EXPECT_EQ(snapshot->at, kStart + 1h);
  EXPECT_EQ(snapshot->state, "new");
  EXPECT_EQ(snapshot->document, "d2");
  EXPECT_EQ(snapshot_of(*journal, "zebra")->state, "other");
}

TEST_P(JournalTest, ALargeSnapshotComesBackWhole) {
  const std::string state = noise(5'000'000, 1) + std::string(5'000'000, 'x');
  {
    const auto journal = open();
    ASSERT_EQ(save(*journal, {.client = "acme", .upto = 1, .at = kStart, .state = state, .document = "d"}),
              std::nullopt);
  }
  EXPECT_EQ(snapshot_of(*open(), "acme")->state, state);
}

TEST_P(JournalTest, AnEmptySnapshotIsOne) {
  const auto journal = open();
  ASSERT_EQ(save(*journal, {.client = "acme", .upto = 0, .at = kStart, .state = "", .document = ""}),
            std::nullopt);
  ASSERT_TRUE(snapshot_of(*journal, "acme"));
  EXPECT_EQ(snapshot_of(*journal, "acme")->state, "");
}

TEST_P(JournalTest, AppendsDoNotWaitForALargeSnapshot) {
  std::atomic<bool> saved = false;
  std::promise<void> saved_done;
  const auto journal = open();
  journal->save({.client = "acme", .upto = 0, .at = kStart, .state = noise(20'000'000, 1), .document = ""},
                [&](std::optional<JournalError>) {
                  saved = true;
                  saved_done.set_value();
                });
  append(*journal, event("acme", 1s, "quick"));
  const bool saved_first = saved;
  saved_done.get_future().wait();
  EXPECT_FALSE(saved_first);
  EXPECT_EQ(snapshot_of(*journal, "acme")->state.size(), 20'000'000u);
}

TEST_P(JournalTest, PruningDropsOldEventsThatASnapshotCovers) {
  const auto journal = open();
  append(*journal, event("acme", 1min, "old, covered"));
  append(*journal, event("acme", 50min, "newer, covered"));
  append(*journal, event("acme", 2min, "learnt late, covered"));
  append(*journal, event("zebra", 1min, "without a snapshot"));
  const Sequence covered = append(*journal, event("acme", 2min, "the last that is covered")).sequence;
  append(*journal, event("acme", 3min, "old, not covered"));
  ASSERT_EQ(save(*journal, {.client = "acme", .upto = covered, .at = kStart, .state = "", .document = ""}),
            std::nullopt);
  ASSERT_EQ(prune(*journal, kStart + 50min), std::nullopt);
  EXPECT_THAT(payloads(events_of(*journal, "acme")), ElementsAre("newer, covered", "old, not covered"));
  EXPECT_THAT(payloads(events_of(*journal, "zebra")), ElementsAre("without a snapshot"));
}

TEST_P(JournalTest, PruningGoesOnUntilNothingIsLeft) {
  // More than are looked at in one step, with some in between that stay.
  constexpr int kEvents = 9'000;
  std::promise<Sequence> last;
  const auto journal = open();
  for (int i = 0; i < kEvents; ++i) {
    journal->append(event(i % 100 == 0 ? "zebra" : "acme", std::chrono::milliseconds(i), "x"),
                    [&, i](std::optional<JournalError>, Sequence sequence) {
                      if (i == kEvents - 1) last.set_value(sequence);
                    });
  }
  const Sequence upto = last.get_future().get();
  ASSERT_EQ(save(*journal, {.client = "acme", .upto = upto, .at = kStart, .state = "", .document = ""}),
            std::nullopt);
  ASSERT_EQ(prune(*journal, kStart + 1h), std::nullopt);
  EXPECT_THAT(events_of(*journal, "acme"), IsEmpty());
  EXPECT_THAT(events_of(*journal, "zebra"), SizeIs(90));
}

TEST_P(JournalTest, DonesComeInTheOrderOfTheCallsAndOfTheSequences) {
  std::mutex mutex;
  std::vector<int> order;
  std::vector<Sequence> sequences;
  std::promise<void> end;
  const auto journal = open();
  for (int i = 0; i < 1'000; ++i) {
    if (i % 3 == 0) {
      journal->write({{"t", "k", std::to_string(i)}}, [&, i](std::optional<JournalError>) {
        const std::lock_guard lock(mutex);
        order.push_back(i);
        if (i == 999) end.set_value();
      });
    } else {
      journal->append(event("acme", 1s, "x"), [&, i](std::optional<JournalError>, Sequence sequence) {
        const std::lock_guard lock(mutex);
        order.push_back(i);
        sequences.push_back(sequence);
      });
    }
  }
  end.get_future().wait();
  const std::lock_guard lock(mutex);
  ASSERT_THAT(order, SizeIs(1'000));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
  EXPECT_EQ(std::adjacent_find(sequences.begin(), sequences.end()), sequences.end());
}

TEST_P(JournalTest, ClosingCommitsWhatIsQueued) {
  int done = 0;
  {
    const auto journal = open();
    for (int i = 0; i < 500; ++i) {
      journal->append(event("acme", 1s, std::to_string(i)), [&](std::optional<JournalError> error, Sequence) {
        if (!error) ++done;
      });
    }
    journal->save({.client = "acme", .upto = 500, .at = kStart, .state = noise(3'000'000, 7), .document = ""},
                  [&](std::optional<JournalError> error) {
                    if (!error) ++done;
                  });
  }
  EXPECT_EQ(done, 501);
  const auto journal = open();
  EXPECT_THAT(events_of(*journal, "acme"), SizeIs(500));
  EXPECT_EQ(snapshot_of(*journal, "acme")->state, noise(3'000'000, 7));
}

TEST_P(JournalTest, ManyThreadsMayAppendAndEachKeepsItsOrder) {
  const auto journal = open();
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string client = "client " + std::to_string(t % 2);
        if (i % 10 == 0) {
          append(*journal, event(client, 1s, std::to_string(t) + ":" + std::to_string(i)));
        } else {
          journal->append(event(client, 1s, std::to_string(t) + ":" + std::to_string(i)), [](auto&&...) {});
        }
        if (i % 100 == 0) events_of(*journal, client);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  append(*journal, event("last", 1s, ""));
  std::map<std::string, int> next;
  for (const char* client : {"client 0", "client 1"}) {
    for (const JournalEvent& each : events_of(*journal, client)) {
      const std::size_t colon = each.payload.find(':');
      EXPECT_EQ(each.payload.substr(colon + 1), std::to_string(next[each.payload.substr(0, colon)]++));
    }
  }
  EXPECT_THAT(next, SizeIs(kThreads));
  for (const auto& [thread, count] : next) EXPECT_EQ(count, kEach);
}

TEST_P(JournalTest, AReaderSeesOneStateThoughMoreIsWritten) {
  const auto journal = open();
  for (int i = 0; i < 10; ++i) append(*journal, event("acme", 1s, std::to_string(i)));
  int seen = 0;
  ASSERT_EQ(journal->read_events("acme", 0,
                                 [&](const JournalEvent&) {
                                   if (++seen == 1)
                                     append(*journal, event("acme", 1s, "written while reading"));
                                   return true;
                                 }),
            std::nullopt);
  EXPECT_EQ(seen, 10);
  EXPECT_THAT(events_of(*journal, "acme"), SizeIs(11));
}

TEST_P(JournalTest, WhatDoesNotFitIntoTheQueueIsRefusedAtOnce) {
  options.most_queued_bytes = 10'000;
  std::promise<void> hold;
  std::promise<void> held;
  int taken = 0;
  int refused = 0;
  std::string text;
  const auto journal = open();
  // Holds the writer, so that the queue fills.
  journal->append(event("acme", 1s, "first"), [&](std::optional<JournalError>, Sequence) {
    held.set_value();
    hold.get_future().wait();
  });
  held.get_future().wait();
  const std::thread::id here = std::this_thread::get_id();
  for (int i = 0; i < 100; ++i) {
    journal->append(event("acme", 1s, std::string(1'000, 'x')),
                    [&](std::optional<JournalError> error, Sequence) {
                      if (!error) {
                        ++taken;
                        return;
                      }
                      EXPECT_EQ(error->kind, JournalFailure::overloaded);
                      EXPECT_EQ(std::this_thread::get_id(), here);
                      text = error->text;
                      ++refused;
                    });
  }
  EXPECT_GT(refused, 80);
  EXPECT_THAT(text, HasSubstr("at most 10000 may"));
  EXPECT_LE(journal->stats().queued_bytes, 10'000u);
  hold.set_value();
  EXPECT_EQ(append(*journal, event("acme", 1s, "after")).error, std::nullopt);
  EXPECT_EQ(taken + refused, 100);
  EXPECT_THAT(events_of(*journal, "acme"), SizeIs(static_cast<std::size_t>(taken) + 2));
}

TEST_P(JournalTest, OneThatIsLargerThanTheQueueIsTakenWhenItIsAlone) {
  options.most_queued_bytes = 1'000;
  const auto journal = open();
  EXPECT_EQ(append(*journal, event("acme", 1s, noise(1'000'000, 1))).error, std::nullopt);
  EXPECT_EQ(save(*journal,
                 {.client = "acme", .upto = 1, .at = kStart, .state = noise(1'000'000, 2), .document = ""}),
            std::nullopt);
}

TEST_P(JournalTest, StatsCountWhatWasWritten) {
  const auto journal = open();
  append(*journal, event("acme", 1s, "12345"));
  append(*journal, event("acme", 1s, "123"));
  write(*journal, {{"t", "k", "v"}});
  const JournalStats stats = journal->stats();
  EXPECT_EQ(stats.events_total, 2u);
  EXPECT_EQ(stats.bytes_total, 8u);
  EXPECT_EQ(stats.commits_total, 3u);
  EXPECT_EQ(stats.failed_commits_total, 0u);
  EXPECT_EQ(stats.queued_bytes, 0u);
  EXPECT_GT(stats.file_bytes, 0u);
  EXPECT_GT(stats.last_commit_seconds, 0);
  EXPECT_FALSE(stats.failing);
}

TEST_P(JournalTest, ASecondWriterIsRefusedAndToldWhatToDo) {
  const auto journal = open();
  const OpenedJournal second = GetParam().open(options);
  ASSERT_TRUE(second.error);
  EXPECT_EQ(second.journal, nullptr);
  EXPECT_EQ(second.error->kind, JournalFailure::busy);
  EXPECT_THAT(second.error->text, HasSubstr("stop that daemon, or push through its HTTP interface"));
}

TEST_P(JournalTest, AReaderMayLookBesideAWriterAndMayNotWrite) {
  const auto journal = open();
  append(*journal, event("acme", 1s, "one"));
  JournalOptions looking = options;
  looking.read_only = true;
  OpenedJournal reader = GetParam().open(looking);
  ASSERT_EQ(reader.error, std::nullopt);
  EXPECT_THAT(payloads(events_of(*reader.journal, "acme")), ElementsAre("one"));
  append(*journal, event("acme", 1s, "two"));
  EXPECT_THAT(payloads(events_of(*reader.journal, "acme")), ElementsAre("one", "two"));
  const Appended appended = append(*reader.journal, event("acme", 1s, "three"));
  ASSERT_TRUE(appended.error);
  EXPECT_EQ(appended.error->kind, JournalFailure::read_only);
  EXPECT_EQ(
      save(*reader.journal, {.client = "acme", .upto = 1, .at = kStart, .state = "", .document = ""})->kind,
      JournalFailure::read_only);
  EXPECT_EQ(reader.journal->stats().events_total, 0u);
}

TEST_P(JournalTest, AReaderOfNothingIsToldSo) {
  options.read_only = true;
  const OpenedJournal opened = GetParam().open(options);
  ASSERT_TRUE(opened.error);
  EXPECT_THAT(opened.error->text, HasSubstr("there is no journal here"));
}

INSTANTIATE_TEST_SUITE_P(Stores, JournalTest,
                         ::testing::ValuesIn(std::vector<Store>{{"Sqlite", open_sqlite_journal}}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace tightrope::daemon
