#include "collectors/prometheus_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "collectors/figure_table.h"
#include "collectors/http_answer.h"
#include "collectors/login.h"
#include "collectors/prometheus_answer.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kLongestUrl = 2000;  // longer queries are posted: proxies cut addresses short
constexpr std::size_t kMostRequests = 10'000;

std::string unix_seconds(rules::Timestamp time) {
  return fmt::format("{}", std::chrono::floor<seconds>(time).time_since_epoch().count());
}

std::string with_window(std::string query, seconds window) {
  constexpr std::string_view kName = "{window}";
  const std::string length = fmt::format("{}s", window.count());
  for (std::size_t at = query.find(kName); at != std::string::npos; at = query.find(kName, at))
    query.replace(at, kName.size(), length);
  return query;
}

class PrometheusCollector final : public Collector {
 public:
  PrometheusCollector(const config::Source& source, CollectorContext context)
      : source_(source),
        prometheus_(std::get<config::PrometheusSource>(source_.kind)),
        context_(context),
        secrets_(secrets_of(source_, prometheus_.login)) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    const auto plan = plan_evaluations(prometheus_.per, request.days, request.now, context_.calendar);
    if (plan.size() * prometheus_.queries.size() > kMostRequests) {
      co_return failure(FailureKind::rejected,
                        fmt::format("would take more than {} requests: shorten lookback", kMostRequests));
    }
    FigureTable table(source_.name, request);
    table.begin_document();
    Told told;
    for (const config::PrometheusQuery& query : prometheus_.queries) {
      for (const PrometheusEvaluation& evaluation : plan) {
        TransferResult answer = co_await context_.transfer.fetch(ask(query, evaluation));
        auto failed = take(query, evaluation, answer, request.now, table, told);
        if (failed) {
          failed->text = fmt::format("{}: {}", query.metric, failed->text);
          co_return *std::move(failed);
        }
        co_await asio::post(asio::use_awaitable);  // a large answer took its time: let others through
      }
    }
    Collected collected = std::move(table).take();
    if (!told.warning.empty()) collected.complete.reset();
    collected.partial = std::move(told.warning);
    collected.bytes = told.bytes;
    collected.requests = told.requests;
    co_return std::move(collected);
  }

 private:
  struct Told {
    std::uint64_t bytes = 0;
    int requests = 0;
    std::string warning;  // the first
  };

  TransferRequest ask(const config::PrometheusQuery& query, const PrometheusEvaluation& evaluation) const {
    TransferRequest request;
    std::string form = "query=" + percent_encode(with_window(query.text, evaluation.window));
    if (evaluation.range()) {
      form += fmt::format("&start={}&end={}&step=3600", unix_seconds(evaluation.first),
                          unix_seconds(evaluation.last));
    } else {
      form += "&time=" + unix_seconds(evaluation.first);
    }
    request.url = prometheus_.base_url + (evaluation.range() ? "/api/v1/query_range" : "/api/v1/query");
    request.headers.emplace_back("Accept", "application/json");
    if (request.url.size() + form.size() < kLongestUrl) {
      request.url += '?' + form;
    } else {
      request.method = "POST";
      request.body = std::move(form);
      request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    }
    authorize(prometheus_.login, request);
    request.timeout = source_.deadline;
    request.most_bytes = source_.most_bytes;
    request.allow_private_addresses = source_.allow_private_addresses;
    return request;
  }

  std::optional<CollectError> take(const config::PrometheusQuery& query,
                                   const PrometheusEvaluation& evaluation, const TransferResult& answer,
                                   rules::Timestamp now, FigureTable& table, Told& told) const {
    ++told.requests;
    if (!answer) return transfer_failure(answer.error());
    told.bytes += answer->body.size();
    if (auto error = answer_error(*answer, secrets_, now)) return error;
    if (is_html(*answer))
      return failure(FailureKind::bad_data,
                     "an HTML page came instead of JSON: is base_url right, and who has to sign in?");
    auto read = read_prometheus_answer(answer->body, {prometheus_.labels, prometheus_.constants});
    if (auto* problem = std::get_if<std::string>(&read))
      return failure(FailureKind::bad_data, std::move(*problem));
    auto& found = std::get<PrometheusAnswer>(read);
    if (told.warning.empty() && !found.warning.empty())
      told.warning = fmt::format("{}: {}", query.metric, found.warning);
    for (const PrometheusSeries& series : found.series) {
      table.count_row();
      const std::uint32_t metric = table.metric(query.metric);
      const std::uint32_t entity = table.entity(series.entity);
      for (const PrometheusSample& sample : series.samples) {
        const auto bucket = bucket_of(evaluation, sample.at);
        if (!bucket) return failure(FailureKind::bad_data, "a sample is of a time that was not asked for");
        if (auto full = table.add(entity, metric, *bucket, sample.value))
          return failure(FailureKind::bad_data, *std::move(full));
      }
    }
    return std::nullopt;
  }

  static std::optional<rules::Bucket> bucket_of(const PrometheusEvaluation& evaluation, rules::Timestamp at) {
    if (!evaluation.range()) return evaluation.bucket;
    const auto since = at - std::chrono::floor<seconds>(evaluation.first);
    if (since < hours(0) || at > evaluation.last || since % hours(1) != hours(0)) return std::nullopt;
    const auto hour = evaluation.bucket.hour + std::chrono::floor<hours>(since).count();
    return rules::Bucket{evaluation.bucket.day, static_cast<std::int8_t>(hour)};
  }

  const config::Source source_;
  const config::PrometheusSource& prometheus_;  // within source_
  CollectorContext context_;
  std::vector<std::string> secrets_;  // what no error may quote
};

}  // namespace

std::vector<PrometheusEvaluation> plan_evaluations(config::PrometheusPer per, rules::DayRange days,
                                                   rules::Timestamp now, const rules::Calendar& calendar) {
  now = std::chrono::floor<seconds>(now);
  std::vector<PrometheusEvaluation> plan;
  // Whatever has passed of a bucket, asked about at its end or now.
  const auto add = [&](rules::Bucket bucket) {
    const rules::Timestamp begin = calendar.start_of(bucket);
    const rules::Timestamp end = std::min(calendar.end_of(bucket), now);
    const auto passed = std::chrono::floor<seconds>(end - begin);
    if (passed >= seconds(1)) plan.push_back({bucket, end, end, passed});
  };
  for (rules::Day day = days.first; day <= days.last && calendar.start_of(day) < now; day = day + 1) {
    if (per == config::PrometheusPer::day) {
      add({day});
      continue;
    }
    const auto end = std::min(calendar.start_of(day + 1), now);
    const auto whole = std::chrono::floor<hours>(end - calendar.start_of(day)).count();
    if (whole > 0) {
      const rules::Timestamp first = calendar.start_of(day) + hours(1);
      plan.push_back({{day, 0}, first, first + hours(whole - 1), hours(1)});
    }
    const rules::Bucket rest{day, static_cast<std::int8_t>(whole)};
    if (calendar.start_of(rest) < end) add(rest);
  }
  return plan;
}

std::unique_ptr<Collector> make_prometheus_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<PrometheusCollector>(source, context);
}

}  // namespace tightrope::collectors
