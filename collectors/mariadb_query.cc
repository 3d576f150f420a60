// MariaDB through libmariadb's calls that do not block (_start, _cont). What this file relies on:
//  - Names are resolved before. The library is given an address; once it connects, the name takes the
//  address's place
//    in the very buffer that it was given, for it looks there again for what the certificate has to say. Were
//    it to look earlier, it would find the address, and refuse.
//  - While shaking hands for TLS the library blocks whatever it is asked, and its sockets read in a blocking
//  way
//    afterwards. So connecting goes on on a side thread once the server has answered, and sockets are told
//    not to block when the connection stands.
//  - A query ends on the server by max_statement_time. When it is cancelled before, a second connection kills
//  it: a
//    server does not notice that its client has gone.
//  - The library frees statements of a closed connection without talking to the server, so connections go
//  first.
#include <errmsg.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstring>
#include <memory>

#include "collectors/c_deleter.h"
#include "collectors/database_address.h"
#include "collectors/side_thread.h"
#include "collectors/socket_wait.h"
#include "collectors/sql_query.h"
#include "collectors/system_certificates.h"

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using Failure = std::optional<CollectError>;

constexpr int kRowsAtOnce = 1000;         // then others have their turn
constexpr auto kPatienceToKill = 3s;      // to end a query that was cancelled
constexpr unsigned kMySqlTimeout = 3024;  // MySQL's own number for max_execution_time

// What the library borrows while it connects, with the connection.
struct Connection {
  std::string host;  // the address, then the name
  std::unique_ptr<MYSQL, CDeleter<mysql_close>> mysql;
};

FailureKind kind_of(unsigned code) noexcept {
  switch (code) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_PROCACCESS_DENIED_ERROR:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case 1698:  // access denied, without a password asked for
    case 4151:  // the account is locked
      return FailureKind::unauthorized;
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_QUERY_INTERRUPTED:
    case ER_CONNECTION_KILLED:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_OUT_OF_RESOURCES:
    case ER_OUTOFMEMORY:
      return FailureKind::temporary;
    case CR_NET_PACKET_TOO_LARGE:
      return FailureKind::bad_data;
    default:
      return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR ? FailureKind::temporary : FailureKind::rejected;
  }
}

CollectError failure_of(unsigned code, const char* message) {
  if (code == ER_STATEMENT_TIMEOUT || code == kMySqlTimeout) return too_late(message);
  if (code == ER_UNKNOWN_TIME_ZONE)
    return failure(
        FailureKind::rejected,
        fmt::format("{}: load its time zones with mysql_tzinfo_to_sql, or give session_offset", message));
  return failure(kind_of(code), message);
}
CollectError failure_of(MYSQL* connection) {
  return failure_of(mysql_errno(connection), mysql_error(connection));
}
// What happens while rows are read is told by the connection, and not by the statement.
CollectError failure_of(MYSQL* connection, MYSQL_STMT* statement) {
  if (mysql_stmt_errno(statement) != 0)
    return failure_of(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  if (mysql_errno(connection) != 0) return failure_of(connection);
  return failure(FailureKind::temporary, "the connection was lost");
}

int bits_of(SocketReadiness ready) noexcept {
  return (ready.readable ? MYSQL_WAIT_READ : 0) | (ready.writable ? MYSQL_WAIT_WRITE : 0);
}
SocketReadiness readiness_of(int bits) noexcept {
  return {(bits & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT)) != 0, (bits & MYSQL_WAIT_WRITE) != 0};
}

// Carries a call to its end, waiting for the socket in between. False when there is no time left: then the
// connection can only be closed.
template <class Start, class Continue>
asio::awaitable<bool> carry_out(MYSQL* connection, Start start, Continue resume, Steady::time_point until) {
  int wants = start();
  while (wants != 0) {
    const SocketReadiness ready =
        co_await wait_for_socket(mysql_get_socket(connection), readiness_of(wants), until);
    if (!ready.any()) co_return false;
    wants = resume(bits_of(ready));
  }
  co_return true;
}

// One packet is one row. With room above the bound of the whole result, which says better what is wrong.
std::uint64_t largest_row(const SqlQuery& query) noexcept {
  return std::min<std::uint64_t>(2 * query.most_bytes + (1u << 20), 1u << 30);
}

void set_options(MYSQL* connection, const config::SqlSource& source, const SqlQuery& query) {
  const my_bool yes = 1;
  const my_bool no = 0;
  const unsigned int none = 0;
  const auto most = static_cast<unsigned long>(largest_row(query));
  mysql_options(connection, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &none);  // else a server may ask for our files
  mysql_options(connection, MYSQL_OPT_RECONNECT, &no);
  mysql_options(connection, MYSQL_OPT_MAX_ALLOWED_PACKET, &most);
  // Not those that send the password as it is.
  mysql_optionsv(connection, MARIADB_OPT_RESTRICTED_AUTH,
                 "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password");
  const bool encrypted = source.tls != config::DatabaseTls::disable;
  const bool verified = source.tls == config::DatabaseTls::verify_full;
  mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, encrypted ? &yes : &no);
  mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verified ? &yes : &no);
  if (verified)
    mysql_options(connection, MYSQL_OPT_SSL_CA, certificate_file(source.ca_file, query.folder).c_str());
}

// A second handle on the same connection, to end it from another thread without harm to a descriptor that has
// been closed and used again meanwhile.
class Handle {
 public:
  explicit Handle(int socket) : socket_(::dup(socket)) {}
  ~Handle() {
    if (socket_ >= 0) ::close(socket_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void end_connection() const noexcept { ::shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
};

// `address` is "" for a socket in the file system.
asio::awaitable<Failure> connect(Connection& connection, const config::SqlSource& source,
                                 const SqlQuery& query, std::string address) {
  connection.mysql.reset();
  connection.mysql.reset(mysql_init(nullptr));
  MYSQL* const mysql = connection.mysql.get();
  if (mysql == nullptr) throw std::bad_alloc();
  set_options(mysql, source, query);
  const bool local = address.empty();
  // Room for either.
  connection.host.assign(std::max(address.size(), source.host.size()) + 1, '\0');
  std::copy(address.begin(), address.end(), connection.host.begin());
  std::optional<SideThread> side;
  MYSQL* connected = nullptr;
  int wants =
      mysql_real_connect_start(&connected, mysql, local ? nullptr : connection.host.data(),
                               source.user.c_str(), source.password.reveal().c_str(), source.name.c_str(),
                               static_cast<unsigned>(source.port), local ? source.host.c_str() : nullptr, 0);
  if (wants != 0 && !local) {
    std::fill(connection.host.begin(), connection.host.end(), '\0');
    std::copy(source.host.begin(), source.host.end(), connection.host.begin());
  }
  while (wants != 0) {
    const SocketReadiness ready =
        co_await wait_for_socket(mysql_get_socket(mysql), readiness_of(wants), query.until);
    if (!ready.any()) co_return too_late("while connecting");
    if (source.tls == config::DatabaseTls::disable) {
      wants = mysql_real_connect_cont(&connected, mysql, bits_of(ready));
      continue;
    }
    if (!side) side.emplace();
    const Handle handle(mysql_get_socket(mysql));
    const std::function<void()> go_on = [&] {
      wants = mysql_real_connect_cont(&connected, mysql, bits_of(ready));
    };
    const std::function<void()> interrupt = [&handle] { handle.end_connection(); };
    co_await side->run(go_on, interrupt, query.until);
  }
  if (connected == nullptr) {
    if (Steady::now() >= query.until) co_return too_late("while connecting");
    co_return failure_of(mysql);
  }
  // Asked for TLS, the library goes on without where the server has none.
  if (source.tls != config::DatabaseTls::disable && mysql_get_ssl_cipher(mysql) == nullptr)
    co_return failure(FailureKind::temporary, "the server offers no TLS (SSL)");
  const int socket = mysql_get_socket(mysql);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  co_return std::nullopt;
}

// A statement without rows.
asio::awaitable<Failure> perform(MYSQL* mysql, std::string statement, Steady::time_point until) {
  int failed = 0;
  const auto start = [&] {
    return mysql_real_query_start(&failed, mysql, statement.data(),
                                  static_cast<unsigned long>(statement.size()));
  };
  const auto resume = [&](int bits) { return mysql_real_query_cont(&failed, mysql, bits); };
  const bool in_time = co_await carry_out(mysql, start, resume, until);
  if (!in_time) co_return too_late("");
  if (failed != 0) co_return failure_of(mysql);
  co_return std::nullopt;
}

// A transaction that cannot write, in the source's zone.
asio::awaitable<Failure> prepare_session(MYSQL* mysql, const config::SqlSource& source,
                                         const SqlQuery& query) {
  const std::string zone = !source.session_offset.empty() ? source.session_offset
                           : query.timezone == "UTC"      ? "+00:00"
                                                          : query.timezone;
  std::string escaped(2 * zone.size() + 1, '\0');
  escaped.resize(mysql_real_escape_string(mysql, escaped.data(), zone.data(), zone.size()));
  // A little earlier than here, so that the server says why.
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(query.until - Steady::now()) * 19 / 20;
  const bool maria = mariadb_connection(mysql) != 0;
  const auto limit = std::max<std::int64_t>(left.count(), 1);
  const std::string settings =
      maria ? fmt::format("SET SESSION time_zone = '{}', max_statement_time = {}.{:03}", escaped,
                          limit / 1000, limit % 1000)
            : fmt::format("SET SESSION time_zone = '{}', max_execution_time = {}", escaped, limit);
  Failure failed = co_await perform(mysql, settings, query.until);
  if (failed) co_return failed;
  // Statements such as DROP TABLE end a transaction, and run in the next.
  failed = co_await perform(mysql, "SET SESSION TRANSACTION READ ONLY", query.until);
  if (failed) co_return failed;
  failed = co_await perform(mysql, "START TRANSACTION READ ONLY", query.until);
  co_return failed;
}

// One column of the result, with the buffer that the library writes a row's value to.
struct Bound {
  enum_field_types type = MYSQL_TYPE_STRING;
  std::string buffer;
  double wide = 0;
  float narrow = 0;
  unsigned long length = 0;
  my_bool is_null = 0;
  std::string shown;  // the value as text, where the buffer is not it
};

std::string_view shortest(auto value, std::string& place) {
  place.resize(32);
  const auto written = std::to_chars(place.data(), place.data() + place.size(), value);
  place.resize(static_cast<std::size_t>(written.ptr - place.data()));
  return place;
}

class Reader {
 public:
  Reader(MYSQL* mysql, MYSQL_STMT* statement, std::string offset, SqlRows& rows)
      : mysql_(mysql), statement_(statement), offset_(std::move(offset)), rows_(rows) {}

  // REQUIRES: the statement is prepared. Before it is executed: the columns; and binds them.
  Failure take_columns() {
    const std::unique_ptr<MYSQL_RES, CDeleter<mysql_free_result>> description(
        mysql_stmt_result_metadata(statement_));
    if (!description) return failure(FailureKind::rejected, "the query has no rows to give: it is no SELECT");
    const unsigned count = mysql_num_fields(description.get());
    std::vector<SqlColumn> columns;
    for (unsigned i = 0; i < count; ++i) {
      const MYSQL_FIELD& field = *mysql_fetch_field_direct(description.get(), i);
      columns.push_back({field.name, time_of(field.type)});
      Bound bound;
      bound.type = field.type;
      bound.buffer.resize(128);
      bounds_.push_back(std::move(bound));
    }
    return rows_.columns(std::move(columns));
  }

  Failure bind() {
    binds_.assign(bounds_.size(), MYSQL_BIND{});
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      Bound& bound = bounds_[i];
      MYSQL_BIND& bind = binds_[i];
      bind.length = &bound.length;
      bind.is_null = &bound.is_null;
      if (bound.type == MYSQL_TYPE_DOUBLE) {
        bind.buffer_type = MYSQL_TYPE_DOUBLE;
        bind.buffer = &bound.wide;
      } else if (bound.type == MYSQL_TYPE_FLOAT) {
        bind.buffer_type = MYSQL_TYPE_FLOAT;
        bind.buffer = &bound.narrow;
      } else {
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = bound.buffer.data();
        bind.buffer_length = static_cast<unsigned long>(bound.buffer.size());
      }
    }
    if (mysql_stmt_bind_result(statement_, binds_.data()) != 0) return failure_of(mysql_, statement_);
    return std::nullopt;
  }

  Failure take_row() {
    values_.clear();
    bool grown = false;
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      Bound& bound = bounds_[i];
      if (bound.is_null == 0 && binds_[i].buffer_type == MYSQL_TYPE_STRING &&
          bound.length > bound.buffer.size()) {
        // The row is still in the library's hands, and the value is read again into more room.
        grown = true;
        bound.buffer.resize(bound.length);
        binds_[i].buffer = bound.buffer.data();
        binds_[i].buffer_length = bound.length;
        if (mysql_stmt_fetch_column(statement_, &binds_[i], static_cast<unsigned>(i), 0) != 0)
          return failure_of(mysql_, statement_);
      }
      values_.push_back(value_of(bound));
    }
    Failure failed = rows_.row(values_);
    if (!failed && grown) failed = bind();
    return failed;
  }

 private:
  SqlColumn::Time time_of(enum_field_types type) const noexcept {
    switch (type) {
      case MYSQL_TYPE_DATE:
      case MYSQL_TYPE_NEWDATE:
        return SqlColumn::Time::day;
      case MYSQL_TYPE_DATETIME:
      case MYSQL_TYPE_DATETIME2:
        return SqlColumn::Time::wall;
      case MYSQL_TYPE_TIMESTAMP:
      case MYSQL_TYPE_TIMESTAMP2:
        return offset_.empty() ? SqlColumn::Time::wall : SqlColumn::Time::instant;
      default:
        return SqlColumn::Time::none;
    }
  }

  FieldValue value_of(Bound& bound) const {
    if (bound.is_null != 0) return {FieldValue::Kind::null, {}};
    const std::string_view text(bound.buffer.data(),
                                std::min<std::size_t>(bound.length, bound.buffer.size()));
    switch (bound.type) {
      case MYSQL_TYPE_DOUBLE:
        return {FieldValue::Kind::number, shortest(bound.wide, bound.shown)};
      case MYSQL_TYPE_FLOAT:
        return {FieldValue::Kind::number, shortest(bound.narrow, bound.shown)};
      case MYSQL_TYPE_TINY:
      case MYSQL_TYPE_SHORT:
      case MYSQL_TYPE_INT24:
      case MYSQL_TYPE_LONG:
      case MYSQL_TYPE_LONGLONG:
      case MYSQL_TYPE_DECIMAL:
      case MYSQL_TYPE_NEWDECIMAL:
      case MYSQL_TYPE_YEAR:
        return {FieldValue::Kind::number, text};
      case MYSQL_TYPE_BIT:
      case MYSQL_TYPE_GEOMETRY:
        return {FieldValue::Kind::nested, text};
      case MYSQL_TYPE_DATETIME:
      case MYSQL_TYPE_DATETIME2:
        return {FieldValue::Kind::text, text.substr(0, 19)};  // without parts of a second
      case MYSQL_TYPE_TIMESTAMP:
      case MYSQL_TYPE_TIMESTAMP2:
        bound.shown = std::string(text.substr(0, 19)) + offset_;
        return {FieldValue::Kind::text, bound.shown};
      default:
        return {FieldValue::Kind::text, text};
    }
  }

  MYSQL* mysql_;
  MYSQL_STMT* statement_;
  std::string offset_;  // of the session's zone, where it has one alone; else ""
  SqlRows& rows_;
  std::vector<Bound> bounds_;
  std::vector<MYSQL_BIND> binds_;
  std::vector<FieldValue> values_;
};

std::string with_marks(const std::vector<std::string>& texts) {
  std::string statement = texts[0];
  for (std::size_t i = 1; i < texts.size(); ++i) statement += "?" + texts[i];
  return statement;
}

asio::awaitable<Failure> prepare_statement(MYSQL* mysql, MYSQL_STMT* statement, const SqlQuery& query) {
  const std::string text = with_marks(query.texts);
  int failed = 0;
  const auto start = [&] {
    return mysql_stmt_prepare_start(&failed, statement, text.data(), static_cast<unsigned long>(text.size()));
  };
  const auto resume = [&](int bits) { return mysql_stmt_prepare_cont(&failed, statement, bits); };
  const bool in_time = co_await carry_out(mysql, start, resume, query.until);
  if (!in_time) co_return too_late("");
  if (failed != 0) co_return failure_of(mysql, statement);
  if (mysql_stmt_param_count(statement) != query.arguments.size())
    co_return failure(FailureKind::rejected, "the query has a ? of its own; write {from}, {to} or {now}");
  co_return std::nullopt;
}

asio::awaitable<Failure> execute(MYSQL* mysql, MYSQL_STMT* statement, const SqlQuery& query) {
  std::vector<MYSQL_BIND> arguments(query.arguments.size(), MYSQL_BIND{});
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& text = query.arguments[i].text;
    arguments[i].buffer_type = MYSQL_TYPE_STRING;
    arguments[i].buffer = const_cast<char*>(text.data());  // it is only read
    arguments[i].buffer_length = static_cast<unsigned long>(text.size());
  }
  if (!arguments.empty() && mysql_stmt_bind_param(statement, arguments.data()) != 0)
    co_return failure_of(mysql, statement);
  int failed = 0;
  const auto start = [&] { return mysql_stmt_execute_start(&failed, statement); };
  const auto resume = [&](int bits) { return mysql_stmt_execute_cont(&failed, statement, bits); };
  const bool in_time = co_await carry_out(mysql, start, resume, query.until);
  if (!in_time) co_return too_late("");
  if (failed != 0) co_return failure_of(mysql, statement);
  co_return std::nullopt;
}

asio::awaitable<Failure> fetch_rows(MYSQL* mysql, MYSQL_STMT* statement, Reader& reader,
                                    const SqlQuery& query) {
  for (int n = 1;; ++n) {
    int outcome = 0;
    const auto start = [&] { return mysql_stmt_fetch_start(&outcome, statement); };
    const auto resume = [&](int bits) { return mysql_stmt_fetch_cont(&outcome, statement, bits); };
    const bool in_time = co_await carry_out(mysql, start, resume, query.until);
    if (!in_time) co_return too_late("");
    if (outcome == MYSQL_NO_DATA) co_return std::nullopt;
    if (outcome != 0 && outcome != MYSQL_DATA_TRUNCATED) {
      CollectError failed = failure_of(mysql, statement);
      // The library has one word for both.
      if (mysql_errno(mysql) == CR_SERVER_LOST || mysql_stmt_errno(statement) == CR_SERVER_LOST)
        failed.text += fmt::format(", or a row is larger than {} bytes", largest_row(query));
      co_return failed;
    }
    if (Failure failed = reader.take_row()) co_return failed;
    if (n % kRowsAtOnce == 0) co_await asio::post(asio::use_awaitable);
  }
}

asio::awaitable<Failure> read_rows(MYSQL* mysql, MYSQL_STMT* statement, Reader& reader,
                                   const SqlQuery& query) {
  Failure failed = co_await prepare_statement(mysql, statement, query);
  if (!failed) failed = reader.take_columns();
  if (failed) co_return failed;
  failed = co_await execute(mysql, statement, query);
  if (!failed) failed = reader.bind();
  if (failed) co_return failed;
  failed = co_await fetch_rows(mysql, statement, reader, query);
  co_return failed;
}

asio::awaitable<Failure> read_all(MYSQL* mysql, MYSQL_STMT* statement, const config::SqlSource& source,
                                  const SqlQuery& query, SqlRows& rows) {
  Failure failed = co_await prepare_session(mysql, source, query);
  if (failed) co_return failed;
  const std::string offset = !source.session_offset.empty() ? source.session_offset
                             : query.timezone == "UTC"      ? "+00:00"
                                                            : "";
  Reader reader(mysql, statement, offset, rows);
  failed = co_await read_rows(mysql, statement, reader, query);
  co_return failed;
}

// Ends what the connection is still doing on its server.
asio::awaitable<void> kill_query(unsigned long id, const config::SqlSource& source, SqlQuery query) {
  query.until = Steady::now() + kPatienceToKill;
  Connection other;
  const ConnectAt connect_at = [&](std::string address) {
    return connect(other, source, query, std::move(address));
  };
  const Failure failed = co_await connect_somewhere(source, query, connect_at);
  if (failed) co_return;  // it ends by its own limit
  const Failure unkilled = co_await perform(other.mysql.get(), fmt::format("KILL {}", id), query.until);
  static_cast<void>(unkilled);  // it has ended meanwhile
}

}  // namespace

SqlOutcome query_mariadb(const config::SqlSource& source, const SqlQuery& query, SqlRows& rows) {
  std::unique_ptr<MYSQL_STMT, CDeleter<mysql_stmt_close>> statement;  // goes after the connection
  Connection connection;
  const ConnectAt connect_at = [&](std::string address) {
    return connect(connection, source, query, std::move(address));
  };
  Failure failed = co_await connect_somewhere(source, query, connect_at);
  if (failed) co_return failed;
  MYSQL* const mysql = connection.mysql.get();
  const unsigned long id = mysql_thread_id(mysql);
  statement.reset(mysql_stmt_init(mysql));
  if (!statement) throw std::bad_alloc();
  std::exception_ptr cancelled;
  try {
    failed = co_await read_all(mysql, statement.get(), source, query, rows);
  } catch (...) {
    cancelled = std::current_exception();
  }
  if (cancelled) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (cancelled || (failed && Steady::now() >= query.until)) {
    connection.mysql.reset();
    co_await kill_query(id, source, query);
  }
  if (cancelled) std::rethrow_exception(cancelled);
  co_return failed;
}

}  // namespace tightrope::collectors
