// Figures in other currencies. The cube holds each as it was reported (`spend@USD`) and, in the client's own
// currency, as the figure that is summed (`spend`): at the rate of its day, so that both sides of a ratio are
// converted alike. A cell has one figure: whoever reports it last, in whichever currency, takes the place of
// those before.
#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {

MetricIndex Engine::State::plain_metric(const std::string& name) {
  const std::size_t known = cube.metric_count();
  const MetricIndex index = cube.intern_metric(name);
  if (cube.metric_count() != known) bind(index);
  return index;
}

// The metric that it is converted to is there first.
MetricIndex Engine::State::native_metric(const std::string& metric, std::string_view currency) {
  plain_metric(metric);
  return plain_metric(foreign_metric(metric, currency));
}

std::int64_t Engine::State::converted(std::int64_t micros, std::string_view currency,
                                      Day day) const noexcept {
  if (micros == Amount::kMissing) return micros;
  const auto amount =
      rates.convert(Amount::from_micros(micros), currency, strategy.currency, day, strategy.rates_hold_days);
  return amount ? amount->micros() : Amount::kUnconverted;
}

CellChange Engine::State::put_native(MetricIndex native, EntityIndex entity, Bucket bucket, Amount value,
                                     Touch& touch) {
  const CellChange change = cube.set(native, entity, bucket, value);
  if (change.kind == CellChange::Kind::none || change.kind == CellChange::Kind::outside) return change;
  const auto own = std::find_if(natives.begin(), natives.end(),
                                [native](const Native& one) { return one.native == native; });
  for (const Native& other : natives) {
    if (other.metric == own->metric && other.native != native)
      cube.set(other.native, entity, bucket, Amount::missing());
  }
  put(own->metric, entity, bucket, converted(value.micros(), own->currency, bucket.day), touch);
  return change;
}

void Engine::State::drop_natives(MetricIndex metric, EntityIndex entity, Bucket bucket) {
  for (const Native& native : natives) {
    if (native.metric == metric) cube.set(native.native, entity, bucket, Amount::missing());
  }
}

void Engine::State::reconvert(const std::set<Day>& days, Touch& touch, Effects& effects) {
  // A rate speaks for its day and for some days after it.
  std::set<Day> affected;
  for (const Day day : days) {
    for (int after = 0; after <= strategy.rates_hold_days; ++after) affected.insert(day + after);
  }
  const auto convert_row = [&](const Native& native, Bucket bucket, std::span<const std::int64_t> row) {
    for (EntityIndex entity = 0; entity < row.size(); ++entity) {
      if (row[entity] == Amount::kMissing) continue;
      const CellChange change =
          put(native.metric, entity, bucket, converted(row[entity], native.currency, bucket.day), touch);
      if (change.kind == CellChange::Kind::restated) ++effects.cells_changed;
    }
  };
  for (const Native& native : natives) {
    for (const Day day : affected) {
      const bool by_hour = cube.has_hours(native.native) && cube.holds_hours(day);
      for (std::int8_t hour = 0; by_hour && hour < Cube::kHoursPerDay; ++hour)
        convert_row(native, {day, hour}, cube.hour_row(native.native, {day, hour}));
      // A day that is the sum of its hours follows from them.
      const auto row = cube.day_row(native.native, day);
      for (EntityIndex entity = 0; entity < row.size(); ++entity) {
        if (row[entity] == Amount::kMissing || cube.is_sum_of_hours(native.native, entity, day)) continue;
        const CellChange change =
            put(native.metric, entity, {day}, converted(row[entity], native.currency, day), touch);
        if (change.kind == CellChange::Kind::restated) ++effects.cells_changed;
      }
    }
  }
}

}  // namespace tightrope::rules
