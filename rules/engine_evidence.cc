// How strongly the days of a node contradict "meets its target", and what is judged by it.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr Day kNoBound{INT32_MAX};

Day from_of(const Bound* bound) noexcept {
  return bound == nullptr ? kNoBound : bound->from;
}

}  // namespace
// Adds days that are over to the sum of a node.
void Engine::State::add_days(const Checks& check, NodeIndex node, DayRange days, Evidence& sum) const {
  const NodeEvidence& kept = check.evidence.nodes[node];
  const double due = due_at_bound(check, node);
  if (!(due > 0)) return;
  days.first = std::max({days.first, kept.from, bound_at(check, node)->from});
  if (days.first > days.last) return;
  const auto& members = rollups[check.rollup].members(node);
  const ArrivalsOfKpi arrivals = arrivals_of(check, members);
  DaySides sides;
  day_sides(check, members, days, sides);
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const auto i = static_cast<std::size_t>(day - days.first);
    const bool told = kept.open() && day >= kept.open_since;
    sum.add(evidence_day(check, kept, day, sides.seen[i], sides.exposure[i] * due, arrivals.at(age_of(day))),
            check.evidence.plan.side, told ? most_while_open(check.evidence.alert_at) : Evidence::kMost);
  }
}

void Engine::State::replay(Checks& check, NodeIndex node) {
  NodeEvidence& kept = check.evidence.nodes[node];
  kept.closed = kept.settled;
  add_days(check, node, {today - kEvidenceDays, today - 1}, kept.closed);
}

void Engine::State::replay_stale(Checks& check) {
  for (const NodeIndex node : check.evidence.stale) {
    check.evidence.nodes[node].stale = false;
    replay(check, node);
  }
  check.evidence.stale.clear();
}

// What no longer is replayed is settled for good; then the new day's fits, from the days before it. Where
// nothing ever comes late and no fit of the past moved, yesterday is all that is new.
void Engine::State::begin_day(Checks& check) {
  CheckEvidence& evidence = check.evidence;
  if (!evidence.judges() || evidence.day == today) return;
  const Day before = std::exchange(evidence.day, today);
  const Day oldest = cube.head() - (Cube::kDays - 1);
  const DayRange leaving{std::max(oldest, before - kEvidenceDays), today - kEvidenceDays - 1};
  // What a total is due a day moves with its period.
  const bool complete = before == today - 1 && evidence.plan.seen != EvidencePlan::Seen::whole &&
                        nothing_comes_late(check, before);
  std::vector<std::uint8_t> other_bound;
  for (std::size_t e = 0; e < check.bounds.size(); ++e) {
    const Day from = from_of(check.bounds[e]);
    other_bound.push_back(from == std::exchange(evidence.bound_from[e], from) ? 0 : 1);
  }
  for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) {
    NodeEvidence& kept = evidence.nodes[node];
    if (other_bound[check.exception_of(node)] != 0) {
      // Evidence against another bound says nothing of this one.
      kept.settled = kept.closed = {};
      kept.open_since = kFirstDay;
    }
    add_days(check, node, leaving, kept.settled);
    if (complete) add_days(check, node, {before, before}, kept.closed);
  }
  std::vector<NodeIndex> refitted;
  refit(check, refitted);
  if (complete) {
    for (const NodeIndex node : refitted) replay(check, node);
  } else {
    for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) replay(check, node);
  }
}

void Engine::State::resume_evidence(Checks& check) {
  if (!check.evidence.judges()) return;
  if (check.evidence.bound_from.size() != check.bounds.size()) {
    check.evidence.bound_from.clear();
    for (const Bound* bound : check.bounds) check.evidence.bound_from.push_back(from_of(bound));
  }
  if (check.evidence.day == kFirstDay) {
    check.evidence.day = today;
    std::vector<NodeIndex> refitted;
    refit(check, refitted);
  }
  for (NodeIndex node = 0; node < check.evidence.nodes.size(); ++node) replay(check, node);
}

void Engine::State::carry_evidence(const State& old) {
  for (Checks& check : checks) {
    CheckEvidence& evidence = check.evidence;
    if (!evidence.judges()) continue;
    const auto before = std::find_if(old.checks.begin(), old.checks.end(), [&](const Checks& other) {
      return other.target->name == check.target->name && other.objective->name == check.objective->name;
    });
    if (before == old.checks.end()) continue;
    const Target& was = *before->target;
    const bool same = before->evidence.judges() && was.kpi == check.target->kpi &&
                      was.kind == check.target->kind && was.per == check.target->per &&
                      before->kpi->formula == check.kpi->formula;
    if (!same) continue;
    evidence.day = before->evidence.day;
    evidence.profiles = before->evidence.profiles;
    if (was.bounds == check.target->bounds && was.exceptions == check.target->exceptions)
      evidence.bound_from = before->evidence.bound_from;
    const Rollup& rollup = rollups[check.rollup];
    const Rollup& old_rollup = old.rollups[before->rollup];
    for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) {
      const NodeIndex old_node = old_rollup.find(rollup.nodes()[node]);
      if (old_node == kNoNode) continue;
      NodeEvidence& kept = evidence.nodes[node];
      kept = before->evidence.nodes[old_node];
      const bool same_bounds =
          bounds_at(was, rollup.nodes()[node]) == bounds_at(*check.target, rollup.nodes()[node]);
      if (same_bounds && rollup.members(node) == old_rollup.members(old_node)) continue;
      // Evidence against another bound, or of other campaigns, says nothing of this one: it begins tomorrow.
      kept.settled = kept.closed = {};
      kept.from = old.today + 1;
      kept.open_since = kFirstDay;
    }
  }
}

bool Engine::State::nothing_comes_late(const Checks& check, Day since) const {
  return std::all_of(check.sources.begin(), check.sources.end(), [&](const CheckSource& source) {
    return lags.complete_since(rollups[check.rollup].at(source.columns[0]).index, since);
  });
}

double Engine::State::evidence_now(const Checks& check, NodeIndex node) const {
  const NodeEvidence& kept = check.evidence.nodes[node];
  const double due = due_at_bound(check, node);
  if (!(due > 0) || std::max(kept.from, bound_at(check, node)->from) > today) return kept.closed.value();
  const auto& members = rollups[check.rollup].members(node);
  DaySides sides;
  day_sides(check, members, {today, today}, sides);
  return kept.closed.value_with(evidence_day(check, kept, today, sides.seen[0], sides.exposure[0] * due,
                                             arrivals_of(check, members).at(-1)),
                                check.evidence.plan.side);
}

// A miss is told once the evidence is there, and stays told until what comes after speaks for the target:
// until the value meets it and less than a tenth of the evidence is left, or nothing is. Then all begins anew
// on the next day, so that false alerts stay as rare as was promised.
void Engine::State::judge_by_evidence(Checks& check, NodeIndex node, VerdictState& state, Reason& reason) {
  CheckEvidence& evidence = check.evidence;
  NodeEvidence& kept = evidence.nodes[node];
  const double now_worth = evidence_now(check, node);
  const bool misses = state == VerdictState::off_target;
  if (!misses && (state == VerdictState::unknown || reason == Reason::little_volume)) return;
  if (kept.open()) {
    if (misses ? now_worth >= 1 : now_worth >= evidence.watch_at) {
      if (misses) return;
      state = VerdictState::watch;
      reason = Reason::recovering;
      return;
    }
    kept.open_since = kFirstDay;
    kept.from = today + 1;
    kept.settled = kept.closed = {};
    ++today_stamps[check.rollup][node];
    if (!misses) return;
    state = VerdictState::on_target;
    reason = Reason::within_chance;
    return;
  }
  if (!misses) return;
  if (now_worth >= evidence.alert_at) {
    if (matters(check, node)) {
      kept.open_since = today;
      return;
    }
    state = VerdictState::watch;
    reason = Reason::small_miss;
    return;
  }
  const bool likely = now_worth >= evidence.watch_at;
  state = likely ? VerdictState::watch : VerdictState::on_target;
  reason = likely ? Reason::likely_missed : Reason::within_chance;
}

// Statistics say whether a miss is real; this says whether it is worth a word.
bool Engine::State::matters(const Checks& check, NodeIndex node) const {
  const Target& target = *check.target;
  const ExplainedEvidence trail = evidence_trail(check, node);
  double seen = 1;
  double expected = 1;
  for (const ExplainedDay& day : trail.days) {
    if (trail.since && day.day < *trail.since) continue;
    seen += day.seen / day.jump;
    expected += day.expected / day.jump;
  }
  const double ratio = seen / expected;
  const double missed = check.evidence.plan.side == EvidenceSide::below ? 1 - ratio : ratio - 1;
  if (missed < target.min_miss) return false;
  if (!(target.min_stake > 0)) return true;
  return verdict_of_sums(check, node).stake_per_hour * 24 >= target.min_stake;
}

// Y given X by day, as statistics of counts, of the last days: what is shown. It begins from nothing, so it
// says a little less than what is judged by, which knows of days before.
ExplainedEvidence Engine::State::evidence_trail(const Checks& check, NodeIndex node) const {
  const CheckEvidence& evidence = check.evidence;
  ExplainedEvidence trail;
  const double due = evidence.plan.usable ? due_at_bound(check, node) : 0;
  const Bound* bound = bound_at(check, node);
  if (!(due > 0) || bound == nullptr) return {};
  trail.seen = evidence.plan.seen;
  NodeEvidence kept;
  if (!evidence.nodes.empty()) kept = evidence.nodes[node];
  // Without a confidence nothing is judged by it, and today, which is not over, is left out.
  const DayRange days{std::max({kept.from, bound->from, today - kEvidenceDays}),
                      evidence.judges() ? today : today - 1};
  if (days.length() <= 0) return trail;
  const auto& members = rollups[check.rollup].members(node);
  const ArrivalsOfKpi arrivals = arrivals_of(check, members);
  DaySides sides;
  day_sides(check, members, days, sides);
  if (evidence.plan.money && kept.last_fit() == nullptr) {
    const double jump = jump_of(check, members, days);
    if (std::isnan(jump)) return {};
    kept.add_fit({days.first, static_cast<float>(kDefaultDayVariance), static_cast<float>(jump)});
  }
  Evidence sum;
  ChangePoint change;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const auto i = static_cast<std::size_t>(day - days.first);
    const double share = evidence.judges() ? arrivals.at(age_of(day)) : arrivals.shown(age_of(day));
    const EvidenceDay one = evidence_day(check, kept, day, sides.seen[i], sides.exposure[i] * due, share);
    if (!(one.expected > 0)) continue;
    const DayFit* fit = kept.fit_on(day);
    const double jump = fit == nullptr ? 1 : static_cast<double>(fit->jump);
    change.add(trail.days.size(), one, evidence.plan.side);
    sum.add(one, evidence.plan.side);
    trail.days.push_back({.day = day,
                          .seen = one.seen * jump,
                          .expected = one.expected * jump,
                          .arrived = share,
                          .day_variance = one.day_variance,
                          .season = evidence.season(day),
                          .jump = jump});
  }
  if (trail.days.empty() || !(sum.value() > 0)) return trail;
  trail.log10 = sum.log_value() / std::log(10.0);
  trail.scale = trail.days.back().jump;
  if (sum.value() > 1) trail.since = trail.days[change.since()].day;
  // At a fixed moment the sum over D days has a mean of D at the most, so D / E is a chance (Markov).
  trail.sure = std::max(0.0, 1 - static_cast<double>(trail.days.size()) / sum.value());
  return trail;
}

// Asked for often and changed rarely: kept until a day changes, or another one begins. Of a target that is
// met and has all its figures nothing is said.
void Engine::State::tell_evidence(const Checks& check, NodeIndex node, Verdict& verdict) const {
  const EvidencePlan& plan = check.evidence.plan;
  if (!plan.usable) return;
  const bool whole = verdict.gap_ratio > 0 || verdict.reason == Reason::recovering;
  if (!whole && (std::isnan(verdict.value) || nothing_comes_late(check, today))) return;
  if (check.told.size() < check.states.size()) check.told.resize(check.states.size());
  Checks::Told& told = check.told[node];
  const std::uint32_t stamp = node_stamps[check.rollup][node];
  const std::uint32_t today_stamp = today_stamps[check.rollup][node];
  const double over = today_over();
  if (told.stamp != stamp || told.day != today || told.today_stamp != today_stamp ||
      told.today_over != over || told.whole != whole) {
    told = {};
    told.whole = whole;
    told.stamp = stamp;
    told.today_stamp = today_stamp;
    told.today_over = over;
    told.day = today;
    tell_window(check, node, told);
    if (whole) {
      const ExplainedEvidence trail = evidence_trail(check, node);
      told.log10 = trail.log10;
      told.sure = trail.sure;
      told.since = trail.since;
    }
  }
  verdict.evidence_log10 = told.log10;
  // Of a miss that is over in all likelihood, how sure it was says nothing of now.
  if (verdict.reason != Reason::recovering) verdict.sure = told.sure;
  verdict.since = told.since;
  verdict.value_low = told.value_low;
  verdict.value_high = told.value_high;
  verdict.maturity = told.maturity;
  verdict.complete_value = told.complete_value;
  verdict.results = told.results;
}

}  // namespace tightrope::rules
