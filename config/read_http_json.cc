// `with:` and `secrets:` of connector http_json.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

namespace json = boost::json;

constexpr Range<std::int64_t> kPageSize{1, 100'000};

bool is_pointer(std::string_view text) {
  return text.empty() || text.starts_with('/');
}

std::string read_pointer(MappingReader& in, std::string_view key) {
  const auto at = in.get(key, Shape::text);
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return "";
  if (!is_pointer(*text)) {
    at->error(fmt::format("{} is not a JSON pointer", in_quotes(at->node().text)),
              fmt::format("did you mean \"/{}\"?", at->node().text));
  }
  return *text;
}

// Plain scalars by YAML's core schema; quoted ones are text.
json::value to_json(const Cursor& at) {
  const Node& node = at.node();
  switch (node.kind) {
    case NodeKind::null:
      return nullptr;
    case NodeKind::sequence: {
      json::array array;
      for (const auto& item : at.items()) array.push_back(to_json(item));
      return array;
    }
    case NodeKind::mapping: {
      json::object object;
      for (const auto& [key, value] : at.entries()) object[key] = to_json(value);
      return object;
    }
    case NodeKind::scalar:
      break;
  }
  const std::string text = at.text().value_or("");
  if (!node.quoted) {
    if (const auto truth = parse_boolean(text)) return *truth;
    if (const auto number = parse_integer(text)) return *number;
    if (const auto number = parse_number(text)) return *number;
  }
  return json::value(text);
}

std::vector<std::pair<std::string, std::string>> read_text_map(MappingReader& in, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> texts;
  const auto at = in.get(key, Shape::text_map);
  if (!at) return texts;
  for (const auto& [name, value] : at->entries()) {
    if (auto text = value.text()) texts.emplace_back(name, std::move(*text));
  }
  return texts;
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != std::string_view::npos;
  });
}

void read_request(MappingReader& in, HttpSource& http) {
  const auto at_url = in.get("url", Shape::url);
  if (const auto url = at_url ? at_url->url() : std::nullopt) {
    http.request.url = *url;
    check_window_template(*at_url, *url);
  }
  http.request.query = read_text_map(in, "query");
  const auto at_headers = in.get("headers", Shape::text_map);
  if (at_headers) {
    for (const auto& [name, value] : at_headers->entries()) {
      auto text = value.text();
      std::string lower = name;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
      if (!is_header_name(name))
        value.at_key().error(fmt::format("{} is not the name of a header", in_quotes(name)));
      if (lower == "authorization")
        value.at_key().error("credentials belong under secrets",
                             "auth: bearer, and secrets: {token_file: ...}");
      if (text && text->find_first_of("\r\n") != std::string::npos)
        value.error("a header's value is one line");
      if (text) http.request.headers.emplace_back(name, std::move(*text));
    }
  }
  const auto at_body = in.get("body", Shape::content);
  if (at_body) {
    const bool text = at_body->node().kind == NodeKind::scalar;
    http.request.body_kind = text ? BodyKind::text : BodyKind::json;
    http.request.body = text ? at_body->text().value_or("") : json::serialize(to_json(*at_body));
  }
  const auto at_method = in.get("method", Shape::choice);
  http.request.method = at_body ? "POST" : "GET";
  if (at_method) {
    const auto choices = kHttpJsonKeys.find("method")->choices;
    if (const auto choice = at_method->choice(choices)) http.request.method = choices[*choice];
    if (at_body && http.request.method == "GET")
      at_method->error("GET sends no body", "write method: POST, or leave the body out");
  }
}

HttpAuth read_auth(MappingReader& in, const std::optional<Cursor>& secrets, HttpSource& http) {
  HttpAuth auth;
  std::optional<Secret> token;
  std::optional<Secret> password;
  const auto given = [&secrets](std::string_view key) {
    return secrets && (secrets->node().find(key) != nullptr ||
                       secrets->node().find(std::string(key) + "_file") != nullptr);
  };
  if (secrets) {
    MappingReader hidden(*secrets, kHttpSecretKeys);
    token = hidden.secret("token");
    password = hidden.secret("password");
  }
  constexpr std::array<AuthKind, 4> kKinds{AuthKind::none, AuthKind::bearer, AuthKind::basic,
                                           AuthKind::header};
  const auto at_auth = in.get("auth", Shape::choice);
  const auto choice = at_auth ? at_auth->choice(kHttpJsonKeys.find("auth")->choices) : std::nullopt;
  auth.kind = choice ? kKinds[*choice] : given("token") ? AuthKind::bearer : AuthKind::none;
  auth.user = in.text("user").value_or("");
  const auto at_header = in.get("auth_header", Shape::text);
  auth.name = (at_header ? at_header->text() : std::nullopt).value_or("");
  if (at_auth && !choice) return auth;

  const bool basic = auth.kind == AuthKind::basic;
  const std::string_view wanted = basic ? "password" : "token";
  const std::string_view other = basic ? "token" : "password";
  const std::string_view kind = kHttpJsonKeys.find("auth")->choices[static_cast<std::size_t>(auth.kind)];
  const Cursor& here = at_auth ? *at_auth : in.at();
  if (auth.kind != AuthKind::none && !given(wanted)) {
    here.error(fmt::format("auth: {} needs secrets.{} or secrets.{}_file", kind, wanted, wanted));
  }
  if (secrets && given(other)) {
    secrets->error(fmt::format("nothing uses {}: auth is {}", other, kind),
                   basic ? "did you mean auth: bearer?" : "did you mean auth: basic?");
  }
  if (secrets && auth.kind == AuthKind::none && given("token"))
    secrets->error("nothing uses token: auth is none");
  if (basic && auth.user.empty()) here.error("auth: basic needs \"user\"");
  if (!basic && !auth.user.empty())
    in.get("user", Shape::text)
        ->error(fmt::format("nothing uses user: auth is {}", kind), "did you mean auth: basic?");
  if (auth.kind == AuthKind::header && !is_header_name(auth.name)) {
    here.error("auth: header needs \"auth_header\", the header that carries the token",
               "such as auth_header: X-Api-Key");
  }
  if (auth.kind != AuthKind::header && at_header)
    at_header->error(fmt::format("nothing uses auth_header: auth is {}", kind), "did you mean auth: header?");
  if (auth.kind == AuthKind::none) return auth;
  auth.value = fmt::format("{{{}}}", wanted);
  http.secrets.emplace(wanted, (basic ? password : token).value_or(Secret()));
  return auth;
}

void read_page_size(MappingReader& in, Pagination& pagination) {
  pagination.size_parameter = in.text("size_parameter").value_or("");
  pagination.page_size = static_cast<int>(in.integer("size", kPageSize).value_or(0));
  if (!pagination.size_parameter.empty() && in.readable() && !in.has("size")) {
    in.at().error("\"size_parameter\" is given, and \"size\" is not");
  }
}

void read_link(const Cursor& at, Pagination& pagination) {
  pagination.kind = PaginationKind::link;
  MappingReader in(at, kLinkKeys);
  const auto relation = in.get("rel", Shape::choice);
  if (relation) relation->choice(kLinkKeys.find("rel")->choices);
  pagination.cursor_pointer = read_pointer(in, "pointer");
  if (relation && !pagination.cursor_pointer.empty())
    relation->error("\"rel\" and \"pointer\" are both given; keep one");
  if (in.readable() && !in.has("rel") && !in.has("pointer"))
    at.error("key \"rel\" or \"pointer\" is missing", "rel: next for the Link header");
}

Pagination read_pagination(const Cursor& at) {
  MappingReader in(at, kPaginationKeys);
  Pagination pagination;
  const auto cursor = in.get("cursor", Shape::mapping);
  const auto page = in.get("page", Shape::mapping);
  const auto offset = in.get("offset", Shape::mapping);
  const auto link = in.get("link", Shape::mapping);
  const int given = (cursor ? 1 : 0) + (page ? 1 : 0) + (offset ? 1 : 0) + (link ? 1 : 0);
  if (given != 1 && in.readable()) {
    at.error(given == 0 ? "says nothing" : "says more than one way",
             "give one of cursor, page, offset or link");
  }
  if (cursor) {
    pagination.kind = PaginationKind::cursor;
    MappingReader inner(*cursor, kCursorKeys);
    pagination.cursor_pointer = read_pointer(inner, "pointer");
    pagination.parameter = inner.text("parameter").value_or("");
    read_page_size(inner, pagination);
  }
  if (page) {
    pagination.kind = PaginationKind::page;
    MappingReader inner(*page, kPageKeys);
    pagination.parameter = inner.text("parameter").value_or("");
    pagination.first_page = static_cast<int>(inner.integer("first", {0, 1}).value_or(1));
    read_page_size(inner, pagination);
  }
  if (offset) {
    pagination.kind = PaginationKind::offset;
    MappingReader inner(*offset, kOffsetKeys);
    pagination.parameter = inner.text("parameter").value_or("");
    read_page_size(inner, pagination);
  }
  if (link) read_link(*link, pagination);
  return pagination;
}

// Where the next page is asked for: in a query parameter, or wherever the request has its name in braces.
void check_is_sent(const Cursor& at, const HttpSource& http) {
  std::string_view name;
  if (http.pagination.kind == PaginationKind::cursor) name = "{cursor}";
  if (http.pagination.kind == PaginationKind::page) name = "{page}";
  if (http.pagination.kind == PaginationKind::offset) name = "{offset}";
  if (name.empty() || !http.pagination.parameter.empty()) return;
  const auto has = [name](const std::string& text) { return text.find(name) != std::string::npos; };
  const auto field_has = [&has](const auto& field) { return has(field.second); };
  if (has(http.request.url) || has(http.request.body) ||
      std::any_of(http.request.query.begin(), http.request.query.end(), field_has) ||
      std::any_of(http.request.headers.begin(), http.request.headers.end(), field_has)) {
    return;
  }
  at.error("nothing sends it",
           fmt::format("give \"parameter\" for the query, or write \"{}\" into the body", name));
}

}  // namespace

HttpSource read_http_json(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                          Source& source) {
  MappingReader in(with, kHttpJsonKeys);
  HttpSource http;
  read_request(in, http);
  http.auth = read_auth(in, secrets, http);
  http.records.path = read_pointer(in, "records");
  const auto fields = in.get("fields", Shape::fields);
  const auto constants = in.get("constants", Shape::text_map);
  if (source.rates) {
    if (fields) http.mapping = read_rate_fields(*fields, FieldKind::pointer, *source.rates);
    if (constants) constants->at_key().error("constants are dimensions, and rates have none");
  } else if (fields) {
    http.mapping = read_fields(*fields, FieldKind::pointer, scope);
    check_fields(*fields, scope, "the key of the day or hour");
  }
  read_field_settings({source.rates ? std::nullopt : constants, in.get("date_format", Shape::text),
                       in.get("decimal_comma", Shape::boolean), in.get("missing", Shape::texts)},
                      scope, http.mapping);
  if (const auto pagination = in.get("pagination", Shape::mapping)) {
    http.pagination = read_pagination(*pagination);
    check_is_sent(*pagination, http);
  }
  http.pagination.most_pages =
      static_cast<int>(in.integer("max_pages", {1, 100'000}).value_or(http.pagination.most_pages));
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return http;
}

}  // namespace tightrope::config
