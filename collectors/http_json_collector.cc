#include "collectors/http_json_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "collectors/http_answer.h"
#include "collectors/json_records.h"
#include "collectors/pagination.h"
#include "collectors/rates.h"
#include "collectors/request_template.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

CollectError failure(FailureKind kind, std::string text) {
  return {kind, std::move(text), std::nullopt};
}

bool has_header(const TransferRequest& request, std::string_view lower_case_name) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    return std::equal(
        header.first.begin(), header.first.end(), lower_case_name.begin(), lower_case_name.end(),
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
  });
}

class HttpJsonCollector final : public Collector {
 public:
  HttpJsonCollector(const config::Source& source, CollectorContext context)
      : source_(source), http_(std::get<config::HttpSource>(source_.kind)), context_(context) {
    const config::HttpAuth& auth = http_.auth;
    if (auth.kind == config::AuthKind::none) return;
    secrets_.push_back(secret());
    if (auth.kind == config::AuthKind::basic) secrets_.push_back(base64(auth.user + ':' + secret()));
  }

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    auto mapper = FieldMapper::compile(http_.mapping, context_.calendar);
    if (const auto* problem = std::get_if<std::string>(&mapper))
      co_return failure(FailureKind::bad_data, *problem);
    auto& fields = std::get<FieldMapper>(mapper);
    FigureTable table(source_.name, request, repeated(source_));
    table.begin_document();
    Pager pager(http_.pagination);
    std::uint64_t bytes = 0;
    int requests = 0;
    for (bool more = true; more;) {
      auto wanted = page_request(request, pager);
      if (auto* error = std::get_if<CollectError>(&wanted)) co_return std::move(*error);
      auto& page = std::get<Page>(wanted);
      TransferResult answer = co_await context_.transfer.fetch(std::move(page.request));
      ++requests;
      if (!answer) co_return transfer_failure(answer.error());
      bytes += answer->body.size();
      auto error = answer_error(*answer, secrets_, request.now);
      if (error) co_return *std::move(error);
      auto taken = take_page(page.address, *answer, fields, table, pager);
      if (auto* problem = std::get_if<std::string>(&taken)) {
        co_return failure(FailureKind::bad_data, on_page(pager, *problem));
      }
      more = std::get<bool>(taken);
      co_await asio::post(asio::use_awaitable);  // a large page took its time: let others through
    }
    Collected collected = std::move(table).take();
    if (collected.complete && asks_for_days()) collected.complete = request.days;
    collected.bytes = bytes;
    collected.requests = requests;
    co_return std::move(collected);
  }

 private:
  std::string secret() const {  // auth.value is "{name}"
    const std::string& value = http_.auth.value;
    return http_.secrets.at(value.substr(1, value.size() - 2)).reveal();
  }

  bool asks_for_days() const {
    const auto named = [](const auto& field) { return collectors::asks_for_days(field.second); };
    return collectors::asks_for_days(http_.request.url) || collectors::asks_for_days(http_.request.body) ||
           std::any_of(http_.request.query.begin(), http_.request.query.end(), named) ||
           std::any_of(http_.request.headers.begin(), http_.request.headers.end(), named);
  }

  struct Page {
    WebAddress address;
    TransferRequest request;
  };

  std::string on_page(const Pager& pager, const std::string& problem) const {
    if (http_.pagination.kind == config::PaginationKind::none) return problem;
    return fmt::format("page {}: {}", pager.pages(), problem);
  }

  std::variant<Page, CollectError> page_request(CollectRequest asked, const Pager& pager) const {
    const TemplateValues values{asked.days,   asked.now,      &context_.calendar,
                                pager.page(), pager.offset(), pager.cursor()};
    Page page;
    if (pager.address()) {
      page.address = *pager.address();
    } else {
      const auto address = parse_web_address(first_url(values, pager));
      if (!address) return failure(FailureKind::rejected, "the source's url is not an http or https URL");
      page.address = *address;
    }
    TransferRequest& request = page.request;
    request.method = http_.request.method;
    request.url = page.address.url;
    for (const auto& [name, value] : http_.request.headers) {
      request.headers.emplace_back(name, fill_template(value, values, Escaping::none));
    }
    request.body = fill_template(http_.request.body, values, Escaping::json);
    if (!has_header(request, "accept")) request.headers.emplace_back("Accept", "application/json");
    if (!request.body.empty() && !has_header(request, "content-type")) {
      request.headers.emplace_back("Content-Type", "application/json");
    }
    authorize(request);
    request.timeout = source_.deadline;
    request.most_bytes = source_.most_bytes;
    request.allow_private_addresses = source_.allow_private_addresses;
    return page;
  }

  std::string first_url(const TemplateValues& values, const Pager& pager) const {
    std::string url = fill_template(http_.request.url, values, Escaping::percent);
    url.erase(std::min(url.find('#'), url.size()));
    char separator = url.find('?') == std::string::npos ? '?' : '&';
    const auto add = [&](std::string_view name, std::string_view encoded_value) {
      url += fmt::format("{}{}={}", separator, percent_encode(name), encoded_value);
      separator = '&';
    };
    for (const auto& [name, value] : http_.request.query) {
      add(name, percent_encode(fill_template(value, values, Escaping::none)));
    }
    for (const auto& [name, value] : pager.query()) add(name, percent_encode(value));
    return url;
  }

  void authorize(TransferRequest& request) const {
    const config::HttpAuth& auth = http_.auth;
    switch (auth.kind) {
      case config::AuthKind::none:
        break;
      case config::AuthKind::bearer:
        request.secret_headers.emplace_back("Authorization", config::Secret("Bearer " + secret()));
        break;
      case config::AuthKind::basic:
        request.secret_headers.emplace_back("Authorization", config::Secret("Basic " + secrets_.back()));
        break;
      case config::AuthKind::header:
        request.secret_headers.emplace_back(auth.name, config::Secret(secret()));
        break;
      case config::AuthKind::query:
      case config::AuthKind::oauth2_refresh:
      case config::AuthKind::oauth2_client:
        break;
    }
  }

  // Whether another page follows, or what is wrong with this one.
  std::variant<bool, std::string> take_page(const WebAddress& asked, const TransferResponse& response,
                                            FieldMapper& fields, FigureTable& table, Pager& pager) const {
    if (response.status == 204) return pager.advance(asked, response, JsonValue(), 0);
    const auto parsed = JsonTree::parse(response.body);
    if (const auto* problem = std::get_if<std::string>(&parsed)) {
      if (is_html(response)) return "an HTML page came instead of JSON";
      return fmt::format("the answer is not JSON: {}", *problem);
    }
    const JsonValue root = std::get<std::unique_ptr<JsonTree>>(parsed)->root();
    auto found = find_records(root, http_.records.path);
    if (auto* problem = std::get_if<std::string>(&found)) return std::move(*problem);
    const auto& records = std::get<std::vector<JsonValue>>(found);
    std::vector<FieldValue> values(fields.names().size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].is_scalar()) return fmt::format("record {} is neither an object nor an array", i + 1);
      std::transform(fields.names().begin(), fields.names().end(), values.begin(),
                     [&](const std::string& name) { return field_value(records[i], name); });
      const auto problem = fields.add(values, table);
      if (problem) return record_error(i, records[i], fields, values, *problem);
    }
    return pager.advance(asked, response, root, records.size());
  }

  static std::string record_error(std::size_t index, JsonValue record, const FieldMapper& fields,
                                  std::span<const FieldValue> values, const FieldProblem& problem) {
    if (problem.slot == FieldProblem::kRecord) return fmt::format("record {}: {}", index + 1, problem.text);
    const std::string& name = fields.names()[problem.slot];
    const bool absent = values[problem.slot].kind == FieldValue::Kind::absent;
    return fmt::format("record {}, field {}: {}{}", index + 1, quoted(name), problem.text,
                       absent ? known_fields(record, name) : "");
  }

  const config::Source source_;
  const config::HttpSource& http_;  // within source_
  CollectorContext context_;
  std::vector<std::string> secrets_;  // what no error may quote
};

}  // namespace

std::unique_ptr<Collector> make_http_json_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<HttpJsonCollector>(source, context);
}

}  // namespace tightrope::collectors
