#include "rules/engine.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <tuple>
#include <vector>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// Missing counts as nothing where only growth is asked for.
std::int64_t micros_of(std::int64_t value) noexcept {
  return value <= Amount::kUnconverted ? 0 : value;
}

// Of figures that a batch gives twice the last one holds: also where it only says again what was known before
// the batch came.
void keep_last_words(const ObservationBatch& batch, std::vector<std::uint8_t>& changes) {
  const auto cell_of = [](const ObservationBatch::Row& row) {
    return std::tuple(row.entity, row.metric, row.bucket);
  };
  std::vector<decltype(cell_of(batch.rows.front()))> changed;
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (changes[i] != 0) changed.push_back(cell_of(batch.rows[i]));
  }
  if (changed.empty() || changed.size() == batch.rows.size()) return;
  std::sort(changed.begin(), changed.end());
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (changes[i] == 0 && std::binary_search(changed.begin(), changed.end(), cell_of(batch.rows[i])))
      changes[i] = 1;
  }
}

}  // namespace

// Time that nothing was heard for is stepped through hour by hour, but no more of it than this: a clock that
// was wrong by years must not keep the engine busy.
constexpr Duration kLongestGap = std::chrono::days(400);

std::string_view to_string(AlertChange::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 8> kNames{"pending",      "fired",   "updated",  "amended",
                                                          "acknowledged", "decided", "resolved", "dropped"};
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
const EntityTable& Engine::entities() const noexcept {
  return state_->entities;
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
  } else if (const auto* findings = std::get_if<SourceFindings>(&event)) {
    state_->take(*findings, effects);
  }
  return effects;
}

AlertChange ended(Alert alert, std::string_view reason, Timestamp now) {
  const bool fired = alert.phase == AlertPhase::firing;
  alert.reason = reason;
  alert.phase = fired ? AlertPhase::resolved : AlertPhase::inactive;
  if (fired) {
    alert.resolved_at = now;
    ++alert.revision;
  }
  return {fired ? AlertChange::Kind::resolved : AlertChange::Kind::dropped, now, std::move(alert)};
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
  next->entities = std::move(old.entities);
  next->lay_out();
  std::vector<std::optional<CheckKey>> places;  // by live alert: where it goes on
  for (auto& [key, live_alert] : old.live) {
    Alert& alert = live_alert.alert;
    places.push_back(next->find_check(alert.objective, alert.target, live_alert.entity));
    // What is told of targets that go is their last word: from the figures and sums of before.
    if (!places.back()) alert.verdict = old.verdict(old.checks[key.target], key.node);
    next->forget_other_sums(live_alert, places.back(), old.checks[key.target]);
  }
  for (LiveAlert& past : old.resolved) {
    if (past.key) {
      const auto place = next->find_check(past.alert.objective, past.alert.target, past.entity);
      next->forget_other_sums(past, place, old.checks[past.key->target]);
    }
  }
  next->cube = std::move(old.cube);
  next->rates = std::move(old.rates);
  next->cube.advance(next->calendar.day_of(next->now) + 1);
  next->sources = std::move(old.sources);
  next->lags = std::move(old.lags);
  next->old_entities = old.old_entities;
  next->sources.advance(next->cube.head());
  next->resolved = std::move(old.resolved);
  next->done = std::move(old.done);
  next->findings = std::move(old.findings);
  next->shape = old.shape;
  const bool money_changed = next->strategy.currency != old.strategy.currency ||
                             next->strategy.rates_hold_days != old.strategy.rates_hold_days;
  if (money_changed) next->redenominate(old.strategy.currency);
  next->bind_figures();
  // In another time zone another day may have begun by now.
  const Day today = next->calendar.day_of(next->now);
  if (next->started && old.today < today) {
    for (Day day = old.today; day < today; day = day + 1) next->close_for_lags(day);
  } else {
    next->lags.learn(today, next->result_metric(), next->money_metrics());
  }
  next->carry_evidence(old);
  next->carry_watched(old, money_changed);
  if (next->started) next->sum_figures();
  auto place = places.begin();
  for (auto& [key, live_alert] : old.live) {
    const std::optional<CheckKey> found = *place++;
    if (found) {
      const Checks& check = next->checks[found->target];
      LiveAlert fresh = next->make_alert(check, found->node);
      live_alert.alert.severity = fresh.alert.severity;
      live_alert.alert.owner = fresh.alert.owner;
      live_alert.alert.why_objective = fresh.alert.why_objective;
      live_alert.alert.kpi = fresh.alert.kpi;
      live_alert.alert.unit = fresh.alert.unit;
      live_alert.alert.better = fresh.alert.better;
      live_alert.alert.pace = fresh.alert.pace;
      live_alert.alert.currency = fresh.alert.currency;
      live_alert.alert.window = fresh.alert.window;
      live_alert.alert.window_text = fresh.alert.window_text;
      live_alert.briefed_value = kUndefined;  // its reason is made again
      next->attach(std::move(live_alert), *found);
      next->renew_recommendations(*found);
      continue;
    }
    effects.alerts.push_back(
        ended(live_alert.alert, "The target is no longer part of the strategy.", next->now));
    if (effects.alerts.back().kind != AlertChange::Kind::resolved) continue;
    live_alert.alert = effects.alerts.back().alert;
    live_alert.key.reset();  // for now: a node of that name may come again
    next->resolved.push_front(std::move(live_alert));
  }
  if (next->resolved.size() > kMostResolved) next->resolved.resize(kMostResolved);
  state_ = std::move(next);
  if (state_->started) {
    state_->check_afresh(effects);
    std::vector<CheckKey> alive;
    for (const auto& [key, live_alert] : state_->live) alive.push_back(key);
    for (const CheckKey key : alive) state_->renew_brief(key, effects);
  }
  return effects;
}

ObservationBatch Engine::changed(const ObservationBatch& batch,
                                 const std::optional<Coverage>& coverage) const {
  const State& state = *state_;
  std::vector<EntityIndex> entities;
  for (const Entity& entity : batch.entities) entities.push_back(state.entities.find(entity));
  std::vector<MetricIndex> metrics;
  std::vector<std::optional<std::string_view>> rate_bases;
  for (const std::string& metric : batch.metrics) {
    metrics.push_back(state.stored_metric(metric));
    rate_bases.push_back(parse_rate_metric(metric));
  }
  BatchBuilder builder(batch.source, batch.learnt);
  // A day that is the sum of its hours changes when they go, though it was given as it stands.
  std::set<State::Vanished> days_of_gone_hours;
  if (coverage) {
    for (const auto& [metric, entity, bucket] : state.vanished(batch, *coverage)) {
      builder.add(builder.entity(state.entities[entity]), builder.metric(state.cube.metric_name(metric)),
                  bucket, Amount::missing());
      if (!bucket.whole_day()) days_of_gone_hours.insert({metric, entity, {bucket.day}});
    }
  }
  std::vector<std::uint8_t> changes;
  changes.reserve(batch.rows.size());
  for (const ObservationBatch::Row& row : batch.rows) {
    const EntityIndex entity = entities[row.entity];
    const MetricIndex metric = metrics[row.metric];
    bool same;
    if (rate_bases[row.metric]) {
      const Entity& currency = batch.entities[row.entity];
      same = state.rates.on(*rate_bases[row.metric], currency.at(0), row.bucket.day) == row.value;
    } else if (entity != state.entities.size() && metric != Cube::kNoMetric) {
      same = state.cube.get(metric, entity, row.bucket) == row.value && state.cube.holds(row.bucket.day) &&
             state.cube.was_given(metric, entity, row.bucket) &&
             !days_of_gone_hours.contains({metric, entity, row.bucket});
    } else {
      same = row.value.is_missing();
    }
    changes.push_back(same ? 0 : 1);
  }
  keep_last_words(batch, changes);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const ObservationBatch::Row& row = batch.rows[i];
    if (changes[i] == 0) continue;
    builder.add(builder.entity(batch.entities[row.entity]), builder.metric(batch.metrics[row.metric]),
                row.bucket, row.value);
  }
  return std::move(builder).take();
}

std::uint64_t Engine::recheck() {
  Effects none;
  state_->check_many(State::Which::all, none);
  assert(none.alerts.empty());
  std::uint64_t checks = 0;
  for (const Checks& check : state_->checks) checks += check.states.size();
  return checks;
}

Timestamp Engine::State::next_due() const {
  const Timestamp hour = calendar.next_hour(now);
  Timestamp due = timers.empty() ? hour : std::min(hour, timers.begin()->first);
  if (!reminders.empty()) due = std::min(due, reminders.begin()->first);
  return due;
}

void Engine::State::advance_to(Timestamp at, Effects& effects) {
  if (!started) {
    started = true;
    now = at;
    cube.advance(calendar.day_of(now) + 1);
    sources.advance(cube.head());
    build();
    check_afresh(effects);
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
    ask_again();
  }
  now = std::max(now, at);
}

// Windows move on. With a new day all of them do; within a day, those of hours and those that pace.
void Engine::State::begin_hour(Effects& effects) {
  forget_asked();
  const bool new_day = calendar.day_of(now) != today;
  today = calendar.day_of(now);
  const std::vector<TimeframeNow> before = std::exchange(frames_now, {});
  refresh_frames();
  for (Rollup& rollup : rollups) {
    for (std::size_t i = 0; i < rollup.columns(); ++i) {
      SumColumn& column = rollup.at(i);
      const TimeframeNow& frame = frames_now[column.frame];
      if (new_day || !frame.hours.empty()) rollup.roll(column, cube, before[column.frame], frame);
    }
  }
  if (!new_day) {
    lags.begin_hour(today, hours_over());
  } else {
    close_for_lags(today - 1);
    cube.advance(today + 1);
    sources.advance(cube.head());
    rates.drop_before(today - Cube::kDays);
  }
  check_many(new_day ? Which::all : Which::hourly, effects);
  watch(new_day, effects);
}

void Engine::State::close_for_lags(Day closed) {
  lags.close(closed, result_metric(), money_metrics());
  old_entities = entities.size();
}

void Engine::State::mark_stale(Membership membership, Day day) {
  for (const std::uint32_t target : evident_of[membership.rollup]) {
    if (checks[target].by_projection) {
      checks[target].all_dirty = true;  // its weekdays are those of the whole objective
      continue;
    }
    mark_dirty(target, membership.node);
    CheckEvidence& evidence = checks[target].evidence;
    if (evidence.nodes[membership.node].stale || day < today - kEvidenceDays) continue;
    evidence.nodes[membership.node].stale = true;
    evidence.stale.push_back(membership.node);
  }
}

void Engine::State::mark_handed_over(EntityIndex entity, Day day) {
  for (const Membership& membership : memberships[entity]) {
    ++node_stamps[membership.rollup][membership.node];
    mark_stale(membership, day);
  }
}

CellChange Engine::State::put(MetricIndex metric, EntityIndex entity, Bucket bucket, std::int64_t value,
                              Touch& touch) {
  const CellChange change = cube.set_raw(metric, entity, bucket, value);
  if (change.kind == CellChange::Kind::none || change.kind == CellChange::Kind::outside) return change;
  const bool is_over = bucket.day < today;
  // Late first figures count as well: an alert may have fired for want of them.
  const bool restated =
      touch.alerting &&
      (is_over || (!bucket.whole_day() && bucket.day == today && bucket.hour < touch.open_hour.hour));
  for (const Membership& membership : memberships[entity]) {
    Rollup& rollup = rollups[membership.rollup];
    const NodeIndex node = membership.node;
    if (is_over) {
      ++node_stamps[membership.rollup][node];
      for (const std::uint32_t target : paced_of[membership.rollup]) mark_dirty(target, node);
      mark_stale(membership, bucket.day);
    } else {
      ++today_stamps[membership.rollup][node];
    }
    if (restated) {
      const TouchedNode touched{membership.rollup, node};
      if (touch.restated.empty() || touch.restated.back() != touched) touch.restated.push_back(touched);
    }
    for (const std::uint32_t place : rollup.columns_of(metric)) {
      SumColumn& column = rollup.at(place);
      const TimeframeNow& frame = frames_now[column.frame];
      if (!frame.hours.empty()) {
        if (bucket.whole_day() || !frame.contains(bucket)) continue;
        rollup.change(column, node, change.hour_before, change.hour_after);
      } else {
        if (change.day_before == change.day_after || !frame.days.contains(bucket.day)) continue;
        rollup.change(column, node, change.day_before, change.day_after);
      }
      mark_column(column, node);
    }
  }
  return change;
}

void Engine::State::take(const ObservationBatch& batch, Effects& effects) {
  forget_asked();
  // What each metric of the batch is: one that is summed, money in another currency, or exchange rates.
  struct Incoming {
    MetricIndex index = Cube::kNoMetric;
    MetricIndex whole = Cube::kNoMetric;
    bool part = false;
    std::optional<std::string_view> rate_base;
    LagSeries* lag = nullptr;  // looked up with the first figure that changes
  };
  std::vector<Incoming> metric_of;
  const std::size_t known_metrics = cube.metric_count();
  std::size_t with_hours = 0;
  const auto count_hours = [this] {
    std::size_t count = 0;
    for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) count += cube.has_hours(metric);
    return count;
  };
  with_hours = count_hours();
  bool any_plain = false;
  // Parts first: a metric that gets its first one has parts for all rows of the batch.
  for (const std::string& name : batch.metrics) {
    const auto foreign = parse_foreign_metric(name);
    if (foreign && foreign->currency != strategy.currency)
      part_of(std::string(foreign->metric), foreign->currency);
  }
  for (const std::string& name : batch.metrics) {
    Incoming& incoming = metric_of.emplace_back();
    incoming.rate_base = parse_rate_metric(name);
    if (incoming.rate_base) continue;
    any_plain = true;
    const auto foreign = parse_foreign_metric(name);
    const std::string metric(foreign ? foreign->metric : name);
    const MetricIndex whole = plain_metric(metric);
    const std::string_view currency = foreign ? foreign->currency : strategy.currency;
    incoming.whole = whole;
    incoming.part = has_parts(whole) || currency != strategy.currency;
    incoming.index = incoming.part ? part_of(metric, currency) : whole;
  }
  const FigureSources::Source source = any_plain ? sources.intern(batch.source) : FigureSources::kUnknown;
  std::vector<EntityIndex> entity_of;
  if (any_plain) {
    const EntityIndex known = entities.size();
    // Currencies of exchange rates are no entities.
    std::vector<std::uint8_t> has_figures(batch.entities.size(), 0);
    for (const ObservationBatch::Row& row : batch.rows) {
      if (!metric_of[row.metric].rate_base) has_figures[row.entity] = 1;
    }
    for (std::size_t i = 0; i < batch.entities.size(); ++i) {
      if (has_figures[i] == 0) {
        entity_of.push_back(entities.size());
        continue;
      }
      const auto [entity, is_new] = entities.intern(batch.entities[i]);
      entity_of.push_back(entity);
      if (!is_new) continue;
      enter(entity);
      ++shape;
    }
    if (entities.size() != known) {
      for (std::uint32_t target = 0; target < checks.size(); ++target) grow(target);
      find_nodes_of_resolved();
    }
  }

  Touch touch;
  touch.alerting = !live.empty() || !resolved.empty();
  if (touch.alerting) touch.open_hour = calendar.hour_of(now);
  std::set<Day> rate_days;
  for (const ObservationBatch::Row& row : batch.rows) {
    Incoming& incoming = metric_of[row.metric];
    if (incoming.rate_base) {
      const bool changed =
          rates.set(*incoming.rate_base, batch.entities[row.entity].at(0), row.bucket.day, row.value);
      if (changed) rate_days.insert(row.bucket.day);
      effects.cells_changed += changed ? 1 : 0;
      continue;
    }
    const EntityIndex entity = entity_of[row.entity];
    CellChange change;
    if (incoming.part) {
      change = put_part(incoming.index, entity, row.bucket, row.value, touch);
    } else {
      change = put(incoming.index, entity, row.bucket, row.value.micros(), touch);
    }
    if (change.kind == CellChange::Kind::outside) {
      ++effects.cells_outside;
      continue;
    }
    if (!row.value.is_missing()) {
      // Another source, another lateness.
      const bool is_over = row.bucket.day < today;
      const bool handed_over = is_over && !sources.gave(source, incoming.index, entity, row.bucket);
      const bool is_first = sources.give(source, incoming.index, entity, row.bucket);
      if (handed_over) mark_handed_over(entity, row.bucket.day);
      // So have the others' figures that nobody gave.
      if (is_over && is_first) {
        const auto figures = cube.day_row(incoming.index, row.bucket.day);
        for (EntityIndex other = 0; other < figures.size(); ++other) {
          if (other != entity && figures[other] != Amount::kMissing) mark_handed_over(other, row.bucket.day);
        }
      }
    }
    if (change.kind == CellChange::Kind::none) continue;
    if (change.day_before != change.day_after) {
      // One source, so that no other series of the metric is made meanwhile.
      if (incoming.lag == nullptr) incoming.lag = &lags.series(source, incoming.whole, today);
      incoming.lag->change(row.bucket.day, today, micros_of(change.day_after) - micros_of(change.day_before),
                           entity >= old_entities);
    }
    ++effects.cells_changed;
    if (change.kind == CellChange::Kind::restated && row.bucket.day < today) ++effects.cells_restated;
  }
  if (!rate_days.empty()) reconvert(rate_days, touch);
  if (cube.metric_count() != known_metrics || count_hours() != with_hours) {
    // Whether an hourly window has hours to go by is one answer for all nodes.
    for (Checks& check : checks) {
      const bool needed = check.needs_hours;
      if (check.moves_by_hour) refresh_bounds(check);
      if (check.needs_hours != needed) check.all_dirty = true;
    }
  }
  for (Checks& check : checks) {
    // A day's or an hour's first figure: from now on that is asked for.
    if (!refresh_reported(check)) continue;
    refresh_bounds(check);
    check.all_dirty = true;
  }
  std::sort(touch.restated.begin(), touch.restated.end());
  touch.restated.erase(std::unique(touch.restated.begin(), touch.restated.end()), touch.restated.end());
  check_dirty(touch.restated, effects);
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
    tell(AlertChange::Kind::acknowledged, key, live_alert, effects);
    return;
  }
  effects.refused = "no pending or firing alert has this id";
}

}  // namespace tightrope::rules
