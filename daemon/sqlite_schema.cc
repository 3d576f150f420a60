#include "daemon/sqlite_schema.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace tightrope::daemon {
namespace {

constexpr std::int64_t kApplicationId = 0x54524F50;  // "TROP", in the file's header

constexpr const char* kVersion1 = R"sql(
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE clients (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  client   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  payload  BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_client ON events (client);
CREATE INDEX events_by_time ON events (at);
CREATE TABLE snapshots (
  client     INTEGER PRIMARY KEY,
  upto       INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  document   BLOB NOT NULL,
  generation INTEGER NOT NULL UNIQUE,
  parts      INTEGER NOT NULL
) STRICT;
CREATE TABLE snapshot_parts (
  generation INTEGER NOT NULL,
  part       INTEGER NOT NULL,
  bytes      BLOB NOT NULL,
  PRIMARY KEY (generation, part)
) STRICT;
CREATE TABLE records (
  tbl   TEXT NOT NULL,
  key   TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (tbl, key)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kMigrations = {kVersion1};

struct Head {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t objects = 0;
};

// Reading the schema makes SQLite check the file's header, its size against the number of pages in it, and
// the first page. A whole check would read the whole file at every start.
Head read_head(SqliteDatabase& database) {
  Head head;
  head.application = database.number("PRAGMA application_id");
  head.version = database.number("PRAGMA user_version");
  head.objects = database.number("SELECT count(*) FROM sqlite_schema");
  return head;
}

std::optional<JournalError> judge(const Head& head, const std::string& path, std::int64_t newest) {
  if (head.application != kApplicationId && (head.objects > 0 || head.version > 0)) {
    return JournalError{
        JournalFailure::io,
        fmt::format("{}: this is a SQLite file of another program; nothing was changed in it. Give "
                    "--storage.path a folder of its own",
                    path)};
  }
  if (head.version > newest || head.version < 0) {
    return JournalError{
        JournalFailure::io,
        fmt::format("{}: written by a newer version of tightrope (format {}, this one knows {}); nothing was "
                    "changed in it. Start that version, or a newer one",
                    path, head.version, newest)};
  }
  return std::nullopt;
}

std::optional<JournalError> failure_of(SqliteDatabase& database, const std::string& path) {
  const auto failure = database.take_failure();
  if (!failure) return std::nullopt;
  return to_journal_error(*failure, path);
}

}  // namespace

std::span<const char* const> journal_migrations() {
  return kMigrations;
}

std::optional<JournalError> check_journal(SqliteDatabase& database, const std::string& path) {
  const Head head = read_head(database);
  if (auto error = failure_of(database, path)) return error;
  return judge(head, path, static_cast<std::int64_t>(kMigrations.size()));
}

std::optional<JournalError> prepare_journal(SqliteDatabase& database, const std::string& path,
                                            std::span<const char* const> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  const Head head = read_head(database);
  if (auto error = failure_of(database, path)) return error;
  if (auto error = judge(head, path, newest)) return error;
  // FULL: a commit is on the disk when it returns. The sizes bound memory and, between checkpoints, the log.
  database.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
      "PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY;");
  if (head.version < newest) {
    database.begin();
    for (const char* step : migrations.subspan(static_cast<std::size_t>(head.version))) database.run(step);
    database.run(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, newest).c_str());
    database.commit();
  }
  auto error = failure_of(database, path);
  if (error) database.roll_back();
  return error;
}

}  // namespace tightrope::daemon
