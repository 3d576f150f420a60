// Figures in other currencies. Once a metric is reported in one, the cube holds it in parts, as they were
// reported (`spend@USD`, and `spend@EUR` for the client's own currency too), and the figure that is summed
// (`spend`) is their total, each part at the rate of its day: so both sides of a ratio are converted alike. A
// part without a rate makes the total unconverted, which is neither missing nor a number.
#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {

MetricIndex Engine::State::plain_metric(const std::string& name) {
  const std::size_t known = cube.metric_count();
  const MetricIndex index = cube.intern_metric(name);
  if (cube.metric_count() != known) bind(index);
  return index;
}

const Engine::State::Part* Engine::State::find_part(MetricIndex metric,
                                                    std::string_view currency) const noexcept {
  const auto place = std::find_if(parts.begin(), parts.end(), [&](const Part& part) {
    return part.metric == metric && part.currency == currency;
  });
  return place == parts.end() ? nullptr : &*place;
}

MetricIndex Engine::State::part_of(const std::string& metric, std::string_view currency) {
  const MetricIndex whole = plain_metric(metric);
  const bool first = !has_parts(whole);
  const MetricIndex part = plain_metric(foreign_metric(metric, currency));
  if (!first) return part;
  // What is there already was reported in the client's own currency.
  const MetricIndex own = plain_metric(foreign_metric(metric, strategy.currency));
  cube.copy_column(whole, own);
  sources.move_column(whole, own);
  return part;
}

bool Engine::State::has_parts(MetricIndex metric) const noexcept {
  return std::any_of(parts.begin(), parts.end(),
                     [metric](const Part& part) { return part.metric == metric; });
}

MetricIndex Engine::State::stored_metric(std::string_view name) const {
  const auto foreign = parse_foreign_metric(name);
  const MetricIndex whole = cube.find_metric(foreign ? foreign->metric : name);
  const std::string_view currency = foreign ? foreign->currency : std::string_view(strategy.currency);
  if (const Part* part = find_part(whole, currency)) return part->part;
  const bool is_whole = currency == strategy.currency && (whole == Cube::kNoMetric || !has_parts(whole));
  return is_whole ? whole : Cube::kNoMetric;
}

std::int64_t Engine::State::total_of_parts(MetricIndex metric, EntityIndex entity,
                                           Bucket bucket) const noexcept {
  std::int64_t total = Amount::kMissing;
  for (const Part& part : parts) {
    if (part.metric != metric) continue;
    const Amount amount = cube.get(part.part, entity, bucket);
    if (amount.is_missing()) continue;
    const auto converted =
        rates.convert(amount, part.currency, strategy.currency, bucket.day, strategy.rates_hold_days);
    if (!converted) return Amount::kUnconverted;
    total = total == Amount::kMissing ? converted->micros() : total + converted->micros();
  }
  return total;
}

// The hour first: the day it belongs to follows it in the cube, unless parts came by day.
void Engine::State::put_total(MetricIndex metric, EntityIndex entity, Bucket bucket, Touch& touch) {
  if (!bucket.whole_day()) put(metric, entity, bucket, total_of_parts(metric, entity, bucket), touch);
  const Bucket day{bucket.day};
  put(metric, entity, day, total_of_parts(metric, entity, day), touch);
}

CellChange Engine::State::put_part(MetricIndex part, EntityIndex entity, Bucket bucket, Amount value,
                                   Touch& touch) {
  const CellChange change = cube.set(part, entity, bucket, value);
  if (change.kind == CellChange::Kind::none || change.kind == CellChange::Kind::outside) return change;
  const auto own =
      std::find_if(parts.begin(), parts.end(), [part](const Part& one) { return one.part == part; });
  put_total(own->metric, entity, bucket, touch);
  return change;
}

void Engine::State::reconvert(const std::set<Day>& days, Touch& touch) {
  // A rate speaks for its day and for some days after it.
  std::set<Day> affected;
  for (const Day day : days) {
    for (int after = 0; after <= strategy.rates_hold_days; ++after) affected.insert(day + after);
  }
  for (const Part& part : parts) {
    if (part.currency == strategy.currency) continue;
    for (const Day day : affected) {
      const bool by_hour = cube.has_hours(part.part) && cube.holds_hours(day);
      for (std::int8_t hour = by_hour ? 0 : Cube::kHoursPerDay; hour < Cube::kHoursPerDay; ++hour) {
        const auto row = cube.hour_row(part.part, {day, hour});
        for (EntityIndex entity = 0; entity < row.size(); ++entity) {
          if (row[entity] != Amount::kMissing) put_total(part.metric, entity, {day, hour}, touch);
        }
      }
      const auto row = cube.day_row(part.part, day);
      for (EntityIndex entity = 0; entity < row.size(); ++entity) {
        if (row[entity] != Amount::kMissing) put_total(part.metric, entity, {day}, touch);
      }
    }
  }
}

// Another currency of the client, or another patience with old rates: all totals anew. Before sums are made.
void Engine::State::redenominate(const std::string& before) {
  parts.clear();
  for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) bind(metric);
  if (before != strategy.currency) {
    for (const Metric& metric : strategy.metrics) {
      const MetricIndex whole = cube.find_metric(metric.name);
      if (metric.unit != Unit::money || whole == Cube::kNoMetric || has_parts(whole)) continue;
      const MetricIndex part = plain_metric(foreign_metric(metric.name, before));
      cube.copy_column(whole, part);
      sources.move_column(whole, part);
    }
  }
  for (const Part& part : parts) {
    for (Day day = cube.head() - (Cube::kDays - 1); day <= cube.head(); day = day + 1) {
      const bool by_hour = cube.has_hours(part.part) && cube.holds_hours(day);
      for (std::int8_t hour = by_hour ? 0 : Cube::kHoursPerDay; hour < Cube::kHoursPerDay; ++hour) {
        const auto hours = cube.hour_row(part.part, {day, hour}).size();
        for (EntityIndex entity = 0; entity < hours; ++entity)
          cube.set_raw(part.metric, entity, {day, hour}, total_of_parts(part.metric, entity, {day, hour}));
      }
      const auto size = cube.day_row(part.part, day).size();
      for (EntityIndex entity = 0; entity < size; ++entity)
        cube.set_raw(part.metric, entity, {day}, total_of_parts(part.metric, entity, {day}));
    }
  }
}

}  // namespace tightrope::rules
