#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// The bound that is missed.
double bound_of(const Verdict& verdict) noexcept {
  if (std::isnan(verdict.low)) return verdict.high;
  if (std::isnan(verdict.high)) return verdict.low;
  return verdict.value > verdict.high ? verdict.high : verdict.low;
}

// By what share the value has to fall to its bound, or to rise to it.
double needed_step(const Verdict& verdict) noexcept {
  const double bound = bound_of(verdict);
  if (!(verdict.value > 0) || !(bound > 0)) return 1;
  const double step = verdict.value > bound ? 1 - bound / verdict.value : bound / verdict.value - 1;
  return std::clamp(step, 0.0, 1.0);
}

// For advice: "7 days", "24 hours", "month".
std::string spoken(Window window) {
  const bool counted = window.kind == Window::Kind::days || window.kind == Window::Kind::hours;
  if (!counted) return to_string(window);
  const std::string_view unit = window.kind == Window::Kind::days ? "day" : "hour";
  return fmt::format("{} {}{}", window.length, unit, window.length == 1 ? "" : "s");
}

std::string window_text(const Calendar& calendar, const TimeframeNow& window) {
  const auto day_text = [&](Day day) {
    const std::string local = calendar.format_local(calendar.start_of(day));  // "Fri 20 Nov 00:00"
    return local.size() > 10 ? local.substr(4, local.size() - 10) : local;
  };
  if (!window.hours.empty()) return fmt::format("the last {} hours", window.hours.size());
  if (window.days.length() <= 1) return day_text(window.days.last);
  return day_text(window.days.first) + " to " + day_text(window.days.last);
}

}  // namespace

std::string id_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  hash ^= hash >> 32;
  hash *= 0x9E3779B97F4A7C15ull;
  hash ^= hash >> 29;
  return fmt::format("{:016x}", hash);
}

void Engine::State::explain_cause(const Checks& check, NodeIndex node, Alert& alert) const {
  Diagnosis why = diagnosis(check, node);
  alert.driver = std::move(why.driver);
  alert.deeper_drivers = std::move(why.deeper);
  alert.reason = std::move(why.reason);
  // What puts the figures in doubt is said with them, once: the diagnosis may have found the tracking broken
  // too.
  for (const SourceFinding* finding : findings_at(check, node)) {
    if (finding->kind == SourceFindingKind::conversions_stopped && alert.driver == kTrackingDriver) continue;
    if (!alert.reason.empty()) alert.reason += ' ';
    alert.reason += finding->text;
  }
  alert.segments = std::move(why.named);
  alert.segments_unit = why.unit;
}

LiveAlert Engine::State::make_alert(const Checks& check, NodeIndex node) const {
  const Target& target = *check.target;
  const Objective& objective = *check.objective;
  LiveAlert live_alert;
  live_alert.entity = rollups[check.rollup].nodes()[node];
  Alert& alert = live_alert.alert;
  alert.client = strategy.client;
  alert.objective = objective.name;
  alert.target = target.name;
  alert.kpi = target.kpi;
  alert.why_objective = objective.why;
  alert.owner = objective.owner;
  alert.severity = target.severity;
  alert.unit = check.kpi->unit;
  alert.better = check.kpi->better;
  alert.pace = target.pace;
  alert.currency = strategy.currency;
  alert.window = to_string(target.over);
  alert.window_text = window_text(calendar, frames_now[check.frame]);
  for (std::size_t i = 0; i < live_alert.entity.path.size(); ++i) {
    alert.dimensions.emplace_back(strategy.dimensions.names[i], live_alert.entity.path[i]);
  }
  alert.counted = counted_by(check);
  alert.pending_at = now;
  alert.off_since = calendar.format_with_zone(now);
  alert.id = id_of(fmt::format("{}\n{}\n{}\n{}\n{}", alert.client, alert.objective, alert.target,
                               fmt::join(live_alert.entity.path, "\t"), now.time_since_epoch().count()));
  return live_alert;
}

void Engine::State::set_briefed(CheckKey key, LiveAlert& live_alert, double value) {
  live_alert.briefed_value = value;
  checks[key.target].briefed[key.node] = value;
}

void Engine::State::renew_brief(CheckKey key, Effects& effects) {
  const Checks& check = checks[key.target];
  // Without figures, or while it is well, nothing new is to be said.
  if (check.is_live[key.node] == 0 || check.states[key.node] != VerdictState::off_target) return;
  LiveAlert& live_alert = live.at(key);
  if (live_alert.state.phase != AlertPhase::firing) return;
  const double value = verdict_without_evidence(check, key.node).value;
  if (!has_moved(live_alert.briefed_value, value)) return;
  set_briefed(key, live_alert, value);
  explain_cause(check, key.node, live_alert.alert);
  renew_recommendations(key);
  tell(AlertChange::Kind::updated, key, live_alert, effects);
}

void Engine::State::renew_recommendations(CheckKey key) {
  LiveAlert& live_alert = live.at(key);
  if (live_alert.state.phase != AlertPhase::firing) return;
  live_alert.alert.verdict = verdict(checks[key.target], key.node);
  std::vector<Recommendation> renewed = recommend(checks[key.target], key.node, live_alert);
  for (Recommendation& past : live_alert.alert.recommendations) {
    if (past.state == RecommendationState::open) continue;
    const auto same = std::find_if(renewed.begin(), renewed.end(),
                                   [&](const Recommendation& candidate) { return candidate.id == past.id; });
    if (same != renewed.end()) {
      past.rank = same->rank;
      *same = std::move(past);
    } else {
      past.rank = static_cast<std::uint32_t>(renewed.size());
      renewed.push_back(std::move(past));
    }
  }
  live_alert.alert.recommendations = std::move(renewed);
}

std::vector<Recommendation> Engine::State::recommend(const Checks& check, NodeIndex node,
                                                     const LiveAlert& live_alert) const {
  const auto& members = rollups[check.rollup].members(node);
  const Alert& alert = live_alert.alert;
  const TimeframeNow& window = frames_now[check.frame];
  const double days = std::max(1.0, hours_of_money(*check.kpi, window, members) / 24);
  Situation situation;
  situation.kpi = alert.kpi;
  situation.drivers = alert.deeper_drivers;
  // A cause is behind the factors that lead to it; a factor stands above those that it is made of.
  if (!alert.driver.empty()) {
    const auto place = is_cause(alert.driver) ? situation.drivers.end() : situation.drivers.begin();
    situation.drivers.insert(place, alert.driver);
  }
  situation.stake_per_hour = alert.verdict.stake_per_hour;
  situation.needed_step = needed_step(alert.verdict);
  situation.kpi_unit = alert.unit;
  situation.currency = alert.currency;
  situation.now = now;
  situation.client = alert.client;
  for (const SourceFinding* finding : findings_at(check, node)) situation.findings.push_back(finding->kind);
  const std::size_t channel = strategy.dimensions.index_of("channel");
  std::set<std::string> channels;
  for (const EntityIndex member : members) channels.emplace(entities[member].at(channel));
  situation.channels.assign(channels.begin(), channels.end());
  situation.figure = [&](const Input& input) { return figure(input, check, node); };
  situation.unit_of = [&](std::string_view name) {
    const Kpi* kpi = strategy.find_kpi(name);
    return kpi == nullptr ? Unit::number : kpi->unit;
  };
  situation.value = [&](std::string_view name) {
    const Verdict& verdict = alert.verdict;
    if (name == "value") return verdict.value;
    if (name == "bound") return bound_of(verdict);
    if (name == "gap") return verdict.gap_ratio;
    if (name == "stake_per_hour") return verdict.stake_per_hour;
    if (name == "stake_per_day") return verdict.stake_per_hour * 24;
    if (name == "spend_per_day") return figure_around("spend", check.target->over, members).now / days;
    if (name == "period_elapsed") {
      const auto& period = check.objective->budget;
      return period ? timeframe_now(calendar, {period->per, 0}, now).elapsed_share : window.elapsed_share;
    }
    if (name == "days_present") {
      int present = 0;
      for (Day day = window.days.first; day <= window.days.last; day = day + 1) {
        const auto& inputs = check.kpi->formula.inputs();
        present += std::any_of(inputs.begin(), inputs.end(), [&](const Input& input) {
          return !std::isnan(metric_over(input.name, members, {day, day}));
        });
      }
      return static_cast<double>(present);
    }
    const auto& budget = check.objective->budget;
    if (!budget) return kUndefined;
    if (name == "budget") return budget->amount;
    const std::size_t objective = static_cast<std::size_t>(check.objective - strategy.objectives.data());
    const Rollup& whole = rollups[objective_rollups[objective]];
    const double used =
        metric_over("spend", whole.members(0), timeframe_now(calendar, {budget->per, 0}, now).days);
    return name == "budget_used" ? used / budget->amount : kUndefined;
  };
  situation.text = [&](std::string_view name) -> std::string {
    if (name == "client") return alert.client;
    if (name == "objective") return alert.objective;
    if (name == "target") return alert.target;
    if (name == "kpi") return alert.kpi;
    if (name == "window") return spoken(check.target->over);
    if (name == "driver") return alert.driver;
    if (name == "entity")
      return live_alert.entity.path.empty() ? alert.objective : to_string(live_alert.entity);
    const std::size_t dimension = strategy.dimensions.index_of(name);
    if (dimension == strategy.dimensions.names.size()) return "";
    const std::string_view value = live_alert.entity.at(dimension);
    return value.empty() ? "all of " + alert.objective : std::string(value);
  };
  situation.last_done = [&](std::string_view playbook) -> std::optional<Timestamp> {
    const auto place = done.find({std::string(playbook), live_alert.entity});
    return place == done.end() ? std::nullopt : std::optional(place->second);
  };
  std::vector<Recommendation> recommendations;
  for (Advice& advice : advise(strategy.playbooks, situation)) {
    Recommendation& recommendation = recommendations.emplace_back();
    recommendation.id = id_of(alert.id + "\n" + advice.playbook->name);
    recommendation.alert = alert.id;
    recommendation.playbook = advice.playbook->name;
    recommendation.text = std::move(advice.text);
    recommendation.owner = advice.playbook->owner;
    recommendation.effort = advice.playbook->effort;
    recommendation.worth_per_day = advice.worth_per_day;
    recommendation.rank = static_cast<std::uint32_t>(recommendations.size() - 1);
    recommendation.made_at = now;
  }
  return recommendations;
}

}  // namespace tightrope::rules
