#include "daemon/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr int kBusyMilliseconds = 5'000;  // somebody recovers or closes; nobody else writes

int flags_of(SqliteAccess access) {
  switch (access) {
    case SqliteAccess::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case SqliteAccess::write:
      return SQLITE_OPEN_READWRITE;
    case SqliteAccess::read:
      return SQLITE_OPEN_READONLY;
    case SqliteAccess::read_still:
      break;
  }
  return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
}

// A path as SQLite's URI reads it.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return uri + "?immutable=1";
}

int note_log_pages(void* pages, sqlite3*, const char*, int now) {
  *static_cast<int*>(pages) = now;
  return SQLITE_OK;
}

// The errno behind an error of this connection. What SQLite notes for the connection is often lost before it
// can be asked for; the log and the file keep their own.
int system_error_of(sqlite3* handle) {
  if (const int noted = sqlite3_system_errno(handle); noted != 0) return noted;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int error = 0;
    if (sqlite3_file_control(handle, nullptr, which, &file) != SQLITE_OK || !file || !file->pMethods)
      continue;
    if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error) == SQLITE_OK && error != 0)
      return error;
  }
  return 0;
}

JournalFailure kind_of(const SqliteFailure& failure) {
  if (failure.system_error == ENOSPC || failure.system_error == EDQUOT || failure.system_error == EFBIG) {
    return JournalFailure::full;
  }
  if (failure.system_error == EROFS) return JournalFailure::read_only;
  switch (failure.code & 0xFF) {
    case SQLITE_FULL:
      return JournalFailure::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return JournalFailure::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return JournalFailure::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return JournalFailure::busy;
    default:
      return JournalFailure::io;
  }
}

JournalError explain(JournalFailure kind, const std::string& path, const std::string& what) {
  switch (kind) {
    case JournalFailure::full:
      return {
          kind,
          fmt::format(
              "{}: the disk or a limit on it is full ({}); free some space, and writing goes on by itself",
              path, what)};
    case JournalFailure::read_only:
      return {kind,
              fmt::format(
                  "{}: cannot be written ({}); make the file, its folder and its file system writable, and "
                  "writing goes on by itself",
                  path, what)};
    case JournalFailure::corrupt:
      return damaged(path, what);
    case JournalFailure::busy:
      return {kind, fmt::format("{}: in use by another program ({}); end that program, then try again", path,
                                what)};
    default:
      return {kind, fmt::format("{}: {}; look into the system's log for errors of this disk", path, what)};
  }
}

}  // namespace

JournalError to_journal_error(const SqliteFailure& failure, const std::string& path) {
  std::string what = failure.message;
  if (failure.system_error != 0) {
    what += fmt::format(", {}", std::generic_category().message(failure.system_error));
  }
  return explain(kind_of(failure), path, what);
}

JournalError to_journal_error(int system_error, std::string_view doing, const std::string& path) {
  const std::string what = fmt::format("{}: {}", doing, std::generic_category().message(system_error));
  switch (system_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return explain(JournalFailure::full, path, what);
    case EROFS:
    case EACCES:
    case EPERM:
      return explain(JournalFailure::read_only, path, what);
    case ENOTDIR:
      return {JournalFailure::io,
              fmt::format("{}: {}; --storage.path names a folder, and where it or one above "
                          "it should be there is a file: name another, or move that aside",
                          path, what)};
    default:
      return explain(JournalFailure::io, path, what);
  }
}

JournalError damaged(const std::string& path, std::string_view what) {
  return {
      JournalFailure::corrupt,
      fmt::format("{0}: the file is damaged ({1}), and nothing was changed in it; stop the daemon, move {0}, "
                  "{0}-wal and "
                  "{0}-shm aside together, put a backup in their place and start again. `sqlite3 {0} 'PRAGMA "
                  "integrity_check'` says what is damaged, `sqlite3 {0} .recover` saves what can be read",
                  path, what)};
}

SqliteDatabase::SqliteDatabase(const std::string& path, SqliteAccess access) {
  const std::string name = access == SqliteAccess::read_still ? uri_of(path) : path;
  check(sqlite3_open_v2(name.c_str(), &handle_,
                        flags_of(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr));
  if (failed()) return;
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Also ends SQLite's own checkpoints within a commit: the journal makes them when nobody waits.
  sqlite3_wal_hook(handle_, note_log_pages, &log_pages_);
}

SqliteDatabase::~SqliteDatabase() {
  sqlite3_close_v2(handle_);
}

std::optional<SqliteFailure> SqliteDatabase::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

void SqliteDatabase::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE || failure_) return;
  // An errno stays noted until the next one, so it is believed only where one belongs.
  const int primary = code & 0xFF;
  const bool of_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
  failure_ = SqliteFailure{.code = code,
                           .system_error = handle_ && of_system ? system_error_of(handle_) : 0,
                           .message = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code)};
}

void SqliteDatabase::run(const char* statements) {
  if (failed()) return;
  check(sqlite3_exec(handle_, statements, nullptr, nullptr, nullptr));
}

std::int64_t SqliteDatabase::number(const char* query) {
  SqliteStatement statement(*this, query);
  return statement.row() ? statement.integer_at(0) : 0;
}

void SqliteDatabase::begin() {
  run("BEGIN IMMEDIATE");
}
void SqliteDatabase::begin_reading() {
  run("BEGIN");
}
void SqliteDatabase::commit() {
  run("COMMIT");
}

void SqliteDatabase::roll_back() noexcept {
  // Some failures have rolled back by themselves.
  if (handle_ && sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t SqliteDatabase::last_row_id() const noexcept {
  return sqlite3_last_insert_rowid(handle_);
}
std::int64_t SqliteDatabase::changes() const noexcept {
  return sqlite3_changes64(handle_);
}

void SqliteDatabase::checkpoint() {
  if (failed()) return;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if ((code & 0xFF) == SQLITE_BUSY) return;  // somebody else makes one
  check(code);
}

bool SqliteDatabase::checkpoint_and_truncate() {
  if (failed()) return false;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if ((code & 0xFF) == SQLITE_BUSY) return false;
  check(code);
  return !failed();
}

void SqliteDatabase::tidy_on_close() {
  if (handle_) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

bool SqliteDatabase::moved() {
  int has_moved = 0;
  sqlite3_file_control(handle_, nullptr, SQLITE_FCNTL_HAS_MOVED, &has_moved);
  return has_moved != 0;
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, std::string_view text) : database_(database) {
  if (database_.failed()) return;
  database_.check(sqlite3_prepare_v3(database_.handle_, text.data(), static_cast<int>(text.size()),
                                     SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(handle_);
}

SqliteStatement& SqliteStatement::integer(int parameter, std::int64_t value) {
  if (!database_.failed()) database_.check(sqlite3_bind_int64(handle_, parameter + 1, value));
  return *this;
}

SqliteStatement& SqliteStatement::text(int parameter, std::string_view value) {
  if (database_.failed()) return *this;
  // A null pointer would be NULL, and an empty view may have one.
  const char* bytes = value.empty() ? "" : value.data();
  database_.check(
      sqlite3_bind_text64(handle_, parameter + 1, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::blob(int parameter, std::string_view value) {
  if (database_.failed()) return *this;
  const char* bytes = value.empty() ? "" : value.data();
  database_.check(sqlite3_bind_blob64(handle_, parameter + 1, bytes, value.size(), SQLITE_STATIC));
  return *this;
}

bool SqliteStatement::row() {
  if (database_.failed() || !handle_) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  database_.check(code);
  sqlite3_reset(handle_);
  return false;
}

void SqliteStatement::run() {
  while (row()) {
  }
}

void SqliteStatement::reset() {
  sqlite3_reset(handle_);
}

std::int64_t SqliteStatement::integer_at(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string_view SqliteStatement::bytes_at(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);  // before the size: it may convert
  const int size = sqlite3_column_bytes(handle_, column);
  if (!bytes || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace tightrope::daemon
