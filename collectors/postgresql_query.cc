// PostgreSQL through libpq, which is told when its socket is ready. What this file relies on:
//  - Names are resolved before; with "hostaddr" libpq connects to that very address, and "host" is what the
//    certificate is checked against.
//  - Rows come one by one (single-row mode), so that a large result is never held as a whole.
//  - A query ends on the server by statement_timeout; when the connection is closed before, the server
//  notices by
//    client_connection_check_interval (from version 14 on; older ones by the timeout). Libpq's own way to
//    cancel blocks.
#include <fmt/core.h>
#include <libpq-fe.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "collectors/c_deleter.h"
#include "collectors/database_address.h"
#include "collectors/socket_wait.h"
#include "collectors/sql_query.h"
#include "collectors/system_certificates.h"

namespace tightrope::collectors {
namespace {

using Steady = std::chrono::steady_clock;
using Failure = std::optional<CollectError>;

using Connection = std::unique_ptr<PGconn, CDeleter<PQfinish>>;
using Result = std::unique_ptr<PGresult, CDeleter<PQclear>>;

// Oids of pg_type.dat. They never change.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kOid = 26, kFloat4 = 700,
              kFloat8 = 701, kDate = 1082, kTimestamp = 1114, kTimestampTz = 1184, kNumeric = 1700;

constexpr int kRowsAtOnce = 1000;  // then others have their turn
constexpr SocketReadiness kReading{true, false};
constexpr SocketReadiness kBoth{true, true};

FailureKind kind_of(std::string_view sqlstate) noexcept {
  if (sqlstate == "08P01") return FailureKind::rejected;  // such as parameters that nobody gave
  if (sqlstate == "42501" || sqlstate.starts_with("28")) return FailureKind::unauthorized;
  for (const std::string_view here : {"08", "40", "53", "55", "57", "58", "XX"}) {
    if (sqlstate.starts_with(here)) return FailureKind::temporary;
  }
  return FailureKind::rejected;
}

// "connection to server at ... failed: FATAL:  28P01: password authentication failed for user "x"", as libpq
// writes it when it is asked to be verbose. The severity may be in any language; the code is not.
CollectError connect_failure(PGconn* connection) {
  std::string_view text = PQerrorMessage(connection);
  for (std::size_t colon = text.find(":  "); colon != std::string_view::npos;
       colon = text.find(":  ", colon + 1)) {
    const std::string_view code = text.substr(colon + 3, 5);
    const bool is_code = code.size() == 5 && std::all_of(code.begin(), code.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                         });
    if (!is_code || text.substr(colon + 8, 2) != ": ") continue;
    text.remove_prefix(colon + 10);
    return failure(kind_of(code), std::string(text.substr(0, text.find('\n'))));
  }
  constexpr std::string_view kFailed = " failed: ";
  const std::size_t failed = text.find(kFailed);
  if (failed != std::string_view::npos) text.remove_prefix(failed + kFailed.size());
  return failure(FailureKind::temporary, std::string(text.substr(0, text.find('\n'))));
}

CollectError query_failure(PGconn* connection, const PGresult* result) {
  const char* code = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (code == nullptr) {
    std::string_view text = PQerrorMessage(connection);
    text = text.substr(0, text.find('\n'));
    return failure(FailureKind::temporary, text.empty() ? "the connection was lost" : std::string(text));
  }
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  std::string text = primary == nullptr ? "" : primary;
  if (std::string_view(code) == "57014") return too_late(text);
  if (hint != nullptr) text += fmt::format(" ({})", hint);
  return failure(kind_of(code), std::move(text));
}

std::string_view mode_of(config::DatabaseTls tls) noexcept {
  switch (tls) {
    case config::DatabaseTls::require:
      return "require";
    case config::DatabaseTls::disable:
      return "disable";
    case config::DatabaseTls::verify_full:
      break;
  }
  return "verify-full";
}

void ignore_notice(void*, const PGresult*) {}

// `address` is "" for a socket in the file system.
asio::awaitable<Failure> connect(Connection& connection, const config::SqlSource& source,
                                 const SqlQuery& query, std::string address) {
  const std::string port = std::to_string(source.port);
  const std::string certificates =
      source.tls == config::DatabaseTls::verify_full ? certificate_file(source.ca_file, query.folder) : "";
  // An empty value counts as not given, and then the environment may give one.
  std::vector<std::pair<const char*, std::string>> settings{{"host", source.host},
                                                            {"hostaddr", address},
                                                            {"port", port},
                                                            {"dbname", source.name},
                                                            {"user", source.user},
                                                            {"password", source.password.reveal()},
                                                            {"passfile", "/dev/null"},
                                                            {"sslmode", std::string(mode_of(source.tls))},
                                                            {"sslrootcert", certificates},
                                                            {"gssencmode", "disable"},
                                                            {"target_session_attrs", "any"},
                                                            {"client_encoding", "UTF8"},
                                                            {"application_name", "tightrope"}};
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!connection) throw std::bad_alloc();
  PGconn* const conn = connection.get();
  if (PQstatus(conn) == CONNECTION_BAD) co_return connect_failure(conn);
  PQsetNoticeReceiver(conn, ignore_notice, nullptr);
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
  for (auto wants = PGRES_POLLING_WRITING; wants != PGRES_POLLING_OK; wants = PQconnectPoll(conn)) {
    if (wants == PGRES_POLLING_FAILED) co_return connect_failure(conn);
    const SocketReadiness asked{wants == PGRES_POLLING_READING, wants == PGRES_POLLING_WRITING};
    const SocketReadiness ready = co_await wait_for_socket(PQsocket(conn), asked, query.until);
    if (!ready.any()) co_return too_late("while connecting");
  }
  PQsetnonblocking(conn, 1);
  co_return std::nullopt;
}

struct Session {
  PGconn* connection;
  const SqlQuery& query;
};

// True when all is sent; false when there is no time left. A broken connection shows when the result is read.
asio::awaitable<bool> flush(Session& session) {
  while (PQflush(session.connection) == 1) {
    const SocketReadiness ready =
        co_await wait_for_socket(PQsocket(session.connection), kBoth, session.query.until);
    if (!ready.any()) co_return false;
    if (ready.readable && PQconsumeInput(session.connection) == 0) co_return true;
  }
  co_return true;
}

// The next result, null at the end of the query; or why there is none.
asio::awaitable<std::variant<Result, CollectError>> next_result(Session& session) {
  PGconn* const conn = session.connection;
  std::uint64_t unfinished = 0;  // bytes of one row that is still to end: libpq would hold it at any size
  while (PQisBusy(conn) != 0) {
    const SocketReadiness ready = co_await wait_for_socket(PQsocket(conn), kReading, session.query.until);
    if (!ready.any()) co_return too_late("");
    if (unfinished > session.query.most_bytes)
      co_return failure(FailureKind::bad_data, fmt::format("a row is larger than {} bytes", unfinished));
    int waiting = 0;
    if (::ioctl(PQsocket(conn), FIONREAD, &waiting) == 0) unfinished += static_cast<std::uint64_t>(waiting);
    if (PQconsumeInput(conn) == 0) co_return query_failure(conn, nullptr);
  }
  co_return Result(PQgetResult(conn));
}

// Sends a statement whose rows do not matter.
asio::awaitable<Failure> perform(Session& session, std::string statement,
                                 std::vector<std::string> arguments) {
  std::vector<const char*> values;
  for (const std::string& argument : arguments) values.push_back(argument.c_str());
  if (PQsendQueryParams(session.connection, statement.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0)
    co_return query_failure(session.connection, nullptr);
  const bool sent = co_await flush(session);
  if (!sent) co_return too_late("");
  for (;;) {
    auto next = co_await next_result(session);
    if (auto* error = std::get_if<CollectError>(&next)) co_return std::move(*error);
    const Result& result = std::get<Result>(next);
    if (!result) co_return std::nullopt;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      co_return query_failure(session.connection, result.get());
  }
}

// A transaction that cannot write, in the source's zone, with texts that can be read again exactly.
asio::awaitable<Failure> prepare(Session& session) {
  std::vector<std::string> settings;
  Failure failed = co_await perform(session, "BEGIN TRANSACTION READ ONLY", settings);
  if (failed) co_return failed;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(session.query.until - Steady::now());
  // A little earlier than here, so that the server says why.
  settings = {session.query.timezone, std::to_string(std::max<std::int64_t>(left.count() * 19 / 20, 1))};
  std::string statement =
      "SELECT set_config('TimeZone', $1, true), set_config('statement_timeout', $2, true),"
      " set_config('DateStyle', 'ISO, YMD', true), set_config('extra_float_digits', '3', true),"
      " set_config('lc_monetary', 'C', true),"
      " (SELECT set_config(name, '1s', true) FROM pg_catalog.pg_settings"
      " WHERE name = 'client_connection_check_interval')";
  failed = co_await perform(session, std::move(statement), std::move(settings));
  co_return failed;
}

std::string with_marks(const std::vector<std::string>& texts) {
  std::string statement = texts[0];
  for (std::size_t i = 1; i < texts.size(); ++i) statement += fmt::format("${}{}", i, texts[i]);
  return statement;
}

SqlColumn::Time time_of(Oid type) noexcept {
  switch (type) {
    case kDate:
      return SqlColumn::Time::day;
    case kTimestamp:
      return SqlColumn::Time::wall;
    case kTimestampTz:
      return SqlColumn::Time::instant;
    default:
      return SqlColumn::Time::none;
  }
}

// "2026-11-20 08:00:00.25+01" as "2026-11-20 08:00:00+01:00". What looks different ("infinity") stays as it
// is.
std::string_view plain_time(std::string_view text, std::string& place) {
  constexpr std::size_t kToSeconds = 19;
  if (text.size() < kToSeconds || text[4] != '-' || text.ends_with("BC")) return text;
  const std::size_t offset = text.find_first_of("+-", kToSeconds);
  place = text.substr(0, kToSeconds);
  if (offset == std::string_view::npos) return place;
  const std::string_view shown = text.substr(offset, 6);  // seconds of an offset are those of long ago
  place += shown;
  if (shown.size() == 3) place += ":00";
  return place;
}

FieldValue value_of(const PGresult* row, int column, std::string& place) {
  if (PQgetisnull(row, 0, column) != 0) return {FieldValue::Kind::null, {}};
  const std::string_view text(PQgetvalue(row, 0, column),
                              static_cast<std::size_t>(PQgetlength(row, 0, column)));
  switch (PQftype(row, column)) {
    case kBool:
      return {FieldValue::Kind::truth, text == "t" ? "true" : "false"};
    case kBytea:
      return {FieldValue::Kind::nested, text};
    case kInt8:
    case kInt2:
    case kInt4:
    case kOid:
    case kFloat4:
    case kFloat8:
    case kNumeric:
      return {FieldValue::Kind::number, text};
    case kTimestamp:
    case kTimestampTz:
      return {FieldValue::Kind::text, plain_time(text, place)};
    default:
      return {FieldValue::Kind::text, text};
  }
}

// Hands over the columns once, then every row.
class Reader {
 public:
  explicit Reader(SqlRows& rows) : rows_(rows) {}

  Failure take(const PGresult* result) {
    const int count = PQnfields(result);
    if (!has_columns_) {
      has_columns_ = true;
      std::vector<SqlColumn> columns;
      for (int i = 0; i < count; ++i) columns.push_back({PQfname(result, i), time_of(PQftype(result, i))});
      if (auto failed = rows_.columns(std::move(columns))) return failed;
      places_.resize(static_cast<std::size_t>(count));
    }
    if (PQntuples(result) == 0) return std::nullopt;
    values_.clear();
    for (int i = 0; i < count; ++i)
      values_.push_back(value_of(result, i, places_[static_cast<std::size_t>(i)]));
    return rows_.row(values_);
  }

 private:
  SqlRows& rows_;
  bool has_columns_ = false;
  std::vector<std::string> places_;
  std::vector<FieldValue> values_;
};

asio::awaitable<Failure> read_rows(Session& session, SqlRows& rows) {
  std::vector<const char*> values;
  for (const SqlArgument& argument : session.query.arguments) values.push_back(argument.text.c_str());
  const std::string statement = with_marks(session.query.texts);
  // Types are for the server to find: the same {from} fits a date, a timestamp and a text.
  if (PQsendQueryParams(session.connection, statement.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0 ||
      PQsetSingleRowMode(session.connection) == 0)
    co_return query_failure(session.connection, nullptr);
  const bool sent = co_await flush(session);
  if (!sent) co_return too_late("");
  Reader reader(rows);
  for (int n = 1;; ++n) {
    auto next = co_await next_result(session);
    if (auto* error = std::get_if<CollectError>(&next)) co_return std::move(*error);
    const Result& result = std::get<Result>(next);
    if (!result) co_return std::nullopt;
    switch (PQresultStatus(result.get())) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
        if (Failure failed = reader.take(result.get())) co_return failed;
        break;
      case PGRES_BAD_RESPONSE:
      case PGRES_NONFATAL_ERROR:
      case PGRES_FATAL_ERROR:
        co_return query_failure(session.connection, result.get());
      default:
        co_return failure(FailureKind::rejected, "the query has no rows to give: it is no SELECT");
    }
    if (n % kRowsAtOnce == 0) co_await asio::post(asio::use_awaitable);
  }
}

}  // namespace

SqlOutcome query_postgresql(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows) {
  Connection connection;
  const ConnectAt connect_at = [&](std::string address) {
    return connect(connection, source, query, std::move(address));
  };
  Failure failed = co_await connect_somewhere(source, query, connect_at);
  if (failed) co_return failed;
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  Session session{connection.get(), query};
  failed = co_await prepare(session);
  if (failed) co_return failed;
  failed = co_await read_rows(session, rows);
  co_return failed;
}

}  // namespace tightrope::collectors
