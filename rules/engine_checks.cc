#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"
#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr int kEvidenceDays = 56;
constexpr std::size_t kMostInputs = 256;  // a formula has no more instructions
// Of the value people were told: by how much it must have moved for an amendment to be worth a message.
constexpr double kWorthTelling = 0.1;

double to_units(std::int64_t micros) noexcept {
  return Amount::from_micros(micros).to_double();
}

double figure(const SumColumn& column, NodeIndex node, bool additive) noexcept {
  const std::int32_t present = column.present[node];
  // What does not add up stands for itself alone, or for nothing.
  if (present == 0 || (!additive && present != 1)) return kUndefined;
  return to_units(column.sums[node]);
}

}  // namespace

Verdict Engine::State::evaluate(const Checks& check, NodeIndex node) const {
  const Target& target = *check.target;
  const Rollup& rollup = rollups[check.rollup];
  const WindowNow& window = windows.at(target.over);
  double values[kMostInputs];
  CheckInput input;
  const std::size_t count = std::min(check.inputs.size(), kMostInputs);
  for (std::size_t i = 0; i < count; ++i) {
    const SumColumn& column = rollup.at(check.inputs[i]);
    values[i] = figure(column, node, check.additive[i]);
    input.any_figure = input.any_figure || column.present[node] > 0;
    if (!window.hours.empty() && column.index != Cube::kNoMetric && !cube.has_hours(column.index)) {
      input.needs_hours = true;
    }
  }
  const std::span<const double> figures(values, count);
  const Formula& formula = check.kpi->formula;
  input.value = formula.evaluate(figures);
  if (formula.is_quotient()) {
    input.numerator = formula.numerator(figures);
    input.denominator = formula.denominator(figures);
    input.denominator_unit = formula.denominator_unit();
  } else {
    input.numerator = input.value;
  }
  input.spend = figure(rollup.at(check.spend), node, true);
  input.hours = window.hours_elapsed;
  input.elapsed_share = window.elapsed_share;
  for (const auto& [column, least] : check.volume) {
    const double seen = figure(rollup.at(column), node, true);
    if (!(seen >= least)) input.volume_reached = false;
  }
  const Bound* bound = target.bound_on(window.days.last);
  Verdict verdict = judge(target, *check.kpi, bound, input);
  if (verdict.gap_ratio > 0) verdict.evidence_log10 = evidence(check, node, *bound);
  return verdict;
}

// Y given X by day, as statistics of counts: the noisy side against what the other side should have brought
// at the bound.
double Engine::State::evidence(const Checks& check, NodeIndex node, const Bound& bound) const {
  const Target& target = *check.target;
  const Rollup& rollup = rollups[check.rollup];
  const auto& members = rollup.members(node);
  const Formula& formula = check.kpi->formula;
  const bool too_high = target.kind == BoundKind::at_most;
  const double limit = too_high ? bound.high : bound.low;
  if (target.kind == BoundKind::between || !(limit > 0)) return kUndefined;
  const bool is_price = too_high && check.kpi->unit == Unit::money && formula.is_quotient();
  const bool counts_money =
      !is_price && (check.kpi->unit == Unit::money || formula.denominator_unit() == Unit::money);
  const Day today = calendar.day_of(now);
  const DayRange days_of_bound =
      target.pace ? calendar.period_of(target.over, today) : windows.at(target.over).days;

  double money = 0;
  double orders = 0;
  std::vector<EvidenceDay> days;
  for (int back = kEvidenceDays; back >= 1; --back) {
    const Day day = today - back;
    if (day < bound.from) continue;
    double values[kMostInputs];
    const std::size_t count = std::min(formula.inputs().size(), kMostInputs);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = metric_over(formula.inputs()[i].name, members, {day, day});
    const std::span<const double> figures(values, count);
    double seen;
    double expected;
    if (!formula.is_quotient()) {
      seen = formula.evaluate(figures);
      expected = limit / std::max(1, days_of_bound.length());
    } else if (is_price) {
      seen = formula.denominator(figures);
      expected = formula.numerator(figures) / limit;
    } else {
      seen = formula.numerator(figures);
      expected = formula.denominator(figures) * limit;
    }
    if (std::isnan(seen) || std::isnan(expected) || seen < 0) continue;
    if (counts_money) {
      const double conversions = metric_over("conversions", members, {day, day});
      if (!std::isnan(conversions)) {
        money += seen;
        orders += conversions;
      }
    }
    days.push_back({seen, expected});
  }
  // Money arrives in jumps; without single order values, twice the mean order stands for their size
  // (size-biased mean).
  double scale = 1;
  if (counts_money) {
    if (!(orders > 0 && money > 0)) return kUndefined;
    scale = 2 * money / orders;
  }
  const bool below = is_price || !too_high;
  Evidence evidence(below ? EvidenceSide::below : EvidenceSide::above, kDefaultDayVariance);
  for (const EvidenceDay& day : days) evidence.add({day.seen / scale, day.expected / scale});
  const double log_value = evidence.log_value();
  return std::isinf(log_value) ? kUndefined : log_value / std::log(10.0);
}

Health Engine::State::health(const Checks& check, const Verdict& verdict) const {
  switch (verdict.state) {
    case VerdictState::off_target:
      return Health::missed;
    case VerdictState::on_target:
      return Health::ok;
    // Missed on too little to judge: neither raises an alert nor clears one.
    case VerdictState::watch:
      return verdict.reason == Reason::little_volume ? Health::unknown : Health::ok;
    case VerdictState::unknown:
      break;
  }
  switch (check.target->no_data) {
    case NoData::keep:
      return Health::unknown;
    case NoData::alert:
      return verdict.reason == Reason::no_figures ? Health::missed : Health::unknown;
    case NoData::ok:
      return Health::ok;
  }
  return Health::unknown;
}

void Engine::State::set_timer(CheckKey key, LiveAlert& live_alert, Health health) {
  const Target& target = *checks[key.target].target;
  const auto next = next_step(live_alert.state, health, target.hold, target.keep_firing_for);
  if (next == live_alert.timer) return;
  if (live_alert.timer) timers.erase({*live_alert.timer, key});
  if (next) timers.emplace(*next, key);
  live_alert.timer = next;
}

void Engine::State::step_alert(CheckKey key, Effects& effects) {
  Checks& check = checks[key.target];
  const Verdict& verdict = check.verdicts[key.node];
  const Health current = health(check, verdict);
  const bool is_live = check.is_live[key.node] != 0;
  if (!is_live && current != Health::missed) return;
  const Target& target = *check.target;

  auto place = is_live ? live.find(key) : live.emplace(key, make_alert(check, key.node)).first;
  check.is_live[key.node] = 1;
  LiveAlert& live_alert = place->second;
  Alert& alert = live_alert.alert;
  const AlertPhase before = live_alert.state.phase;
  live_alert.state = step(live_alert.state, current, target.hold, target.keep_firing_for, now);
  alert.phase = live_alert.state.phase;
  alert.verdict = verdict;
  set_timer(key, live_alert, current);
  if (alert.phase == before) return;
  switch (alert.phase) {
    case AlertPhase::pending:
      effects.alerts.push_back({AlertChange::Kind::pending, now, alert});
      return;
    case AlertPhase::firing:
      fire(key, live_alert);
      effects.alerts.push_back({AlertChange::Kind::fired, now, alert});
      return;
    case AlertPhase::resolved:
      alert.resolved_at = now;
      ++alert.revision;
      effects.alerts.push_back({AlertChange::Kind::resolved, now, alert});
      break;
    case AlertPhase::inactive:
      effects.alerts.push_back({AlertChange::Kind::dropped, now, alert});
      break;
  }
  retire(place);
}

void Engine::State::retire(std::map<CheckKey, LiveAlert>::iterator place) {
  const CheckKey key = place->first;
  if (place->second.timer) timers.erase({*place->second.timer, key});
  place->second.timer.reset();
  checks[key.target].is_live[key.node] = 0;
  if (place->second.alert.phase == AlertPhase::resolved) {
    resolved.push_front(std::move(place->second));
    if (resolved.size() > kMostResolved) resolved.pop_back();
  }
  live.erase(place);
}

void Engine::State::fire(CheckKey key, LiveAlert& live_alert) {
  const Checks& check = checks[key.target];
  const Rollup& rollup = rollups[check.rollup];
  const WindowNow& window = windows.at(check.target->over);
  Alert& alert = live_alert.alert;
  alert.fired_at = now;
  alert.fired_on = alert.verdict;
  alert.revision = 1;
  live_alert.told_value = alert.verdict.value;
  const Diagnosis why = diagnosis(check, key.node);
  alert.driver = why.driver;
  alert.reason = why.reason;
  alert.recommendations = recommend(check, key.node, live_alert);

  live_alert.open_sums.clear();
  const auto& members = rollup.members(key.node);
  const Day today = calendar.day_of(now);
  for (const Input& input : check.kpi->formula.inputs()) {
    const MetricIndex metric = cube.find_metric(input.name);
    double open = kUndefined;
    if (!window.hours.empty()) {
      open = sum_over(cube, metric, members, std::vector<Bucket>{window.hours.back()});
    } else if (window.days.contains(today)) {
      open = sum_over(cube, metric, members, DayRange{today, today});
    }
    live_alert.open_sums.push_back(open);
  }
}

void Engine::State::amend(const std::set<std::pair<std::size_t, NodeIndex>>& restated, Effects& effects) {
  const auto touches = [&](const Checks& check, NodeIndex node) {
    return restated.contains({check.rollup, node});
  };
  for (auto& [key, live_alert] : live) {
    if (live_alert.state.phase != AlertPhase::firing || !touches(checks[key.target], key.node)) continue;
    if (amend(live_alert, checks[key.target], key.node)) {
      effects.alerts.push_back({AlertChange::Kind::amended, now, live_alert.alert});
    }
  }
  for (LiveAlert& past : resolved) {
    const auto key = find_check(past.alert.objective, past.alert.target, past.entity);
    if (!key || !touches(checks[key->target], key->node)) continue;
    if (amend(past, checks[key->target], key->node)) {
      effects.alerts.push_back({AlertChange::Kind::amended, now, past.alert});
    }
  }
}

// What the alert fired on, as it is known now: the buckets that were over then with their figures of today,
// and the one that was open with those of then. True when people should hear of it.
bool Engine::State::amend(LiveAlert& live_alert, const Checks& check, NodeIndex node) {
  Alert& alert = live_alert.alert;
  const Formula& formula = check.kpi->formula;
  if (!alert.fired_at || live_alert.open_sums.size() != formula.inputs().size()) return false;
  const WindowNow then = window_now(calendar, check.target->over, *alert.fired_at);
  const Day fired_day = calendar.day_of(*alert.fired_at);
  const auto& members = rollups[check.rollup].members(node);
  std::vector<double> figures;
  for (std::size_t i = 0; i < formula.inputs().size(); ++i) {
    const MetricIndex metric = cube.find_metric(formula.inputs()[i].name);
    double closed;
    if (!then.hours.empty()) {
      if (!cube.holds_hours(then.days.first)) return false;  // no longer in memory
      closed = sum_over(cube, metric, members, std::vector<Bucket>(then.hours.begin(), then.hours.end() - 1));
    } else {
      if (!cube.holds(then.days.first)) return false;
      closed =
          sum_over(cube, metric, members, DayRange{then.days.first, std::min(then.days.last, fired_day - 1)});
    }
    const double open = live_alert.open_sums[i];
    figures.push_back(std::isnan(closed) ? open : std::isnan(open) ? closed : closed + open);
  }
  const double value = formula.evaluate(figures);
  const Verdict& fired_on = alert.fired_on;
  const bool misses = std::isnan(value) || (!std::isnan(fired_on.high) && value > fired_on.high) ||
                      (!std::isnan(fired_on.low) && value < fired_on.low);
  const double before = alert.amendment ? alert.amendment->value_now : fired_on.value;
  if (value == before || (std::isnan(value) && std::isnan(before))) return false;
  const bool missed_before = !alert.amendment || alert.amendment->would_have_fired;
  alert.amendment =
      Amendment{.at = now, .value_before = fired_on.value, .value_now = value, .would_have_fired = misses};
  const double moved = std::abs(value / live_alert.told_value - 1);
  if (misses == missed_before && !std::isnan(moved) && moved < kWorthTelling) return false;
  live_alert.told_value = value;
  ++alert.revision;
  return true;
}

}  // namespace tightrope::rules
