// `with:` and `secrets:` of connector http_json.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <utility>

#include "config/http_readers.h"
#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

namespace json = boost::json;

void read_own_request(MappingReader& in, HttpSource& http) {
  const auto at_url = in.get("url", Shape::url);
  if (const auto url = at_url ? at_url->url() : std::nullopt) {
    http.request.url = *url;
    check_window_template(*at_url, *url);
  }
  http.request.query = read_pairs(in.get("query", Shape::text_map));
  if (const auto headers = in.get("headers", Shape::text_map)) {
    http.request.headers = read_headers(*headers, "credentials belong under secrets",
                                        "auth: bearer, and secrets: {token_file: ...}");
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

}  // namespace

HttpSource read_http_json(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                          Source& source) {
  MappingReader in(with, kHttpJsonKeys);
  HttpSource http;
  read_own_request(in, http);
  http.auth = read_auth(in, secrets, http);
  if (const auto records = in.get("records", Shape::scalar_or_mapping))
    http.records = read_records(*records, nullptr);
  const auto fields = in.get("fields", Shape::fields);
  const auto constants = in.get("constants", Shape::text_map);
  if (source.rates) {
    if (fields) http.mapping = read_rate_fields(*fields, FieldKind::pointer, *source.rates);
    if (constants) constants->at_key().error("constants are dimensions, and rates have none");
  } else if (fields) {
    HttpFields read = read_http_fields(*fields, scope, {});
    http.mapping = std::move(read.mapping);
    http.interval = std::move(read.interval);
    if (!http.interval || !http.mapping.metrics.empty())
      check_fields(*fields, scope, "the key of the day or hour");
  }
  read_field_settings({source.rates ? std::nullopt : constants, in.get("date_format", Shape::text),
                       in.get("decimal_comma", Shape::boolean), in.get("missing", Shape::texts)},
                      scope, http.mapping);
  if (const auto pagination = in.get("pagination", Shape::mapping)) {
    http.pagination = read_pagination(*pagination);
    check_is_sent(*pagination, http.pagination, http.request);
  }
  http.pagination.most_pages = read_max_pages(in.get("max_pages", Shape::integer));
  http.most_days = read_max_days(in.get("max_days", Shape::integer));
  http.mapping.whole_days = in.boolean("whole_days").value_or(false);
  if (const auto limits = in.get("limits", Shape::mapping)) http.limits = read_limits(*limits, nullptr);
  http.answers = read_answers(in.mappings("answers"), nullptr);
  http.usage = read_usage(in.mappings("usage"));
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return http;
}

}  // namespace tightrope::config
