#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr Window kLastWeek{.kind = Window::Kind::days, .length = 7};

VerdictState worst_of(const ObjectiveSummary& summary) noexcept {
  if (summary.off_target > 0) return VerdictState::off_target;
  if (summary.watch > 0) return VerdictState::watch;
  return summary.on_target > 0 ? VerdictState::on_target : VerdictState::unknown;
}

bool is_prefix(const Entity& prefix, const Entity& entity) noexcept {
  return prefix.path.size() <= entity.path.size() &&
         std::equal(prefix.path.begin(), prefix.path.end(), entity.path.begin());
}

}  // namespace

std::size_t Engine::target_count() const noexcept {
  return state_->checks.size();
}
std::uint64_t Engine::shape_version() const noexcept {
  return state_->shape;
}

TargetView Engine::target(std::size_t index) const noexcept {
  const Checks& check = state_->checks[index];
  const State::CheckPlace& place = state_->places[index];
  return {.objective = check.objective,
          .target = check.target,
          .kpi = check.kpi,
          .verdicts = VerdictRange(check.states.size(), &place,
                                   [](const void* holder, std::size_t node) {
                                     const auto& at = *static_cast<const State::CheckPlace*>(holder);
                                     return at.state->verdict(at.state->checks[at.index],
                                                              static_cast<NodeIndex>(node));
                                   }),
          .entities = state_->rollups[check.rollup].nodes()};
}

std::vector<ObjectiveSummary> Engine::objectives() const {
  const State& state = *state_;
  std::vector<ObjectiveSummary> summaries;
  for (std::size_t i = 0; i < state.strategy.objectives.size(); ++i) {
    const Objective& objective = state.strategy.objectives[i];
    ObjectiveSummary& summary = summaries.emplace_back();
    summary.objective = &objective;
    if (!state.started) continue;
    const Rollup& whole = state.rollups[state.objective_rollups[i]];
    const Window window = objective.budget ? objective.budget->per : kLastWeek;
    const TimeframeNow current = timeframe_now(state.calendar, {window, 0}, state.now);
    summary.spend = state.metric_over("spend", whole.members(0), current.days);
    if (objective.budget) {
      summary.budget_used = summary.spend / objective.budget->amount;
      summary.period_elapsed = current.elapsed_share;
    }
  }
  for (const Checks& check : state.checks) {
    ObjectiveSummary& summary =
        summaries[static_cast<std::size_t>(check.objective - state.strategy.objectives.data())];
    for (NodeIndex node = 0; node < check.states.size(); ++node) {
      const Verdict verdict = state.verdict_without_evidence(check, node);
      switch (verdict.state) {
        case VerdictState::on_target:
          ++summary.on_target;
          break;
        case VerdictState::watch:
          ++summary.watch;
          break;
        case VerdictState::off_target:
          ++summary.off_target;
          break;
        case VerdictState::unknown:
          ++summary.unknown;
          break;
      }
      summary.stake_per_hour = std::max(summary.stake_per_hour, verdict.stake_per_hour);
      if (!std::isnan(verdict.room_used)) summary.room_used = std::fmax(summary.room_used, verdict.room_used);
      if (!std::isnan(verdict.gap_ratio)) summary.worst_gap = std::fmax(summary.worst_gap, verdict.gap_ratio);
    }
  }
  for (const auto& [key, live_alert] : state.live) {
    if (live_alert.state.phase != AlertPhase::firing) continue;
    const Objective* objective = state.checks[key.target].objective;
    ++summaries[static_cast<std::size_t>(objective - state.strategy.objectives.data())].firing;
  }
  for (ObjectiveSummary& summary : summaries) summary.worst = worst_of(summary);
  return summaries;
}

std::vector<UnalignedEntity> Engine::unaligned() const {
  const State& state = *state_;
  std::vector<UnalignedEntity> result;
  if (!state.started) return result;
  const DayRange days = timeframe_now(state.calendar, {kLastWeek, 0}, state.now).days;
  for (EntityIndex entity = 0; entity < state.entities.size(); ++entity) {
    const auto& memberships = state.memberships[entity];
    if (!memberships.empty()) continue;
    const double spend = state.metric_over("spend", std::span(&entity, 1), days);
    result.push_back({state.entities[entity], std::isnan(spend) ? 0 : spend});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const UnalignedEntity& a, const UnalignedEntity& b) { return a.spend > b.spend; });
  return result;
}

double Engine::spend_aligned_ratio() const {
  const State& state = *state_;
  const MetricIndex spend = state.cube.find_metric("spend");
  if (!state.started || spend == Cube::kNoMetric) return kUndefined;
  const DayRange days = timeframe_now(state.calendar, {kLastWeek, 0}, state.now).days;
  double aligned = 0;
  double all = 0;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const auto row = state.cube.day_row(spend, day);
    for (EntityIndex entity = 0; entity < row.size(); ++entity) {
      if (row[entity] <= Amount::kUnconverted) continue;
      const double amount = Amount::from_micros(row[entity]).to_double();
      all += amount;
      if (!state.memberships[entity].empty()) aligned += amount;
    }
  }
  return all > 0 ? aligned / all : kUndefined;
}

std::vector<Alert> Engine::alerts() const {
  std::vector<Alert> alerts;
  for (const auto& [key, live_alert] : state_->live) {
    alerts.push_back(live_alert.alert);
    alerts.back().verdict = state_->verdict(state_->checks[key.target], key.node);
  }
  std::stable_sort(alerts.begin(), alerts.end(), [](const Alert& a, const Alert& b) {
    if (a.phase != b.phase) return a.phase == AlertPhase::firing;
    return a.pending_at > b.pending_at;
  });
  for (const LiveAlert& past : state_->resolved) alerts.push_back(past.alert);
  return alerts;
}

std::optional<Alert> Engine::find_alert(std::string_view id) const {
  for (const auto& [key, live_alert] : state_->live) {
    if (live_alert.alert.id != id) continue;
    Alert alert = live_alert.alert;
    alert.verdict = state_->verdict(state_->checks[key.target], key.node);
    return alert;
  }
  for (const LiveAlert& past : state_->resolved) {
    if (past.alert.id == id) return past.alert;
  }
  return std::nullopt;
}

std::vector<SeriesPoint> Engine::series(std::string_view kpi_name, const Entity& entity,
                                        std::string_view objective, std::string_view target_name,
                                        DayRange days) const {
  const State& state = *state_;
  const Kpi* kpi = state.strategy.find_kpi(kpi_name);
  if (kpi == nullptr || !state.started) return {};
  const Objective* only = nullptr;
  const Target* target = nullptr;
  for (const Objective& candidate : state.strategy.objectives) {
    if (candidate.name == objective) only = &candidate;
    for (const Target& of : candidate.targets) {
      if (of.name == target_name) target = &of;
    }
  }
  if (!objective.empty() && only == nullptr) return {};
  std::vector<EntityIndex> members;
  for (EntityIndex i = 0; i < state.entities.size(); ++i) {
    if (is_prefix(entity, state.entities[i]) && (only == nullptr || only->matches(state.entities[i])))
      members.push_back(i);
  }
  const auto arrivals = state.arrivals_of(*kpi, members);
  std::vector<SeriesPoint> points;
  days.first = std::max(days.first, state.cube.head() - (Cube::kDays - 1));
  days.last = std::min(days.last, state.cube.head());
  for (Day day = days.first; day <= days.last; day = day + 1) {
    points.push_back({.day = day,
                      .value = state.kpi_over(*kpi, members, DayRange{day, day}),
                      .bound = target == nullptr ? nullptr : target->bound_on(day),
                      .maturity = state.arrived_by_now(arrivals, day)});
  }
  return points;
}

std::optional<Explanation> Engine::explain(std::string_view target, const Entity& entity) const {
  const State& state = *state_;
  const auto key = state.find_check("", target, entity);
  if (!key || !state.started) return std::nullopt;
  const Checks& check = state.checks[key->target];
  const TimeframeNow& window = state.frames_now[check.frame];
  const auto& members = state.rollups[check.rollup].members(key->node);
  Explanation explanation;
  explanation.objective = check.objective;
  explanation.target = check.target;
  explanation.kpi = check.kpi;
  explanation.entity = entity;
  explanation.verdict = state.verdict(check, key->node);
  explanation.days = window.days;
  for (std::size_t i = 0; i < check.sources.size(); ++i)
    explanation.inputs.push_back(state.explain_input(check, key->node, i));
  for (const EntityIndex member : members) explanation.members.push_back(state.entities[member]);
  explanation.why = state.diagnosis(check, key->node);
  if (const auto place = state.live.find(*key); place != state.live.end())
    explanation.alert = place->second.state;
  state.explain_cells(*key, explanation);
  state.explain_numbers(*key, explanation);
  if (explanation.verdict.gap_ratio > 0 || explanation.verdict.reason == Reason::recovering) {
    explanation.evidence = state.evidence_trail(check, key->node);
    if (check.evidence.judges()) {
      explanation.evidence.judged = state.evidence_now(check, key->node);
      explanation.evidence.alert_at = check.evidence.alert_at;
      explanation.evidence.watch_at = check.evidence.watch_at;
    }
  }
  return explanation;
}

EngineStats Engine::stats() const {
  EngineStats stats;
  stats.entities = state_->entities.size();
  stats.cells = state_->cube.cells();
  for (const Checks& check : state_->checks) stats.checks += check.states.size();
  stats.cell_bytes = state_->cube.bytes();
  return stats;
}

}  // namespace tightrope::rules
