#include <algorithm>
#include <numeric>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr std::string_view kSpend = "spend";

std::size_t rollup_for(std::vector<Rollup>& rollups, const Objective& objective, int depth) {
  const auto place = std::find_if(rollups.begin(), rollups.end(), [&](const Rollup& rollup) {
    return &rollup.objective() == &objective && rollup.depth() == depth;
  });
  if (place != rollups.end()) return static_cast<std::size_t>(place - rollups.begin());
  rollups.emplace_back(&objective, depth);
  return rollups.size() - 1;
}

Checks make_checks(std::vector<Rollup>& rollups, const Strategy& strategy, const Objective& objective,
                   const Target& target) {
  Checks checks{};
  checks.objective = &objective;
  checks.target = &target;
  checks.kpi = strategy.find_kpi(target.kpi);
  checks.rollup = rollup_for(rollups, objective, target.per.depth);
  Rollup& rollup = rollups[checks.rollup];
  for (const Input& input : checks.kpi->formula.inputs()) {
    checks.inputs.push_back(rollup.column(target.over, input.name));
    const Metric* metric = strategy.find_metric(input.name);
    checks.additive.push_back(metric == nullptr || metric->additive);
  }
  checks.spend = rollup.column(target.over, std::string(kSpend));
  for (const MinimumVolume& volume : target.min_volume) {
    checks.volume.emplace_back(rollup.column(target.over, volume.metric), volume.amount);
  }
  return checks;
}

}  // namespace

Engine::State::State(Strategy with, Calendar in) : strategy(std::move(with)), calendar(std::move(in)) {}

void Engine::State::build() {
  rollups.clear();
  objective_rollups.clear();
  checks.clear();
  memberships.clear();
  for (const Objective& objective : strategy.objectives) {
    objective_rollups.push_back(rollup_for(rollups, objective, Level::kObjective));
    for (const Target& target : objective.targets)
      checks.push_back(make_checks(rollups, strategy, objective, target));
  }
  dependents.assign(rollups.size(), {});
  targets_of.assign(rollups.size(), {});
  for (std::size_t i = 0; i < rollups.size(); ++i) dependents[i].resize(rollups[i].columns());
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    const Checks& check = checks[target];
    targets_of[check.rollup].push_back(target);
    const auto depend = [&](std::size_t column) {
      auto& list = dependents[check.rollup][column];
      if (list.empty() || list.back() != target) list.push_back(target);
    };
    for (const std::size_t column : check.inputs) depend(column);
    depend(check.spend);
    for (const auto& [column, amount] : check.volume) depend(column);
  }
  for (EntityIndex entity = 0; entity < entities.size(); ++entity) enter(entity);
  for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) bind(metric);
  for (Checks& check : checks) {
    const std::size_t nodes = rollups[check.rollup].nodes().size();
    check.verdicts.assign(nodes, {});
    check.is_live.assign(nodes, 0);
    check.is_dirty.assign(nodes, 0);
    check.dirty.clear();
  }
  ++shape;
  if (!started) return;
  refresh_windows();
  for (Rollup& rollup : rollups) {
    for (std::size_t column = 0; column < rollup.columns(); ++column) {
      rollup.resum(column, cube, windows.at(rollup.at(column).window));
    }
  }
  for (Checks& check : checks) {
    for (NodeIndex node = 0; node < check.verdicts.size(); ++node)
      check.verdicts[node] = evaluate(check, node);
  }
}

void Engine::State::enter(EntityIndex entity) {
  auto& list = memberships.emplace_back();
  for (std::uint32_t i = 0; i < rollups.size(); ++i) {
    const NodeIndex node = rollups[i].add(entity, entities[entity]);
    if (node != kNoNode) list.push_back({i, node});
  }
  list.shrink_to_fit();
}

void Engine::State::bind(MetricIndex metric) {
  for (Rollup& rollup : rollups) rollup.bind(metric, cube.metric_name(metric));
}

void Engine::State::refresh_windows() {
  windows.clear();
  for (const Rollup& rollup : rollups) {
    for (std::size_t column = 0; column < rollup.columns(); ++column) {
      const Window window = rollup.at(column).window;
      if (!windows.contains(window)) windows.emplace(window, window_now(calendar, window, now));
    }
  }
}

std::optional<CheckKey> Engine::State::find_check(std::string_view objective, std::string_view target,
                                                  const Entity& entity) const {
  for (std::uint32_t i = 0; i < checks.size(); ++i) {
    const Checks& check = checks[i];
    if (check.target->name != target || (!objective.empty() && check.objective->name != objective)) continue;
    const NodeIndex node = rollups[check.rollup].find(entity);
    if (node != kNoNode) return CheckKey{i, node};
  }
  return std::nullopt;
}

void Engine::State::attach(LiveAlert alert, CheckKey key) {
  Checks& check = checks[key.target];
  check.is_live[key.node] = 1;
  LiveAlert& place = live.insert_or_assign(key, std::move(alert)).first->second;
  place.timer.reset();
  place.alert.verdict = check.verdicts[key.node];
  set_timer(key, place, health(check, place.alert.verdict));
}

}  // namespace tightrope::rules
