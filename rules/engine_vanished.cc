// Figures that a source gave and gives no more. Platforms leave out rows whose figures went to zero, and rows
// that a restatement has taken away: whoever reads on must not keep them for ever.
#include <map>
#include <string>
#include <utility>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

std::string_view base_of(std::string_view metric) {
  const auto foreign = parse_foreign_metric(metric);
  return foreign ? foreign->metric : metric;
}

// The cells of an answer, a bit for each.
class Answered {
 public:
  void add(MetricIndex metric, Bucket bucket, EntityIndex entity) {
    // Rows of one metric and bucket often follow each other.
    const std::pair key(metric, bucket);
    if (last_ == rows_.end() || last_->first != key) last_ = rows_.try_emplace(key).first;
    if (entity >= last_->second.size()) last_->second.resize(entity + std::size_t{1});
    last_->second[entity] = true;
  }
  // Null when it has nothing there.
  const std::vector<bool>* row(MetricIndex metric, Bucket bucket) const {
    const auto place = rows_.find({metric, bucket});
    return place == rows_.end() ? nullptr : &place->second;
  }

 private:
  using Rows = std::map<std::pair<MetricIndex, Bucket>, std::vector<bool>>;
  Rows rows_;
  Rows::iterator last_ = rows_.end();
};

}  // namespace

std::vector<Engine::State::Vanished> Engine::State::vanished(const ObservationBatch& batch,
                                                             const Coverage& coverage) const {
  std::vector<Vanished> gone;
  const FigureSources::Source source = sources.find(batch.source);
  if (source == FigureSources::kUnknown || batch.rows.empty()) return gone;

  Answered answered;
  std::set<std::string_view> bases;
  std::vector<MetricIndex> metrics;
  for (const std::string& name : batch.metrics) {
    const bool is_rate = parse_rate_metric(name).has_value();
    metrics.push_back(is_rate ? Cube::kNoMetric : stored_metric(name));
    if (!is_rate) bases.insert(base_of(name));
  }
  std::vector<EntityIndex> known;
  for (const Entity& entity : batch.entities) known.push_back(entities.find(entity));
  for (const ObservationBatch::Row& row : batch.rows) {
    if (metrics[row.metric] == Cube::kNoMetric || known[row.entity] == entities.size()) continue;
    answered.add(metrics[row.metric], row.bucket, known[row.entity]);
  }

  const auto look = [&](MetricIndex metric, Bucket bucket, std::span<const std::int64_t> figures) {
    if (!sources.gave_any(source, metric, bucket)) return;
    const std::vector<bool>* there = answered.row(metric, bucket);
    for (EntityIndex entity = 0; entity < figures.size(); ++entity) {
      if (figures[entity] == Amount::kMissing || !sources.gave(source, metric, entity, bucket)) continue;
      if (there != nullptr && entity < there->size() && (*there)[entity]) continue;
      // Nobody gave a day that follows from its hours.
      if (bucket.whole_day() && cube.is_sum_of_hours(metric, entity, bucket.day)) continue;
      gone.push_back({metric, entity, bucket});
    }
  };
  const Day first =
      std::max(std::min(coverage.days.first, coverage.first_hour.day), cube.head() - (Cube::kDays - 1));
  const Day last = std::min(std::max(coverage.days.last, coverage.last_hour.day), cube.head());
  for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) {
    if (!bases.contains(base_of(cube.metric_name(metric)))) continue;
    for (Day day = first; day <= last; day = day + 1) {
      if (coverage.contains({day})) look(metric, {day}, cube.day_row(metric, day));
      if (!cube.has_hours(metric) || !cube.holds_hours(day)) continue;
      for (std::int8_t hour = 0; hour < Cube::kHoursPerDay; ++hour) {
        const Bucket bucket{day, hour};
        if (coverage.contains(bucket)) look(metric, bucket, cube.hour_row(metric, bucket));
      }
    }
  }
  return gone;
}

}  // namespace tightrope::rules
