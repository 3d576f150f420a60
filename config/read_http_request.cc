// Requests of connector files, how secrets are sent with them, and reports that take time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "config/http_readers.h"

namespace tightrope::config {
namespace {

using May = TemplateNames::May;

void check_map(const std::optional<Cursor>& at, TemplateNames& names, May may) {
  if (!at) return;
  for (const auto& [name, value] : at->entries()) {
    if (const auto text = value.text()) names.check(value, *text, may);
  }
}

void check_json(const Cursor& at, TemplateNames& names, May may) {
  switch (at.node().kind) {
    case NodeKind::null:
      return;
    case NodeKind::scalar:
      if (const auto text = at.text()) names.check(at, *text, may);
      return;
    case NodeKind::sequence:
      for (const auto& item : at.items()) check_json(item, names, may);
      return;
    case NodeKind::mapping:
      for (const auto& [key, value] : at.entries()) check_json(value, names, may);
      return;
  }
}

std::string read_template(const std::optional<Cursor>& at, TemplateNames& names, May may) {
  const auto text = at ? at->text() : std::nullopt;
  if (text) names.check(*at, *text, may);
  return text.value_or("");
}

// `url:` and what is added to it: no secrets, for addresses are logged.
void read_address(MappingReader& in, TemplateNames& names, May may, HttpRequest& request) {
  May open = may;
  open.secrets = open.numbers = false;
  const auto url = in.get("url", Shape::text_template);
  request.url = read_template(url, names, open);
  constexpr std::string_view kBase = "{base_url}";
  if (url && (!request.url.starts_with(kBase) ||
              (request.url.size() > kBase.size() && request.url[kBase.size()] != '/'))) {
    url->error("does not begin with {base_url}/", "so that a proxy can stand in for the vendor");
  }
  const auto query = in.get("query", Shape::text_map);
  check_map(query, names, open);
  request.query = read_pairs(query);
  request.raw_query = read_template(in.get("raw_query", Shape::text_template), names, open);
}

void read_body(MappingReader& in, TemplateNames& names, May may, HttpRequest& request) {
  May numbers = may;
  numbers.numbers = true;
  const auto json = in.get("json", Shape::content);
  const auto form = in.get("form", Shape::text_map);
  const auto text = in.get("text", Shape::text_template);
  const int given = (json ? 1 : 0) + (form ? 1 : 0) + (text ? 1 : 0);
  if (given > 1) in.at().error("has more than one body", "keep one of json, form and text");
  if (json && json->expect(NodeKind::mapping)) {
    request.body_kind = BodyKind::json;
    check_json(*json, names, numbers);
    request.body = boost::json::serialize(to_json(*json));
  }
  if (form) {
    request.body_kind = BodyKind::form;
    check_map(form, names, may);
    request.form = read_pairs(form);
  }
  if (text) {
    request.body_kind = BodyKind::text;
    request.body = read_template(text, names, may);
  }
  request.method = given > 0 ? "POST" : "GET";
  const auto method = in.get("method", Shape::choice);
  const auto choices = kRequestKeys.find("method")->choices;
  if (const auto choice = method ? method->choice(choices) : std::nullopt) {
    request.method = choices[*choice];
    if (given > 0 && request.method == "GET")
      method->error("GET sends no body", "write method: POST, or leave the body out");
  }
}

bool read_client_place(MappingReader& in) {
  return in.choice("client").value_or(0) == 1;
}

// One way to send secrets.
class AuthReader {
 public:
  AuthReader(const Cursor& at, TemplateNames& names, bool has_token_url)
      : in_(at, kAuthKeys), names_(names), has_token_url_(has_token_url) {}

  HttpAuth read() {
    const auto refresh = in_.get("oauth2_refresh", Shape::mapping);
    const auto client = in_.get("oauth2_client", Shape::mapping);
    const auto bearer = in_.get("bearer", Shape::text_template);
    const auto basic = in_.get("basic", Shape::mapping);
    const auto header = in_.get("header", Shape::mapping);
    const auto query = in_.get("query", Shape::mapping);
    const std::size_t given = in_.readable() ? in_.at().node().entries.size() : 1;
    if (given != 1)
      in_.at().error(given == 0 ? "says nothing" : "says more than one way",
                     "one item of a list for each way");
    if (refresh) read_refresh(*refresh);
    if (client) read_client(*client);
    if (bearer) {
      auth_.kind = AuthKind::bearer;
      auth_.value = take(bearer);
    }
    if (basic) {
      auth_.kind = AuthKind::basic;
      MappingReader in(*basic, kBasicAuthKeys);
      auth_.user = take(in.get("user", Shape::text_template));
      auth_.value = take(in.get("password", Shape::text_template));
    }
    if (header) read_named(*header, AuthKind::header);
    if (query) read_named(*query, AuthKind::query);
    const auto templates = {auth_.value, auth_.user, auth_.client_id, auth_.client_secret,
                            auth_.refresh_token};
    const bool secret = std::any_of(templates.begin(), templates.end(), [this](const std::string& text) {
      return !names_.secrets_in(text).empty();
    });
    if (!secret && auth_.kind != AuthKind::none && !in_.at().reading().problems.failed())
      in_.at().error("sends no secret", "secrets are declared under secrets: and named in braces");
    return std::move(auth_);
  }

 private:
  std::string take(const std::optional<Cursor>& at) { return read_template(at, names_, {.secrets = true}); }

  void take_token_url(const Cursor& at) {
    if (!has_token_url_)
      at.at_key().error("needs token_url at the top of the file", "where access tokens come from");
    auth_.token_url = "{token_url}";
    names_.use("token_url");
  }

  void read_refresh(const Cursor& at) {
    auth_.kind = AuthKind::oauth2_refresh;
    MappingReader in(at, kOauthRefreshKeys);
    take_token_url(at);
    auth_.client_id = take(in.get("client_id", Shape::text_template));
    auth_.client_secret = take(in.get("client_secret", Shape::text_template));
    auth_.refresh_token = take(in.get("refresh_token", Shape::text_template));
    auth_.scope = take(in.get("scope", Shape::text_template));
    auth_.client_in_header = read_client_place(in);
  }

  void read_client(const Cursor& at) {
    auth_.kind = AuthKind::oauth2_client;
    MappingReader in(at, kOauthClientKeys);
    take_token_url(at);
    auth_.client_id = take(in.get("client_id", Shape::text_template));
    auth_.client_secret = take(in.get("client_secret", Shape::text_template));
    auth_.scope = take(in.get("scope", Shape::text_template));
    auth_.client_in_header = read_client_place(in);
  }

  void read_named(const Cursor& at, AuthKind kind) {
    auth_.kind = kind;
    MappingReader in(at, kNamedAuthKeys);
    const auto name = in.get("name", Shape::text);
    auth_.name = (name ? name->text() : std::nullopt).value_or("");
    if (name && kind == AuthKind::header && !is_header_name(auth_.name))
      name->error(fmt::format("{} is not the name of a header", in_quotes(name->node().text)));
    auth_.value = take(in.get("value", Shape::text_template));
  }

  MappingReader in_;
  TemplateNames& names_;
  const bool has_token_url_;
  HttpAuth auth_;
};

}  // namespace

HttpRequest read_request(const Cursor& at, TemplateNames& names, May may) {
  MappingReader in(at, kRequestKeys);
  HttpRequest request;
  may.secrets = true;
  read_address(in, names, may, request);
  if (const auto headers = in.get("headers", Shape::text_map)) {
    check_map(headers, names, may);
    request.headers =
        read_headers(*headers, "credentials belong under auth", "such as auth: {bearer: \"{token}\"}");
  }
  read_body(in, names, may, request);
  return request;
}

std::vector<HttpAuth> read_auths(const std::vector<Cursor>& at, TemplateNames& names, bool has_token_url) {
  std::vector<HttpAuth> auths;
  for (const auto& one : at) auths.push_back(AuthReader(one, names, has_token_url).read());
  return auths;
}

ReportJob read_job(const Cursor& at, TemplateNames& names, PaginationKind paging) {
  MappingReader in(at, kJobKeys);
  ReportJob job;
  job.when = read_template(in.get("when", Shape::text_template), names, {});
  if (const auto submit = in.get("submit", Shape::mapping))
    job.submit = read_request(*submit, names, {.days = true});
  job.id = read_path(in.get("id", Shape::text), PathFrom::answer);
  if (const auto poll = in.get("poll", Shape::mapping))
    job.poll = read_request(*poll, names, {.days = true, .job = true});
  job.done = read_answer_tests(in.mappings("done"));
  job.failed = read_answer_tests(in.mappings("failed"));
  using namespace std::chrono_literals;
  job.every = in.duration("every", {1s, 1h}).value_or(job.every);
  job.deadline = in.duration("deadline", {10s, 2h}).value_or(job.deadline);
  job.address = read_path(in.get("address", Shape::text), PathFrom::answer);
  const auto download = in.get("download", Shape::mapping);
  if (download) job.download = read_request(*download, names, {.days = true, .job = true, .paging = paging});
  if (in.readable() && in.has("address") == in.has("download")) {
    at.error(download ? "\"address\" and \"download\" are both given; keep one"
                      : "key \"address\" or \"download\" is missing",
             "where the report is once it is ready");
  }
  return job;
}

}  // namespace tightrope::config
