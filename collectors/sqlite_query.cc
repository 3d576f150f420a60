// SQLite: a file that is only read. Its calls block, so they are made on a side thread, some rows at a time,
// and the rows are handed over on the caller's.
#include <fmt/core.h>
#include <sqlite3.h>

#include <array>
#include <atomic>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <filesystem>
#include <memory>

#include "collectors/c_deleter.h"
#include "collectors/side_thread.h"
#include "collectors/sql_query.h"

namespace tightrope::collectors {
namespace {

using Steady = std::chrono::steady_clock;
using Failure = std::optional<CollectError>;

constexpr std::size_t kRowsAtOnce = 1000;
constexpr std::size_t kBytesAtOnce = 256 << 10;
constexpr int kStepsBetweenLooks = 1000;  // of SQLite's machine: some microseconds
constexpr int kLockedPauseMs = 20;

FailureKind kind_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_READONLY:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_AUTH:
      return FailureKind::rejected;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG:
      return FailureKind::bad_data;
    case SQLITE_PERM:
      return FailureKind::unauthorized;
    default:
      return FailureKind::temporary;  // locked, absent, a disk that fails
  }
}

// Only the query itself: no other files, no settings.
int authorize(void*, int action, const char*, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

// Everything but the flag is touched by one thread at a time: the side thread while a job runs.
class Reading {
 public:
  Reading(const config::SqlSource& source, const SqlQuery& query) : source_(source), query_(query) {}

  void interrupt() noexcept { interrupted_ = true; }

  // Jobs.
  void open() {
    std::filesystem::path path = source_.path;
    if (path.is_relative()) path = std::filesystem::path(query_.folder) / path;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      failed_ = failure(FailureKind::temporary, error ? error.message() : "not a regular file");
      return;
    }
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) {
      fail(code);
      return;
    }
    sqlite3_extended_result_codes(opened, 1);
    sqlite3_progress_handler(
        opened, kStepsBetweenLooks,
        [](void* self) { return static_cast<Reading*>(self)->has_to_end() ? 1 : 0; }, this);
    sqlite3_busy_handler(
        opened,
        [](void* self, int) {
          if (static_cast<Reading*>(self)->has_to_end()) return 0;
          sqlite3_sleep(kLockedPauseMs);
          return 1;
        },
        this);
    sqlite3_limit(opened, SQLITE_LIMIT_LENGTH,
                  static_cast<int>(std::min<std::uint64_t>(query_.most_bytes, 1u << 30)));
    prepare();
  }

  void step() {
    cells_.clear();
    bytes_.clear();
    for (std::size_t rows = 0; rows < kRowsAtOnce && bytes_.size() < kBytesAtOnce; ++rows) {
      const int code = sqlite3_step(statement_.get());
      if (code == SQLITE_DONE) {
        ended_ = true;
        return;
      }
      if (code != SQLITE_ROW) {
        fail(code);
        return;
      }
      for (int i = 0; i < sqlite3_column_count(statement_.get()); ++i) keep(i);
    }
  }

  // What jobs have left behind.
  const Failure& failed() const noexcept { return failed_; }
  bool ended() const noexcept { return ended_; }
  const std::vector<SqlColumn>& columns() const noexcept { return columns_; }
  // Hands over the rows that were read last.
  Failure hand_over(SqlRows& rows) const {
    std::vector<FieldValue> values(columns_.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const Cell& cell = cells_[i];
      values[i % values.size()] = {cell.kind, std::string_view(bytes_).substr(begin, cell.length)};
      begin += cell.length;
      if ((i + 1) % values.size() != 0) continue;
      if (Failure failed = rows.row(values)) return failed;
    }
    return std::nullopt;
  }

 private:
  struct Cell {
    FieldValue::Kind kind;
    std::size_t length;
  };

  bool has_to_end() const noexcept { return interrupted_ || Steady::now() >= query_.until; }

  void fail(int code) {
    const std::string text = database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code);
    const bool ended_early = (code & 0xff) == SQLITE_INTERRUPT || (code & 0xff) == SQLITE_BUSY;
    failed_ = ended_early && has_to_end() ? too_late(text) : failure(kind_of(code), text);
  }

  void prepare() {
    std::string text = query_.texts[0];
    for (std::size_t i = 1; i < query_.texts.size(); ++i) text += fmt::format("?{}{}", i, query_.texts[i]);
    sqlite3_set_authorizer(database_.get(), authorize, nullptr);
    sqlite3_stmt* prepared = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v2(database_.get(), text.c_str(), static_cast<int>(text.size()), &prepared, &rest);
    statement_.reset(prepared);
    if (code != SQLITE_OK) {
      // Denied is said of what stands before it is told what was asked.
      if (code == SQLITE_AUTH) {
        failed_ = failure(FailureKind::rejected, "the query does more than read");
      } else {
        fail(code);
      }
      return;
    }
    if (!prepared || sqlite3_column_count(prepared) == 0) {
      failed_ = failure(FailureKind::rejected, "the query has no rows to give: it is no SELECT");
    } else if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
      failed_ = failure(FailureKind::rejected, "the query is more than one statement");
    } else if (sqlite3_bind_parameter_count(prepared) != static_cast<int>(query_.arguments.size())) {
      failed_ =
          failure(FailureKind::rejected, "the query has a parameter of its own; write {from}, {to} or {now}");
    }
    if (failed_) return;
    bind();
    for (int i = 0; i < sqlite3_column_count(prepared); ++i)
      columns_.push_back({sqlite3_column_name(prepared, i)});
  }

  void bind() {
    for (std::size_t i = 0; i < query_.arguments.size(); ++i) {
      const SqlArgument& argument = query_.arguments[i];
      const int place = static_cast<int>(i) + 1;
      std::int64_t number = 0;
      const auto read =
          std::from_chars(argument.text.data(), argument.text.data() + argument.text.size(), number);
      if (argument.is_number && read.ec == std::errc()) {
        sqlite3_bind_int64(statement_.get(), place, number);
      } else {
        // The query outlives the statement.
        sqlite3_bind_text(statement_.get(), place, argument.text.data(),
                          static_cast<int>(argument.text.size()), SQLITE_STATIC);
      }
    }
  }

  void keep(int column) {
    sqlite3_stmt* const row = statement_.get();
    const std::size_t before = bytes_.size();
    FieldValue::Kind kind = FieldValue::Kind::null;
    switch (sqlite3_column_type(row, column)) {
      case SQLITE_INTEGER:
        kind = FieldValue::Kind::number;
        bytes_ += std::to_string(sqlite3_column_int64(row, column));
        break;
      case SQLITE_FLOAT: {
        // The shortest text that is this number: what was written, where it was written in digits.
        kind = FieldValue::Kind::number;
        std::array<char, 32> text{};
        const auto written =
            std::to_chars(text.data(), text.data() + text.size(), sqlite3_column_double(row, column));
        bytes_.append(text.data(), static_cast<std::size_t>(written.ptr - text.data()));
        break;
      }
      case SQLITE_TEXT:
      case SQLITE_BLOB: {
        kind = sqlite3_column_type(row, column) == SQLITE_TEXT ? FieldValue::Kind::text
                                                               : FieldValue::Kind::nested;
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
        const int length = sqlite3_column_bytes(row, column);
        if (bytes != nullptr && length > 0) bytes_.append(bytes, static_cast<std::size_t>(length));
        break;
      }
      default:
        break;
    }
    cells_.push_back({kind, bytes_.size() - before});
  }

  const config::SqlSource& source_;
  const SqlQuery& query_;
  std::atomic<bool> interrupted_ = false;
  std::unique_ptr<sqlite3, CDeleter<sqlite3_close>> database_;
  std::unique_ptr<sqlite3_stmt, CDeleter<sqlite3_finalize>> statement_;  // before the database
  std::vector<SqlColumn> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;  // of all cells, one after the other
  bool ended_ = false;
  Failure failed_;
};

}  // namespace

SqlOutcome query_sqlite(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows) {
  Reading reading(source, query);
  SideThread thread;  // goes first
  const std::function<void()> interrupt = [&reading] { reading.interrupt(); };
  const std::function<void()> open = [&reading] { reading.open(); };
  co_await thread.run(open, interrupt, query.until);
  if (reading.failed()) co_return reading.failed();
  Failure failed = rows.columns(reading.columns());
  const std::function<void()> step = [&reading] { reading.step(); };
  while (!failed && !reading.ended()) {
    co_await thread.run(step, interrupt, query.until);
    if (reading.failed()) co_return reading.failed();
    failed = reading.hand_over(rows);
  }
  co_return failed;
}

}  // namespace tightrope::collectors
