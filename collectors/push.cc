// The body of POST /api/v1/observations. All of it is checked before anything is taken.
#include <fmt/core.h>

#include <boost/unordered/unordered_flat_map.hpp>

#include "collectors/collector.h"
#include "collectors/field_mapping.h"
#include "collectors/figure_key.h"
#include "collectors/figure_text.h"
#include "collectors/json_tree.h"
#include "collectors/rates.h"
#include "config/scalars.h"
#include "rules/cube.h"
#include "rules/currency.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kMostFigures = 1'000'000;
constexpr std::size_t kLongestSourceName = 256;
// What an engine holds, less a day on either side for zones: what is acknowledged must count.
constexpr int kOldestDays = rules::Cube::kDays - 3;
constexpr int kOldestHourDays = rules::Cube::kHourDays - 3;
constexpr rules::Duration kFurthestAhead{std::chrono::days(1)};

std::string kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::truth:
      return "true or false";
    case JsonKind::number:
      return "a number";
    case JsonKind::text:
      return "a text";
    case JsonKind::array:
      return "an array";
    case JsonKind::object:
      return "an object";
  }
  return "nothing";
}

class PushParser {
 public:
  PushParser(const rules::Calendar& calendar, const PushVocabulary& vocabulary, std::string_view currency,
             rules::Timestamp now)
      : calendar_(calendar),
        vocabulary_(vocabulary),
        source_currency_(currency),
        body_currency_(currency),
        row_currency_(currency),
        now_(now),
        builder_("", now) {}

  std::variant<PushedBatch, PushError> parse(JsonValue root) {
    if (!take_top(root)) return PushError{problem_};
    auto batch = std::move(builder_).take();
    batch.source = source_;
    if (vocabulary_.rates != nullptr) {
      auto rates = as_rates(batch, *vocabulary_.rates);
      if (auto* problem = std::get_if<std::string>(&rates)) return PushError{std::move(*problem)};
      batch = std::get<rules::ObservationBatch>(std::move(rates));
    }
    return PushedBatch{source_, std::move(batch)};
  }

 private:
  // All of these return false with problem_ set. `path` is built only then.
  bool fail(std::string_view path, std::string_view problem) {
    problem_ = path.empty() ? std::string(problem) : fmt::format("{}: {}", path, problem);
    return false;
  }
  bool fail_row(std::string_view field, std::string_view problem) {
    return fail(fmt::format("observations[{}]{}{}", row_, field.empty() ? "" : ".", field), problem);
  }

  bool take_top(JsonValue root) {
    if (root.kind() != JsonKind::object) return fail("", "not a JSON object");
    JsonValue observations;
    for (JsonValue member = root.first(); member; member = member.next()) {
      const std::string_view key = member.key();
      if (key == "source") {
        if (member.kind() != JsonKind::text) return fail("source", "not a text");
        if (!source_.empty()) return fail("source", "stands there twice");
        if (member.text().empty() || member.text().size() > kLongestSourceName)
          return fail("source", "not a source's name");
        source_ = member.text();
      } else if (key == "currency") {
        if (!take_currency(member, body_currency_)) return fail("currency", problem_);
      } else if (key == "observations") {
        if (member.kind() != JsonKind::array) return fail("observations", "not an array");
        if (observations) return fail("observations", "stands there twice");
        observations = member;
      } else {
        return fail("", fmt::format("unknown key {}{}", quoted(key),
                                    suggestion(key, {"source", "currency", "observations"})));
      }
    }
    if (source_.empty()) return fail("", "\"source\" is missing");
    if (!observations) return fail("", "\"observations\" is missing");
    if (!observations.first()) return fail("observations", "empty");
    for (JsonValue row = observations.first(); row; row = row.next(), ++row_) {
      if (!take_row(row)) return false;
    }
    for (const auto& row : rows_) builder_.add(row.entity, row.metric, row.bucket, row.value);
    return true;
  }

  bool take_row(JsonValue row) {
    if (row.kind() != JsonKind::object) return fail_row("", "not an object");
    JsonValue bucket_text;
    JsonValue metrics;
    for (std::string& value : entity_.path) value.clear();
    entity_.path.resize(vocabulary_.dimensions->names.size());
    seen_dimensions_ = 0;
    row_currency_ = body_currency_;
    for (JsonValue member = row.first(); member; member = member.next()) {
      const std::string_view key = member.key();
      if (key == "bucket") {
        if (bucket_text) return fail_row("bucket", "stands there twice");
        bucket_text = member;
      } else if (key == "metrics") {
        if (metrics) return fail_row("metrics", "stands there twice");
        metrics = member;
      } else if (key == "currency") {
        if (!take_currency(member, row_currency_)) return fail_row("currency", std::string(problem_));
      } else if (!take_dimension(key, member)) {
        return false;
      }
    }
    if (!bucket_text) return fail_row("", "\"bucket\" is missing");
    if (!metrics) return fail_row("", "\"metrics\" is missing");
    if (!take_bucket(bucket_text) || metrics.kind() != JsonKind::object) {
      return problem_.empty() ? fail_row("metrics", "not an object") : false;
    }
    if (!metrics.first()) return fail_row("metrics", "empty");
    while (!entity_.path.empty() && entity_.path.back().empty()) entity_.path.pop_back();
    const std::uint32_t entity = builder_.entity(entity_);
    for (JsonValue metric = metrics.first(); metric; metric = metric.next()) {
      if (!take_figure(entity, metric)) return false;
    }
    return true;
  }

  bool take_currency(JsonValue value, std::string_view& currency) {
    if (vocabulary_.rates != nullptr)
      return fail("", "rates have none: their metrics are currencies, such as {\"USD\": 1.08}");
    if (value.kind() != JsonKind::text) return fail("", "not a text");
    if (!config::is_currency(value.text())) {
      return fail("",
                  quoted(value.text()) + " is not a currency; write its ISO 4217 code, such as EUR or USD");
    }
    currency = value.text();
    return true;
  }

  bool take_dimension(std::string_view key, JsonValue value) {
    const rules::Dimensions& dimensions = *vocabulary_.dimensions;
    const std::size_t dimension = dimensions.index_of(key);
    if (dimension == dimensions.names.size()) {
      std::vector<std::string> known{"bucket", "metrics", "currency"};
      known.insert(known.end(), dimensions.names.begin(), dimensions.names.end());
      return fail_row("", fmt::format("unknown key {}{}", quoted(key), suggestion(key, std::move(known))));
    }
    if ((seen_dimensions_ >> dimension) & 1) return fail_row(key, "stands there twice");
    seen_dimensions_ |= 1u << dimension;
    if (value.kind() == JsonKind::null) return true;
    if (value.kind() != JsonKind::text && value.kind() != JsonKind::number) {
      return fail_row(key, kind_name(value.kind()) + " where a text is expected");
    }
    const std::string_view name = trimmed(value.text());
    if (name.size() > FieldMapper::kLongestName)
      return fail_row(key, fmt::format("longer than {} bytes", FieldMapper::kLongestName));
    entity_.path[dimension] = name;
    return true;
  }

  bool take_bucket(JsonValue value) {
    if (value.kind() != JsonKind::text)
      return fail_row("bucket", kind_name(value.kind()) + " where a text is expected");
    if (bucket_ && value.text() == last_bucket_) return true;  // rows of one bucket tend to follow each other
    bucket_ = calendar_.parse_bucket(value.text());
    last_bucket_ = value.text();
    if (!bucket_) {
      return fail_row("bucket",
                      fmt::format("{} is neither a day (2026-11-20) nor an hour (2026-11-20T08) in {}",
                                  quoted(value.text()), calendar_.zone_name()));
    }
    const rules::Day today = calendar_.day_of(now_);
    const int oldest = bucket_->whole_day() ? kOldestDays : kOldestHourDays;
    if (bucket_->day < today - oldest) {
      return fail_row("bucket",
                      fmt::format("{} is more than {} days ago; load older figures with `tightrope import`",
                                  quoted(value.text()), oldest));
    }
    if (calendar_.start_of(*bucket_) > now_ + kFurthestAhead) {
      return fail_row("bucket", quoted(value.text()) + " is more than a day ahead");
    }
    return true;
  }

  bool take_figure(std::uint32_t entity, JsonValue value) {
    const auto metric = metric_number(value.key());
    if (!metric) return false;
    rules::Amount amount = rules::Amount::missing();
    if (value.kind() != JsonKind::null) {
      if (value.kind() != JsonKind::number) {
        return fail_row(metric_path(value.key()), kind_name(value.kind()) + " where a number is expected");
      }
      const auto number = parse_json_number(value.text());
      const auto read = number ? amount_of(*number) : std::nullopt;
      if (!read) return fail_row(metric_path(value.key()), quoted(value.text()) + " is too large");
      amount = *read;
    }
    const FigureKey key(entity, *metric, *bucket_);
    const auto [place, is_new] = places_.try_emplace(key, static_cast<std::uint32_t>(rows_.size()));
    if (!is_new) {
      rows_[place->second].value = amount;  // the later one restates
      return true;
    }
    if (rows_.size() == kMostFigures)
      return fail_row("", fmt::format("more than {} figures at once", kMostFigures));
    rows_.push_back({entity, *metric, *bucket_, amount});
    return true;
  }

  std::optional<rules::Amount> amount_of(const DecimalNumber& number) const {
    const bool inverse = vocabulary_.rates != nullptr &&
                         vocabulary_.rates->direction == config::Rates::Direction::per_currency;
    return inverse ? rules::Amount::from_double(1 / number.to_double()) : number.amount(Scale(1));
  }

  std::optional<std::uint32_t> rate_number(std::string_view code) {
    if (config::is_currency(code)) return builder_.metric(code);
    fail_row(metric_path(code), "not a currency; write ISO 4217 codes, such as USD");
    return std::nullopt;
  }

  std::optional<std::uint32_t> metric_number(std::string_view name) {
    if (vocabulary_.rates != nullptr) return rate_number(name);
    // Names of money in another currency than the source's are not those of the document.
    const bool own = row_currency_ == source_currency_;
    const auto found = metrics_.find(name);
    if (own && found != metrics_.end()) return found->second;
    const rules::Metric* named = vocabulary_.strategy->find_metric(name);
    if (named == nullptr) {
      std::vector<std::string> known;
      for (const rules::Metric& metric : vocabulary_.strategy->metrics) known.push_back(metric.name);
      fail_row(metric_path(name), "no metric has that name" + suggestion(name, std::move(known)));
      return std::nullopt;
    }
    if (!own && named->unit == rules::Unit::money)
      return builder_.metric(rules::foreign_metric(name, row_currency_));
    const std::uint32_t number = builder_.metric(name);
    metrics_.emplace(name, number);
    return number;
  }

  static std::string metric_path(std::string_view name) {
    const std::string shown = quoted(name);
    return "metrics." + shown.substr(1, shown.size() - 2);
  }
  static std::string suggestion(std::string_view name, std::vector<std::string> known) {
    const std::string nearest = rules::nearest_name(name, known);
    return nearest.empty() ? std::string() : "; did you mean " + quoted(nearest) + "?";
  }

  const rules::Calendar& calendar_;
  const PushVocabulary& vocabulary_;
  // Borrowed from the caller and the document.
  std::string_view source_currency_, body_currency_, row_currency_;
  rules::Timestamp now_;
  std::string problem_;
  std::string source_;
  rules::BatchBuilder builder_;
  std::vector<rules::ObservationBatch::Row> rows_;
  boost::unordered_flat_map<FigureKey, std::uint32_t> places_;          // into rows_
  boost::unordered_flat_map<std::string_view, std::uint32_t> metrics_;  // names borrowed from the document
  std::size_t row_ = 0;
  rules::Entity entity_;  // of the row, filled anew for each
  unsigned seen_dimensions_ = 0;
  std::string last_bucket_;
  std::optional<rules::Bucket> bucket_;
};

}  // namespace

std::variant<std::string, PushError> pushed_source(std::string_view body) {
  auto peeked = peek_text(body, "source");
  if (!peeked.text) return PushError{std::move(peeked.problem)};
  return *std::move(peeked.text);
}

std::variant<PushedBatch, PushError> parse_push(std::string_view body, const rules::Calendar& calendar,
                                                const PushVocabulary& vocabulary,
                                                std::string_view source_currency, rules::Timestamp now) {
  const auto parsed = JsonTree::parse(body);
  if (const auto* problem = std::get_if<std::string>(&parsed)) return PushError{"not JSON: " + *problem};
  PushParser parser(calendar, vocabulary, source_currency, now);
  return parser.parse(std::get<std::unique_ptr<JsonTree>>(parsed)->root());
}

}  // namespace tightrope::collectors
