// The lives of alerts.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// Of the value people were told: by how much it must have moved for an amendment to be worth a message.
constexpr double kWorthTelling = 0.1;
constexpr double kRounding = 1e-9;  // relative

}  // namespace

Health Engine::State::health(const Checks& check, NodeIndex node) const {
  const Reason reason = check.reasons[node];
  if (reason == Reason::period_over) return Health::ok;  // nothing is to be done about it any more
  switch (check.states[node]) {
    case VerdictState::off_target:
      return Health::missed;
    case VerdictState::on_target:
      return Health::ok;
    // Missed on too little to judge, well again for too short a while, or not known before more is reported:
    // neither raises an alert nor clears one.
    case VerdictState::watch:
      if (reason == Reason::on_course) return check.is_silent ? Health::unknown : Health::ok;
      return reason == Reason::little_volume || reason == Reason::recovering ||
                     reason == Reason::over_its_share
                 ? Health::unknown
                 : Health::ok;
    case VerdictState::unknown:
      break;
  }
  switch (check.target->no_data) {
    case NoData::keep:
      return Health::unknown;
    case NoData::alert:
      return reason == Reason::no_figures ? Health::missed : Health::unknown;
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

// What people are told carries the verdict as it is at this moment.
void Engine::State::tell(AlertChange::Kind kind, CheckKey key, LiveAlert& live_alert, Effects& effects) {
  live_alert.alert.verdict = verdict(checks[key.target], key.node);
  effects.alerts.push_back({kind, now, live_alert.alert});
}

void Engine::State::step_alert(CheckKey key, Effects& effects) {
  Checks& check = checks[key.target];
  const Health current = health(check, key.node);
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
  set_timer(key, live_alert, current);
  if (alert.phase == before) return;
  switch (alert.phase) {
    case AlertPhase::pending:
      tell(AlertChange::Kind::pending, key, live_alert, effects);
      return;
    case AlertPhase::firing:
      fire(key, live_alert);
      tell(AlertChange::Kind::fired, key, live_alert, effects);
      return;
    case AlertPhase::resolved:
      alert.resolved_at = now;
      ++alert.revision;
      tell(AlertChange::Kind::resolved, key, live_alert, effects);
      break;
    case AlertPhase::inactive:
      tell(AlertChange::Kind::dropped, key, live_alert, effects);
      break;
  }
  retire(place);
}

void Engine::State::retire(std::map<CheckKey, LiveAlert>::iterator place) {
  const CheckKey key = place->first;
  if (place->second.timer) timers.erase({*place->second.timer, key});
  place->second.timer.reset();
  drop_reminders(key, place->second);
  checks[key.target].is_live[key.node] = 0;
  if (place->second.alert.phase == AlertPhase::resolved) {
    place->second.key = key;
    resolved.push_front(std::move(place->second));
    if (resolved.size() > kMostResolved) resolved.pop_back();
  }
  live.erase(place);
}

void Engine::State::fire(CheckKey key, LiveAlert& live_alert) {
  const Checks& check = checks[key.target];
  const Rollup& rollup = rollups[check.rollup];
  const TimeframeNow& frame = frames_now[check.frame];
  Alert& alert = live_alert.alert;
  alert.verdict = verdict(check, key.node);
  alert.fired_at = now;
  alert.fired_on = alert.verdict;
  alert.revision = 1;
  live_alert.told_value = alert.verdict.value;
  set_briefed(key, live_alert, alert.verdict.value);
  explain_cause(check, key.node, alert);
  alert.recommendations = recommend(check, key.node, live_alert);

  live_alert.open_sums.clear();
  const auto& members = rollup.members(key.node);
  for (const Input& input : check.kpi->formula.inputs()) {
    double open = kUndefined;
    if (!frame.hours.empty()) {
      open = metric_over(input.name, members, std::span(&frame.hours.back(), 1));
    } else if (frame.days.contains(today)) {
      open = metric_over(input.name, members, DayRange{today, today});
    }
    live_alert.open_sums.push_back(open);
  }
}

void Engine::State::amend(const std::vector<TouchedNode>& restated, Effects& effects) {
  std::vector<CheckKey> alive;
  for (const TouchedNode& touched : restated) {
    for (const std::uint32_t target : targets_of[touched.rollup]) {
      if (checks[target].is_live[touched.node] != 0) alive.push_back({target, touched.node});
    }
  }
  std::sort(alive.begin(), alive.end());
  for (const CheckKey key : alive) {
    LiveAlert& live_alert = live.at(key);
    if (live_alert.state.phase != AlertPhase::firing) continue;
    if (amend(live_alert, checks[key.target], key.node))
      tell(AlertChange::Kind::amended, key, live_alert, effects);
  }
  for (LiveAlert& past : resolved) {
    if (!past.key) continue;
    const Checks& check = checks[past.key->target];
    const TouchedNode node{static_cast<std::uint32_t>(check.rollup), past.key->node};
    if (!std::binary_search(restated.begin(), restated.end(), node)) continue;
    if (amend(past, check, past.key->node)) {
      effects.alerts.push_back({AlertChange::Kind::amended, now, past.alert});
    }
  }
}

// Under another strategy a target of that name may be another KPI, window or set of campaigns: what an alert
// fired on is then no longer followed.
void Engine::State::forget_other_sums(LiveAlert& alert, const std::optional<CheckKey>& place,
                                      const Checks& before) const {
  if (!place) return;
  const Checks& check = checks[place->target];
  if (*check.kpi == *before.kpi && check.target->over == before.target->over &&
      check.target->per == before.target->per && check.objective->match == before.objective->match)
    return;
  alert.open_sums.clear();
}

// Sums by input of the KPI. Of a minimum volume, what is an input is known.
CheckInput Engine::State::restated_input(const Checks& check, std::span<const double> figures) const {
  const Formula& formula = check.kpi->formula;
  CheckInput input;
  input.any_figure =
      std::any_of(figures.begin(), figures.end(), [](double figure) { return !std::isnan(figure); });
  set_value(input, formula, figures);
  for (const MinimumVolume& least : check.target->min_volume) {
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (formula.inputs()[i].name == least.metric && !(figures[i] >= least.amount))
        input.volume_reached = false;
    }
  }
  return input;
}

// What the alert fired on, as it is known now: the buckets that were over then with their figures of today,
// and the one that was open with those of then. True when people should hear of it.
bool Engine::State::amend(LiveAlert& live_alert, const Checks& check, NodeIndex node) {
  Alert& alert = live_alert.alert;
  const Formula& formula = check.kpi->formula;
  if (!alert.fired_at || live_alert.open_sums.size() != formula.inputs().size()) return false;
  if (!alert.fired_on.missed()) return false;  // it fired for want of figures, and not on one
  for (const Input& input : formula.inputs()) {
    // What is made of other windows is not followed once it has fired.
    if (input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value) return false;
  }
  const TimeframeNow then = timeframe_now(calendar, {check.target->over, 0}, *alert.fired_at);
  const Day fired_day = calendar.day_of(*alert.fired_at);
  const auto& members = rollups[check.rollup].members(node);
  std::vector<double> figures;
  for (std::size_t i = 0; i < formula.inputs().size(); ++i) {
    const std::string& metric = formula.inputs()[i].name;
    double closed;
    if (!then.hours.empty()) {
      if (!cube.holds_hours(then.days.first)) return false;  // no longer in memory
      closed = metric_over(metric, members, std::span(then.hours).first(then.hours.size() - 1));
    } else {
      if (!cube.holds(then.days.first)) return false;
      closed =
          metric_over(metric, members, DayRange{then.days.first, std::min(then.days.last, fired_day - 1)});
    }
    const double open = live_alert.open_sums[i];
    figures.push_back(std::isnan(closed) ? open : std::isnan(open) ? closed : closed + open);
  }
  const Verdict& fired_on = alert.fired_on;
  const CheckInput input = restated_input(check, figures);
  const double value = input.value;
  const bool misses =
      judge(*check.target, *check.kpi, Sides{.low = fired_on.low, .high = fired_on.high}, input).missed();
  const double before = alert.amendment ? alert.amendment->value_now : fired_on.value;
  // Sums of the same figures in another order may differ in their last bits.
  if (std::abs(value - before) <= kRounding * std::abs(before) || (std::isnan(value) && std::isnan(before)))
    return false;
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
