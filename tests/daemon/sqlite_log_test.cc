// A log that is damaged, and logs that only look so.
#include "daemon/sqlite_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/journal.h"
#include "tests/support/journal_calls.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace tightrope::testing;
using ::testing::HasSubstr;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};
constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrame = 24 + 4'096;

// A journal as a kill leaves it: its newest events stand in its log alone. Each commit is of one event.
class SqliteLogTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kEvents = 12;

  static std::string payload(std::size_t event) { return noise(event % 3 == 0 ? 9'000 : 300, event + 1); }

  void SetUp() override {
    const TemporaryDirectory running;
    const OpenedJournal opened = open_sqlite_journal({.directory = running / "journal"});
    ASSERT_EQ(opened.error, std::nullopt);
    for (std::size_t i = 0; i < kEvents; ++i) {
      log_sizes.push_back(std::filesystem::file_size(running / "journal/tightrope.db-wal"));
      const JournalEvent event{.sequence = 0, .client = "acme", .at = kStart, .payload = payload(i)};
      ASSERT_EQ(append(*opened.journal, event).error, std::nullopt);
    }
    file = read_file(running / "journal/tightrope.db");
    log = read_file(running / "journal/tightrope.db-wal");
    ASSERT_GT(log.size(), kHeader + 20 * kFrame);
  }

  // What opening the journal with this log comes to: the events that it hands out, or its error.
  struct Opened {
    std::optional<JournalError> error;
    std::size_t events = 0;
  };
  Opened open_with(const std::string& damaged, bool read_only = false) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    write_file(folder + "/tightrope.db", file);
    write_file(folder + "/tightrope.db-wal", damaged);
    Opened result;
    const OpenedJournal opened = open_sqlite_journal({.directory = folder, .read_only = read_only});
    result.error = opened.error;
    if (opened.error) {
      EXPECT_EQ(read_file(folder + "/tightrope.db"), file) << "changed what it refused";
      EXPECT_EQ(read_file(folder + "/tightrope.db-wal"), damaged) << "changed what it refused";
      return result;
    }
    for (const JournalEvent& event : events_of(*opened.journal, "acme")) {
      EXPECT_EQ(event.payload, payload(result.events));
      ++result.events;
    }
    return result;
  }

  TemporaryDirectory directory;
  std::string folder = directory / "journal";
  std::string file, log;
  std::vector<std::size_t> log_sizes;  // before the commit of each event
};

TEST_F(SqliteLogTest, NoFlippedByteLosesAnEventInSilenceButOneOfTheLastCommit) {
  // Every byte of the log's header and of each frame's, and some of each page.
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < kHeader; ++at) places.push_back(at);
  for (std::size_t frame = kHeader; frame < log.size(); frame += kFrame) {
    for (std::size_t at = 0; at < 24; ++at) places.push_back(frame + at);
    for (std::size_t at = 24; at < kFrame; at += 509) places.push_back(frame + at);
  }
  std::size_t refused = 0;
  for (const std::size_t at : places) {
    SCOPED_TRACE("byte " + std::to_string(at) + " of " + std::to_string(log.size()));
    std::string damaged = log;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const Opened opened = open_with(damaged);
    if (opened.error) {
      ++refused;
      EXPECT_EQ(opened.error->kind, JournalFailure::corrupt);
      EXPECT_THAT(opened.error->text, HasSubstr(folder + "/tightrope.db-wal: the log is damaged at byte"));
    } else if (at >= log_sizes.back()) {
      EXPECT_EQ(opened.events, kEvents - 1) << "more than the last commit is lost";
    } else if (at >= kHeader) {
      EXPECT_EQ(opened.events, kEvents) << "lost in silence";
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(refused, places.size() / 2);
}

TEST_F(SqliteLogTest, ABlockOfZerosInItsMiddleIsDamage) {
  std::string damaged = log;
  damaged.replace(kHeader + 6 * kFrame, 8'192, 8'192, '\0');
  const Opened opened = open_with(damaged);
  ASSERT_TRUE(opened.error);
  EXPECT_THAT(opened.error->text, HasSubstr("the log is damaged at byte 24752, so that "));
  EXPECT_THAT(opened.error->text, HasSubstr("PRAGMA wal_checkpoint(TRUNCATE)"));
}

TEST_F(SqliteLogTest, AReaderIsToldAsWell) {
  std::string damaged = log;
  damaged[kHeader + 5 * kFrame + 1'000] ^= 1;
  const Opened opened = open_with(damaged, true);
  ASSERT_TRUE(opened.error);
  EXPECT_EQ(opened.error->kind, JournalFailure::corrupt);
}

TEST_F(SqliteLogTest, ALogThatEndsAnywhereIsWhatACrashLeaves) {
  for (std::size_t size = 0; size <= log.size(); size += 1 + size % 997) {
    SCOPED_TRACE("cut to " + std::to_string(size));
    const Opened opened = open_with(log.substr(0, size));
    ASSERT_EQ(opened.error, std::nullopt);
    std::size_t whole = 0;
    while (whole + 1 < kEvents && log_sizes[whole + 1] <= size) ++whole;
    if (size >= log.size()) whole = kEvents;
    EXPECT_EQ(opened.events, whole);
    if (HasFailure()) return;
  }
}

TEST_F(SqliteLogTest, TheLastCommitMayHaveReachedTheDiskInAnyParts) {
  for (std::size_t frame = log_sizes.back(); frame < log.size(); frame += kFrame) {
    std::string torn = log;
    torn.replace(frame, kFrame, kFrame, '\0');
    const Opened opened = open_with(torn);
    EXPECT_EQ(opened.error, std::nullopt);
    EXPECT_EQ(opened.events, kEvents - 1);
  }
}

// Frames of failed commits stay behind those that were written over them; each ends in a commit of its own.
TEST_F(SqliteLogTest, WhatFailedCommitsLeaveBehindIsNoDamage) {
  std::string left = log.substr(0, log_sizes[6]);
  // Pieces of two other lines of writing, each with the end of one commit.
  left += log.substr(log_sizes[7], log_sizes[8] - log_sizes[7]);
  left += log.substr(log_sizes[10], log_sizes[11] - log_sizes[10]);
  const Opened opened = open_with(left);
  ASSERT_EQ(opened.error, std::nullopt);
  EXPECT_EQ(opened.events, 6u);
}

TEST(FindLogDamageTest, WhatIsNoLogIsNotDamaged) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(find_log_damage(directory / "absent"));
  for (const std::string& text :
       {std::string(), std::string(32, '\0'), std::string(10'000, '\0'), noise(50'000, 1)}) {
    write_file(directory / "log", text);
    EXPECT_FALSE(find_log_damage(directory / "log"));
  }
}

}  // namespace
}  // namespace tightrope::daemon
