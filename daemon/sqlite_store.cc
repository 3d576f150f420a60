#include "daemon/sqlite_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/sqlite_schema.h"

namespace tightrope::daemon {
namespace {

// A part takes some two milliseconds to pack: so long a push may have to wait for a snapshot, besides the
// sync.
constexpr std::size_t kPartBytes = 128u << 10;  // of a snapshot's state, before it is packed
constexpr std::int64_t kMostParts = 8;          // in one transaction, while nobody waits
// A step of pruning is kept to some ten milliseconds.
constexpr std::int64_t kMostExamined = 4'000;
constexpr std::int64_t kMostPrunedBytes = 8 << 20;
constexpr std::int64_t kMostSweptParts = 32;
// A checkpoint copies the log, of pages of 4 KiB, into the file; a longer log makes for fewer copies of a
// page that changes often, and for longer stalls.
constexpr int kCheckpointPages = 1'000;

std::int64_t to_column(Timestamp at) {
  return at.time_since_epoch().count();
}
std::int64_t to_column(Sequence sequence) {
  return static_cast<std::int64_t>(sequence);
}
std::uint64_t to_key(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

}  // namespace

struct SqliteStore::Statements {
  explicit Statements(SqliteDatabase& database)
      : find_client(database, "SELECT id FROM clients WHERE name = ?"),
        add_client(database, "INSERT INTO clients (name) VALUES (?)"),
        add_event(database, "INSERT INTO events (sequence, client, at, payload) VALUES (?, ?, ?, ?)"),
        put_record(database,
                   "INSERT INTO records (tbl, key, value) VALUES (?, ?, ?)"
                   " ON CONFLICT (tbl, key) DO UPDATE SET value = excluded.value"),
        erase_record(database, "DELETE FROM records WHERE tbl = ? AND key = ?"),
        add_part(database, "INSERT INTO snapshot_parts (generation, part, bytes) VALUES (?, ?, ?)"),
        put_snapshot(
            database,
            "INSERT INTO snapshots (client, upto, at, document, generation, parts) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (client) DO UPDATE SET upto = excluded.upto, at = excluded.at,"
            " document = excluded.document, generation = excluded.generation, parts = excluded.parts"),
        prunable(database,
                 "SELECT e.sequence, e.at, length(e.payload), s.upto IS NOT NULL AND e.sequence <= s.upto"
                 " FROM events AS e LEFT JOIN snapshots AS s ON s.client = e.client"
                 " WHERE (e.at, e.sequence) > (?, ?) AND e.at < ? ORDER BY e.at, e.sequence LIMIT ?"),
        erase_event(database, "DELETE FROM events WHERE sequence = ?"),
        put_counter(database,
                    "INSERT INTO counters (name, value) VALUES (?, ?)"
                    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
        left_over(database,
                  "SELECT generation, part FROM snapshot_parts"
                  " WHERE generation NOT IN (SELECT generation FROM snapshots) LIMIT ?"),
        erase_part(database, "DELETE FROM snapshot_parts WHERE generation = ? AND part = ?") {}

  SqliteStatement find_client, add_client, add_event, put_record, erase_record, add_part, put_snapshot,
      prunable, erase_event, put_counter, left_over, erase_part;
};

SqliteStore::SqliteStore(std::string path) : path_(std::move(path)), checkpoint_due_(kCheckpointPages) {}
SqliteStore::~SqliteStore() = default;

std::optional<JournalError> SqliteStore::open() {
  return connect(SqliteAccess::create);
}

std::optional<JournalError> SqliteStore::connect(SqliteAccess access) {
  auto database = std::make_unique<SqliteDatabase>(path_, access);
  if (auto error = prepare_journal(*database, path_)) return error;
  // Events are only ever erased by pruning, which notes the newest number given.
  const std::int64_t newest = database->number("SELECT max(sequence) FROM events");
  const std::int64_t noted = database->number("SELECT value FROM counters WHERE name = 'last_sequence'");
  const std::int64_t generation = database->number(
      "SELECT max(coalesce((SELECT max(generation) FROM snapshots), 0),"
      " coalesce((SELECT max(generation) FROM snapshot_parts), 0))");
  auto statements = std::make_unique<Statements>(*database);
  if (const auto failure = database->take_failure()) return to_journal_error(*failure, path_);
  last_sequence_ = std::max(last_sequence_, static_cast<Sequence>(std::max(newest, noted)));
  last_generation_ = std::max(last_generation_, generation);
  // The new connection is there before the old one goes: were the old one the last, the next would recover
  // from the log, and could find a transaction there whose commit had failed.
  statements_ = std::move(statements);
  database_ = std::move(database);
  reconnect_ = false;
  return std::nullopt;
}

std::optional<JournalError> SqliteStore::take_error() {
  const auto failure = database_->take_failure();
  if (!failure) return std::nullopt;
  JournalError error = to_journal_error(*failure, path_);
  if (error.kind == JournalFailure::corrupt) {
    unusable_ = error;
  } else if (error.kind != JournalFailure::full) {
    reconnect_ = true;
  }
  return error;
}

template <class Body>
std::optional<JournalError> SqliteStore::transact(Body body) {
  if (unusable_) return unusable_;
  if (reconnect_) {
    if (auto error = connect(SqliteAccess::write)) return error;
  }
  if (database_->moved()) {
    unusable_ = damaged(path_, "it was removed or replaced while the daemon wrote to it");
    return unusable_;
  }
  new_clients_.clear();
  database_->begin();
  body();
  database_->commit();
  auto error = take_error();
  if (error) {
    database_->roll_back();
    for (const std::string& name : new_clients_) clients_.erase(name);
  }
  return error;
}

std::optional<JournalError> SqliteStore::commit(const std::vector<QuickRequest>& group,
                                                std::vector<Sequence>& sequences) {
  sequences.clear();
  Sequence sequence = last_sequence_;
  auto error = transact([&] {
    sequence = last_sequence_;  // may have been read anew
    for (const QuickRequest& request : group) {
      if (database_->failed()) return;
      if (const auto* event = std::get_if<AppendRequest>(&request)) {
        append(*event, ++sequence);
        sequences.push_back(sequence);
      } else {
        write(std::get<WriteRequest>(request));
      }
    }
  });
  if (!error) last_sequence_ = sequence;
  return error;
}

void SqliteStore::append(const AppendRequest& request, Sequence sequence) {
  const std::int64_t client = client_id(request.event.client);
  const std::int64_t at = to_column(request.event.at);
  const std::string payload = packer_.pack(request.event.payload, {sequence, to_key(client), to_key(at)});
  statements_->add_event.integer(0, to_column(sequence))
      .integer(1, client)
      .integer(2, at)
      .blob(3, payload)
      .run();
}

void SqliteStore::write(const WriteRequest& request) {
  for (const RecordChange& change : request.changes) {
    if (change.value) {
      const std::string value = packer_.pack(*change.value, {});
      statements_->put_record.text(0, change.table).text(1, change.key).blob(2, value).run();
    } else {
      statements_->erase_record.text(0, change.table).text(1, change.key).run();
    }
  }
}

std::int64_t SqliteStore::client_id(const std::string& name) {
  if (const auto known = clients_.find(name); known != clients_.end()) return known->second;
  std::int64_t id = 0;
  if (statements_->find_client.text(0, name).row()) {
    id = statements_->find_client.integer_at(0);
    statements_->find_client.reset();
  } else {
    statements_->add_client.text(0, name).run();
    id = database_->last_row_id();
  }
  if (database_->failed()) return 0;
  clients_.emplace(name, id);
  new_clients_.push_back(name);
  return id;
}

JournalStore::Step SqliteStore::step(const SlowRequest& request, const Hurry& hurry) {
  const auto* save = std::get_if<SaveRequest>(&request);
  Step step = save ? save_parts(save->snapshot, hurry) : prune_some(std::get<PruneRequest>(request).before);
  if (step.error) step.finished = true;
  if (step.finished) {
    saving_.reset();
    pruning_.reset();
  }
  return step;
}

// The parts of a new generation grow beside the old one, which stays the client's snapshot until the last
// part is there.
JournalStore::Step SqliteStore::save_parts(const Snapshot& snapshot, const Hurry& hurry) {
  if (!saving_) saving_ = SaveProgress{.generation = ++last_generation_};
  const std::int64_t most_parts = saving_->parts + kMostParts;
  SaveProgress after = *saving_;
  const auto finished = [&] { return after.offset == snapshot.state.size(); };
  auto error = transact([&] {
    do {
      add_part(snapshot, after);
    } while (!finished() && after.parts < most_parts && !database_->failed() && !hurry());
    if (finished()) put_snapshot(snapshot, after);
  });
  if (!error) *saving_ = after;
  return {.finished = finished(), .error = std::move(error)};
}

void SqliteStore::add_part(const Snapshot& snapshot, SaveProgress& progress) {
  const std::string_view part = std::string_view(snapshot.state).substr(progress.offset, kPartBytes);
  if (part.empty()) return;
  const std::string packed = packer_.pack(part, {to_key(progress.generation), to_key(progress.parts)});
  statements_->add_part.integer(0, progress.generation).integer(1, progress.parts).blob(2, packed).run();
  progress.offset += part.size();
  ++progress.parts;
}

void SqliteStore::put_snapshot(const Snapshot& snapshot, const SaveProgress& progress) {
  if (database_->failed()) return;
  const std::int64_t client = client_id(snapshot.client);
  const std::string document = packer_.pack(snapshot.document, {to_key(client), snapshot.upto});
  statements_->put_snapshot.integer(0, client)
      .integer(1, to_column(snapshot.upto))
      .integer(2, to_column(snapshot.at))
      .blob(3, document)
      .integer(4, progress.generation)
      .integer(5, progress.parts)
      .run();
}

JournalStore::Step SqliteStore::prune_some(Timestamp before) {
  PruneProgress after = pruning_.value_or(PruneProgress{
      .at = std::numeric_limits<std::int64_t>::min(), .sequence = std::numeric_limits<std::int64_t>::min()});
  std::int64_t examined = 0;
  auto error = transact([&] {
    std::vector<std::int64_t> covered;
    std::int64_t bytes = 0;
    SqliteStatement& old = statements_->prunable;
    old.integer(0, after.at)
        .integer(1, after.sequence)
        .integer(2, to_column(before))
        .integer(3, kMostExamined);
    while (bytes < kMostPrunedBytes && old.row()) {
      ++examined;
      after = {.at = old.integer_at(1), .sequence = old.integer_at(0)};
      if (old.integer_at(3) == 0) continue;
      covered.push_back(after.sequence);
      bytes += old.integer_at(2);
    }
    if (bytes >= kMostPrunedBytes) {
      old.reset();
      examined = kMostExamined;  // there may be more
    }
    if (covered.empty() || database_->failed()) return;
    for (const std::int64_t sequence : covered) statements_->erase_event.integer(0, sequence).run();
    statements_->put_counter.text(0, "last_sequence").integer(1, to_column(last_sequence_)).run();
  });
  if (!error) pruning_ = after;
  return {.finished = examined < kMostExamined, .error = std::move(error)};
}

// Parts of replaced snapshots, and of those that were never finished.
bool SqliteStore::do_chore() {
  std::vector<std::pair<std::int64_t, std::int64_t>> parts;
  const auto error = transact([&] {
    SqliteStatement& left_over = statements_->left_over;
    left_over.integer(0, kMostSweptParts);
    while (left_over.row()) parts.emplace_back(left_over.integer_at(0), left_over.integer_at(1));
    for (const auto& [generation, part] : parts)
      statements_->erase_part.integer(0, generation).integer(1, part).run();
  });
  return !error && parts.size() == static_cast<std::size_t>(kMostSweptParts);
}

std::optional<JournalError> SqliteStore::maintain() {
  if (unusable_ || reconnect_) return std::nullopt;  // the next write says so
  const int pages = database_->log_pages();
  if (pages < last_log_pages_) checkpoint_due_ = kCheckpointPages;  // the log was begun anew
  last_log_pages_ = pages;
  if (pages < checkpoint_due_) return std::nullopt;
  // When a reader keeps the log from being begun anew, only what has been added since is worth another try.
  checkpoint_due_ = pages + kCheckpointPages;
  database_->checkpoint();
  return take_error();
}

void SqliteStore::close() {
  if (!unusable_ && !reconnect_ && database_->checkpoint_and_truncate()) database_->tidy_on_close();
  statements_.reset();
  database_.reset();
}

std::uint64_t SqliteStore::file_bytes() const {
  std::uint64_t bytes = 0;
  // By name: opening and closing the file here would drop the locks that SQLite holds on it.
  for (const char* ending : {"", "-wal"}) {
    struct stat status {};
    if (stat((path_ + ending).c_str(), &status) == 0) bytes += static_cast<std::uint64_t>(status.st_size);
  }
  return bytes;
}

}  // namespace tightrope::daemon
