// Targets that add nothing: another one fires whenever they do, as soon and at least as urgently.
#include <fmt/format.h>

#include <algorithm>

#include "rules/lint_parts.h"

namespace tightrope::rules {
namespace {

bool holds_within(BoundKind kind, const Bound& loose, const Bound& strict) {
  // A price without a result is held against bounds above 0 only: judge() in verdict.h.
  const bool below_high = loose.high >= strict.high && (strict.high > 0 || loose.high <= 0);
  return (kind == BoundKind::at_least || below_high) &&
         (kind == BoundKind::at_most || loose.low <= strict.low);
}

// On every day, what misses `loose` misses `strict`.
bool is_looser(const Target& loose, const Target& strict) {
  const auto covered = [&](Day day) {
    const Bound* of_loose = loose.bound_on(day);
    const Bound* of_strict = strict.bound_on(day);
    return of_loose == nullptr || (of_strict != nullptr && holds_within(loose.kind, *of_loose, *of_strict));
  };
  const auto covered_from = [&](const Bound& bound) { return covered(bound.from); };
  return std::all_of(loose.bounds.begin(), loose.bounds.end(), covered_from) &&
         std::all_of(strict.bounds.begin(), strict.bounds.end(), covered_from);
}

bool needs_no_more_volume(const Target& strict, const Target& loose) {
  return std::all_of(strict.min_volume.begin(), strict.min_volume.end(), [&](const MinimumVolume& needed) {
    return std::any_of(loose.min_volume.begin(), loose.min_volume.end(), [&](const MinimumVolume& one) {
      return one.metric == needed.metric && one.amount >= needed.amount;
    });
  });
}

// Both are made from the same figures and judged by the same rules, apart from their numbers.
bool comparable(const Target& a, const Target& b) {
  return a.kpi == b.kpi && a.kind == b.kind && a.over == b.over && a.per == b.per && a.pace == b.pace &&
         a.pacing == b.pacing && a.no_data == b.no_data && a.exceptions.empty() && b.exceptions.empty() &&
         a.guards.empty() && b.guards.empty();
}

bool adds_nothing(const Target& loose, const Target& strict) {
  return comparable(loose, strict) && is_looser(loose, strict) && needs_no_more_volume(strict, loose) &&
         strict.severity <= loose.severity && strict.hold <= loose.hold &&
         strict.confidence.value_or(0) <= loose.confidence.value_or(0) && strict.min_miss <= loose.min_miss &&
         strict.min_stake <= loose.min_stake;
}

struct Place {
  const Objective* objective;
  const Target* target;
};

}  // namespace

void lint_redundancy(const Strategy& strategy, std::vector<Finding>& findings) {
  std::vector<Place> places;
  for (const Objective& objective : strategy.objectives) {
    for (const Target& target : objective.targets) places.push_back({&objective, &target});
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.target->kpi < b.target->kpi; });
  for (auto one = places.begin(); one != places.end(); ++one) {
    const auto makes_needless = [&](const Place& other) {
      if (other.target == one->target || other.objective->match != one->objective->match) return false;
      // Of two equal ones the later is told.
      return adds_nothing(*one->target, *other.target) &&
             (&other < &*one || !adds_nothing(*other.target, *one->target));
    };
    const auto group_begin =
        std::lower_bound(places.begin(), places.end(), one->target->kpi,
                         [](const Place& place, const std::string& kpi) { return place.target->kpi < kpi; });
    const auto group_end = std::find_if(
        one, places.end(), [&](const Place& place) { return place.target->kpi != one->target->kpi; });
    const auto other = std::find_if(group_begin, group_end, makes_needless);
    const Kpi* kpi = strategy.find_kpi(one->target->kpi);
    if (other == group_end || kpi == nullptr) continue;
    const bool elsewhere = other->objective != one->objective;
    findings.push_back(
        {.kind = FindingKind::redundant,
         .is_note = elsewhere,  // the same figures may matter to two owners
         .client = strategy.client,
         .about = {{Subject::Kind::target, one->target->name, std::string(to_string(one->target->kind))},
                   {Subject::Kind::target, other->target->name, std::string(to_string(one->target->kind))}},
         .problem =
             fmt::format("whenever this fires, so does target \"{}\"{}, on the same figures: {} against {}",
                         other->target->name,
                         elsewhere ? fmt::format(" of objective \"{}\"", other->objective->name) : "",
                         bound_text(strategy, *one->target, *kpi, one->target->bounds.back()),
                         bound_text(strategy, *other->target, *kpi, other->target->bounds.back())),
         .remedy = "remove it, or make it differ: more urgent, sooner or stricter"});
  }
}

}  // namespace tightrope::rules
