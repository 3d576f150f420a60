// What figures can be, from their units and formulas, and from what is known of the built-in KPIs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/diagnosis.h"
#include "rules/format.h"
#include "rules/lint_parts.h"

namespace tightrope::rules {
namespace {

struct LikelyRange {
  std::string_view kpi;
  Interval range;
};

// Shares of what contains them, as far as every part is counted with its whole. Not here: ratios of figures
// of which one need not contain the other (sessions per click, returns per order).
constexpr Interval kShare{0, 1};
constexpr std::array kLikely{
    LikelyRange{"ctr", kShare},
    LikelyRange{"cvr", kShare},
    LikelyRange{"session_cvr", kShare},
    LikelyRange{"lead_rate", kShare},
    LikelyRange{"qualified_rate", kShare},
    LikelyRange{"opportunity_rate", kShare},
    LikelyRange{"install_rate", kShare},
    LikelyRange{"trial_rate", kShare},
    LikelyRange{"bounce_rate", kShare},
    LikelyRange{"cart_rate", kShare},
    LikelyRange{"cart_abandonment_rate", kShare},
    LikelyRange{"checkout_rate", kShare},
    LikelyRange{"view_rate", kShare},
    LikelyRange{"video_completion_rate", kShare},
    LikelyRange{"viewability", kShare},
    LikelyRange{"impression_share", kShare},
    LikelyRange{"impression_share_lost_rank", kShare},
    LikelyRange{"impression_share_lost_budget", kShare},
    LikelyRange{"delivery_rate", kShare},
    LikelyRange{"open_rate", kShare},
    LikelyRange{"email_ctr", kShare},
    LikelyRange{"click_to_open_rate", kShare},
    LikelyRange{"unsubscribe_rate", kShare},
    LikelyRange{"spam_complaint_rate", kShare},
    LikelyRange{"new_customer_share", kShare},
    LikelyRange{"repeat_rate", kShare},
    LikelyRange{"churn_rate", kShare},
    LikelyRange{"retention_rate", kShare},
    LikelyRange{"strategy_time_share", kShare},
    LikelyRange{"execution_time_share", kShare},
    LikelyRange{"strategy_spend_share", kShare},
    LikelyRange{"nps", {-1, 1}},
    LikelyRange{"profit_margin", Interval::at_most(1)},
};

Interval metric_range(const Metric& metric) {
  if (metric.unit == Unit::count || metric.unit == Unit::duration) return Interval::at_least(0);
  const bool is_cost = metric.name == "spend" || metric.name == "strategy_spend";
  return is_cost ? Interval::at_least(0) : Interval::all();
}

constexpr std::string_view kBudgetNames[] = {"budget", "budget_used"};
constexpr std::string_view kOwnNames[] = {"step", "max_step", "bid_after", "budget_after"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

FigureRanges::FigureRanges(const Strategy& strategy) {
  for (const Metric& metric : strategy.metrics) metrics_.emplace(metric.name, metric_range(metric));
  for (const Kpi& kpi : strategy.kpis) {
    Box inputs;
    for (const Input& input : kpi.formula.inputs()) inputs.push_back(of_metric(input.name));
    kpis_.emplace(kpi.name, FormulaTree(kpi.formula).range(inputs));
  }
}

Interval FigureRanges::of_metric(std::string_view metric) const {
  const auto place = metrics_.find(std::string(metric));
  return place == metrics_.end() ? Interval::all() : place->second;
}

Interval FigureRanges::of_kpi(std::string_view kpi) const {
  const auto place = kpis_.find(std::string(kpi));
  return place == kpis_.end() ? of_metric(kpi) : place->second;
}

Interval FigureRanges::likely_of_kpi(std::string_view kpi) const {
  const auto place =
      std::find_if(kLikely.begin(), kLikely.end(), [kpi](const LikelyRange& one) { return one.kpi == kpi; });
  return place == kLikely.end() ? of_kpi(kpi) : intersection(of_kpi(kpi), place->range);
}

Interval FigureRanges::of_input(const Input& input, const Playbook& playbook, bool with_budget,
                                bool likely) const {
  if (input.kind == Name::Kind::value) return of_value(input.name, playbook, with_budget, likely);
  const Interval figure = likely ? likely_of_kpi(input.name) : of_kpi(input.name);
  return input.of == Input::Of::siblings ? Interval::at_least(1) : figure;
}

Interval FigureRanges::of_value(std::string_view name, const Playbook& playbook, bool with_budget,
                                bool likely) const {
  if (is_one_of(name, kBudgetNames)) return with_budget ? Interval::at_least(0) : Interval::none();
  if (name == "value" && !playbook.kpi.empty())
    return likely ? likely_of_kpi(playbook.kpi) : of_kpi(playbook.kpi);
  if (name == "step") return {0, playbook.max_step};
  if (name == "max_step") return Interval::point(playbook.max_step);
  if (name == "period_elapsed") return {0, 1};
  const bool is_amount =
      name == "bid_after" || name == "budget_after" || name == "spend_per_day" || name == "days_present";
  return is_amount ? Interval::at_least(0) : Interval::all();
}

void add_condition(ConditionSet& conditions, const Playbook& playbook, const FigureRanges& ranges,
                   const Strategy& strategy, bool with_budget, bool likely) {
  if (!playbook.when) return;
  const auto name = [&playbook](const Input& input) {
    const bool own = input.kind == Name::Kind::value && is_one_of(input.name, kOwnNames);
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", input.name, input.over ? to_string(*input.over) : "",
                       input.earlier, input.weekdays, static_cast<int>(input.of), own ? playbook.name : "");
  };
  const auto range = [&](const Input& input) {
    return ranges.of_input(input, playbook, with_budget, likely);
  };
  conditions.add(*playbook.when, name, range);
  for (const Input& input : playbook.when->inputs()) {
    if (input.kind != Name::Kind::kpi || input.over || input.of != Input::Of::entity) continue;
    if (const Kpi* kpi = strategy.find_kpi(input.name))
      conditions.define(name(input), kpi->formula, name, range);
  }
}

bool can_drive(std::string_view driver, std::string_view kpi) noexcept {
  // What the diagnosis says when results stop while clicks go on, or when fewer people are there to reach.
  return is_cause(driver) || is_factor_below(driver, kpi);
}

bool answers(const Playbook& playbook, const Target& target) noexcept {
  return (playbook.kpi.empty() || playbook.kpi == target.kpi) &&
         (playbook.driver.empty() || can_drive(playbook.driver, target.kpi));
}

std::string figure_text(const Strategy& strategy, const Kpi& kpi, double value) {
  return format_value(value, kpi.unit, strategy.currency);
}

std::string bound_text(const Strategy& strategy, const Target& target, const Kpi& kpi, const Bound& bound) {
  const std::string low = figure_text(strategy, kpi, bound.low);
  const std::string high = figure_text(strategy, kpi, bound.high);
  switch (target.kind) {
    case BoundKind::at_most:
      return "at most " + high;
    case BoundKind::at_least:
      return "at least " + low;
    case BoundKind::between:
      break;
  }
  return "between " + low + " and " + high;
}

}  // namespace tightrope::rules
