// The reading side of tightrope.db.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal.h"
#include "daemon/sqlite.h"

namespace tightrope::daemon {

// Any thread; each read has a connection of its own while it lasts, and sees one state of the file from its
// beginning to its end, however long it takes. Reads and writes do not wait for each other.
class SqliteReader {
 public:
  SqliteReader(std::string path, SqliteAccess access);
  ~SqliteReader();

  std::optional<JournalError> check();  // that it can be read, and is a journal
  std::optional<JournalError> read_events(std::string_view client, Sequence after,
                                          const Journal::OnEvent& on_event);
  std::optional<JournalError> read_snapshot(std::string_view client, std::optional<Snapshot>& snapshot);
  std::optional<JournalError> read_records(std::string_view table, std::vector<Record>& records);
  std::optional<JournalError> read_clients(std::vector<std::string>& clients);

 private:
  // Runs `body(database)` within one reading transaction. What it returns is the error, unless reading failed
  // before.
  template <class Body>
  std::optional<JournalError> read(Body body);

  const std::string path_;
  const SqliteAccess access_;
  std::mutex mutex_;                                   // protects what follows
  std::vector<std::unique_ptr<SqliteDatabase>> idle_;  // kept for the next read
};

}  // namespace tightrope::daemon
