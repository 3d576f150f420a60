#include "rules/engine.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "rules/engine_state.h"

namespace tightrope::rules {

// Time that nothing was heard for is stepped through hour by hour, but no more of it than this: a clock that
// was wrong by years must not keep the engine busy.
constexpr Duration kLongestGap = std::chrono::days(400);

std::string_view to_string(AlertChange::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 7> kNames{"pending", "fired",    "amended", "acknowledged",
                                                          "decided", "resolved", "dropped"};
  return kNames[static_cast<std::size_t>(kind)];
}

Engine::Engine(Strategy strategy) {
  auto calendar = strategy.open_calendar();
  assert(calendar);
  state_ = std::make_unique<State>(std::move(strategy), std::move(*calendar));
  state_->build();
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Timestamp Engine::now() const noexcept {
  return state_->now;
}
const Strategy& Engine::strategy() const noexcept {
  return state_->strategy;
}
const Calendar& Engine::calendar() const noexcept {
  return state_->calendar;
}

Timestamp Engine::next_wakeup() const {
  return state_->started ? std::max(state_->now, state_->next_due()) : state_->now;
}

Effects Engine::apply(const Event& event) {
  Effects effects;
  state_->advance_to(time_of(event), effects);
  if (const auto* batch = std::get_if<ObservationBatch>(&event)) {
    state_->take(*batch, effects);
  } else if (const auto* decision = std::get_if<Decision>(&event)) {
    state_->take(*decision, effects);
  } else if (const auto* acknowledgement = std::get_if<Acknowledgement>(&event)) {
    state_->take(*acknowledgement, effects);
  }
  return effects;
}

Effects Engine::adopt(Strategy strategy, Timestamp at) {
  Effects effects;
  State& old = *state_;
  old.advance_to(at, effects);
  auto calendar = strategy.open_calendar();
  assert(calendar);
  auto next = std::make_unique<State>(std::move(strategy), std::move(*calendar));
  next->started = old.started;
  next->now = old.now;
  next->cube = std::move(old.cube);
  next->cube.advance(next->calendar.day_of(next->now) + 1);
  next->entities = std::move(old.entities);
  next->resolved = std::move(old.resolved);
  next->done = std::move(old.done);
  next->shape = old.shape;
  next->build();
  for (auto& [key, live_alert] : old.live) {
    const auto found =
        next->find_check(live_alert.alert.objective, live_alert.alert.target, live_alert.entity);
    if (found) {
      const Checks& check = next->checks[found->target];
      LiveAlert fresh = next->make_alert(check, found->node);
      live_alert.alert.severity = fresh.alert.severity;
      live_alert.alert.owner = fresh.alert.owner;
      live_alert.alert.why_objective = fresh.alert.why_objective;
      next->attach(std::move(live_alert), *found);
      next->renew_recommendations(*found);
      continue;
    }
    const bool fired = live_alert.state.phase == AlertPhase::firing;
    live_alert.alert.reason = "The target is no longer part of the strategy.";
    live_alert.alert.phase = fired ? AlertPhase::resolved : AlertPhase::inactive;
    if (fired) {
      live_alert.alert.resolved_at = next->now;
      ++live_alert.alert.revision;
    }
    effects.alerts.push_back(
        {fired ? AlertChange::Kind::resolved : AlertChange::Kind::dropped, next->now, live_alert.alert});
    if (fired) next->resolved.push_front(std::move(live_alert));
  }
  state_ = std::move(next);
  if (state_->started) state_->check_all(effects);
  return effects;
}

ObservationBatch Engine::changed(const ObservationBatch& batch) const {
  const State& state = *state_;
  std::vector<EntityIndex> entities;
  for (const Entity& entity : batch.entities) entities.push_back(state.entities.find(entity));
  std::vector<MetricIndex> metrics;
  for (const std::string& metric : batch.metrics) metrics.push_back(state.cube.find_metric(metric));
  BatchBuilder builder(batch.source, batch.learnt);
  for (const ObservationBatch::Row& row : batch.rows) {
    const EntityIndex entity = entities[row.entity];
    const MetricIndex metric = metrics[row.metric];
    const bool known = entity != state.entities.size() && metric != Cube::kNoMetric;
    if (known ? state.cube.get(metric, entity, row.bucket) == row.value && state.cube.holds(row.bucket.day)
              : row.value.is_missing()) {
      continue;
    }
    builder.add(builder.entity(batch.entities[row.entity]), builder.metric(batch.metrics[row.metric]),
                row.bucket, row.value);
  }
  return std::move(builder).take();
}

Timestamp Engine::State::next_due() const {
  const Timestamp hour = calendar.next_hour(now);
  return timers.empty() ? hour : std::min(hour, timers.begin()->first);
}

void Engine::State::advance_to(Timestamp at, Effects& effects) {
  if (!started) {
    started = true;
    now = at;
    cube.advance(calendar.day_of(now) + 1);
    build();
    check_all(effects);
    return;
  }
  if (at - now > kLongestGap) {
    now = at - kLongestGap;
    begin_hour(effects);
  }
  for (;;) {
    const Timestamp hour = calendar.next_hour(now);
    const Timestamp due = next_due();
    if (due > at) break;
    now = std::max(now, due);
    if (due == hour) begin_hour(effects);
    while (!timers.empty() && timers.begin()->first <= now) {
      const CheckKey key = timers.begin()->second;
      timers.erase(timers.begin());
      live.at(key).timer.reset();
      step_alert(key, effects);
    }
  }
  now = std::max(now, at);
}

// Windows move on; every check is made again, because what an hour costs and how far a period has come
// changed for all.
void Engine::State::begin_hour(Effects& effects) {
  const std::map<Window, WindowNow> before = windows;
  refresh_windows();
  for (Rollup& rollup : rollups) {
    for (std::size_t column = 0; column < rollup.columns(); ++column) {
      const Window window = rollup.at(column).window;
      const WindowNow& current = windows.at(window);
      if (window.kind == Window::Kind::hours) {
        rollup.resum(column, cube, current);
      } else {
        rollup.roll(column, cube, before.at(window), current);
      }
    }
  }
  cube.advance(calendar.day_of(now) + 1);
  for (auto& [key, live_alert] : live) {
    for (Recommendation& recommendation : live_alert.alert.recommendations) {
      if (recommendation.state == RecommendationState::later && recommendation.until &&
          *recommendation.until <= now) {
        recommendation.state = RecommendationState::open;
      }
    }
  }
  check_all(effects);
}

void Engine::State::mark_dirty(std::uint32_t target, NodeIndex node) {
  Checks& check = checks[target];
  if (check.is_dirty[node] != 0) return;
  check.is_dirty[node] = 1;
  check.dirty.push_back(node);
}

void Engine::State::check_dirty(Effects& effects) {
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    Checks& check = checks[target];
    if (check.dirty.empty()) continue;
    std::sort(check.dirty.begin(), check.dirty.end());
    for (const NodeIndex node : check.dirty) {
      check.is_dirty[node] = 0;
      check.verdicts[node] = evaluate(check, node);
      step_alert({target, node}, effects);
    }
    check.dirty.clear();
  }
}

void Engine::State::check_all(Effects& effects) {
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    Checks& check = checks[target];
    for (NodeIndex node = 0; node < check.verdicts.size(); ++node) {
      check.verdicts[node] = evaluate(check, node);
      step_alert({target, node}, effects);
    }
  }
}

void Engine::State::take(const ObservationBatch& batch, Effects& effects) {
  std::vector<EntityIndex> entity_of;
  for (const Entity& path : batch.entities) {
    const auto [entity, is_new] = entities.intern(path);
    entity_of.push_back(entity);
    if (!is_new) continue;
    enter(entity);
    ++shape;
  }
  std::vector<MetricIndex> metric_of;
  for (const std::string& name : batch.metrics) {
    const std::size_t known = cube.metric_count();
    metric_of.push_back(cube.intern_metric(name));
    if (cube.metric_count() != known) bind(metric_of.back());
  }
  for (std::uint32_t target = 0; target < checks.size(); ++target) {  // nodes that the new entities brought
    Checks& check = checks[target];
    const std::size_t nodes = rollups[check.rollup].nodes().size();
    for (std::size_t node = check.verdicts.size(); node < nodes; ++node) {
      check.verdicts.emplace_back();
      check.is_live.push_back(0);
      check.is_dirty.push_back(0);
      mark_dirty(target, static_cast<NodeIndex>(node));
    }
  }
  const Day today = calendar.day_of(now);
  std::set<std::pair<std::size_t, NodeIndex>> restated;  // rollup, node
  for (const ObservationBatch::Row& row : batch.rows) {
    const MetricIndex metric = metric_of[row.metric];
    const EntityIndex entity = entity_of[row.entity];
    const CellChange change = cube.set(metric, entity, row.bucket, row.value);
    if (change.kind == CellChange::Kind::none) continue;
    if (change.kind == CellChange::Kind::outside) {
      ++effects.cells_outside;
      continue;
    }
    ++effects.cells_changed;
    const bool was_over = row.bucket.day < today && change.kind == CellChange::Kind::restated;
    if (was_over) ++effects.cells_restated;
    for (const Membership& membership : memberships[entity]) {
      Rollup& rollup = rollups[membership.rollup];
      if (was_over) restated.emplace(membership.rollup, membership.node);
      // The evidence of a miss looks further back than its window.
      for (const std::uint32_t target : targets_of[membership.rollup]) {
        if (checks[target].verdicts[membership.node].gap_ratio > 0) mark_dirty(target, membership.node);
      }
      for (const std::uint32_t column : rollup.columns_of(metric)) {
        const WindowNow& window = windows.at(rollup.at(column).window);
        if (!window.hours.empty()) {
          if (row.bucket.whole_day() || !window.contains(row.bucket)) continue;
          rollup.change(column, membership.node, change.hour_before, change.hour_after);
        } else {
          if (change.day_before == change.day_after || !window.days.contains(row.bucket.day)) continue;
          rollup.change(column, membership.node, change.day_before, change.day_after);
        }
        for (const std::uint32_t target : dependents[membership.rollup][column])
          mark_dirty(target, membership.node);
      }
    }
  }
  if (!restated.empty()) amend(restated, effects);
  check_dirty(effects);
}

void Engine::State::take(const Acknowledgement& acknowledgement, Effects& effects) {
  for (auto& [key, live_alert] : live) {
    Alert& alert = live_alert.alert;
    if (alert.id != acknowledgement.alert) continue;
    if (!alert.acknowledged_by.empty()) {
      effects.refused = "the alert was acknowledged before, by " + alert.acknowledged_by;
      return;
    }
    alert.acknowledged_by = acknowledgement.by;
    alert.acknowledged_at = acknowledgement.at;
    effects.alerts.push_back({AlertChange::Kind::acknowledged, now, alert});
    return;
  }
  effects.refused = "no pending or firing alert has this id";
}

void Engine::State::take(const Decision& decision, Effects& effects) {
  const auto decide = [&](LiveAlert& live_alert) {
    for (Recommendation& recommendation : live_alert.alert.recommendations) {
      if (recommendation.id != decision.recommendation) continue;
      if (recommendation.state == RecommendationState::did ||
          recommendation.state == RecommendationState::declined) {
        effects.refused = "it was decided before, by " + recommendation.decided_by;
        return true;
      }
      recommendation.decided_at = decision.at;
      recommendation.decided_by = decision.by;
      recommendation.reason = decision.reason;
      recommendation.until = decision.until;
      switch (decision.kind) {
        case DecisionKind::did:
          recommendation.state = RecommendationState::did;
          done[{recommendation.playbook, live_alert.entity}] = decision.at;
          break;
        case DecisionKind::declined:
          recommendation.state = RecommendationState::declined;
          break;
        case DecisionKind::later:
          recommendation.state = RecommendationState::later;
          break;
      }
      effects.alerts.push_back({AlertChange::Kind::decided, now, live_alert.alert});
      return true;
    }
    return false;
  };
  for (auto& [key, live_alert] : live) {
    if (decide(live_alert)) return;
  }
  for (LiveAlert& live_alert : resolved) {
    if (decide(live_alert)) return;
  }
  effects.refused = "no recommendation has this id";
}

}  // namespace tightrope::rules
