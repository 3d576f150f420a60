#include "daemon/rule_test_comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/rule_test_difference.h"
#include "rules/format.h"

namespace tightrope::daemon {
namespace {

using config::ExpectedAlertState;

std::optional<rules::TargetView> find_target(const rules::Engine& engine, const std::string& name) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    if (engine.target(i).target->name == name) return engine.target(i);
  }
  return std::nullopt;
}

std::string entity_name(const rules::Entity& entity) {
  const std::string text = to_string(entity);
  return text.empty() ? "(all)" : text;
}

// The sums that the value is made of.
void explain_figures(const rules::Engine& engine, const config::ExpectedVerdict& expected,
                     const rules::TargetView& view, std::vector<std::string>& lines) {
  const auto told = engine.explain(expected.target, expected.entity);
  if (!told) return;
  lines.push_back(fmt::format("{} = {} over {}, {} to {}:", view.kpi->name, view.kpi->formula.text(),
                              to_string(view.target->over), to_string(told->days.first),
                              to_string(told->days.last)));
  for (const auto& input : told->inputs) {
    const auto present = std::count_if(input.buckets.begin(), input.buckets.end(),
                                       [](const auto& bucket) { return !bucket.second.is_missing(); });
    const bool hourly = !input.buckets.empty() && !input.buckets.front().first.whole_day();
    lines.push_back(fmt::format("  {} {}, from {} of {} {}", input.metric, as_written(input.sum, false),
                                present, input.buckets.size(), hourly ? "hours" : "days"));
  }
}

bool is_of(const rules::Alert& alert, const std::string& target, const rules::Entity& entity) {
  if (alert.target != target) return false;
  rules::Entity own;
  for (std::size_t i = 0; i < alert.dimensions.size(); ++i) own.set(i, alert.dimensions[i].second);
  return own == entity;
}

bool is_live(const rules::Alert& alert) {
  return alert.phase == rules::AlertPhase::pending || alert.phase == rules::AlertPhase::firing;
}

ExpectedAlertState state_of(const rules::Alert& alert) {
  if (alert.phase == rules::AlertPhase::pending) return ExpectedAlertState::pending;
  if (alert.phase == rules::AlertPhase::resolved) return ExpectedAlertState::resolved;
  return alert.acknowledged_by.empty() ? ExpectedAlertState::firing : ExpectedAlertState::acknowledged;
}

std::string name_of(const rules::Alert& alert) {
  rules::Entity own;
  for (std::size_t i = 0; i < alert.dimensions.size(); ++i) own.set(i, alert.dimensions[i].second);
  return check_name(alert.target, own);
}

std::string in_a_line(const rules::Alert& alert, const rules::Calendar& calendar) {
  std::string line =
      fmt::format("{}: {} since {}, {}, value {}", name_of(alert), to_string(state_of(alert)),
                  calendar.format_local(alert.fired_at.value_or(alert.pending_at)), to_string(alert.severity),
                  rules::format_value(alert.verdict.value, alert.unit, alert.currency));
  if (!alert.driver.empty()) line += ", driver " + alert.driver;
  return line;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : text;
}

DifferenceTable compare_one(const config::ExpectedAlert& expected, const rules::Alert& got,
                            const rules::Calendar& calendar) {
  DifferenceTable table;
  table.text("state", std::string(to_string(expected.state)), std::string(to_string(state_of(got))));
  if (expected.severity) {
    table.text("severity", std::string(to_string(*expected.severity)), std::string(to_string(got.severity)));
  }
  if (expected.driver) table.text("driver", or_none(*expected.driver), or_none(got.driver));
  table.contains("reason", expected.reason_contains, got.reason);
  if (expected.acknowledged_by)
    table.text("acknowledged_by", *expected.acknowledged_by, or_none(got.acknowledged_by));
  if (expected.fired_at) {
    const auto shown = [&](std::optional<rules::Timestamp> time) {
      return time ? fmt::format("{} ({})", calendar.format_local(*time), rules::to_rfc3339(*time))
                  : std::string("never");
    };
    table.text("fired_at", shown(expected.fired_at), shown(got.fired_at));
  }
  const auto yes_or_no = [](bool truth) { return std::string(truth ? "true" : "false"); };
  if (expected.amended)
    table.text("amended", yes_or_no(*expected.amended), yes_or_no(got.amendment.has_value()));
  table.figure("amended_to", expected.amended_to,
               got.amendment ? got.amendment->value_now : rules::kUndefined, config::kFigureTolerance);
  if (expected.would_have_fired) {
    table.text("would_have_fired", yes_or_no(*expected.would_have_fired),
               got.amendment ? yes_or_no(got.amendment->would_have_fired) : "(not amended)");
  }
  return table;
}

// Why a playbook that was expected is not there, as far as it shows.
std::string why_not(const rules::Engine& engine, const rules::Alert& alert, const std::string& name) {
  const auto& playbooks = engine.strategy().playbooks;
  const auto playbook =
      std::find_if(playbooks.begin(), playbooks.end(), [&](const auto& known) { return known.name == name; });
  if (playbook == playbooks.end()) return fmt::format("{} is no playbook of the strategy", name);
  const auto decided = std::find_if(alert.recommendations.begin(), alert.recommendations.end(),
                                    [&](const auto& made) { return made.playbook == name; });
  if (decided != alert.recommendations.end())
    return fmt::format("{} was decided: {}", name, to_string(decided->state));
  if (!playbook->kpi.empty() && playbook->kpi != alert.kpi)
    return fmt::format("{} is for {}, and this target is on {}", name, playbook->kpi, alert.kpi);
  const auto& deeper = alert.deeper_drivers;
  if (!playbook->driver.empty() && playbook->driver != alert.driver &&
      std::find(deeper.begin(), deeper.end(), playbook->driver) == deeper.end()) {
    return fmt::format("{} is for the driver {}, and here it is {}{}{}", name, playbook->driver,
                       or_none(alert.driver), deeper.empty() ? "" : ", by ", fmt::join(deeper, ", "));
  }
  if (!playbook->channels.empty() || !playbook->clients.empty()) {
    return fmt::format(
        "{} does not apply, or rests after it was done; it is for the channels {} and clients {}{}", name,
        playbook->channels.empty() ? "*" : fmt::format("{}", fmt::join(playbook->channels, ", ")),
        playbook->clients.empty() ? "*" : fmt::format("{}", fmt::join(playbook->clients, ", ")),
        playbook->when ? "; when: " + std::string(playbook->when->text()) : std::string());
  }
  if (!playbook->when) return fmt::format("{} was done so recently that it rests", name);
  return fmt::format("{} does not apply, or rests after it was done; when: {}", name, playbook->when->text());
}

std::string joined(const std::vector<std::string>& names) {
  return names.empty() ? "(none)" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string check_name(const std::string& target, const rules::Entity& entity) {
  return entity.path.empty() ? target : target + " at " + to_string(entity);
}

std::optional<rules::Alert> find_live_alert(const rules::Engine& engine, const std::string& target,
                                            const rules::Entity& entity) {
  for (auto& alert : engine.alerts()) {
    if (is_live(alert) && is_of(alert, target, entity)) return std::move(alert);
  }
  return std::nullopt;
}

std::vector<std::string> list_live_alerts(const rules::Engine& engine) {
  std::vector<std::string> lines;
  for (const auto& alert : engine.alerts()) {
    if (is_live(alert)) lines.push_back(in_a_line(alert, engine.calendar()));
  }
  if (lines.empty()) return {"no alert is pending or firing"};
  lines.insert(lines.begin(), "there are:");
  return lines;
}

std::optional<Difference> compare(const config::ExpectedVerdict& expected, const rules::Engine& engine) {
  Difference difference{
      expected.where, fmt::format("verdict of {}", check_name(expected.target, expected.entity)), {}};
  const auto view = find_target(engine, expected.target);
  if (!view) {
    difference.details.emplace_back("the strategy has no such target");
    return difference;
  }
  const auto place = std::find(view->entities.begin(), view->entities.end(), expected.entity);
  if (place == view->entities.end()) {
    std::vector<std::string> names;
    for (const auto& entity : view->entities) names.push_back(entity_name(entity));
    difference.details.push_back(
        fmt::format("nothing of it is known; the target is checked at: {}", joined(names)));
    return difference;
  }
  const rules::Verdict got = view->verdicts[static_cast<std::size_t>(place - view->entities.begin())];
  DifferenceTable table;
  if (expected.state) {
    table.text("state", std::string(to_string(*expected.state)), std::string(to_string(got.state)));
  }
  if (expected.reason) table.text("reason", *expected.reason, std::string(to_string(got.reason)));
  table.figure("value", expected.value, got.value, expected.tolerance);
  table.figure("gap", expected.gap, got.gap_ratio, expected.tolerance);
  table.figure("low", expected.low, got.low, expected.tolerance);
  table.figure("high", expected.high, got.high, expected.tolerance);
  table.figure("stake_per_hour", expected.stake_per_hour, got.stake_per_hour, expected.tolerance);
  if (table.agrees_in_all()) return std::nullopt;
  difference.details = table.lines();
  difference.details.push_back(fmt::format("{} {}, because {}", view->kpi->name, as_written(got.value, false),
                                           rules::explain(got.reason)));
  explain_figures(engine, expected, *view, difference.details);
  return difference;
}

std::optional<Difference> compare_alerts(const config::Expectation& expected, const rules::Engine& engine) {
  const std::vector<rules::Alert> alerts = engine.alerts();  // pending and firing ones come first
  std::vector<bool> named(alerts.size(), false);
  Difference difference{expected.where, "alerts", {}};
  for (const auto& wanted : *expected.alerts) {
    const auto place = std::find_if(alerts.begin(), alerts.end(), [&](const rules::Alert& alert) {
      return is_of(alert, wanted.target, wanted.entity) &&
             (is_live(alert) || wanted.state == ExpectedAlertState::resolved);
    });
    if (place == alerts.end()) {
      difference.details.push_back(fmt::format("- {}: {} (line {})", check_name(wanted.target, wanted.entity),
                                               to_string(wanted.state), wanted.where.line));
      continue;
    }
    named[static_cast<std::size_t>(place - alerts.begin())] = true;
    const DifferenceTable table = compare_one(wanted, *place, engine.calendar());
    if (table.agrees_in_all()) continue;
    difference.details.push_back(fmt::format("! {} (line {})", name_of(*place), wanted.where.line));
    for (const std::string& line : table.lines()) difference.details.push_back("    " + line);
  }
  for (std::size_t i = 0; i < alerts.size() && expected.compare == config::Expectation::Alerts::all; ++i) {
    if (is_live(alerts[i]) && !named[i])
      difference.details.push_back("+ " + in_a_line(alerts[i], engine.calendar()));
  }
  if (difference.details.empty()) return std::nullopt;
  difference.problem = "alerts: - is missing, + was not expected, ! is different";
  return difference;
}

std::optional<Difference> compare(const config::ExpectedAdvice& expected, const rules::Engine& engine) {
  const std::string check = check_name(expected.target, expected.entity);
  Difference difference{expected.where, fmt::format("recommendations for {}", check), {}};
  const auto alert = find_live_alert(engine, expected.target, expected.entity);
  if (!alert) {
    difference.details.emplace_back("there is no alert, so nothing is recommended");
    for (std::string& line : list_live_alerts(engine)) difference.details.push_back(std::move(line));
    return difference;
  }
  std::vector<std::string> got;
  std::string text;  // of the leading one
  for (const auto& recommendation : alert->recommendations) {
    if (recommendation.state != rules::RecommendationState::open) continue;
    if (got.empty()) text = recommendation.text;
    got.push_back(recommendation.playbook);
  }
  const auto has = [&](const std::string& name) {
    return std::find(got.begin(), got.end(), name) != got.end();
  };
  DifferenceTable table;
  std::vector<std::string> missing;
  const auto want = [&](const std::string& name) {
    if (!has(name) && std::find(missing.begin(), missing.end(), name) == missing.end())
      missing.push_back(name);
  };
  if (expected.lead) {
    table.text("lead", *expected.lead, got.empty() ? "(none)" : got.front());
    want(*expected.lead);
  }
  if (expected.playbooks) {
    table.text("playbooks", joined(*expected.playbooks), joined(got));
    for (const std::string& name : *expected.playbooks) want(name);
  }
  for (const std::string& name : expected.includes) {
    if (!has(name)) table.text("includes", name, joined(got));
    want(name);
  }
  for (const std::string& name : expected.excludes) {
    if (has(name)) table.text("excludes", "not " + name, joined(got));
  }
  if (expected.text) table.text("text", *expected.text, text);
  table.contains("text", expected.text_contains, text);
  if (table.agrees_in_all()) return std::nullopt;
  difference.details = table.lines();
  for (const std::string& name : missing) difference.details.push_back(why_not(engine, *alert, name));
  difference.details.push_back(
      fmt::format("the alert: {}{}{}", to_string(state_of(*alert)),
                  alert->driver.empty() ? ", no driver" : ", driver " + alert->driver,
                  alert->reason.empty() ? "" : "; " + alert->reason));
  return difference;
}

}  // namespace tightrope::daemon
