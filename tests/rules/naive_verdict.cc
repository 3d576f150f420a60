// How the naive engine judges.
#include <algorithm>
#include <cmath>

#include "tests/rules/naive_engine.h"

namespace tightrope::rules::testing {
namespace {

// Positive is bad; a bound of 0 has no shares, so any miss of it is a whole one.
double share_beyond(double value, double bound) {
  if (bound != 0) return (value - bound) / std::abs(bound);
  return value == 0 ? 0 : value > 0 ? 1 : -1;
}

double gap_to(BoundKind kind, double value, const Sides& sides) {
  const double above = kind == BoundKind::at_least ? -INFINITY : share_beyond(value, sides.high);
  const double below = kind == BoundKind::at_most ? -INFINITY : -share_beyond(value, sides.low);
  return std::max(above, below);
}

bool is_missed(BoundKind kind, double value, const Sides& sides) {
  return (kind != BoundKind::at_least && value > sides.high) ||
         (kind != BoundKind::at_most && value < sides.low);
}

bool is_met(const NaiveVerdict& verdict) {
  return verdict.reasons.contains(Reason::meets_target) || verdict.reasons.contains(Reason::near_bound);
}

}  // namespace

NaiveEngine::Inputs NaiveEngine::inputs(const Target& target, const Objective& objective, const Entity& node,
                                        const std::optional<Bound>& bound) const {
  Inputs result;
  const auto take = [&](const NaiveSum& sum, bool additive, bool plain) {
    result.any_figure = result.any_figure || sum.figures > 0;
    result.unconverted = result.unconverted || sum.unconverted;
    result.own_unconverted = result.own_unconverted || (plain && sum.unconverted);
    result.no_hours = result.no_hours || sum.no_hours;
    return sum.value(additive);
  };
  const auto& all = strategy_.find_kpi(target.kpi)->formula.inputs();
  // What does not add up stands for itself alone, and so must all that it is set against.
  const bool adds_up = std::all_of(all.begin(), all.end(), [this](const Input& input) {
    return input.kind == Name::Kind::value || is_additive(input.name);
  });
  for (const Input& input : all) {
    if (input.kind == Name::Kind::value) {
      double value = kUndefined;
      // Of two, the upper one.
      if (input.name == kBoundValue && bound)
        value = target.kind == BoundKind::at_least ? bound->low : bound->high;
      if (input.name == kBudgetValue && objective.budget) value = objective.budget->amount;
      result.zero = result.zero || value == 0;
      result.values.push_back(value);
      continue;
    }
    const bool whole = input.of == Input::Of::objective;
    const Entity& of = whole ? Entity{} : node;
    const std::size_t depth = whole ? 0 : static_cast<std::size_t>(target.per.depth);
    const Window window = input.over.value_or(target.over);
    const bool additive = adds_up;
    if (!input.weekdays) {
      const NaiveSum sum = this->sum(input.name, objective, of, depth, window, input.earlier);
      double share = 1;
      if (input.so_far) {
        const Window today{.kind = Window::Kind::today, .length = 1};
        const bool begun = this->sum(input.name, objective, of, depth, today, 0).figures > 0;
        share = (window.length - 1 + (begun ? today_elapsed() : 0)) / window.length;
        result.rounded = true;
      }
      result.does_not_add = result.does_not_add || (!additive && !whole && sum.figures > 1);
      result.values.push_back(take(sum, additive, !whole) * share);
      result.all_figures = result.all_figures && sum.figures > 0;
      if (!input.over && !whole) result.plain_figure = result.plain_figure || sum.figures > 0;
    } else {
      double total = 0;
      int windows = 0;
      for (int week = 1; week <= 4; ++week) {
        const NaiveSum sum = this->sum(input.name, objective, of, depth, window, 7 * week);
        const double value = take(sum, additive, false);
        if (sum.figures == 0) continue;
        result.week_unconverted = result.week_unconverted || sum.unconverted;
        total += value;
        ++windows;
      }
      if (result.week_unconverted) windows = 0;
      result.rounded = true;
      result.all_figures = result.all_figures && windows > 0;
      result.values.push_back(windows == 0 ? kUndefined : total / windows);
    }
    result.zero = result.zero || result.values.back() == 0;
  }
  return result;
}

bool NaiveEngine::volume_reached(const Target& target, const Objective& objective, const Entity& node) const {
  return std::all_of(target.min_volume.begin(), target.min_volume.end(), [&](const MinimumVolume& least) {
    const auto depth = static_cast<std::size_t>(target.per.depth);
    const double seen =
        sum(least.metric, objective, node, depth, target.over, 0).value(is_additive(least.metric));
    return seen >= least.amount;
  });
}

// A price of what never came: missed for sure once so much was spent that three were due at the bound.
void NaiveEngine::judge_without_results(const Target& target, const std::vector<double>& inputs,
                                        bool volume_reached, NaiveVerdict& verdict) const {
  const Formula& formula = strategy_.find_kpi(target.kpi)->formula;
  if (!formula.is_quotient() || formula.denominator_unit() != Unit::count ||
      target.kind == BoundKind::at_least)
    return;
  const double due = formula.numerator(inputs) / verdict.bound->high;
  if (!(formula.denominator(inputs) <= 0) || !(verdict.bound->high > 0) || !(due >= 1)) return;
  double needed = 3;
  for (const MinimumVolume& least : target.min_volume) {
    if (!volume_reached) needed = std::max(needed, least.amount);
  }
  verdict.state = due >= needed ? VerdictState::off_target : VerdictState::watch;
  verdict.reasons = {due >= needed ? Reason::misses_target : Reason::little_volume};
  verdict.gap = due - 1;
}

// The part of a total's window up to its newest figure; hours of today that are over, if that is today.
double NaiveEngine::reported_share(const Target& target, const Objective& objective) const {
  using Kind = Window::Kind;
  const Kpi& kpi = *strategy_.find_kpi(target.kpi);
  const Kind over = target.over.kind;
  if (target.pace || kpi.formula.is_quotient() || kpi.unit == Unit::ratio || kpi.unit == Unit::truth)
    return 1;
  if (over != Kind::days && over != Kind::today && over != Kind::hours) return 1;
  if (kpi.formula.inputs().empty()) return 1;
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind == Name::Kind::value || input.of != Input::Of::entity || input.over || input.weekdays ||
        input.so_far || input.earlier != 0 || !is_additive(input.name))
      return 1;
  }
  const auto newest = [&](auto&& is_there, int count) {  // how many from the end have none
    int missing = 0;
    for (const Input& input : kpi.formula.inputs()) {
      int back = 0;
      while (back < count && !is_there(input.name, back)) ++back;
      if (back < count) missing = std::max(missing, back);
    }
    return missing;
  };
  const Day today = calendar_.day_of(now_);
  const auto any_of_day = [&](const std::string& metric, int back) {
    return any_figure(metric, objective, [&](const Bucket& bucket) { return bucket.day == today - back; });
  };
  const double length = target.over.length;
  if (over != Kind::hours) {
    const int missing = newest(any_of_day, Cube::kDays);
    const double begun = calendar_.hour_of(now_).hour;
    const double hours = static_cast<double>((calendar_.start_of(today + 1) - calendar_.start_of(today)) /
                                             std::chrono::hours(1));
    const double part = missing == 0 ? begun / hours : 0;
    return (std::max(0.0, length - std::max(1, missing)) + part) / length;
  }
  const std::vector<Bucket> hours = last_hours(target.over.length, 0);  // the newest first
  const auto any_of_hour = [&](const std::string& metric, int back) {
    return any_figure(metric, objective,
                      [&](const Bucket& bucket) { return bucket == hours[static_cast<std::size_t>(back)]; });
  };
  const int missing = newest(any_of_hour, static_cast<int>(hours.size()));
  return (length - std::max(1, missing)) / length;
}

NaiveVerdict NaiveEngine::judge_alone(const Target& target, const Objective& objective, const Entity& node,
                                      const Sides* paced) const {
  NaiveVerdict verdict;
  verdict.bound = bound_of(target, node);
  const Inputs inputs = this->inputs(target, objective, node, verdict.bound);
  const Formula& formula = strategy_.find_kpi(target.kpi)->formula;
  verdict.value = formula.evaluate(inputs.values);
  // More taken back than came has no price.
  if (formula.is_quotient() && formula.denominator(inputs.values) < 0 && formula.numerator(inputs.values) > 0)
    verdict.value = kUndefined;
  verdict.rounded = inputs.rounded;
  // A side that an if() does not choose may lack hours or rates: the headers say both that it does not count
  // and that the verdict is unknown.
  verdict.is_open =
      inputs.week_unconverted || (!std::isnan(verdict.value) && (inputs.no_hours || inputs.unconverted));
  if (!verdict.bound) verdict.reasons.insert(is_over(target) ? Reason::period_over : Reason::no_bound_yet);
  if (inputs.does_not_add) {
    verdict.is_open = true;
    verdict.reasons.insert({Reason::does_not_add, Reason::no_rate, Reason::needs_hours});
    return verdict;
  }
  if (std::isnan(verdict.value)) {
    if (inputs.no_hours) verdict.reasons.insert(Reason::needs_hours);
    if (!inputs.any_figure) {
      verdict.reasons.insert(Reason::no_figures);
    } else if (inputs.unconverted) {
      verdict.reasons.insert(Reason::no_rate);
      if (!inputs.all_figures || inputs.zero || !inputs.own_unconverted)
        verdict.reasons.insert(Reason::undefined);
      if (!inputs.plain_figure) verdict.reasons.insert(Reason::no_figures);
    } else {
      verdict.reasons.insert(Reason::undefined);
      if (!inputs.plain_figure) verdict.reasons.insert(Reason::no_figures);
    }
  }
  if (verdict.bound && verdict.reasons == std::set{Reason::undefined})
    judge_without_results(target, inputs.values, volume_reached(target, objective, node), verdict);
  if (!verdict.reasons.empty()) return verdict;
  Sides sides{verdict.bound->low, verdict.bound->high};
  if (target.pace) {
    if (paced == nullptr) return verdict;
    sides = *paced;
  }
  verdict.gap = gap_to(target.kind, verdict.value, sides);
  const double share = reported_share(target, objective);
  if (share < 1 && !(target.kind != BoundKind::at_least && verdict.value > sides.high)) {
    const bool is_short = target.kind != BoundKind::at_most && verdict.value < sides.low;
    const bool keeps_pace = sides.low > 0 && verdict.value >= sides.low * share * (1 - 1e-9);
    const bool above_share = target.kind != BoundKind::at_least && sides.high > 0 &&
                             verdict.value > sides.high * share * (1 + 1e-9);
    if (is_short ? keeps_pace : above_share) {
      verdict.state = VerdictState::watch;
      verdict.reasons = {is_short ? Reason::on_course : Reason::over_its_share};
      return verdict;
    }
  }
  if (is_missed(target.kind, verdict.value, sides)) {
    const bool enough = volume_reached(target, objective, node);
    verdict.state = enough ? VerdictState::off_target : VerdictState::watch;
    verdict.reasons = {enough ? Reason::misses_target : Reason::little_volume};
  } else {
    // A pace is near its bound all the time.
    const bool near = !target.pace && -verdict.gap < target.watch_within;
    verdict.state = near ? VerdictState::watch : VerdictState::on_target;
    verdict.reasons = {near ? Reason::near_bound : Reason::meets_target};
  }
  return verdict;
}

NaiveVerdict NaiveEngine::verdict(const Target& target, const Objective& objective, const Entity& node,
                                  const Sides& paced) const {
  NaiveVerdict verdict = judge_alone(target, objective, node, &paced);
  const bool met = is_met(verdict);
  const bool missed = verdict.state == VerdictState::off_target;
  for (const Target& other : objective.targets) {
    // A paced guard is not looked at: what it is held against is not worked out here.
    const auto guards = [](const Target& guard, const Target& of) {
      return std::find(of.guards.begin(), of.guards.end(), guard.name) != of.guards.end();
    };
    if (!guards(other, target) && !guards(target, other)) continue;
    const NaiveVerdict of_other = judge_alone(other, objective, node, nullptr);
    verdict.is_open = verdict.is_open || of_other.is_open;
    if (met && guards(other, target) && of_other.state == VerdictState::off_target) {
      verdict.state = VerdictState::watch;
      verdict.reasons.insert(Reason::guard_missed);
      verdict.reasons.erase(Reason::meets_target);
    }
    if (missed && guards(target, other) && is_met(of_other)) verdict.pays_for_another = true;
  }
  return verdict;
}

}  // namespace tightrope::rules::testing
