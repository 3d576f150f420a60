// SQLite behind two handles. sqlite.cc is the only file of the daemon that includes its header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/journal.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tightrope::daemon {

// The first call that went wrong.
struct SqliteFailure {
  int code = 0;          // SQLite's extended result code
  int system_error = 0;  // errno, 0 when there is none
  std::string message;   // SQLite's
};

// In the words of the journal: what, where, and what to do.
JournalError to_journal_error(const SqliteFailure& failure, const std::string& path);
JournalError damaged(const std::string& path,
                     std::string_view what);  // JournalFailure::corrupt, with the remedy
// An error of the operating system while doing something with `path`.
JournalError to_journal_error(int system_error, std::string_view doing, const std::string& path);

enum class SqliteAccess {
  create,      // read and write; made when it is missing
  write,       // read and write; must be there
  read,        // beside a writer
  read_still,  // nobody writes, and nothing can: not even SQLite's own files beside it
};

// A connection. A failed one stays failed, and does nothing, until take_failure(): so a sequence of calls
// needs one check at its end. One thread at a time.
class SqliteDatabase {
 public:
  SqliteDatabase(const std::string& path, SqliteAccess access);  // check failed()
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  bool failed() const noexcept { return failure_.has_value(); }
  std::optional<SqliteFailure> take_failure();

  void run(const char* statements);
  std::int64_t number(const char* query);  // the first column of the first row; 0 when there is none
  void begin();                            // to write
  void begin_reading();
  void commit();
  void roll_back() noexcept;  // harmless when nothing was begun; also on a failed connection

  std::int64_t last_row_id() const noexcept;
  std::int64_t changes() const noexcept;  // rows changed by the last statement
  // Pages in the write-ahead log after the last commit.
  int log_pages() const noexcept { return log_pages_; }
  // Moves what it can from the log into the file, without waiting for readers.
  void checkpoint();
  // As that, and cuts the log to nothing. False when a reader was in the way.
  bool checkpoint_and_truncate();
  // Closing the last connection tidies up: moves the log's rest into the file and removes it. Off until asked
  // for.
  void tidy_on_close();
  // The file at the path is no longer the one that is open.
  bool moved();

 private:
  friend class SqliteStatement;
  void check(int code);

  sqlite3* handle_ = nullptr;
  int log_pages_ = 0;
  std::optional<SqliteFailure> failure_;
};

// A prepared statement of a database that outlives it. Parameters and columns count from 0.
class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, std::string_view text);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // The bytes must stay as they are until the statement is run or reset.
  SqliteStatement& integer(int parameter, std::int64_t value);
  SqliteStatement& text(int parameter, std::string_view value);
  SqliteStatement& blob(int parameter, std::string_view value);

  // Steps to the next row; false at the end, and on a failure. Then the statement is reset.
  bool row();
  void run();    // for statements without rows
  void reset();  // ends a query before its last row

  std::int64_t integer_at(int column) const;
  std::string_view bytes_at(int column) const;  // valid until the next row

 private:
  SqliteDatabase& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace tightrope::daemon
