#include "collectors/translation.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <stdexcept>
#include <utility>

#include "collectors/figure_key.h"
#include "rules/currency.h"
#include "rules/rebucket.h"

namespace tightrope::collectors {
namespace {

rules::Calendar open(const std::string& zone) {
  auto calendar = rules::Calendar::open(zone, std::chrono::Monday);
  if (!calendar) throw std::logic_error("unknown time zone: " + zone);
  return *std::move(calendar);
}

bool has_hours(const rules::ObservationBatch& batch) {
  return std::any_of(batch.rows.begin(), batch.rows.end(),
                     [](const auto& row) { return !row.bucket.whole_day(); });
}

rules::Amount sum(rules::Amount a, rules::Amount b) {
  if (a.is_missing()) return b;
  if (b.is_missing()) return a;
  return rules::Amount::from_micros(a.micros() + b.micros());  // each within 1e17: no overflow
}

}  // namespace

Translation::Translation(rules::Calendar source, std::optional<rules::Calendar> client,
                         std::string source_currency, std::string client_currency,
                         std::vector<std::string> money)
    : source_(std::move(source)),
      client_(std::move(client)),
      source_currency_(std::move(source_currency)),
      client_currency_(std::move(client_currency)),
      money_(std::move(money)) {}

Translation Translation::between(const config::Source& source, const rules::Strategy& client) {
  std::optional<rules::Calendar> of_client;
  const bool other_zone = !source.timezone.empty() && source.timezone != client.timezone;
  if (other_zone) of_client = open(client.timezone);
  const std::string& currency = source.currency.empty() ? client.currency : source.currency;
  std::vector<std::string> money;
  if (currency != client.currency) {
    for (const rules::Metric& metric : client.metrics) {
      if (metric.unit == rules::Unit::money) money.push_back(metric.name);
    }
    std::sort(money.begin(), money.end());
  }
  return {open(other_zone ? source.timezone : client.timezone), std::move(of_client), currency,
          client.currency, std::move(money)};
}

Translation Translation::alone(const config::Source& source) {
  return {open(source.timezone.empty() ? "UTC" : source.timezone), std::nullopt, "", "", {}};
}

bool operator==(const Translation& a, const Translation& b) {
  return a.source_.zone_name() == b.source_.zone_name() &&
         a.client_calendar().zone_name() == b.client_calendar().zone_name() &&
         a.source_currency_ == b.source_currency_ && a.client_currency_ == b.client_currency_ &&
         a.money_ == b.money_;
}

namespace {

// Records that say their currency stand beside records that leave it out: two names became one, and figures
// of one entity and bucket are added.
rules::ObservationBatch with_one_of_each(rules::ObservationBatch batch) {
  std::vector<std::string> metrics;
  std::vector<std::uint32_t> numbers;  // in the new list
  for (std::string& metric : batch.metrics) {
    const auto found = std::find(metrics.begin(), metrics.end(), metric);
    numbers.push_back(static_cast<std::uint32_t>(found - metrics.begin()));
    if (found == metrics.end()) metrics.push_back(std::move(metric));
  }
  boost::unordered_flat_map<FigureKey, std::size_t> places;
  std::vector<rules::ObservationBatch::Row> rows;
  rows.reserve(batch.rows.size());
  for (rules::ObservationBatch::Row row : batch.rows) {
    row.metric = numbers[row.metric];
    const auto [place, is_new] =
        places.try_emplace(FigureKey(row.entity, row.metric, row.bucket), rows.size());
    if (is_new) {
      rows.push_back(row);
    } else {
      rows[place->second].value = sum(rows[place->second].value, row.value);
    }
  }
  batch.metrics = std::move(metrics);
  batch.rows = std::move(rows);
  return batch;
}

}  // namespace

std::string Translation::name_of(const std::string& metric) const {
  if (const auto foreign = rules::parse_foreign_metric(metric))
    return foreign->currency == client_currency_ ? std::string(foreign->metric) : metric;
  if (!std::binary_search(money_.begin(), money_.end(), metric)) return metric;
  return rules::foreign_metric(metric, source_currency_);
}

rules::ObservationBatch Translation::apply(rules::ObservationBatch batch,
                                           std::optional<rules::Day> first) const {
  bool several = false;
  for (std::string& metric : batch.metrics) {
    metric = name_of(metric);
    several = several || std::find(batch.metrics.data(), &metric, metric) != &metric;
  }
  if (several) batch = with_one_of_each(std::move(batch));
  if (client_ && has_hours(batch)) return rebucketed(batch, first);
  return batch;
}

rules::Coverage Translation::coverage(rules::DayRange days) const noexcept {
  return rules::coverage(source_, client_calendar(), days);
}

rules::ObservationBatch Translation::rebucketed(const rules::ObservationBatch& batch,
                                                std::optional<rules::Day> first) const {
  std::optional<rules::Bucket> unfinished;
  if (first) {
    const rules::Day before = *first - 1;
    unfinished =
        rebucket(source_, *client_, {before, static_cast<std::int8_t>(source_.hours_in(before) - 1)});
  }
  rules::ObservationBatch translated{batch.source, batch.learnt, batch.entities, batch.metrics, {}};
  translated.rows.reserve(batch.rows.size());
  boost::unordered_flat_map<FigureKey, std::size_t> places;  // of hours, in the new rows
  for (rules::ObservationBatch::Row row : batch.rows) {
    if (row.bucket.whole_day()) {
      translated.rows.push_back(row);
      continue;
    }
    row.bucket = rebucket(source_, *client_, row.bucket);
    if (row.bucket == unfinished) continue;
    const auto [place, is_new] =
        places.try_emplace(FigureKey(row.entity, row.metric, row.bucket), translated.rows.size());
    if (is_new) {
      translated.rows.push_back(row);
    } else {
      rules::Amount& value = translated.rows[place->second].value;
      value = sum(value, row.value);
    }
  }
  return translated;
}

}  // namespace tightrope::collectors
