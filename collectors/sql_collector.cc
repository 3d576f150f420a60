#include "collectors/sql_collector.h"

#include <fmt/core.h>

#include <boost/asio/use_awaitable.hpp>

#include "collectors/rates.h"
#include "collectors/sql_arguments.h"
#include "collectors/sql_query.h"
#include "collectors/sql_rows.h"
#include "collectors/utf8.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kMostShown = 400;

class SqlCollector final : public Collector {
 public:
  SqlCollector(const config::Source& source, CollectorContext context)
      : source_(source), sql_(std::get<config::SqlSource>(source_.kind)), context_(context) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    const auto parsed = config::parse_sql_template(sql_.query, sql_.database);
    if (const auto* error = std::get_if<config::SqlTemplateError>(&parsed))
      co_return CollectError{FailureKind::rejected, error->problem, std::nullopt};
    const auto& pieces = std::get<config::SqlTemplate>(parsed);
    SqlQuery query;
    query.texts = pieces.texts;
    query.arguments = sql_arguments(pieces, request, context_.calendar, sql_.session_offset);
    query.timezone = context_.calendar.zone_name();
    query.folder = source_.file_dir;
    query.most_bytes = source_.most_bytes;
    query.allow_private_addresses = source_.allow_private_addresses;
    query.until = std::chrono::steady_clock::now() + source_.deadline;
    FigureTable table(source_.name, request, repeated(source_));
    MappedRows rows(sql_.mapping, context_.calendar, source_.most_bytes, table);
    std::optional<CollectError> failed = co_await ask(query, rows);
    if (failed) co_return shown(*std::move(failed));
    Collected collected = std::move(table).take();
    if (collected.complete && pieces.asks_for_days()) collected.complete = request.days;
    collected.bytes = rows.bytes();
    co_return std::move(collected);
  }

 private:
  SqlOutcome ask(const SqlQuery& query, SqlRows& rows) const {
    switch (sql_.database) {
      case config::Database::postgresql:
        return query_postgresql(sql_, query, rows);
      case config::Database::mariadb:
        return query_mariadb(sql_, query, rows);
      case config::Database::sqlite:
        break;
    }
    return query_sqlite(sql_, query, rows);
  }

  // On one line, and without what a server may have sent back of the password.
  CollectError shown(CollectError error) const {
    const std::string& password = sql_.password.reveal();
    if (password.size() >= 4 && error.text.find(password) != std::string::npos)
      error.text = "its message is not shown: it has the password in it";
    const std::string place = sql_.database == config::Database::sqlite ? sql_.path
                              : sql_.host.starts_with('/')              ? sql_.host
                              : sql_.host.find(':') == std::string::npos
                                  ? fmt::format("{}:{}", sql_.host, sql_.port)
                                  : fmt::format("[{}]:{}", sql_.host, sql_.port);
    error.text = fmt::format("{}: {}", place, printable(error.text, kMostShown));
    return error;
  }

  const config::Source source_;
  const config::SqlSource& sql_;  // within source_
  CollectorContext context_;
};

}  // namespace

CollectError too_late(std::string_view detail) {
  return {
      FailureKind::temporary,
      detail.empty() ? "no complete answer in time" : fmt::format("no complete answer in time: {}", detail),
      std::nullopt};
}

std::unique_ptr<Collector> make_sql_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<SqlCollector>(source, context);
}

}  // namespace tightrope::collectors
