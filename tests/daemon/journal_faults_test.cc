// The same day on a disk that fails at each of its operations in turn. Whatever fails, what was acknowledged
// is there, what was not is there whole or not at all, and the journal goes on by itself once the disk does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/journal_calls.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::testing;
using Fault = FaultyDisk::Fault;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

// What was tried, and what came of it.
struct Ledger {
  struct Attempt {
    std::string client;
    std::string payload;
    Sequence sequence = 0;  // 0 when it failed
  };
  std::vector<Attempt> events;
  // Each pair of records is written in one call, so both have the same number, or one of a later attempt.
  std::vector<std::pair<int, bool>> pairs;  // number, acknowledged
  std::vector<std::tuple<std::string, Sequence, std::string, bool>>
      snapshots;         // client, upto, state, acknowledged
  bool pruned = false;   // tried to
  Sequence covered = 0;  // by the snapshot that was acknowledged before pruning
  int failures = 0;
};

void note_append(Ledger& ledger, Journal& journal, const std::string& client, std::size_t size) {
  Ledger::Attempt attempt{.client = client, .payload = noise(size, ledger.events.size() + 1), .sequence = 0};
  const Appended appended = append(journal, {.sequence = 0,
                                             .client = client,
                                             .at = kStart + std::chrono::seconds(ledger.events.size()),
                                             .payload = attempt.payload});
  attempt.sequence = appended.sequence;
  ledger.failures += appended.error ? 1 : 0;
  EXPECT_EQ(appended.error.has_value(), appended.sequence == 0);
  ledger.events.push_back(std::move(attempt));
}

void note_pair(Ledger& ledger, Journal& journal) {
  const int number = static_cast<int>(ledger.pairs.size()) + 1;
  const auto error =
      write(journal, {{"pair", "left", std::to_string(number)}, {"pair", "right", std::to_string(number)}});
  ledger.failures += error ? 1 : 0;
  ledger.pairs.emplace_back(number, !error);
}

void note_save(Ledger& ledger, Journal& journal, const std::string& client, std::string state) {
  Sequence upto = 0;
  for (const auto& each : ledger.events) {
    if (each.client == client && each.sequence != 0) upto = each.sequence;
  }
  const auto error =
      save(journal, {.client = client, .upto = upto, .at = kStart, .state = state, .document = "d"});
  ledger.failures += error ? 1 : 0;
  ledger.snapshots.emplace_back(client, upto, std::move(state), !error);
}

std::unique_ptr<Journal> open(const std::string& folder, Ledger& ledger) {
  OpenedJournal opened = open_sqlite_journal({.directory = folder});
  if (opened.error) ++ledger.failures;
  return std::move(opened.journal);
}

// A day at the journal, as it goes when nothing fails: open, work, close, and the same again.
void work(const std::string& folder, Ledger& ledger) {
  for (int half = 0; half < 2; ++half) {
    const auto journal = open(folder, ledger);
    if (!journal) continue;
    note_append(ledger, *journal, "acme", 100);
    note_append(ledger, *journal, "zebra", 9'000);
    note_pair(ledger, *journal);
    note_save(ledger, *journal, "acme", half == 0 ? std::string(1'100'000, 'a') : noise(3'000, 1));
    note_append(ledger, *journal, half == 0 ? "acme" : "late", 100);
    if (half == 1) {
      for (const auto& [client, upto, state, acknowledged] : ledger.snapshots) {
        if (acknowledged) ledger.covered = std::max(ledger.covered, upto);
      }
      ledger.pruned = true;
      ledger.failures += prune(*journal, kStart + 2s) ? 1 : 0;
    }
    note_pair(ledger, *journal);
    note_append(ledger, *journal, "zebra", 300);
  }
}

enum class Unacknowledged { absent, whole_or_absent };

// Whether the journal holds what the ledger says.
void check(Journal& journal, const Ledger& ledger, Unacknowledged unacknowledged) {
  std::set<Sequence> seen;
  for (const char* client : {"acme", "zebra", "late"}) {
    // Every event that is there was tried, is whole, and stands in the order in which it was tried.
    std::size_t next = 0;
    for (const JournalEvent& event : events_of(journal, client)) {
      EXPECT_TRUE(seen.insert(event.sequence).second);
      while (next < ledger.events.size() &&
             (ledger.events[next].client != client || ledger.events[next].payload != event.payload)) {
        ++next;
      }
      ASSERT_LT(next, ledger.events.size()) << "an event that nobody wrote, or out of order";
      const Sequence told = ledger.events[next].sequence;
      if (told == 0) {
        EXPECT_EQ(unacknowledged, Unacknowledged::whole_or_absent) << "an event whose append had failed";
      } else {
        EXPECT_EQ(told, event.sequence);
      }
      ++next;
    }
  }
  for (std::size_t i = 0; i < ledger.events.size(); ++i) {
    const auto& attempt = ledger.events[i];
    if (attempt.sequence == 0 || seen.contains(attempt.sequence)) continue;
    const bool may_be_pruned =
        ledger.pruned && attempt.client == "acme" && i < 2 && attempt.sequence <= ledger.covered;
    EXPECT_TRUE(may_be_pruned) << "acknowledged event " << attempt.sequence << " is gone";
  }

  std::map<std::string, std::string> pair;
  for (const Record& record : records_of(journal, "pair")) pair[record.key] = record.value;
  EXPECT_EQ(pair["left"], pair["right"]);
  int last_acknowledged = 0;
  for (const auto& [number, acknowledged] : ledger.pairs)
    last_acknowledged = acknowledged ? number : last_acknowledged;
  const int found = pair["left"].empty() ? 0 : std::stoi(pair["left"]);
  if (unacknowledged == Unacknowledged::absent) {
    EXPECT_EQ(found, last_acknowledged);
  } else {
    EXPECT_GE(found, last_acknowledged);
  }

  const auto snapshot = snapshot_of(journal, "acme");
  std::vector<std::pair<Sequence, std::string>> acceptable;
  bool required = false;
  for (const auto& [client, upto, state, acknowledged] : ledger.snapshots) {
    if (acknowledged) {
      acceptable.clear();
      required = true;
    }
    if (acknowledged || unacknowledged == Unacknowledged::whole_or_absent)
      acceptable.emplace_back(upto, state);
  }
  if (required) {
    ASSERT_TRUE(snapshot);
  }
  if (snapshot) {
    EXPECT_THAT(acceptable, ::testing::Contains(std::pair(snapshot->upto, snapshot->state)));
  }
}

struct Plan {
  const char* name;
  Fault fault;
  std::uint64_t count;
};

class JournalFaultsTest : public ::testing::TestWithParam<Plan> {
 protected:
  static std::uint64_t operations_of_a_good_day() {
    const TemporaryDirectory directory;
    const FaultyDisk disk(directory.path());
    Ledger ledger;
    work(directory / "journal", ledger);
    EXPECT_EQ(ledger.failures, 0);
    check(*open(directory / "journal", ledger), ledger, Unacknowledged::absent);
    return disk.operations();
  }
};

TEST_P(JournalFaultsTest, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  const std::uint64_t operations = operations_of_a_good_day();
  ASSERT_GT(operations, 100u);
  std::uint64_t days_with_failures = 0;
  for (std::uint64_t n = 1; n <= operations; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n) + " fails");
    const TemporaryDirectory directory;
    FaultyDisk disk(directory.path());
    disk.fail(GetParam().fault, n, GetParam().count);
    Ledger ledger;
    work(directory / "journal", ledger);
    days_with_failures += ledger.failures > 0 ? 1 : 0;
    disk.heal();
    {
      const auto journal = open(directory / "journal", ledger);
      ASSERT_TRUE(journal);
      // A commit whose very last sync failed can be found whole after all when the file is next opened.
      check(*journal, ledger, Unacknowledged::whole_or_absent);
      note_append(ledger, *journal, "acme", 100);
      EXPECT_NE(ledger.events.back().sequence, 0u);
      check(*journal, ledger, Unacknowledged::whole_or_absent);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(days_with_failures, operations / 4);
}

TEST_P(JournalFaultsTest, AJournalThatStaysOpenGoesOnByItselfAndKeepsNothingThatItRefused) {
  if (GetParam().fault == Fault::power_cut) GTEST_SKIP() << "nothing stays open through that";
  constexpr std::uint64_t kOperations = 60;
  std::uint64_t with_failures = 0;
  for (std::uint64_t n = 1; n <= kOperations; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n) + " after the opening fails");
    const TemporaryDirectory directory;
    FaultyDisk disk(directory.path());
    Ledger ledger;
    const auto journal = open(directory / "journal", ledger);
    ASSERT_TRUE(journal);
    disk.fail(GetParam().fault, disk.operations() + n, GetParam().count);
    for (int i = 0; i < 6; ++i) {
      note_append(ledger, *journal, i % 2 == 0 ? "acme" : "zebra", 5'000);
      note_pair(ledger, *journal);
    }
    note_save(ledger, *journal, "acme", std::string(1'100'000, 'x'));
    with_failures += ledger.failures > 0 ? 1 : 0;
    const JournalStats stats = journal->stats();
    EXPECT_EQ(stats.failed_commits_total > 0, ledger.failures > 0);
    disk.heal();
    note_append(ledger, *journal, "late", 100);
    EXPECT_NE(ledger.events.back().sequence, 0u) << "it did not recover";
    note_pair(ledger, *journal);
    note_save(ledger, *journal, "acme", "new");
    check(*journal, ledger, Unacknowledged::absent);
    EXPECT_FALSE(journal->stats().failing);
    if (HasFailure()) return;
  }
  EXPECT_GT(with_failures, kOperations / 2);
}

INSTANTIATE_TEST_SUITE_P(Faults, JournalFaultsTest,
                         ::testing::ValuesIn(std::vector<Plan>{
                             {"OneIoError", Fault::io_error, 1},
                             {"TenIoErrors", Fault::io_error, 10},
                             {"FullForAWhile", Fault::full, 20},
                             {"ReadOnlyForAWhile", Fault::read_only, 20},
                         }),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(JournalPowerTest, AfterAPowerCutEverythingAcknowledgedIsThere) {
  std::uint64_t operations = 0;
  {
    const TemporaryDirectory directory;
    const FaultyDisk disk(directory.path());
    Ledger ledger;
    work(directory / "journal", ledger);
    operations = disk.operations();
  }
  for (std::uint64_t n = 1; n <= operations; ++n) {
    SCOPED_TRACE("the power is cut at operation " + std::to_string(n));
    const TemporaryDirectory directory;
    const TemporaryDirectory survivors;
    Ledger ledger;
    {
      FaultyDisk disk(directory.path());
      disk.fail(Fault::power_cut, n);
      work(directory / "journal", ledger);
      disk.write_survivors(survivors.path(), n);
    }
    OpenedJournal opened = open_sqlite_journal({.directory = survivors.path()});
    ASSERT_EQ(opened.error, std::nullopt);
    check(*opened.journal, ledger, Unacknowledged::whole_or_absent);
    EXPECT_EQ(append(*opened.journal, {.sequence = 0, .client = "acme", .at = kStart, .payload = "x"}).error,
              std::nullopt);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(JournalFailureTextTest, AFullDiskIsNamedWithWhatToDo) {
  const TemporaryDirectory directory;
  FaultyDisk disk(directory.path());
  Ledger ledger;
  const auto journal = open(directory / "journal", ledger);
  disk.fail(Fault::full, disk.operations() + 1, 1'000);
  const Appended appended = append(*journal, {.sequence = 0, .client = "acme", .at = kStart, .payload = "x"});
  ASSERT_TRUE(appended.error);
  EXPECT_EQ(appended.error->kind, JournalFailure::full);
  EXPECT_THAT(appended.error->text, ::testing::StartsWith(directory / "journal/tightrope.db: the disk"));
  EXPECT_THAT(appended.error->text, ::testing::HasSubstr("free some space, and writing goes on by itself"));
  ASSERT_TRUE(journal->stats().failing);
  EXPECT_EQ(journal->stats().failing->kind, JournalFailure::full);
}

TEST(JournalFailureTextTest, AReadOnlyDiskIsNamedWithWhatToDo) {
  const TemporaryDirectory directory;
  FaultyDisk disk(directory.path());
  Ledger ledger;
  const auto journal = open(directory / "journal", ledger);
  disk.fail(Fault::read_only, disk.operations() + 1, 1'000);
  const Appended appended = append(*journal, {.sequence = 0, .client = "acme", .at = kStart, .payload = "x"});
  ASSERT_TRUE(appended.error);
  EXPECT_EQ(appended.error->kind, JournalFailure::read_only);
  EXPECT_THAT(appended.error->text, ::testing::HasSubstr("its file system writable"));
}

}  // namespace
}  // namespace tightrope::daemon
