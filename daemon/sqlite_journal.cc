// The embedded store: opening it, and the joint of its writing and its reading side.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/journal.h"
#include "daemon/journal_lock.h"
#include "daemon/journal_writer.h"
#include "daemon/sqlite.h"
#include "daemon/sqlite_log.h"
#include "daemon/sqlite_reader.h"
#include "daemon/sqlite_store.h"

namespace tightrope::daemon {
namespace {

constexpr std::string_view kFileName = "tightrope.db";

// The writing side, in the order in which it must be made and, backwards, undone.
struct WritingSide {
  WritingSide(std::unique_ptr<JournalLock> held, std::unique_ptr<SqliteStore> opened,
              std::uint64_t most_queued_bytes)
      : lock(std::move(held)), store(std::move(opened)), writer(*store, most_queued_bytes) {}
  std::unique_ptr<JournalLock> lock;
  std::unique_ptr<SqliteStore> store;
  JournalWriter writer;
};

class SqliteJournal final : public Journal {
 public:
  // `writing` is null for a journal that is only read.
  SqliteJournal(std::string path, std::unique_ptr<SqliteReader> reader, std::unique_ptr<WritingSide> writing)
      : path_(std::move(path)), writing_(std::move(writing)), reader_(std::move(reader)) {}

  void append(JournalEvent event, AppendDone done) override {
    push(QuickRequest(AppendRequest{std::move(event), std::move(done)}));
  }
  void write(std::vector<RecordChange> changes, WriteDone done) override {
    push(QuickRequest(WriteRequest{std::move(changes), std::move(done)}));
  }
  void save(Snapshot snapshot, WriteDone done) override {
    push(SlowRequest(SaveRequest{std::move(snapshot), std::move(done)}));
  }
  void prune(Timestamp before, WriteDone done) override {
    push(SlowRequest(PruneRequest{before, std::move(done)}));
  }

  std::optional<JournalError> read_events(std::string_view client, Sequence after,
                                          const OnEvent& on_event) override {
    return reader_->read_events(client, after, on_event);
  }
  std::optional<JournalError> read_snapshot(std::string_view client,
                                            std::optional<Snapshot>& snapshot) override {
    return reader_->read_snapshot(client, snapshot);
  }
  std::optional<JournalError> read_records(std::string_view table, std::vector<Record>& records) override {
    return reader_->read_records(table, records);
  }
  std::optional<JournalError> read_clients(std::vector<std::string>& clients) override {
    return reader_->read_clients(clients);
  }

  JournalStats stats() const override { return writing_ ? writing_->writer.stats() : JournalStats{}; }

 private:
  template <class Request>
  void push(Request request) {
    if (writing_) {
      writing_->writer.push(std::move(request));
    } else {
      fail(request,
           JournalError{JournalFailure::read_only, fmt::format("{}: opened for reading only", path_)});
    }
  }

  const std::string path_;
  std::unique_ptr<WritingSide> writing_;
  std::unique_ptr<SqliteReader>
      reader_;  // destroyed first, so that the writer is the last to close the file and tidies up
};

OpenedJournal failed(JournalError error) {
  return {nullptr, std::move(error)};
}

std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

// A new name is only durable once its folder is.
std::optional<JournalError> sync_folder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return to_journal_error(errno, "cannot open the folder", path);
  const bool synced = fsync(folder) == 0;
  const int why = errno;
  close(folder);
  // Some file systems have nothing to sync in a folder, and say so.
  if (synced || why == EINVAL) return std::nullopt;
  return to_journal_error(why, "cannot sync the folder", path);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes the folder, and those above it, where they are missing.
std::optional<JournalError> make_folder(const std::string& path) {
  if (path.empty() || mkdir(path.c_str(), 0700) == 0)
    return path.empty() ? std::nullopt : sync_folder(parent_of(path));
  if (errno == EEXIST) return std::nullopt;
  if (errno != ENOENT) return to_journal_error(errno, "cannot make the folder", path);
  if (auto error = make_folder(parent_of(path))) return error;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return to_journal_error(errno, "cannot make the folder", path);
  return sync_folder(parent_of(path));
}

// Before SQLite opens the file: it would leave out what is behind the damage, and write over it.
std::optional<JournalError> check_log(const std::string& path) {
  const auto damage = find_log_damage(path + "-wal");
  if (!damage) return std::nullopt;
  const std::string lost = damage->commits == 0 ? std::string("all that is in it")
                                                : fmt::format("{} commits or more", damage->commits);
  return JournalError{
      JournalFailure::corrupt,
      fmt::format(
          "{0}-wal: the log is damaged at byte {1}, so that {2} could not be read, and nothing was changed "
          "in "
          "it; copy {0}, {0}-wal and {0}-shm aside together, put a backup in their place and start again. Or "
          "go on without what is behind the damage: after copying, `sqlite3 {0} 'PRAGMA "
          "wal_checkpoint(TRUNCATE)'` drops it",
          path, damage->offset, lost)};
}

OpenedJournal open_to_write(const JournalOptions& options, const std::string& path) {
  if (auto error = make_folder(options.directory)) return failed(std::move(*error));
  JournalLock::Taken taken = JournalLock::take(options.directory);
  if (taken.error) return failed(std::move(*taken.error));
  // SQLite would take the log for a stale one and remove it, and the newest events are in it.
  const bool empty = size_of(path).value_or(0) == 0;
  if (empty && size_of(path + "-wal").value_or(0) > 0) {
    return failed(damaged(path, fmt::format("it is missing or empty, and its log {}-wal is not", path)));
  }
  if (auto error = check_log(path)) return failed(std::move(*error));
  auto store = std::make_unique<SqliteStore>(path);
  if (auto error = store->open()) return failed(std::move(*error));
  if (auto error = sync_folder(options.directory)) return failed(std::move(*error));
  return {
      std::make_unique<SqliteJournal>(
          path, std::make_unique<SqliteReader>(path, SqliteAccess::read),
          std::make_unique<WritingSide>(std::move(taken.lock), std::move(store), options.most_queued_bytes)),
      std::nullopt};
}

OpenedJournal open_to_read(const std::string& path) {
  if (!size_of(path)) {
    return failed({JournalFailure::io,
                   fmt::format("{}: there is no journal here; is --storage.path the daemon's?", path)});
  }
  if (auto damage = check_log(path)) return failed(std::move(*damage));
  auto reader = std::make_unique<SqliteReader>(path, SqliteAccess::read);
  std::optional<JournalError> error = reader->check();
  // On a medium that cannot be written, SQLite cannot make the files it coordinates by. Where nothing can
  // write, and no log is left over, none are needed.
  if (error && error->kind != JournalFailure::corrupt && access(parent_of(path).c_str(), W_OK) != 0 &&
      size_of(path + "-wal").value_or(0) == 0) {
    reader = std::make_unique<SqliteReader>(path, SqliteAccess::read_still);
    error = reader->check();
  }
  if (error) return failed(std::move(*error));
  return {std::make_unique<SqliteJournal>(path, std::move(reader), nullptr), std::nullopt};
}

}  // namespace

OpenedJournal open_sqlite_journal(JournalOptions options) {
  while (options.directory.size() > 1 && options.directory.ends_with('/')) options.directory.pop_back();
  if (options.directory.empty()) options.directory = ".";
  const std::string path = fmt::format("{}/{}", options.directory, kFileName);
  return options.read_only ? open_to_read(path) : open_to_write(options, path);
}

}  // namespace tightrope::daemon
