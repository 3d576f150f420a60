// One query on one database: what is asked, and its rows one at a time. A file for each database.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/field_mapping.h"
#include "config/sources.h"

namespace tightrope::collectors {

struct SqlArgument {
  std::string text;
  bool is_number =
      false;  // seconds or milliseconds: matters where a database does not look at the other side
};

struct SqlQuery {
  std::vector<std::string> texts;      // texts[0] arguments[0] texts[1] ...
  std::vector<SqlArgument> arguments;  // one less
  std::string timezone;                // IANA; the session's
  std::string folder;                  // where relative paths start
  std::uint64_t most_bytes = 0;        // of all values together
  bool allow_private_addresses = false;
  std::chrono::steady_clock::time_point until;  // no answer later than this
};

struct SqlColumn {
  // What its values are, if they are times. `wall` is "2026-11-20 08:00:00", `instant` has an offset behind:
  // "2026-11-20 08:00:00+01:00".
  enum class Time : std::uint8_t { none, day, wall, instant };
  std::string name;
  Time time = Time::none;
};

// Takes a result in. What it returns ends the query: it is the failure of the whole.
class SqlRows {
 public:
  virtual ~SqlRows() = default;
  // Once, before the first row.
  virtual std::optional<CollectError> columns(std::vector<SqlColumn> columns) = 0;
  // One value for each column. A number that is not of JSON's grammar (NaN, 007) counts as text; binary data
  // are `nested`. Views are good until the call returns.
  virtual std::optional<CollectError> row(std::span<const FieldValue> values) = 0;
};

// Each reads, and cannot write. Nothing is a success; an error quotes what the database said. Not shown yet:
// the caller hides the password in it, should a server send it back. Each ends the query on the server when
// it is cancelled or late. REQUIRES: source.database is the one that the name says; `source`, `query` and
// `rows` outlive the coroutine.
using SqlOutcome = asio::awaitable<std::optional<CollectError>>;
SqlOutcome query_postgresql(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows);
SqlOutcome query_mariadb(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows);
SqlOutcome query_sqlite(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows);

// The failure that means: not in time. `detail` may be "".
CollectError too_late(std::string_view detail);

}  // namespace tightrope::collectors
