// The figures of a test: series by day or hour, and when they become known.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "config/figure_series.h"
#include "config/scalars.h"
#include "config/test_readers.h"
#include "rules/currency.h"

namespace tightrope::config {
namespace {

// Where a series begins, and how its buckets follow each other.
class Buckets {
 public:
  Buckets(rules::Bucket first, const rules::Calendar& calendar) : calendar_(calendar), next_(first) {}

  rules::Bucket take() {
    const rules::Bucket bucket = next_;
    if (next_.whole_day()) {
      next_.day = next_.day + 1;
    } else {
      // By time, so that days of 23 and 25 hours need no thought.
      next_ = calendar_.hour_of(calendar_.end_of(next_));
    }
    return bucket;
  }

 private:
  const rules::Calendar& calendar_;
  rules::Bucket next_;
};

struct Figure {
  rules::Entity entity;
  std::string metric;
  rules::Bucket bucket;
  rules::Amount value;
};

// What becomes known at one time.
struct Known {
  Location where;  // of the first
  std::vector<Figure> figures;
};

// What the series of one entry have in common.
struct SeriesSettings {
  std::optional<rules::Bucket> first;
  std::optional<rules::Timestamp> known_at;
};

class ObservationReader {
 public:
  ObservationReader(std::optional<rules::Timestamp> start, const TestReading& test)
      : start_(start), test_(test) {}

  void read_series(const Cursor& at) {
    MappingReader in(at, kTestSeriesKeys);
    const SeriesSettings settings = read_settings(in, in.boolean("hourly").value_or(false));
    std::vector<std::pair<std::string, Cursor>> metrics;
    bool reported = false;
    const auto other = [&](const std::string& key, const Cursor& value) {
      if (!is_metric(key, value)) {
        reported = true;
        return false;
      }
      metrics.emplace_back(key, value);
      return true;
    };
    const NamedEntity named = read_entity(in, test_, other, metric_names());
    if (metrics.empty() && !reported && in.readable())
      at.error("has no figures", "write a metric with its series, such as spend: 100x7");
    for (const auto& [metric, series] : metrics) add(series, settings, named.entity, metric);
  }

  void read_rates(const Cursor& at) {
    MappingReader in(at, kTestRatesKeys);
    const SeriesSettings settings = read_settings(in, false);
    const auto base = in.get("base", Shape::text);
    const auto code = base ? base->text() : std::nullopt;
    if (code && !is_currency(*code)) report_currency(*base, *code);
    for (const auto& [currency, series] : in.others()) {
      if (!is_currency(currency)) {
        report_currency(series.at_key(), currency);
      } else if (code) {
        add(series, settings, rules::Entity{{currency}}, rules::rate_metric(*code));
      }
    }
    if (in.readable() && in.others().empty())
      at.error("has no rates", "write a currency with its series, such as USD: 1.08x7");
  }

  std::vector<TestStep> take() && {
    std::vector<TestStep> steps;
    for (auto& [learnt, known] : known_) {
      rules::BatchBuilder builder(std::string(kTestSource), learnt);
      for (const Figure& figure : known.figures)
        builder.add(builder.entity(figure.entity), builder.metric(figure.metric), figure.bucket,
                    figure.value);
      steps.push_back({std::move(known.where), learnt, std::move(builder).take()});
    }
    return steps;
  }

 private:
  static void report_currency(const Cursor& at, std::string_view code) {
    at.error(fmt::format("{} is not a currency", in_quotes(code)),
             "write its ISO 4217 code, such as EUR or USD");
  }

  std::vector<std::string> metric_names() const {
    std::vector<std::string> names;
    for (const auto& metric : test_.strategy.metrics) names.push_back(metric.name);
    return names;
  }

  // Reports what is wrong with the currency of `spend@USD`.
  bool is_metric(const std::string& key, const Cursor& value) const {
    const auto sign = key.find('@');
    if (sign != std::string::npos && sign > 0) {
      const std::string code = key.substr(sign + 1);
      const auto* metric = test_.strategy.find_metric(std::string_view(key).substr(0, sign));
      if (metric == nullptr) return test_.nameless;
      if (!is_currency(code)) {
        report_currency(value.at_key(), code);
      } else if (metric->unit != rules::Unit::money) {
        value.at_key().error(fmt::format("{} is no money, and has no currency", metric->name));
      }
      return true;
    }
    return test_.nameless || test_.strategy.find_metric(key) != nullptr;
  }

  SeriesSettings read_settings(MappingReader& in, bool hourly) const {
    SeriesSettings settings;
    const auto from = in.get("from", Shape::text);
    if (const auto text = from ? from->text() : std::nullopt) {
      settings.first = test_.calendar.parse_bucket(*text);
      if (!settings.first) {
        from->error(fmt::format("{} is neither a day nor an hour", in_quotes(from->node().text)),
                    "write 2026-11-20, or 2026-11-20T08 for figures by hour");
      }
    } else if (start_) {
      settings.first =
          hourly ? test_.calendar.hour_of(*start_) : rules::Bucket{test_.calendar.day_of(*start_)};
    } else if (!from && !test_.start_unreadable) {
      in.at().error("does not say from when", "write from: 2026-11-20, or start: in the test");
    }
    if (hourly && settings.first && settings.first->whole_day()) settings.first->hour = 0;
    settings.known_at = read_time(in.get("known_at", Shape::text), test_);
    return settings;
  }

  // None after reporting what is wrong with them.
  static std::vector<SeriesValue> read_values(const Cursor& at) {
    if (at.node().kind == NodeKind::null) at.error("has no figures", "write a series such as 100x7");
    std::vector<SeriesValue> values;
    for (const auto& item : at.items_or_one()) {
      const auto text = item.raw();
      if (!text) return {};
      auto parsed = parse_series(*text);
      if (const auto* failure = std::get_if<SeriesError>(&parsed)) {
        item.error_at(failure->offset, failure->problem, failure->hint);
        return {};
      }
      const auto& more = std::get<std::vector<SeriesValue>>(parsed);
      values.insert(values.end(), more.begin(), more.end());
    }
    return values;
  }

  void add(const Cursor& at, const SeriesSettings& settings, const rules::Entity& entity,
           const std::string& metric) {
    const std::vector<SeriesValue> values = read_values(at);
    if (!settings.first) return;
    Buckets buckets(*settings.first, test_.calendar);
    for (const SeriesValue& value : values) {
      const rules::Bucket bucket = buckets.take();
      if (value && !add(at, settings, Figure{entity, metric, bucket, *value})) return;
    }
  }

  // False, and reported, when the figure cannot be learnt so.
  bool add(const Cursor& at, const SeriesSettings& settings, Figure figure) {
    const rules::Timestamp learnt = settings.known_at.value_or(last_moment(figure.bucket, test_.calendar));
    const std::string bucket = test_.calendar.format(figure.bucket);
    if (start_ && learnt < *start_) {
      at.error(fmt::format("the figure of {} would be known before the test starts", bucket),
               "give it a known_at, or let the test start earlier");
      return false;
    }
    if (!seen_.emplace(learnt, figure.entity, figure.metric, figure.bucket).second) {
      at.error(fmt::format("the figure of {} is given twice for the same time", bucket),
               "a restatement needs a later known_at");
      return false;
    }
    if (++count_ > kMostFigures) {
      if (count_ == kMostFigures + 1)
        at.error(fmt::format("the test has more than {} figures", kMostFigures));
      return false;
    }
    Known& known = known_[learnt];
    if (known.figures.empty()) known.where = location_of(at);
    known.figures.push_back(std::move(figure));
    return true;
  }

  static constexpr std::size_t kMostFigures = 200'000;

  std::optional<rules::Timestamp> start_;
  const TestReading& test_;
  std::map<rules::Timestamp, Known> known_;
  std::set<std::tuple<rules::Timestamp, rules::Entity, std::string, rules::Bucket>> seen_;
  std::size_t count_ = 0;
};

}  // namespace

std::vector<TestStep> read_observations(const std::vector<Cursor>& series, const std::vector<Cursor>& rates,
                                        std::optional<rules::Timestamp> start, const TestReading& test) {
  ObservationReader reader(start, test);
  for (const auto& at : rates) reader.read_rates(at);
  for (const auto& at : series) reader.read_series(at);
  return std::move(reader).take();
}

}  // namespace tightrope::config
