// Playbooks: those that no alert fits, and those that pull against each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "rules/diagnosis.h"
#include "rules/lint_parts.h"
#include "rules/template.h"

namespace tightrope::rules {
namespace {

Finding about_playbook(const Strategy& strategy, FindingKind kind, const Playbook& playbook, std::string key,
                       std::string problem, std::string remedy) {
  return {.kind = kind,
          .client = strategy.client,
          .about = {{Subject::Kind::playbook, playbook.name, std::move(key)}},
          .problem = std::move(problem),
          .remedy = std::move(remedy)};
}

// Whether `find` holds for a target, with its objective.
template <class Predicate>
const Target* find_target(const Strategy& strategy, Predicate find) {
  for (const Objective& objective : strategy.objectives) {
    for (const Target& target : objective.targets) {
      if (find(objective, target)) return &target;
    }
  }
  return nullptr;
}

bool drives_something(const Strategy& strategy, std::string_view driver) {
  return std::any_of(strategy.kpis.begin(), strategy.kpis.end(),
                     [driver](const Kpi& kpi) { return can_drive(driver, kpi.name); });
}

bool condition_possible(const Strategy& strategy, const FigureRanges& ranges, const Playbook& playbook,
                        bool with_budget, bool likely) {
  ConditionSet conditions;
  add_condition(conditions, playbook, ranges, strategy, with_budget, likely);
  return conditions.possible();
}

// Whether the playbook names a driver that its alerts cannot have.
bool lint_driver(const Strategy& strategy, const Playbook& playbook, std::vector<Finding>& findings) {
  if (playbook.driver.empty()) return false;
  std::string problem;
  std::string remedy;
  if (playbook.kpi.empty()) {
    if (drives_something(strategy, playbook.driver)) return false;
    problem = fmt::format("{} is not a factor of any KPI, so it leads no gap and the playbook never applies",
                          playbook.driver);
    remedy = "remove the driver, or put what it stands for into when";
  } else {
    if (can_drive(playbook.driver, playbook.kpi)) return false;
    const std::vector<std::string_view> factors = factors_below(playbook.kpi);
    problem =
        fmt::format("{} is not a factor of {}, so it never leads its gap and the playbook never applies",
                    playbook.driver, playbook.kpi);
    remedy = factors.empty() ? fmt::format("{} has no factors: remove the driver", playbook.kpi)
                             : fmt::format("its factors: {}", fmt::join(factors, ", "));
  }
  findings.push_back(about_playbook(strategy, FindingKind::never_applies, playbook, "applies.driver",
                                    std::move(problem), std::move(remedy)));
  return true;
}

// Whether the condition is false whatever the figures.
bool lint_condition(const Strategy& strategy, const FigureRanges& ranges, const Playbook& playbook,
                    std::vector<Finding>& findings) {
  if (!playbook.when) return false;
  for (const bool likely : {false, true}) {
    if (condition_possible(strategy, ranges, playbook, true, likely)) continue;
    Finding finding =
        about_playbook(strategy, FindingKind::never_applies, playbook, "when",
                       fmt::format("\"{}\" is {} true, so the playbook {} applies", playbook.when->text(),
                                   likely ? "likely never" : "never", likely ? "likely never" : "never"),
                       "correct the condition: no figures can meet all of it");
    finding.likely = likely;
    findings.push_back(std::move(finding));
    return true;
  }
  return false;
}

void lint_use(const Strategy& strategy, const FigureRanges& ranges, const Playbook& playbook,
              std::vector<Finding>& findings) {
  const auto note = [&](std::string key, std::string problem, std::string remedy) {
    findings.push_back(about_playbook(strategy, FindingKind::unused, playbook, std::move(key),
                                      std::move(problem), std::move(remedy)));
    findings.back().is_note = true;
  };
  if (find_target(strategy, [&](const auto&, const Target& target) { return answers(playbook, target); }) ==
      nullptr) {
    const bool by_kpi = !playbook.kpi.empty();
    note(by_kpi                    ? "applies.kpi"
         : playbook.driver.empty() ? "name"
                                   : "applies.driver",
         by_kpi
             ? fmt::format("no objective has a target on {}, so the playbook is not used here", playbook.kpi)
         : playbook.driver.empty()
             ? std::string("there is no target, so the playbook is not used here")
             : fmt::format("no target's KPI has {} as a factor, so the playbook is not used here",
                           playbook.driver),
         by_kpi ? fmt::format("add a target on {}, or leave the playbook out", playbook.kpi)
                : "leave the playbook out, or add such a target");
    return;
  }
  if (condition_possible(strategy, ranges, playbook, false, false)) return;
  const Target* budgeted = find_target(strategy, [&](const Objective& objective, const Target& target) {
    return objective.budget && answers(playbook, target);
  });
  if (budgeted != nullptr) return;
  note("when", "the condition needs a budget, and no objective that it could be for has one",
       "give the objective a budget");
}

// Numbers make advice checkable: {step:.0%}, not only {campaign}.
void lint_advice(const Strategy& strategy, const Playbook& playbook, std::vector<Finding>& findings) {
  const std::vector<std::string> texts = playbook_texts(strategy.dimensions);
  bool has_number = false;
  const auto look = [&](std::string_view name) -> std::optional<TemplateValue> {
    has_number = has_number || std::find(texts.begin(), texts.end(), name) == texts.end();
    return std::nullopt;
  };
  render_template(playbook.advise, look, strategy.currency);
  if (has_number) return;
  findings.push_back(about_playbook(strategy, FindingKind::advice_without_numbers, playbook, "advise",
                                    "the advice carries no number, so nobody can see how much or how bad",
                                    "name one, such as {value}, {bound} or {step:.0%}"));
  findings.back().is_note = true;
}

struct Pull {
  std::string lever;
  bool first_up;
};

std::optional<Pull> opposite_pull(const Playbook& a, const Playbook& b) {
  for (const LeverChange& one : a.changes) {
    for (const LeverChange& other : b.changes) {
      if (one.lever == other.lever && one.direction != other.direction)
        return Pull{one.lever, one.direction == Direction::up};
    }
  }
  return std::nullopt;
}

// Whether one alert can have both drivers: one stands below the other on the way down, or is a cause of it.
bool can_lead_together(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a == b) return true;
  if (a == kTrackingDriver || b == kTrackingDriver) return false;
  return is_cause(a) || is_cause(b) || is_factor_below(a, b) || is_factor_below(b, a);
}

void lint_pair(const Strategy& strategy, const FigureRanges& ranges, const Playbook& a, const Playbook& b,
               std::vector<Finding>& findings) {
  const std::optional<Pull> pull = opposite_pull(a, b);
  if (!pull || !can_lead_together(a.driver, b.driver)) return;
  const auto both_for = [&](bool with_budget) {
    return find_target(strategy, [&](const Objective& objective, const Target& target) {
      return answers(a, target) && answers(b, target) && objective.budget.has_value() == with_budget;
    });
  };
  for (const bool with_budget : {true, false}) {
    const Target* target = both_for(with_budget);
    if (target == nullptr) continue;
    ConditionSet conditions;
    add_condition(conditions, a, ranges, strategy, with_budget, false);
    add_condition(conditions, b, ranges, strategy, with_budget, false);
    if (!conditions.possible()) continue;
    findings.push_back(
        {.kind = FindingKind::opposite_playbooks,
         .client = strategy.client,
         .about = {{Subject::Kind::playbook, b.name, "changes." + pull->lever},
                   {Subject::Kind::playbook, a.name, "changes." + pull->lever},
                   {Subject::Kind::target, target->name, ""}},
         .problem =
             fmt::format("\"{}\" moves the {} {} and \"{}\" moves it {}, and an alert on {} (target \"{}\") "
                         "can be answered by both",
                         b.name, pull->lever, pull->first_up ? "down" : "up", a.name,
                         pull->first_up ? "up" : "down", target->kpi, target->name),
         .remedy = "keep them apart: conditions in when that exclude each other, or another kpi or driver"});
    return;
  }
}

}  // namespace

void lint_playbooks(const Strategy& strategy, const FigureRanges& ranges, std::vector<Finding>& findings) {
  for (const Playbook& playbook : strategy.playbooks) {
    const bool bad_driver = lint_driver(strategy, playbook, findings);
    const bool bad_condition = lint_condition(strategy, ranges, playbook, findings);
    if (!bad_driver && !bad_condition) lint_use(strategy, ranges, playbook, findings);
    lint_advice(strategy, playbook, findings);
  }
  for (std::size_t i = 0; i < strategy.playbooks.size(); ++i) {
    for (std::size_t j = i + 1; j < strategy.playbooks.size(); ++j)
      lint_pair(strategy, ranges, strategy.playbooks[i], strategy.playbooks[j], findings);
  }
}

}  // namespace tightrope::rules
