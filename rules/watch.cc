#include "rules/watch.h"

#include <cmath>

#include "rules/cube.h"
#include "rules/format.h"

namespace tightrope::rules {
namespace {

// Weekdays and hours of the client's own calendar, as if it had no zone: so that a weekday stays one where
// clocks are changed.
Timestamp time_of(Bucket bucket) noexcept {
  return Timestamp(std::chrono::days(bucket.day.number) +
                   std::chrono::hours(bucket.whole_day() ? 0 : bucket.hour));
}

}  // namespace

std::string describe(const Anomaly& anomaly) {
  const ComparedFigures figures(anomaly.unit, anomaly.currency, anomaly.value, anomaly.usual, kUndefined);
  const std::string whose = anomaly.entity == Entity() ? anomaly.objective : to_string(anomaly.entity);
  std::string text =
      anomaly.kpi + " of " + whose + " was " + figures.text(anomaly.value) + " " + anomaly.when;
  if (!std::isnan(anomaly.usual)) text += ", usually about " + figures.text(anomaly.usual);
  return text;
}

std::optional<std::string> why_unwatchable(const Kpi& kpi) {
  if (kpi.formula.inputs().empty()) return "is made of no figures";
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind == Name::Kind::value) return "needs the " + input.name + " of a target";
    if (input.of != Input::Of::entity) return "sets an entity's figures against those of others";
    if (input.over) return "looks at windows of its own";
  }
  return std::nullopt;
}

double WatchedSeries::take(Bucket bucket, double value) noexcept {
  score = detector.add(time_of(bucket), value);
  last = bucket;
  ++values;
  return score;
}

void save(Bucket bucket, ByteWriter& out) {
  out.signed_varint(bucket.day.number);
  out.signed_varint(bucket.hour);
}

Bucket load_bucket(ByteReader& in) {
  Bucket bucket;
  bucket.day.number = static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX));
  bucket.hour =
      static_cast<std::int8_t>(in.signed_varint_in(Bucket::kWholeDay, std::int64_t{Cube::kHoursPerDay} - 1));
  return bucket;
}

void WatchedSeries::save(ByteWriter& out) const {
  out.boolean(by_hour);
  rules::save(last, out);
  out.varint(values);
  out.fixed64(score);
  detector.save(out);
}

std::optional<WatchedSeries> WatchedSeries::load(ByteReader& in) {
  WatchedSeries series;
  series.by_hour = in.boolean();
  series.last = load_bucket(in);
  series.values = in.varint();
  series.score = in.fixed64();
  auto detector = AnomalyDetector::load(in);
  if (!detector || !std::isfinite(series.score)) return std::nullopt;
  series.detector = std::move(*detector);
  return series;
}

}  // namespace tightrope::rules
