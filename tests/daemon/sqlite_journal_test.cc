// What is particular to the embedded store: its file, its lock, and what happens when either is not as it
// should be.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/journal.h"
#include "daemon/sqlite_schema.h"
#include "tests/support/journal_calls.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

JournalEvent event(std::string payload) {
  return {.sequence = 0, .client = "acme", .at = kStart, .payload = std::move(payload)};
}

// Statements as somebody else would run them on the file.
void run_sql(const std::string& path, const std::string& statements) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_free(message);
  sqlite3_close(database);
}

std::string ask_sql(const std::string& path, const std::string& query) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  std::string answer;
  sqlite3_exec(
      database, query.c_str(),
      [](void* to, int, char** columns, char**) {
        *static_cast<std::string*>(to) += columns[0] ? columns[0] : "null";
        return 0;
      },
      &answer, nullptr);
  sqlite3_close(database);
  return answer;
}

class SqliteJournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<Journal> open() {
    OpenedJournal opened = open_sqlite_journal({.directory = folder});
    if (opened.error) throw std::runtime_error(opened.error->text);
    return std::move(opened.journal);
  }
  JournalError open_error(bool read_only = false) {
    const OpenedJournal opened = open_sqlite_journal({.directory = folder, .read_only = read_only});
    EXPECT_TRUE(opened.error);
    EXPECT_EQ(opened.journal, nullptr);
    return opened.error.value_or(JournalError{JournalFailure::io, "no error"});
  }
  // A journal with events whose payloads fill some hundred pages, closed again.
  void fill(int events) {
    const auto journal = open();
    for (int i = 0; i < events; ++i) append(*journal, event(noise(3'000, static_cast<std::uint64_t>(i))));
  }

  TemporaryDirectory directory;
  std::string folder = directory / "deep/below/journal";
  std::string file = folder + "/tightrope.db";
};

TEST_F(SqliteJournalTest, FoldersAreMadeForTheOwnerAlone) {
  open();
  struct stat status {};
  ASSERT_EQ(stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(SqliteJournalTest, ClosedItIsOneFileAndALock) {
  fill(3);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("tightrope.db", "lock"));
}

TEST_F(SqliteJournalTest, TheFileSaysWhatItIs) {
  fill(1);
  EXPECT_EQ(ask_sql(file, "PRAGMA application_id"), std::to_string(0x54524F50));
  EXPECT_EQ(ask_sql(file, "PRAGMA user_version"), "1");
  EXPECT_EQ(ask_sql(file, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(ask_sql(file, "PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteJournalTest, ASecondWriterIsToldWhoHoldsTheFile) {
  const auto journal = open();
  const JournalError error = open_error();
  EXPECT_EQ(error.kind, JournalFailure::busy);
  EXPECT_THAT(error.text, HasSubstr("process " + std::to_string(getpid())));
  EXPECT_THAT(error.text, HasSubstr(folder));
}

TEST_F(SqliteJournalTest, TheLockIsFreeAgainAfterClosing) {
  open();
  open();
}

TEST_F(SqliteJournalTest, AFileOfANewerVersionIsRefusedAndLeftAlone) {
  fill(1);
  run_sql(file, "PRAGMA user_version = 99");
  const std::string before = read_file(file);
  EXPECT_THAT(open_error().text,
              HasSubstr("written by a newer version of tightrope (format 99, this one knows 1)"));
  EXPECT_THAT(open_error(true).text, HasSubstr("written by a newer version"));
  EXPECT_EQ(read_file(file), before);
}

TEST_F(SqliteJournalTest, AnotherProgramsFileIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(folder);
  run_sql(file, "CREATE TABLE bookmarks (url TEXT)");
  const std::string before = read_file(file);
  EXPECT_THAT(open_error().text, HasSubstr("a SQLite file of another program"));
  EXPECT_EQ(read_file(file), before);
}

TEST_F(SqliteJournalTest, AFileWhereTheFolderShouldBeIsNamedAndLeftAlone) {
  write_file(directory / "deep", "notes");
  EXPECT_THAT(open_error().text, HasSubstr("--storage.path names a folder"));
  folder = directory / "deep";
  EXPECT_THAT(open_error().text, HasSubstr("where it or one above it should be there is a file"));
  EXPECT_EQ(read_file(directory / "deep"), "notes");
}

TEST_F(SqliteJournalTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(folder);
  write_file(file, noise(10'000, 1));
  const JournalError error = open_error();
  EXPECT_EQ(error.kind, JournalFailure::corrupt);
  EXPECT_THAT(error.text, HasSubstr(file));
  EXPECT_THAT(error.text,
              HasSubstr("move " + file + ", " + file + "-wal and " + file + "-shm aside together"));
  EXPECT_THAT(error.text, HasSubstr("integrity_check"));
  EXPECT_EQ(read_file(file), noise(10'000, 1));
}

TEST_F(SqliteJournalTest, AFileThatWasCutShortIsRefusedAndLeftAlone) {
  fill(100);
  const std::string half = read_file(file).substr(0, 40 * 4'096);
  write_file(file, half);
  EXPECT_EQ(open_error().kind, JournalFailure::corrupt);
  EXPECT_EQ(read_file(file), half);
}

TEST_F(SqliteJournalTest, AMissingFileBesideItsLogIsRefused) {
  fill(1);
  std::filesystem::remove(file);
  write_file(file + "-wal", "the newest events");
  const JournalError error = open_error();
  EXPECT_EQ(error.kind, JournalFailure::corrupt);
  EXPECT_THAT(error.text, HasSubstr("missing or empty"));
  EXPECT_EQ(read_file(file + "-wal"), "the newest events");
}

TEST_F(SqliteJournalTest, ADamagedEventIsNamedAndNotHandedOut) {
  fill(100);
  std::string bytes = read_file(file);
  const std::size_t place = bytes.find(noise(3'000, 49).substr(100, 200));
  ASSERT_NE(place, std::string::npos);
  bytes[place] = static_cast<char>(bytes[place] ^ 1);
  write_file(file, bytes);
  const auto journal = open();
  std::size_t handed_out = 0;
  const auto error = journal->read_events("acme", 0, [&](const JournalEvent& each) {
    EXPECT_EQ(each.payload, noise(3'000, handed_out));
    ++handed_out;
    return true;
  });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, JournalFailure::corrupt);
  EXPECT_THAT(error->text, HasSubstr("event 50 of client acme is not as it was written"));
  EXPECT_EQ(handed_out, 49u);
}

TEST_F(SqliteJournalTest, ADamagedSnapshotIsNotHandedOut) {
  {
    const auto journal = open();
    ASSERT_EQ(save(*journal,
                   {.client = "acme", .upto = 1, .at = kStart, .state = noise(50'000, 1), .document = "d"}),
              std::nullopt);
  }
  std::string bytes = read_file(file);
  const std::size_t place = bytes.find(noise(50'000, 1).substr(20'000, 100));
  ASSERT_NE(place, std::string::npos);
  bytes[place] = static_cast<char>(bytes[place] ^ 1);
  write_file(file, bytes);
  std::optional<Snapshot> snapshot;
  const auto error = open()->read_snapshot("acme", snapshot);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->text, HasSubstr("the snapshot of client acme is not as it was written"));
  EXPECT_FALSE(snapshot);
}

TEST_F(SqliteJournalTest, ADamagedTreeStopsAllWriting) {
  fill(300);
  // The pages of the index by client and the table's inner ones among others; the first page stays.
  std::string bytes = read_file(file);
  for (std::size_t page = 1; page < bytes.size() / 4'096; ++page)
    bytes.replace(page * 4'096, 12, noise(12, page));
  write_file(file, bytes);
  OpenedJournal opened = open_sqlite_journal({.directory = folder});
  if (opened.error) {
    EXPECT_EQ(opened.error->kind, JournalFailure::corrupt);
  } else {
    EXPECT_EQ(append(*opened.journal, event("x")).error->kind, JournalFailure::corrupt);
    EXPECT_EQ(write(*opened.journal, {{"t", "k", "v"}})->kind, JournalFailure::corrupt);
    EXPECT_EQ(opened.journal->stats().failing->kind, JournalFailure::corrupt);
  }
  opened.journal.reset();
  EXPECT_EQ(read_file(file), bytes);
}

TEST_F(SqliteJournalTest, NoFlippedBitMakesItHandOutWhatNobodyWrote) {
  constexpr int kEvents = 60;
  fill(kEvents);
  const std::string sound = read_file(file);
  std::mt19937_64 random(20261120);
  int noticed = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t place = random() % sound.size();
    SCOPED_TRACE("byte " + std::to_string(place));
    std::string bytes = sound;
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << (random() % 8)));
    write_file(file, bytes);
    const OpenedJournal opened = open_sqlite_journal({.directory = folder, .read_only = true});
    if (opened.error) {
      ++noticed;
      continue;
    }
    Sequence last = 0;
    const auto error = opened.journal->read_events("acme", 0, [&](const JournalEvent& each) {
      EXPECT_GT(each.sequence, last);
      EXPECT_LE(each.sequence, static_cast<Sequence>(kEvents));
      EXPECT_EQ(each.at, kStart);
      EXPECT_EQ(each.payload, noise(3'000, each.sequence - 1));
      last = each.sequence;
      return true;
    });
    noticed += error ? 1 : 0;
    ASSERT_FALSE(HasFailure());
  }
  // Most of the file is payload, and every bit of that is checked.
  EXPECT_GT(noticed, 150);
}

TEST_F(SqliteJournalTest, AFileThatIsRemovedUnderTheDaemonIsNoticed) {
  const auto journal = open();
  ASSERT_EQ(append(*journal, event("one")).error, std::nullopt);
  std::filesystem::rename(file, file + ".aside");
  const Appended appended = append(*journal, event("two"));
  ASSERT_TRUE(appended.error);
  EXPECT_THAT(appended.error->text, HasSubstr("removed or replaced while the daemon wrote to it"));
}

TEST_F(SqliteJournalTest, WhatACrashLeftOfASnapshotIsSweptAway) {
  {
    const auto journal = open();
    ASSERT_EQ(save(*journal,
                   {.client = "acme", .upto = 1, .at = kStart, .state = noise(2'000'000, 1), .document = ""}),
              std::nullopt);
  }
  run_sql(file, "INSERT INTO snapshot_parts VALUES (77, 0, x'00'), (77, 1, x'00')");
  {
    const auto journal = open();
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(
          save(*journal,
               {.client = "acme", .upto = 1, .at = kStart, .state = noise(2'000'000, 2), .document = ""}),
          std::nullopt);
    }
    // A little is swept after each request.
    for (int i = 0; i < 5; ++i) ASSERT_EQ(append(*journal, event("x")).error, std::nullopt);
  }
  EXPECT_EQ(ask_sql(file, "SELECT count(DISTINCT generation) FROM snapshot_parts"), "1");
  EXPECT_EQ(snapshot_of(*open(), "acme")->state, noise(2'000'000, 2));
}

TEST_F(SqliteJournalTest, TheLogDoesNotGrowForEver) {
  const auto journal = open();
  const std::string payload = noise(500'000, 1);
  for (int i = 0; i < 50; ++i) append(*journal, event(payload));
  EXPECT_LT(std::filesystem::file_size(file + "-wal"), 12u << 20);
  EXPECT_GT(std::filesystem::file_size(file), 12u << 20);
  EXPECT_GE(journal->stats().file_bytes, 50u * 500'000);
}

TEST_F(SqliteJournalTest, MigrationsRunInOrderAndKeepWhatIsThere) {
  fill(2);
  const std::vector<const char*> steps = {journal_migrations()[0], "ALTER TABLE clients ADD COLUMN note TEXT",
                                          "UPDATE clients SET note = 'migrated'"};
  {
    SqliteDatabase database(file, SqliteAccess::write);
    EXPECT_EQ(prepare_journal(database, file, steps), std::nullopt);
    database.tidy_on_close();
  }
  EXPECT_EQ(ask_sql(file, "PRAGMA user_version"), "3");
  EXPECT_EQ(ask_sql(file, "SELECT name || ' ' || note FROM clients"), "acme migrated");
  EXPECT_EQ(ask_sql(file, "SELECT count(*) FROM events"), "2");
}

TEST_F(SqliteJournalTest, AMigrationThatFailsChangesNothing) {
  fill(2);
  const std::vector<const char*> steps = {journal_migrations()[0], "ALTER TABLE clients ADD COLUMN note TEXT",
                                          "UPDATE no_such_table SET x = 1"};
  {
    SqliteDatabase database(file, SqliteAccess::write);
    EXPECT_TRUE(prepare_journal(database, file, steps));
  }
  EXPECT_EQ(ask_sql(file, "PRAGMA user_version"), "1");
  EXPECT_EQ(ask_sql(file, "SELECT count(*) FROM pragma_table_info('clients')"), "2");
  EXPECT_THAT(events_of(*open(), "acme"), SizeIs(2));
}

TEST_F(SqliteJournalTest, AFileSizeLimitIsTreatedAsAFullDiskAndEndsByItself) {
  const auto journal = open();
  ASSERT_EQ(append(*journal, event("before")).error, std::nullopt);
  struct rlimit limit {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = limit;
  small.rlim_cur = 300'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  int taken = 1;
  std::optional<JournalError> error;
  for (int i = 0; i < 100 && !error; ++i) {
    error = append(*journal, event(noise(10'000, static_cast<std::uint64_t>(i)))).error;
    taken += error ? 0 : 1;
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, old_handler);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, JournalFailure::full) << error->text;
  EXPECT_THAT(events_of(*journal, "acme"), SizeIs(static_cast<std::size_t>(taken)));
  ASSERT_EQ(append(*journal, event("after")).error, std::nullopt);
  const auto events = events_of(*journal, "acme");
  ASSERT_THAT(events, SizeIs(static_cast<std::size_t>(taken) + 1));
  EXPECT_EQ(events.back().payload, "after");
}

// A small file system of its own, where the test may make one.
class SmallDiskTest : public SqliteJournalTest {
 protected:
  void SetUp() override {
    place = directory / "disk";
    std::filesystem::create_directory(place);
    if (mount("tightrope-test", place.c_str(), "tmpfs", 0, "size=2m") != 0) {
      GTEST_SKIP() << "cannot mount a small file system: " << std::strerror(errno);
    }
    mounted = true;
    folder = place + "/journal";
    file = folder + "/tightrope.db";
  }
  void TearDown() override {
    if (mounted) umount2(place.c_str(), MNT_DETACH);
  }

  std::string place;
  bool mounted = false;
};

TEST_F(SmallDiskTest, AFullDiskLosesNothingAndIsLeftBehindByItself) {
  const auto journal = open();
  write_file(place + "/ballast", std::string(500'000, 'x'));
  std::vector<std::string> taken;
  std::optional<JournalError> error;
  for (std::uint64_t i = 0; i < 1'000 && !error; ++i) {
    const std::string payload = noise(10'000, i);
    error = append(*journal, event(payload)).error;
    if (!error) taken.push_back(payload);
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, JournalFailure::full);
  EXPECT_THAT(error->text, HasSubstr("free some space, and writing goes on by itself"));
  EXPECT_TRUE(journal->stats().failing);
  // Still full: the same again, and nothing of it stays.
  EXPECT_EQ(append(*journal, event(noise(50'000, 1))).error->kind, JournalFailure::full);
  EXPECT_EQ(
      save(*journal, {.client = "acme", .upto = 1, .at = kStart, .state = noise(900'000, 1), .document = ""})
          ->kind,
      JournalFailure::full);
  EXPECT_THAT(events_of(*journal, "acme"), SizeIs(taken.size()));
  std::filesystem::remove(place + "/ballast");
  ASSERT_EQ(append(*journal, event("after")).error, std::nullopt);
  EXPECT_FALSE(journal->stats().failing && journal->stats().failing->kind != JournalFailure::full);
  taken.push_back("after");
  std::vector<std::string> found;
  for (const JournalEvent& each : events_of(*journal, "acme")) found.push_back(each.payload);
  EXPECT_EQ(found, taken);
}

TEST_F(SmallDiskTest, ADiskThatIsFullAtTheStartIsNamed) {
  int ballast = ::open((place + "/ballast").c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string block(4'096, 'x');
  while (::write(ballast, block.data(), block.size()) > 0) {
  }
  close(ballast);
  const JournalError error = open_error();
  EXPECT_EQ(error.kind, JournalFailure::full) << error.text;
  std::filesystem::remove(place + "/ballast");
  EXPECT_EQ(append(*open(), event("x")).error, std::nullopt);
}

TEST_F(SmallDiskTest, AReadOnlyDiskCanBeReadAndNotWritten) {
  fill(10);
  ASSERT_EQ(mount(nullptr, place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0)
      << std::strerror(errno);
  const JournalError error = open_error();
  EXPECT_EQ(error.kind, JournalFailure::read_only);
  EXPECT_THAT(error.text, HasSubstr("Read-only file system"));
  OpenedJournal reader = open_sqlite_journal({.directory = folder, .read_only = true});
  ASSERT_EQ(reader.error, std::nullopt);
  EXPECT_THAT(events_of(*reader.journal, "acme"), SizeIs(10));
  reader.journal.reset();
  ASSERT_EQ(mount(nullptr, place.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  EXPECT_EQ(append(*open(), event("x")).error, std::nullopt);
}

}  // namespace
}  // namespace tightrope::daemon
