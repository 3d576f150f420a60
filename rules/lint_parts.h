// The parts of lint(). Private to rules/.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/condition_set.h"
#include "rules/formula_tree.h"
#include "rules/lint.h"

namespace tightrope::rules {

// What figures can be.
class FigureRanges {
 public:
  explicit FigureRanges(const Strategy& strategy);

  Interval of_metric(std::string_view metric) const;
  // Of every value that it can have, by its formula.
  Interval of_kpi(std::string_view kpi) const;
  // With what is likely but not certain; of_kpi() where there is nothing to add.
  Interval likely_of_kpi(std::string_view kpi) const;
  // Of an input of a playbook's condition. What playbooks are given by name is in target.h. Empty for those
  // of a budget where there is none.
  Interval of_input(const Input& input, const Playbook& playbook, bool with_budget, bool likely) const;

 private:
  Interval of_value(std::string_view name, const Playbook& playbook, bool with_budget, bool likely) const;

  std::unordered_map<std::string, Interval> metrics_;
  std::unordered_map<std::string, Interval> kpis_;
};

// A condition as ConditionSet takes it: the playbook's own values are its own, everything else is shared.
void add_condition(ConditionSet& conditions, const Playbook& playbook, const FigureRanges& ranges,
                   const Strategy& strategy, bool with_budget, bool likely);

// Whether some alert on the KPI has this driver.
bool can_drive(std::string_view driver, std::string_view kpi) noexcept;
// Whether the playbook is for alerts of the target, its condition aside.
bool answers(const Playbook& playbook, const Target& target) noexcept;

// "45.10 EUR"; the range's end that has no figure reads "n/a".
std::string figure_text(const Strategy& strategy, const Kpi& kpi, double value);
// "at most 45.10 EUR", "between 8 % and 25 %"
std::string bound_text(const Strategy& strategy, const Target& target, const Kpi& kpi, const Bound& bound);

void lint_targets(const Strategy& strategy, const FigureRanges& ranges, std::vector<Finding>& findings);
void lint_redundancy(const Strategy& strategy, std::vector<Finding>& findings);
void lint_objectives(const Strategy& strategy, std::vector<Finding>& findings);
void lint_contradictions(const Strategy& strategy, const FigureRanges& ranges,
                         std::vector<Finding>& findings);
void lint_playbooks(const Strategy& strategy, const FigureRanges& ranges, std::vector<Finding>& findings);

}  // namespace tightrope::rules
