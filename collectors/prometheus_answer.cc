#include "collectors/prometheus_answer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "collectors/field_mapping.h"
#include "collectors/figure_text.h"
#include "collectors/json_tree.h"
#include "collectors/utf8.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kMostShown = 200;
constexpr double kLastSecond = 253402300800;  // the year 10000

bool is_text(JsonValue value, std::string_view text) {
  return value && value.kind() == JsonKind::text && value.text() == text;
}

class AnswerReader {
 public:
  explicit AnswerReader(const PrometheusNames& names) : names_(names) {}

  std::variant<PrometheusAnswer, std::string> read(JsonValue root) {
    if (!is_text(root.member("status"), "success")) return not_a_success(root);
    const JsonValue data = root.member("data");
    const JsonValue type = data ? data.member("resultType") : JsonValue();
    const JsonValue result = data ? data.member("result") : JsonValue();
    if (!type || type.kind() != JsonKind::text || !result || result.kind() != JsonKind::array)
      return "the answer has no /data/resultType and /data/result: is base_url a Prometheus?";
    warning_of(root);
    if (auto problem = take_result(type.text(), result)) return *std::move(problem);
    return std::move(answer_);
  }

 private:
  using Problem = std::optional<std::string>;

  static std::string not_a_success(JsonValue root) {
    const JsonValue error = root.member("error");
    if (error && error.kind() == JsonKind::text)
      return "the server says: " + printable(error.text(), kMostShown);
    return "the answer has no \"status\": \"success\": is base_url a Prometheus?";
  }

  void warning_of(JsonValue root) {
    const JsonValue warnings = root.member("warnings");
    if (warnings && warnings.kind() == JsonKind::array && warnings.first()) {
      const JsonValue first = warnings.first();
      answer_.warning = first.is_scalar() ? printable(first.text(), kMostShown) : "a warning";
      return;
    }
    // Of VictoriaMetrics, which speaks the same language.
    const JsonValue partial = root.member("isPartial");
    if (partial && partial.kind() == JsonKind::truth && partial.text() == "true")
      answer_.warning = "the answer is partial";
  }

  Problem take_result(std::string_view type, JsonValue result) {
    if (type == "scalar") {
      PrometheusSeries series{constant_entity(), {}};
      if (auto problem = take_sample(result, series)) return problem;
      answer_.series.push_back(std::move(series));
      return std::nullopt;
    }
    if (type != "vector" && type != "matrix")
      return fmt::format("the query gives a {}, where figures are expected", printable(type, kMostShown));
    for (JsonValue item = result.first(); item; item = item.next()) {
      if (auto problem = take_series(item, type == "matrix")) return problem;
    }
    return std::nullopt;
  }

  Problem take_series(JsonValue item, bool matrix) {
    const JsonValue metric = item.member("metric");
    const JsonValue values = item.member(matrix ? "values" : "value");
    const bool histogram = item.member("histogram") || item.member("histograms");
    if (histogram) return "a series is a histogram: ask for a quantile, a sum or a count of it";
    if (!metric || metric.kind() != JsonKind::object || !values || values.kind() != JsonKind::array)
      return "a series has no \"metric\" or no samples";
    auto series = series_of(metric);
    if (auto* problem = std::get_if<std::string>(&series)) return std::move(*problem);
    auto& found = std::get<PrometheusSeries>(series);
    if (!matrix) {
      if (auto problem = take_sample(values, found)) return problem;
    } else {
      for (JsonValue pair = values.first(); pair; pair = pair.next()) {
        if (auto problem = take_sample(pair, found)) return problem;
      }
    }
    answer_.series.push_back(std::move(found));
    return std::nullopt;
  }

  rules::Entity constant_entity() const {
    rules::Entity entity;
    for (const auto& [dimension, value] : names_.constants) entity.set(dimension, value);
    return entity;
  }

  std::variant<PrometheusSeries, std::string> series_of(JsonValue metric) const {
    PrometheusSeries series{constant_entity(), {}};
    for (const auto& [dimension, label] : names_.labels) {
      const JsonValue value = metric.member(label);
      if (!value || value.kind() != JsonKind::text) continue;
      const std::string_view name = trimmed(value.text());
      if (name.size() > FieldMapper::kLongestName)
        return fmt::format("label {}: longer than {} bytes", label, FieldMapper::kLongestName);
      if (!name.empty()) series.entity.set(dimension, std::string(name));
    }
    return series;
  }

  static Problem take_sample(JsonValue pair, PrometheusSeries& series) {
    if (pair.kind() != JsonKind::array) return "a sample is no pair of a time and a value";
    const JsonValue time = pair.first();
    const JsonValue value = time ? time.next() : JsonValue();
    if (!time || time.kind() != JsonKind::number || !value || !value.is_scalar() || value.next())
      return "a sample is no pair of a time and a value";
    const auto number = parse_json_number(time.text());
    const double seconds = number ? number->to_double() : NAN;
    if (!(seconds >= 0 && seconds < kLastSecond)) return fmt::format("{} is not a time", quoted(time.text()));
    const rules::Timestamp at{rules::Duration(std::llround(seconds * 1000))};
    const auto amount = amount_of(value.text());
    if (!amount) return fmt::format("{} is not a number, or too large", quoted(value.text()));
    series.samples.push_back({at, *amount});
    return std::nullopt;
  }

  static std::optional<rules::Amount> amount_of(std::string_view text) {
    constexpr std::array<std::string_view, 4> kNone{"NaN", "+Inf", "-Inf", "Inf"};
    if (std::find(kNone.begin(), kNone.end(), text) != kNone.end()) return rules::Amount::missing();
    const auto number = parse_json_number(text);
    return number ? number->amount(Scale(1)) : std::nullopt;
  }

  PrometheusNames names_;
  PrometheusAnswer answer_;
};

}  // namespace

std::variant<PrometheusAnswer, std::string> read_prometheus_answer(std::string_view body,
                                                                   const PrometheusNames& names) {
  const auto parsed = JsonTree::parse(body);
  if (const auto* problem = std::get_if<std::string>(&parsed))
    return fmt::format("the answer is not JSON: {}", *problem);
  return AnswerReader(names).read(std::get<std::unique_ptr<JsonTree>>(parsed)->root());
}

}  // namespace tightrope::collectors
