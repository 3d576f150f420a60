// Targets by themselves: bounds outside of what the KPI can be, and settings that keep a target silent.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "rules/lint_parts.h"
#include "rules/match_overlap.h"

namespace tightrope::rules {
namespace {

// What a side of a bound can be while its period goes on.
Interval limits(const Target& target, double bound) {
  return target.pace ? hull(Interval::point(0), Interval::point(bound)) : Interval::point(bound);
}

bool can_miss(const Target& target, const Bound& bound, Interval figures) {
  const bool too_high = target.kind != BoundKind::at_least && figures.high > limits(target, bound.high).low;
  const bool too_low = target.kind != BoundKind::at_most && figures.low < limits(target, bound.low).high;
  return !figures.empty() && (too_high || too_low);
}

bool can_meet(const Target& target, const Bound& bound, Interval figures) {
  const double low = target.kind == BoundKind::at_most ? -INFINITY : bound.low;
  const double high = target.kind == BoundKind::at_least ? INFINITY : bound.high;
  return !intersection(figures, {low, high}).empty();
}

// All bounds of the target, those of exceptions included.
std::vector<Bound> all_bounds(const Target& target) {
  std::vector<Bound> bounds = target.bounds;
  for (const BoundException& exception : target.exceptions)
    bounds.insert(bounds.end(), exception.bounds.begin(), exception.bounds.end());
  return bounds;
}

class TargetLint {
 public:
  TargetLint(const Strategy& strategy, const FigureRanges& ranges, const Objective& objective,
             const Target& target, const Kpi& kpi, std::vector<Finding>& findings)
      : strategy_(strategy),
        ranges_(ranges),
        objective_(objective),
        target_(target),
        kpi_(kpi),
        findings_(findings) {}

  void run() {
    if (!out_of_range()) starved();
    slow_to_fire();
    all_campaigns();
    no_advice();
  }

 private:
  void add(FindingKind kind, std::string key, std::string problem, std::string remedy, bool likely = false,
           bool is_note = false) {
    findings_.push_back({.kind = kind,
                         .is_note = is_note,
                         .likely = likely,
                         .client = strategy_.client,
                         .about = {{Subject::Kind::target, target_.name, std::move(key)}},
                         .problem = std::move(problem),
                         .remedy = std::move(remedy)});
  }

  std::string key() const { return std::string(to_string(target_.kind)); }
  std::string text(double value) const { return figure_text(strategy_, kpi_, value); }

  // "never below 0" and the like: the ends of the range that settle it.
  std::string range_text(Interval range, bool low, bool high, bool likely) const {
    const std::string_view never = likely ? "is likely never" : "is never";
    if (low && high)
      return fmt::format("{} {} below {} or above {}", kpi_.name, never, text(range.low), text(range.high));
    if (low) return fmt::format("{} {} below {}", kpi_.name, never, text(range.low));
    return fmt::format("{} {} above {}", kpi_.name, never, text(range.high));
  }

  // A price without a result has no value, and is judged all the same: judge() in verdict.h.
  bool missed_without_value() const {
    return target_.kind != BoundKind::at_least && kpi_.formula.is_quotient() &&
           kpi_.formula.denominator_unit() == Unit::count;
  }

  bool out_of_range() {
    for (const bool likely : {false, true}) {
      const Interval range = likely ? ranges_.likely_of_kpi(kpi_.name) : ranges_.of_kpi(kpi_.name);
      if (!std::isfinite(range.low) && !std::isfinite(range.high)) continue;
      if (unreachable(range, likely) || always_met(range, likely)) return true;
    }
    return false;
  }

  bool always_met(Interval range, bool likely) {
    if (target_.no_data == NoData::alert || target_.pacing.rollover) return false;
    if (!likely && missed_without_value()) return false;
    const std::vector<Bound> bounds = all_bounds(target_);
    const bool missed = std::any_of(bounds.begin(), bounds.end(),
                                    [&](const Bound& bound) { return can_miss(target_, bound, range); });
    if (missed) return false;
    add(FindingKind::never_fires, key(),
        fmt::format("{}, so {} is always met and the target {} fires",
                    range_text(range, target_.kind != BoundKind::at_most, target_.kind != BoundKind::at_least,
                               likely),
                    bound_text(strategy_, target_, kpi_, bounds.front()), likely ? "likely never" : "never"),
        "set a bound that figures can miss, or remove the target", likely);
    return true;
  }

  bool unreachable(Interval range, bool likely) {
    if (target_.pace) return false;
    const auto place = std::find_if(target_.bounds.begin(), target_.bounds.end(),
                                    [&](const Bound& bound) { return !can_meet(target_, bound, range); });
    if (place == target_.bounds.end()) return false;
    const std::string since =
        place->from == kFirstDay ? "" : fmt::format(" from {} on", to_string(place->from));
    const bool too_much = target_.kind != BoundKind::at_most && place->low > range.high;
    const bool percent = kpi_.unit == Unit::ratio && range.high <= 1 && place->low > 1;
    add(FindingKind::never_met, key(),
        fmt::format("{}, so {} is {} missed{}", range_text(range, !too_much, too_much, likely),
                    bound_text(strategy_, target_, kpi_, *place), likely ? "likely always" : "always", since),
        percent ? fmt::format("for {0} percent write {0}%", fmt::format("{:g}", place->low))
                : "set a bound that figures can meet",
        likely);
    return true;
  }

  // Whatever would miss the bound is below min_volume, and so is only watched.
  void starved() {
    if (target_.min_volume.empty() || target_.no_data == NoData::alert || target_.pacing.rollover ||
        missed_without_value()) {
      return;
    }
    Box inputs;
    for (const Input& input : kpi_.formula.inputs()) {
      Interval range = ranges_.of_metric(input.name);
      for (const MinimumVolume& volume : target_.min_volume) {
        if (volume.metric == input.name) range = intersection(range, Interval::at_least(volume.amount));
      }
      inputs.push_back(range);
    }
    const Interval range = FormulaTree(kpi_.formula).range(inputs);
    for (const Bound& bound : all_bounds(target_)) {
      if (can_miss(target_, bound, range)) return;
    }
    std::string volumes;
    for (const MinimumVolume& volume : target_.min_volume) {
      volumes += fmt::format("{}{:g} {}", volumes.empty() ? "" : ", ", volume.amount, volume.metric);
    }
    add(FindingKind::never_fires, "min_volume",
        fmt::format(
            "with the min_volume of {}, {} is {} at least: {} is then always met, and anything less is "
            "only watched, so the target never fires",
            volumes, kpi_.name, text(range.low),
            bound_text(strategy_, target_, kpi_, target_.bounds.front())),
        "lower min_volume, or name another metric in it");
  }

  void slow_to_fire() {
    using Kind = Window::Kind;
    const Kind kind = target_.over.kind;
    if (kind == Kind::today && target_.hold >= std::chrono::hours(24)) {
      add(FindingKind::slow_to_fire, "for",
          "today's figures begin anew at midnight, so a miss likely never lasts the day or more that \"for\" "
          "asks",
          "shorten it, or check over 7d", true);
    } else if (kind == Kind::hours && target_.hold > std::chrono::hours(target_.over.length)) {
      add(FindingKind::slow_to_fire, "for",
          fmt::format(
              "\"for\" is longer than the window of {} hours: no figure that began the miss is still in it "
              "when the target fires",
              target_.over.length),
          "shorten it, or check over a longer window", false, true);
    }
  }

  void all_campaigns() {
    if (target_.per.depth == Level::kObjective || !objective_.match.empty()) return;
    add(FindingKind::all_campaigns, "per",
        fmt::format("objective \"{}\" has no match, so this is checked on every {} of the client",
                    objective_.name,
                    strategy_.dimensions.names[static_cast<std::size_t>(target_.per.depth) - 1]),
        "give the objective a match if it is for some of them", false, true);
  }

  void no_advice() {
    const auto& playbooks = strategy_.playbooks;
    const bool answered = std::any_of(playbooks.begin(), playbooks.end(), [this](const Playbook& playbook) {
      return answers(playbook, target_) && !playbook.finding;
    });
    if (answered) return;
    add(FindingKind::no_advice, "kpi",
        fmt::format("no playbook is for alerts on {}, so they come without advice", kpi_.name),
        fmt::format("add a playbook with applies: {{kpi: {}}}, or include config/playbooks", kpi_.name),
        false, true);
  }

  const Strategy& strategy_;
  const FigureRanges& ranges_;
  const Objective& objective_;
  const Target& target_;
  const Kpi& kpi_;
  std::vector<Finding>& findings_;
};

const Objective* find_objective(const Strategy& strategy, std::string_view name) {
  const auto place = std::find_if(strategy.objectives.begin(), strategy.objectives.end(),
                                  [name](const Objective& objective) { return objective.name == name; });
  return place == strategy.objectives.end() ? nullptr : &*place;
}

}  // namespace

void lint_targets(const Strategy& strategy, const FigureRanges& ranges, std::vector<Finding>& findings) {
  for (const Objective& objective : strategy.objectives) {
    for (const Target& target : objective.targets) {
      if (const Kpi* kpi = strategy.find_kpi(target.kpi))
        TargetLint(strategy, ranges, objective, target, *kpi, findings).run();
    }
  }
}

void lint_objectives(const Strategy& strategy, std::vector<Finding>& findings) {
  for (const Objective& objective : strategy.objectives) {
    const Objective* above = find_objective(strategy, objective.parent);
    // As many steps as there are objectives: a circle of parents is an error of its own.
    for (std::size_t steps = 0; above != nullptr && steps < strategy.objectives.size(); ++steps) {
      if (!match_overlap(objective.match, above->match)) {
        findings.push_back(
            {.kind = FindingKind::outside_parent,
             .client = strategy.client,
             .about = {{Subject::Kind::objective, objective.name, "match"},
                       {Subject::Kind::objective, above->name, "match"}},
             .problem = fmt::format("nothing matches both \"{}\" and the objective that it serves, \"{}\"",
                                    objective.name, above->name),
             .remedy = "widen the match of one of them, or give it another parent"});
        break;
      }
      above = find_objective(strategy, above->parent);
    }
  }
}

}  // namespace tightrope::rules
