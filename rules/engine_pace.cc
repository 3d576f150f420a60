// Totals by the end of a period: what is asked for by now, and where it is heading.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// What a profile is learnt from, and the three days around it.
constexpr int kProfileDays = 59;
// Fewer days than these before the period say too little of its weekdays: then those up to yesterday do.
constexpr int kEnoughDays = 28;
// It is watched at ten times the chance at which it is called missed.
constexpr double kAlertsPerWatch = 10;

}  // namespace

double Engine::State::today_elapsed() const noexcept {
  const Timestamp begin = calendar.start_of(today);
  const double whole = static_cast<double>((calendar.start_of(today + 1) - begin).count());
  return std::clamp(static_cast<double>((calendar.next_hour(now) - begin).count()) / whole, 0.0, 1.0);
}

double Engine::State::today_over() const noexcept {
  const Timestamp begin = calendar.start_of(today);
  const auto whole = static_cast<double>((calendar.start_of(today + 1) - begin).count());
  const Timestamp hour = calendar.next_hour(now) - std::chrono::hours(1);
  return std::clamp(static_cast<double>((hour - begin).count()) / whole, 0.0, 1.0);
}

std::size_t Engine::State::hours_over() const noexcept {
  const Timestamp hour = calendar.next_hour(now) - std::chrono::hours(1);
  const auto since = hour - calendar.start_of(today);
  return since <= Duration(0) ? 0 : static_cast<std::size_t>(since / std::chrono::hours(1));
}

PaceExpectation Engine::State::expected_by_now(const Target& target, const PacePlan& plan,
                                               bool today_counts) const {
  const PaceExpectation due = plan.at(today_counts ? today_over() : 0);
  if (target.kind == BoundKind::at_least) return due;
  PaceExpectation expected = plan.at(today_counts ? today_elapsed() : 0);
  if (target.kind == BoundKind::between) expected.allowed_low = due.allowed_low;
  return expected;
}

std::optional<Sides> Engine::State::paced_sides(const Target& target, const PacePlan& plan,
                                                bool today_counts) const {
  const PaceExpectation expected = expected_by_now(target, plan, today_counts);
  Sides sides;
  if (target.kind != BoundKind::at_most) sides.low = std::max(0.0, expected.allowed_low);
  if (target.kind != BoundKind::at_least) sides.high = expected.allowed_high;
  return sides;
}

std::vector<std::optional<double>> Engine::State::history_of(const Checks& check,
                                                             std::span<const EntityIndex> members,
                                                             DayRange days) const {
  std::vector<std::optional<double>> history;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const double figure = kpi_over(*check.kpi, members, DayRange{day, day});
    history.push_back(std::isnan(figure) ? std::nullopt : std::optional(figure));
  }
  return history;
}

// Learnt before the period begins, where enough days are in memory, so that what is asked for stays what it
// is while the period goes on.
WeekdayProfile Engine::State::profile_of(const Checks& check, std::span<const EntityIndex> members,
                                         const WeekdayProfile& prior) const {
  const Day oldest = cube.head() - (Cube::kDays - 1);
  const DayRange period = calendar.period_of(check.target->over, today);
  Day last = std::min(period.first, today) - 1;
  if (last - oldest < kEnoughDays) last = today - 1;
  const Day first = std::max(oldest, last - (kProfileDays - 1));
  return weekday_profile(history_of(check, members, {first, last}), first, prior);
}

// What the period before left to this one.
double Engine::State::carried(const Checks& check, std::span<const Bound> bounds, NodeIndex node,
                              const WeekdayProfile& profile) const {
  const Target& target = *check.target;
  const Day last = calendar.period_of(target.over, today).first - 1;
  const DayRange before = calendar.period_of(target.over, last);
  if (!cube.holds(before.first)) return 0;
  const double actual = kpi_over(*check.kpi, rollups[check.rollup].members(node), before);
  const PacePlan plan({.period = before, .kind = target.kind, .bounds = bounds, .profile = profile}, last);
  if (std::isnan(actual) || plan.counts_from() > before.first) return 0;
  // Before its first figures nothing was left over: nobody knows what was spent.
  const auto& members = rollups[check.whole].members(0);
  const MetricIndex metric = cube.find_metric(check.kpi->formula.inputs().front().name);
  Day first = cube.head() - (Cube::kDays - 1);
  while (first <= before.first && !has_figures(metric, members, first)) first = first + 1;
  if (first > before.first) return 0;
  const PaceExpectation asked = plan.at(1);
  return carried_over(target.kind, asked.allowed_low, asked.allowed_high, actual);
}

PacePlan Engine::State::plan_of(const Checks& check, std::size_t exception, NodeIndex node) const {
  const Target& target = *check.target;
  const auto& bounds = exception == 0 ? target.bounds : target.exceptions[exception - 1].bounds;
  PaceTerms terms{.period = calendar.period_of(target.over, today), .kind = target.kind, .bounds = bounds};
  terms.corridor = target.pacing.corridor;
  if (node != kNoNode) {
    if (target.pacing.profile == Pacing::Profile::weekdays) {
      const WeekdayProfile whole = profile_of(check, rollups[check.whole].members(0), kFlatProfile);
      terms.profile =
          check.rollup == check.whole ? whole : profile_of(check, rollups[check.rollup].members(node), whole);
    }
    if (target.pacing.rollover) terms.carried = carried(check, bounds, node, terms.profile);
  }
  // While nothing is reported, nothing more is asked for: neither does it fall behind, nor is it forgiven.
  return PacePlan(terms, std::min(std::max(check.reported + 1, terms.period.first), today));
}

void Engine::State::refresh_pace(Checks& check, NodeIndex node) {
  auto& pace = check.paces[node];
  const std::size_t exception = check.exception_of(node);
  if (check.bounds[exception] == nullptr) {
    pace.reset();
    return;
  }
  const std::uint32_t stamp = node_stamps[check.rollup][node];
  if (!pace || pace->stamp != stamp || pace->day != today || pace->reported != check.reported)
    pace = Checks::NodePace{plan_of(check, exception, node), std::nullopt, stamp, today, check.reported};
  pace->sides = paced_sides(*check.target, pace->plan, check.today_counts);
}

std::optional<Projection> Engine::State::projection_of(const Checks& check, NodeIndex node,
                                                       double value) const {
  const Target& target = *check.target;
  const DayRange period = calendar.period_of(target.over, today);
  if (std::isnan(value) || !period.contains(today)) return std::nullopt;
  const auto& members = rollups[check.rollup].members(node);
  const Day first = std::max(cube.head() - (Cube::kDays - 1), today - kProfileDays);
  const WeekdayProfile whole = check.rollup == check.whole
                                   ? kFlatProfile
                                   : profile_of(check, rollups[check.whole].members(0), kFlatProfile);
  const auto basis = pace_basis(history_of(check, members, {first, today - 1}), first, whole);
  if (!basis) return std::nullopt;
  const std::vector<double> factors = day_factors({today + 1, period.last}, basis->profile);
  const double today_left =
      basis->profile[weekday_index(today)] * (check.today_counts ? 1 - today_elapsed() : 1);
  return project(basis->rate, value, today_left, days_ahead(factors, basis->rate.smoothing));
}

void Engine::State::project_pace(const Checks& check, NodeIndex node, Verdict& verdict) const {
  const auto projection = projection_of(check, node, verdict.value);
  if (!projection) return;
  verdict.projected = projection->total;
  verdict.projected_low = projection->low;
  verdict.projected_high = projection->high;
  if (check.target->kind != BoundKind::between && verdict.gap_ratio > 0)
    verdict.sure = 1 - chance_of_total(check, node, *projection);
}

double Engine::State::chance_of_total(const Checks& check, NodeIndex node,
                                      const Projection& projection) const {
  const PacePlan plan =
      check.paces.empty() ? plan_of(check, check.exception_of(node), kNoNode) : check.paces[node]->plan;
  const double total = plan.at(0).total;
  return check.target->kind == BoundKind::at_least ? projection.chance_to_reach(total)
                                                   : projection.chance_to_keep(total);
}

// Behind (or ahead) by now is a miss once the end is hardly to be reached from here.
void Engine::State::judge_by_projection(const Checks& check, NodeIndex node, double value,
                                        VerdictState& state, Reason& reason) const {
  const auto projection = projection_of(check, node, value);
  if (!projection) return;
  const double chance = chance_of_total(check, node, *projection);
  const double least = 1 - *check.target->confidence;
  if (chance <= least) return;
  const bool likely = chance <= least * kAlertsPerWatch;
  state = likely ? VerdictState::watch : VerdictState::on_target;
  reason = likely ? Reason::likely_missed : Reason::within_chance;
}

}  // namespace tightrope::rules
