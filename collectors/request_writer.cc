#include "collectors/request_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "collectors/login.h"

namespace tightrope::collectors {
namespace {

// Of one request; a poll may last longer.
constexpr rules::Duration kLongestRequest = std::chrono::minutes(2);

bool has_header(const TransferRequest& request, std::string_view lower_case_name) {
  const auto same = [lower_case_name](const std::string& name) {
    return std::equal(
        name.begin(), name.end(), lower_case_name.begin(), lower_case_name.end(),
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
  };
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return same(header.first); });
}

bool left_out(const std::string& filled, std::string_view written, const TemplateValues& values) {
  return filled.empty() && is_names_alone(written, values);
}

}  // namespace

RequestWriter::RequestWriter(const config::Source& source)
    : source_(source), http_(std::get<config::HttpSource>(source.kind)) {
  add_json(http_.request);
  if (!http_.job) return;
  add_json(http_.job->submit);
  add_json(http_.job->poll);
  add_json(http_.job->download);
}

void RequestWriter::add_json(const config::HttpRequest& request) {
  if (request.body_kind != config::BodyKind::json) return;
  boost::system::error_code error;
  boost::json::value json = boost::json::parse(request.body, error);
  if (!error) bodies_.push_back({&request, std::move(json)});
}

std::string RequestWriter::url_of(const config::HttpRequest& request, const TemplateValues& values,
                                  const config::TextPairs& page) const {
  // {base_url} is an address, not a part of one: what stands in front keeps its colons and slashes.
  std::string url;
  constexpr std::string_view kBase = "{base_url}";
  std::string_view rest = request.url;
  if (rest.starts_with(kBase)) {
    url = fill_template(kBase, values, Escaping::none);
    rest.remove_prefix(kBase.size());
  }
  url += fill_template(rest, values, Escaping::percent);
  url.erase(std::min(url.find('#'), url.size()));
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](std::string_view name, std::string_view encoded_value) {
    url += fmt::format("{}{}={}", separator, percent_encode(name), encoded_value);
    separator = '&';
  };
  if (!request.raw_query.empty()) {
    url += separator + fill_template(request.raw_query, values, Escaping::percent);
    separator = '&';
  }
  for (const auto& [name, value] : request.query) {
    const std::string filled = fill_template(value, values, Escaping::none);
    if (!left_out(filled, value, values)) add(name, percent_encode(filled));
  }
  for (const auto& [name, value] : page) add(name, percent_encode(value));
  if (http_.auth.kind == config::AuthKind::query)
    add(http_.auth.name, percent_encode(fill_template(http_.auth.value, values, Escaping::none)));
  return url;
}

std::string RequestWriter::body_of(const config::HttpRequest& request, const TemplateValues& values) const {
  switch (request.body_kind) {
    case config::BodyKind::none:
      break;
    case config::BodyKind::text:
      return fill_template(request.body, values, Escaping::json);
    case config::BodyKind::json: {
      const auto found = std::find_if(bodies_.begin(), bodies_.end(),
                                      [&request](const JsonBody& body) { return body.of == &request; });
      return found == bodies_.end() ? std::string() : fill_json(found->json, values);
    }
    case config::BodyKind::form: {
      std::string form;
      for (const auto& [name, value] : request.form) {
        const std::string filled = fill_template(value, values, Escaping::none);
        if (left_out(filled, value, values)) continue;
        form += fmt::format("{}{}={}", form.empty() ? "" : "&", percent_encode(name), percent_encode(filled));
      }
      return form;
    }
  }
  return {};
}

void RequestWriter::authorize(TransferRequest& request, const TemplateValues& values,
                              const config::Secret& token) const {
  const config::HttpAuth& auth = http_.auth;
  const auto add = [&request](const std::string& name, std::string value) {
    request.secret_headers.emplace_back(name, config::Secret(std::move(value)));
  };
  const auto fill = [&values](const std::string& text) {
    return fill_template(text, values, Escaping::none);
  };
  switch (auth.kind) {
    case config::AuthKind::none:
    case config::AuthKind::query:
      break;
    case config::AuthKind::bearer:
      add("Authorization", "Bearer " + fill(auth.value));
      break;
    case config::AuthKind::basic:
      add("Authorization", "Basic " + base64(fill(auth.user) + ':' + fill(auth.value)));
      break;
    case config::AuthKind::header:
      add(auth.name, fill(auth.value));
      break;
    case config::AuthKind::oauth2_refresh:
    case config::AuthKind::oauth2_client:
      add("Authorization", "Bearer " + token.reveal());
      break;
  }
}

TransferRequest RequestWriter::bounded() const {
  TransferRequest request;
  request.timeout = std::min(source_.deadline, kLongestRequest);
  request.most_bytes = source_.most_bytes;
  request.allow_private_addresses = source_.allow_private_addresses;
  return request;
}

PreparedRequest RequestWriter::follow(const WebAddress& address, const config::HttpRequest& request,
                                      const TemplateValues& values, const config::Secret& token) const {
  PreparedRequest prepared{address, bounded()};
  TransferRequest& sent = prepared.request;
  sent.method = request.method;
  sent.url = address.url;
  for (const auto& [name, value] : request.headers) {
    std::string filled = fill_template(value, values, Escaping::none);
    if (left_out(filled, value, values)) continue;
    if (has_secret(value, http_) || holds_environment(source_, value)) {
      sent.secret_headers.emplace_back(name, config::Secret(std::move(filled)));
    } else {
      sent.headers.emplace_back(name, std::move(filled));
    }
  }
  sent.body = body_of(request, values);
  const auto hidden = [this](const auto& field) { return has_secret(field.second, http_); };
  sent.secret_body =
      has_secret(request.body, http_) || std::any_of(request.form.begin(), request.form.end(), hidden);
  const bool json = http_.records.format == config::AnswerFormat::json;
  if (!has_header(sent, "accept")) sent.headers.emplace_back("Accept", json ? "application/json" : "*/*");
  if (!sent.body.empty() && !has_header(sent, "content-type")) {
    const bool form = request.body_kind == config::BodyKind::form;
    sent.headers.emplace_back("Content-Type",
                              form ? "application/x-www-form-urlencoded" : "application/json");
  }
  authorize(sent, values, token);
  return prepared;
}

std::variant<PreparedRequest, std::string> RequestWriter::write(const config::HttpRequest& request,
                                                                const TemplateValues& values,
                                                                const config::TextPairs& page,
                                                                const config::Secret& token) const {
  const auto address = parse_web_address(url_of(request, values, page));
  if (!address) return "the source's url is not an http or https URL";
  return follow(*address, request, values, token);
}

PreparedRequest RequestWriter::plain(const WebAddress& address) const {
  PreparedRequest prepared{address, bounded()};
  prepared.request.url = address.url;
  return prepared;
}

}  // namespace tightrope::collectors
