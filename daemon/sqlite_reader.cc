#include "daemon/sqlite_reader.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/journal_encoding.h"
#include "daemon/sqlite_schema.h"

namespace tightrope::daemon {
namespace {

constexpr std::size_t kMostIdle = 4;

Timestamp to_timestamp(std::int64_t column) {
  return Timestamp(rules::Duration(column));
}
std::uint64_t to_key(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

// The client's id, 0 when the journal does not know it.
std::int64_t id_of(SqliteDatabase& database, std::string_view client) {
  SqliteStatement find(database, "SELECT id FROM clients WHERE name = ?");
  return find.text(0, client).row() ? find.integer_at(0) : 0;
}

}  // namespace

SqliteReader::SqliteReader(std::string path, SqliteAccess access) : path_(std::move(path)), access_(access) {}
SqliteReader::~SqliteReader() = default;

template <class Body>
std::optional<JournalError> SqliteReader::read(Body body) {
  std::unique_ptr<SqliteDatabase> database;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      database = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!database) {
    database = std::make_unique<SqliteDatabase>(path_, access_);
    database->run("PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;");
  }
  database->begin_reading();
  std::optional<JournalError> error = body(*database);
  database->roll_back();
  // A connection that failed is not used again.
  if (const auto failure = database->take_failure()) return to_journal_error(*failure, path_);
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(database));
  return error;
}

std::optional<JournalError> SqliteReader::check() {
  return read([&](SqliteDatabase& database) { return check_journal(database, path_); });
}

std::optional<JournalError> SqliteReader::read_events(std::string_view client, Sequence after,
                                                      const Journal::OnEvent& on_event) {
  return read([&](SqliteDatabase& database) -> std::optional<JournalError> {
    const std::int64_t id = id_of(database, client);
    if (id == 0) return std::nullopt;
    SqliteStatement events(
        database,
        "SELECT sequence, at, payload FROM events WHERE client = ? AND sequence > ? ORDER BY sequence");
    events.integer(0, id).integer(1, static_cast<std::int64_t>(after));
    JournalEvent event{.sequence = 0, .client = std::string(client), .at = {}, .payload = {}};
    while (events.row()) {
      const std::int64_t sequence = events.integer_at(0);
      const std::int64_t at = events.integer_at(1);
      auto payload = unpack(events.bytes_at(2), {to_key(sequence), to_key(id), to_key(at)});
      if (!payload)
        return damaged(path_,
                       fmt::format("event {} of client {} is not as it was written", sequence, client));
      event.sequence = static_cast<Sequence>(sequence);
      event.at = to_timestamp(at);
      event.payload = std::move(*payload);
      if (!on_event(event)) break;
    }
    return std::nullopt;
  });
}

std::optional<JournalError> SqliteReader::read_snapshot(std::string_view client,
                                                        std::optional<Snapshot>& snapshot) {
  snapshot.reset();
  return read([&](SqliteDatabase& database) -> std::optional<JournalError> {
    const auto bad = [&] {
      return damaged(path_, fmt::format("the snapshot of client {} is not as it was written", client));
    };
    const std::int64_t id = id_of(database, client);
    SqliteStatement find(database,
                         "SELECT upto, at, document, generation, parts FROM snapshots WHERE client = ?");
    if (!find.integer(0, id).row()) return std::nullopt;
    Snapshot found{.client = std::string(client),
                   .upto = static_cast<Sequence>(find.integer_at(0)),
                   .at = to_timestamp(find.integer_at(1)),
                   .state = {},
                   .document = {}};
    auto document = unpack(find.bytes_at(2), {to_key(id), found.upto});
    if (!document) return bad();
    found.document = std::move(*document);
    const std::int64_t generation = find.integer_at(3);
    const std::int64_t parts = find.integer_at(4);
    SqliteStatement states(database,
                           "SELECT part, bytes FROM snapshot_parts WHERE generation = ? ORDER BY part");
    states.integer(0, generation);
    std::int64_t read_parts = 0;
    while (states.row()) {
      const std::int64_t part = states.integer_at(0);
      const auto bytes = unpack(states.bytes_at(1), {to_key(generation), to_key(part)});
      if (!bytes || part != read_parts) return bad();
      found.state += *bytes;
      ++read_parts;
    }
    if (database.failed()) return std::nullopt;  // told by read()
    if (read_parts != parts) return bad();
    snapshot = std::move(found);
    return std::nullopt;
  });
}

std::optional<JournalError> SqliteReader::read_records(std::string_view table, std::vector<Record>& records) {
  records.clear();
  return read([&](SqliteDatabase& database) -> std::optional<JournalError> {
    SqliteStatement find(database, "SELECT key, value FROM records WHERE tbl = ? ORDER BY key");
    find.text(0, table);
    while (find.row()) {
      const std::string key(find.bytes_at(0));
      auto value = unpack(find.bytes_at(1), {});
      if (!value)
        return damaged(path_, fmt::format("the record {} of {} is not as it was written", key, table));
      records.push_back({.table = std::string(table), .key = key, .value = std::move(*value)});
    }
    return std::nullopt;
  });
}

std::optional<JournalError> SqliteReader::read_clients(std::vector<std::string>& clients) {
  clients.clear();
  return read([&](SqliteDatabase& database) -> std::optional<JournalError> {
    SqliteStatement find(database, "SELECT name FROM clients ORDER BY name");
    while (find.row()) clients.emplace_back(find.bytes_at(0));
    return std::nullopt;
  });
}

}  // namespace tightrope::daemon
