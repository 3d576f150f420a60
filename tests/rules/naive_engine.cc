#include "tests/rules/naive_engine.h"

#include <limits>
#include <set>

namespace tightrope::rules::testing {

NaiveEngine::NaiveEngine(const Strategy& strategy)
    : strategy_(strategy), calendar_(*Calendar::open(strategy.timezone, strategy.week_start)) {}

void NaiveEngine::learn(const ObservationBatch& batch) {
  for (const auto& row : batch.rows) {
    figures_[{batch.entities[row.entity], batch.metrics[row.metric], row.bucket}] = row.value;
  }
}

std::vector<Entity> NaiveEngine::nodes(const Target& target, const Objective& objective) const {
  std::set<Entity> nodes;
  const auto depth = static_cast<std::size_t>(target.per.depth);
  if (depth == 0) nodes.insert(Entity{});
  for (const auto& [key, amount] : figures_) {
    const Entity& entity = std::get<0>(key);
    if (depth > 0 && objective.matches(entity) && entity.path.size() >= depth)
      nodes.insert(entity.prefix(depth));
  }
  return {nodes.begin(), nodes.end()};
}

std::pair<std::int64_t, bool> NaiveEngine::sum(const std::string& metric, const Objective& objective,
                                               const Entity& node, Window window, Timestamp now) const {
  std::int64_t sum = 0;
  bool any = false;
  const DayRange days = calendar_.days_of(window, calendar_.day_of(now));
  const Timestamp hour_end = calendar_.next_hour(now);
  for (const auto& [key, amount] : figures_) {
    const auto& [entity, of, bucket] = key;
    if (of != metric || amount.is_missing() || !objective.matches(entity) ||
        entity.prefix(node.path.size()) != node) {
      continue;
    }
    bool inside;
    if (window.kind == Window::Kind::hours) {
      const Timestamp end = calendar_.end_of(bucket);
      inside = !bucket.whole_day() && end <= hour_end && end > hour_end - std::chrono::hours(window.length);
    } else {
      inside = days.contains(bucket.day);
    }
    if (!inside) continue;
    sum += amount.micros();
    any = true;
  }
  return {sum, any};
}

double NaiveEngine::value(const Target& target, const Objective& objective, const Entity& node,
                          Timestamp now) const {
  const Kpi& kpi = *strategy_.find_kpi(target.kpi);
  std::vector<double> inputs;
  for (const Input& input : kpi.formula.inputs()) {
    const auto [total, any] = sum(input.name, objective, node, target.over, now);
    inputs.push_back(any ? static_cast<double>(total) / 1e6 : std::numeric_limits<double>::quiet_NaN());
  }
  return kpi.formula.evaluate(inputs);
}

}  // namespace tightrope::rules::testing
