#include "collectors/http_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "collectors/http_answer.h"
#include "collectors/pagination.h"
#include "collectors/rates.h"
#include "collectors/record_reader.h"
#include "collectors/vendor_session.h"

namespace tightrope::collectors {
namespace {

using Problem = std::optional<VendorError>;

VendorError vendor_failure(FailureKind kind, std::string text) {
  return {failure(kind, std::move(text))};
}

bool names_days(const config::HttpRequest& request) {
  const auto named = [](const auto& field) { return asks_for_days(field.second); };
  return asks_for_days(request.url) || asks_for_days(request.raw_query) || asks_for_days(request.body) ||
         std::any_of(request.query.begin(), request.query.end(), named) ||
         std::any_of(request.headers.begin(), request.headers.end(), named) ||
         std::any_of(request.form.begin(), request.form.end(), named);
}

class HttpCollector final : public Collector {
 public:
  HttpCollector(const config::Source& source, CollectorContext context)
      : source_(source),
        http_(std::get<config::HttpSource>(source_.kind)),
        vendor_(source_, context),
        reader_(RecordReader::compile(http_, context.calendar)),
        names_days_(http_.mapping.bucket_is_asked || names_days(http_.request) ||
                    (http_.job && names_days(http_.job->submit))) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    if (const auto* problem = std::get_if<std::string>(&reader_))
      co_return failure(FailureKind::bad_data, *problem);
    if (const auto* problem = std::get_if<std::string>(&vendor_.rules))
      co_return failure(FailureKind::bad_data, *problem);
    VendorSession session(vendor_, request);
    const int asked_days = static_cast<int>(request.days.last.number - request.days.first.number) + 1;
    int days = http_.most_days > 0 ? std::min(http_.most_days, asked_days) : asked_days;
    for (;;) {
      Read read{session, std::get<RecordReader>(reader_).mapper(),
                FigureTable(source_.name, request, repeated(source_)), request};
      read.table.begin_document();
      Problem problem = co_await read_slices(read, days);
      if (problem && problem->too_large && days > 1) {
        days = (days + 1) / 2;  // and everything again, for what was read is half of something
        continue;
      }
      if (problem) co_return std::move(problem->error);
      Collected collected = std::move(read.table).take();
      if (collected.complete && names_days_) collected.complete = request.days;
      collected.bytes = session.bytes();
      collected.requests = session.requests();
      co_return std::move(collected);
    }
  }

 private:
  struct Read {
    VendorSession& session;
    FieldMapper mapper;
    FigureTable table;
    CollectRequest asked;
  };

  TemplateValues values_of(const Read& read, rules::DayRange days) const {
    TemplateValues values{days, read.asked.now, &vendor_.context.calendar};
    values.source = &http_;
    return values;
  }

  bool uses_job(const TemplateValues& values) const {
    if (!http_.job) return false;
    const std::string& when = http_.job->when;
    return when.empty() || fill_template(when, values, Escaping::none) == "true";
  }

  asio::awaitable<Problem> read_slices(Read& read, int days) {
    const rules::DayRange all = read.asked.days;
    for (rules::Day first = all.first; first <= all.last; first = first + days) {
      const rules::DayRange slice{first, std::min(first + (days - 1), all.last)};
      if (slice.first == slice.last) read.mapper.set_asked_day(slice.first);
      TemplateValues values = values_of(read, slice);
      if (first == all.first) values.days.first = first - http_.days_before;
      Problem problem;
      if (uses_job(values)) {
        problem = co_await read_report(read, values);
      } else {
        problem = co_await read_pages(read, http_.request, values);
      }
      if (problem) co_return problem;
    }
    co_return std::nullopt;
  }

  // Borrows the request.
  asio::awaitable<Problem> read_pages(Read& read, const config::HttpRequest& request, TemplateValues values) {
    Pager pager(http_.pagination, std::get<RecordReader>(reader_).paged_by());
    for (bool more = true; more;) {
      values.page = pager.page();
      values.offset = pager.offset();
      values.cursor = pager.cursor();
      Question question{&request, values, pager.query(), pager.address()};
      VendorResult answer = co_await read.session.ask(std::move(question));
      if (!answer) co_return answer.error();
      auto taken = take_page(read, *answer, pager);
      if (auto* problem = std::get_if<std::string>(&taken)) {
        const bool paged = http_.pagination.kind != config::PaginationKind::none;
        co_return vendor_failure(
            FailureKind::bad_data,
            paged ? fmt::format("page {}: {}", pager.pages(), *problem) : std::move(*problem));
      }
      more = std::get<bool>(taken);
      co_await asio::post(asio::use_awaitable);  // a large page took its time: let others through
    }
    co_return std::nullopt;
  }

  // Whether another page follows, or what is wrong with this one.
  std::variant<bool, std::string> take_page(Read& read, const VendorAnswer& answer, Pager& pager) const {
    if (answer.no_data) return false;
    if (answer.response.status == 204) return pager.advance(answer.asked, answer.response, JsonValue(), 0);
    auto page = take_answer(read, answer);
    if (auto* problem = std::get_if<std::string>(&page)) return std::move(*problem);
    const auto& taken = std::get<ReadPage>(page);
    return pager.advance(answer.asked, answer.response, taken.root, taken.records, taken.last);
  }

  std::variant<ReadPage, std::string> take_answer(Read& read, const VendorAnswer& answer) const {
    auto page = std::get<RecordReader>(reader_).read(answer.response.body, answer.tree, read.mapper,
                                                     read.table, source_.most_bytes);
    if (page.index() == 1 && is_html(answer.response)) {
      const bool json = http_.records.format != config::AnswerFormat::csv;
      return json ? "an HTML page came instead of JSON" : "an HTML page came instead of figures";
    }
    return page;
  }

  asio::awaitable<Problem> read_report(Read& read, TemplateValues values) {
    const config::ReportJob& job = *http_.job;
    if (vendor_.context.clock == nullptr)
      co_return vendor_failure(FailureKind::rejected, "reports that take time are not available here");
    Question submit{&job.submit, values, {}, std::nullopt, true};
    VendorResult submitted = co_await read.session.ask(std::move(submit));
    if (!submitted) co_return submitted.error();
    const JsonValue id = at(*submitted, job.id);
    if (!id || !id.is_scalar() || id.text().empty() || id.kind() == JsonKind::null)
      co_return vendor_failure(FailureKind::bad_data,
                               fmt::format("the answer names no report at {}", quoted(job.id)));
    values.job = id.text();
    const rules::Timestamp deadline = read.session.now() + job.deadline;
    for (;;) {
      Question poll{&job.poll, values, {}, std::nullopt, true};
      VendorResult state = co_await read.session.ask(std::move(poll));
      if (!state) co_return state.error();
      if (any_holds(job.failed, *state, false))
        co_return vendor_failure(FailureKind::temporary, "the vendor could not make the report");
      if (any_holds(job.done, *state, true)) {
        Problem problem = co_await fetch_report(read, std::move(*state), values);
        co_return problem;
      }
      if (read.session.now() + job.every > deadline) {
        co_return vendor_failure(
            FailureKind::temporary,
            fmt::format("the report was not ready after {} minutes",
                        std::chrono::duration_cast<std::chrono::minutes>(job.deadline).count()));
      }
      co_await read.session.sleep(job.every);
    }
  }

  asio::awaitable<Problem> fetch_report(Read& read, VendorAnswer state, TemplateValues values) {
    const config::ReportJob& job = *http_.job;
    if (job.address.empty()) {
      Problem problem = co_await read_pages(read, job.download, values);
      co_return problem;
    }
    const JsonValue place = at(state, job.address);
    if (!place || place.kind() == JsonKind::null || place.text().empty()) co_return std::nullopt;  // no rows
    const auto address = parse_web_address(place.text());
    // Whoever answers could send us anywhere: a report of an https vendor comes by https.
    if (!address || (state.asked.scheme == "https" && address->scheme != "https"))
      co_return vendor_failure(FailureKind::bad_data, "the report's address is no https URL");
    Question question{nullptr, values, {}, address};
    VendorResult answer = co_await read.session.ask(std::move(question));
    if (!answer) co_return answer.error();
    auto page = take_answer(read, *answer);
    if (auto* problem = std::get_if<std::string>(&page))
      co_return vendor_failure(FailureKind::bad_data, "the report: " + *problem);
    co_return std::nullopt;
  }

  static JsonValue at(const VendorAnswer& answer, const std::string& path) {
    return answer.tree ? find_at(answer.tree->root(), path) : JsonValue();
  }

  static bool any_holds(const std::vector<config::AnswerTest>& tests, const VendorAnswer& answer, bool all) {
    const JsonValue root = answer.tree ? answer.tree->root() : JsonValue();
    const auto one = [&](const config::AnswerTest& test) {
      const auto path = FieldPath::compile(test.path);
      return std::holds_alternative<FieldPath>(path) &&
             holds(test, std::get<FieldPath>(path), &answer.response, root);
    };
    return all ? std::all_of(tests.begin(), tests.end(), one) : std::any_of(tests.begin(), tests.end(), one);
  }

  const config::Source source_;
  const config::HttpSource& http_;  // within source_
  Vendor vendor_;
  std::variant<RecordReader, std::string> reader_;
  const bool names_days_;
};

}  // namespace

std::unique_ptr<Collector> make_http_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<HttpCollector>(source, context);
}

}  // namespace tightrope::collectors
