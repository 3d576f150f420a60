// `with:` and `secrets:` of connector sql.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/readers.h"
#include "config/scalars.h"
#include "config/sql_template.h"

namespace tightrope::config {
namespace {

constexpr std::array<Database, 3> kDatabases{Database::postgresql, Database::mariadb, Database::sqlite};
constexpr std::array<DatabaseTls, 3> kTls{DatabaseTls::verify_full, DatabaseTls::require,
                                          DatabaseTls::disable};

// The keys of where it is, and of how to come there.
struct Reach {
  std::optional<Cursor> path, host, port, name, user, tls, ca_file, session_offset;
};

Reach find_reach(MappingReader& in) {
  return {in.get("path", Shape::text),    in.get("host", Shape::text),
          in.get("port", Shape::integer), in.get("name", Shape::text),
          in.get("user", Shape::text),    in.get("tls", Shape::choice),
          in.get("ca_file", Shape::text), in.get("session_offset", Shape::text)};
}

// A text that is not empty and fits on a line: what goes into connections and into messages.
std::string line_of(const std::optional<Cursor>& at) {
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return "";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text->empty()) at->error("is empty");
  if (std::any_of(text->begin(), text->end(), is_control))
    at->error("has a line break or a control character");
  return *text;
}

void check_host(const Cursor& at, const std::string& host) {
  if (host.empty() || host.starts_with('/')) return;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  };
  const bool port = std::count(host.begin(), host.end(), ':') == 1;
  if (port || !std::all_of(host.begin(), host.end(), fits)) {
    at.error(fmt::format("{} is not the name of a host", in_quotes(at.node().text)),
             "write a name or an address; port, name and user have keys of their own");
  }
}

void read_tls(const Reach& reach, const Source& source, SqlSource& sql) {
  const bool local = sql.host.starts_with('/');
  if (local) sql.tls = DatabaseTls::disable;
  if (reach.tls) {
    const auto tls = reach.tls->choice(kSqlKeys.find("tls")->choices);
    if (!tls) return;
    sql.tls = kTls[*tls];
    if (local && sql.tls != DatabaseTls::disable) reach.tls->error("a socket in the file system has no TLS");
    if (!local && sql.tls == DatabaseTls::disable && !source.allow_private_addresses) {
      reach.tls->error("without TLS passwords and figures could be read on the way",
                       "it is for sockets (host: /run/...), and with allow_private_addresses: true for "
                       "private networks");
    }
  }
  sql.ca_file = line_of(reach.ca_file);
  if (reach.ca_file && sql.tls != DatabaseTls::verify_full)
    reach.ca_file->at_key().error("\"ca_file\" is for tls: verify_full; nothing else checks certificates");
}

void read_session_offset(const Reach& reach, SqlSource& sql) {
  if (!reach.session_offset) return;
  sql.session_offset = line_of(reach.session_offset);
  if (sql.database != Database::mariadb) {
    reach.session_offset->at_key().error("\"session_offset\" is for mariadb; others know zones by name");
    return;
  }
  const std::string& text = sql.session_offset;
  const auto digit = [&text](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  const bool good = text.size() == 6 && (text[0] == '+' || text[0] == '-') && digit(1) && digit(2) &&
                    text[3] == ':' && digit(4) && digit(5) && text.substr(1, 2) <= "13" && text[4] <= '5';
  if (!good)
    reach.session_offset->error(
        fmt::format("{} is not an offset", in_quotes(reach.session_offset->node().text)),
        "write +00:00 or -05:30");
}

void read_server(MappingReader& in, const Reach& reach, const Source& source, SqlSource& sql) {
  if (reach.path) reach.path->at_key().error("\"path\" is for sqlite; a server has a host");
  for (const std::string_view key : {"host", "name", "user"}) {
    if (in.readable() && !in.has(key))
      in.at().error(fmt::format("key \"{}\" is missing", key),
                    fmt::format("{}: {}", key, kSqlKeys.find(key)->about));
  }
  sql.host = line_of(reach.host);
  if (reach.host) check_host(*reach.host, sql.host);
  sql.port = sql.database == Database::postgresql ? 5432 : 3306;
  if (reach.port) sql.port = static_cast<int>(reach.port->integer({1, 65'535}).value_or(sql.port));
  sql.name = line_of(reach.name);
  sql.user = line_of(reach.user);
  read_tls(reach, source, sql);
  read_session_offset(reach, sql);
}

void read_file(MappingReader& in, const Reach& reach, SqlSource& sql) {
  for (const auto* at : {&reach.host, &reach.port, &reach.name, &reach.user, &reach.tls, &reach.ca_file,
                         &reach.session_offset}) {
    if (*at) (*at)->at_key().error("sqlite is a file, and has only a path");
  }
  if (in.readable() && !in.has("path"))
    in.at().error("key \"path\" is missing", fmt::format("path: {}", kSqlKeys.find("path")->about));
  sql.path = line_of(reach.path);
  if (sql.path.ends_with('/')) reach.path->error("names no file");
}

void read_password(const std::optional<Cursor>& secrets, SqlSource& sql) {
  if (!secrets) return;
  MappingReader in(*secrets, kSqlSecretKeys);
  if (auto password = in.secret("password")) sql.password = *std::move(password);
  if (sql.database == Database::sqlite) secrets->at_key().error("sqlite takes no secrets");
}

void read_query(const Cursor& at, SqlSource& sql) {
  const auto text = at.text();
  if (!text) return;
  sql.query = *text;
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    at.error("is empty");
    return;
  }
  const auto parsed = parse_sql_template(*text, sql.database);
  const auto* error = std::get_if<SqlTemplateError>(&parsed);
  if (error == nullptr) return;
  // What came out of the environment is not shown.
  if (at.node().text == *text) {
    at.error_at(error->offset, error->problem, error->hint);
  } else {
    at.error("has a parameter that is wrong", "{from}, {to} and {now} stand outside quotes");
  }
}

}  // namespace

SqlSource read_sql(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                   Source& source) {
  MappingReader in(with, kSqlKeys);
  SqlSource sql;
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  const auto database = in.choice("database");
  if (database) sql.database = kDatabases[*database];
  const Reach reach = find_reach(in);
  if (database && sql.database == Database::sqlite) {
    read_file(in, reach, sql);
  } else if (database) {
    read_server(in, reach, source, sql);
  }
  read_password(secrets, sql);
  if (const auto query = in.get("query", Shape::text_template)) read_query(*query, sql);
  const auto fields = in.get("fields", Shape::fields);
  const auto constants = in.get("constants", Shape::text_map);
  if (source.rates) {
    if (fields) sql.mapping = read_rate_fields(*fields, FieldKind::column, *source.rates);
    if (constants) constants->at_key().error("constants are dimensions, and rates have none");
  } else if (fields) {
    sql.mapping = read_fields(*fields, FieldKind::column, scope);
    check_fields(*fields, scope, "the column with the day or hour");
  }
  sql.mapping.date_format = "";
  read_field_settings({source.rates ? std::nullopt : constants, in.get("date_format", Shape::text),
                       in.get("decimal_comma", Shape::boolean), in.get("missing", Shape::texts)},
                      scope, sql.mapping);
  return sql;
}

}  // namespace tightrope::config
