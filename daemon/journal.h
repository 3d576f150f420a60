// The durable memory of the daemon: events in order, snapshots of engines, and small keyed records. One
// interface, one suite of tests, several stores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::daemon {

using rules::Timestamp;
using Sequence = std::uint64_t;  // from 1, ascending over all clients; gaps are possible

struct JournalEvent {
  Sequence sequence = 0;
  std::string client;
  Timestamp at;         // rules::time_of(event)
  std::string payload;  // rules::encode(event)
};

struct Snapshot {
  std::string client;
  Sequence upto = 0;  // the last event that is in it
  Timestamp at;
  std::string state;     // Engine::snapshot()
  std::string document;  // the strategy it ran under (config::Client::document)
};

// A small durable map of maps: outbox rows, what was notified, silences, ...
struct Record {
  std::string table;
  std::string key;
  std::string value;
};
struct RecordChange {
  std::string table;
  std::string key;
  std::optional<std::string> value;  // nothing erases
};

enum class JournalFailure { full, read_only, corrupt, busy, overloaded, closed, io };
struct JournalError {
  JournalFailure kind;
  std::string text;  // for people: what, where, and what to do
};

struct JournalStats {
  std::uint64_t events_total = 0;   // appended since start
  std::uint64_t bytes_total = 0;    // of their payloads
  std::uint64_t commits_total = 0;  // transactions; a snapshot takes several
  std::uint64_t failed_commits_total = 0;
  std::uint64_t queued_bytes = 0;  // waiting or being written
  std::uint64_t file_bytes = 0;    // with the log
  double last_commit_seconds = 0;
  std::optional<JournalError> failing;   // set while anything fails: commits, snapshots, upkeep
  std::optional<JournalError> refusing;  // set while appends and writes fail: nothing is accepted
};

// Writes are queued, grouped and committed by a thread of its own; any thread may call. A `done` runs on that
// thread, in the order of sequences, and must only post. The exception: a write that is refused at once
// (overloaded, closed, opened for reading only) is told so on the calling thread, before the call returns.
// While the store is full or read-only, writes fail with the reason and nothing is taken; it tries again with
// each new write, so it recovers by itself once it can. A damaged file is left as it is: after
// JournalFailure::corrupt every write fails until the daemon is started on a sound one.
class Journal {
 public:
  virtual ~Journal() = default;  // commits what is queued, then closes

  using AppendDone = std::function<void(std::optional<JournalError>, Sequence)>;
  using WriteDone = std::function<void(std::optional<JournalError>)>;

  // Durable when `done` is called without an error. `event.sequence` is ignored. Appends and writes are
  // committed in the order of the calls.
  virtual void append(JournalEvent event, AppendDone done) = 0;
  // All or none.
  virtual void write(std::vector<RecordChange> changes, WriteDone done) = 0;
  // Replaces the client's older snapshot, all at once. Saving and pruning go in small steps between appends
  // and writes that came later, so that these never wait for long.
  virtual void save(Snapshot snapshot, WriteDone done) = 0;
  // Drops events before `before` that a snapshot of their client covers; done when none is left. One that
  // fails has dropped some or none, which is harmless.
  virtual void prune(Timestamp before, WriteDone done) = 0;

  // Blocking reads, for start-up and commands; any thread. They see all that was committed when they began,
  // in the order of sequences, keys and names. A client or table that is not known has nothing to read.
  // REQUIRES: they have returned before the journal is destroyed.
  using OnEvent = std::function<bool(const JournalEvent&)>;  // false ends the reading
  virtual std::optional<JournalError> read_events(std::string_view client, Sequence after,
                                                  const OnEvent& on_event) = 0;
  virtual std::optional<JournalError> read_snapshot(std::string_view client,
                                                    std::optional<Snapshot>& snapshot) = 0;
  virtual std::optional<JournalError> read_records(std::string_view table, std::vector<Record>& records) = 0;
  virtual std::optional<JournalError> read_clients(std::vector<std::string>& clients) = 0;

  virtual JournalStats stats() const = 0;
};

struct JournalOptions {
  std::string directory;  // created if missing; mode 0700
  // Of appends and writes, and eight times as many of snapshots. A single larger one is taken when no other
  // waits.
  std::uint64_t most_queued_bytes = 64ull << 20;
  bool read_only = false;  // for commands that look while a daemon runs
};

// The embedded store: one SQLite file, `tightrope.db`, in WAL mode, synchronous FULL. Only one process writes
// to it: a second gets JournalFailure::busy.
struct OpenedJournal {
  std::unique_ptr<Journal> journal;  // null on an error
  std::optional<JournalError> error;
};
OpenedJournal open_sqlite_journal(JournalOptions options);

}  // namespace tightrope::daemon
