// What the figures of a window speak for beside their quotient: a range, and what has not arrived yet.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr double kOutsideOfRange = 0.05;
// What is still to come of less than this share is not worth a word.
constexpr double kAllButComplete = 0.995;

}  // namespace

void Engine::State::tell_window(const Checks& check, NodeIndex node, Checks::Told& told) const {
  const CheckEvidence& evidence = check.evidence;
  const TimeframeNow& frame = frames_now[check.frame];
  const double due = due_at_bound(check, node);
  if (!(due > 0) || !frame.hours.empty() || check.target->pace) return;
  const DayRange days{frame.days.first, std::min(frame.days.last, today)};
  if (days.length() <= 0) return;
  const auto& members = rollups[check.rollup].members(node);
  const ArrivalsOfKpi arrivals = arrivals_of(check, members);
  NodeEvidence kept;
  if (!evidence.nodes.empty()) kept = evidence.nodes[node];
  double jump = 1;
  if (evidence.plan.money) {
    const DayFit* fit = kept.last_fit();
    jump = fit != nullptr ? static_cast<double>(fit->jump) : jump_of(check, members, days);
    if (std::isnan(jump)) return;
  }
  const DayFit* fit = kept.last_fit();
  const double variance = fit != nullptr ? static_cast<double>(fit->day_variance) : kDefaultDayVariance;

  DaySides sides;
  day_sides(check, members, days, sides);
  double seen = 0;
  double exposure = 0;
  double expected = 0;
  double expected_squared = 0;
  double complete = 0;
  struct Young {
    double seen, share, full;
  };
  std::vector<Young> young;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const auto i = static_cast<std::size_t>(day - days.first);
    const double full = sides.exposure[i] * due * evidence.season(day) / jump;
    if (!(sides.seen[i] >= 0) || !(full > 0)) continue;
    const double share = arrivals.shown(age_of(day));
    seen += sides.seen[i] / jump;
    exposure += sides.exposure[i];
    expected += full * share;
    expected_squared += full * share * full * share;
    complete += full;
    if (share < 1) young.push_back({sides.seen[i] / jump, share, full});
  }
  if (!(expected > 0)) return;
  told.maturity = expected / complete;
  const auto value_of = [&](double results) {
    switch (evidence.plan.seen) {
      case EvidencePlan::Seen::whole:
        return results * jump;
      case EvidencePlan::Seen::numerator:
        return results * jump / exposure;
      case EvidencePlan::Seen::denominator:
        break;
    }
    return results > 0 ? exposure / (results * jump) : kUndefined;
  };
  if (told.maturity < kAllButComplete) {
    // What is still to come, at the rate of the window itself.
    const double rate = seen / expected;
    double total = seen;
    for (const Young& day : young) total += expected_unseen(day.seen, day.share, day.full * rate, variance);
    told.complete_value = value_of(total);
  }
  if (!told.whole) return;
  if (!evidence.plan.money) told.results = seen;
  const double wider = overdispersion(expected, expected_squared, variance);
  const RateRange range = rate_range(seen / wider, expected / wider, kOutsideOfRange);
  const double low = value_of(range.low * complete);
  const double high = value_of(range.high * complete);
  const bool turned = evidence.plan.seen == EvidencePlan::Seen::denominator;
  told.value_low = turned ? high : low;
  told.value_high = turned ? low : high;  // undefined: without limit
}

std::string Engine::State::counted_by(const Checks& check) {
  const EvidencePlan& plan = check.evidence.plan;
  if (!plan.usable || plan.money) return "";
  const Input* only = nullptr;
  for (std::size_t i = 0; i < plan.is_seen.size(); ++i) {
    if (plan.is_seen[i] == 0) continue;
    if (only != nullptr) return "";
    only = &check.kpi->formula.inputs()[i];
  }
  return only == nullptr ? std::string() : only->name;
}

}  // namespace tightrope::rules
