// How strongly the days of a node contradict "meets its target".
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"
#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr int kEvidenceDays = 56;

}  // namespace

// Asked for often and changed rarely: kept until a day that is over changes, or another day begins.
double Engine::State::evidence(const Checks& check, NodeIndex node) const {
  if (check.evidence.empty()) check.evidence.resize(check.states.size());
  Checks::Evidence& kept = check.evidence[node];
  const std::uint32_t stamp = node_stamps[check.rollup][node];
  if (kept.stamp != stamp || kept.day != today) kept = {evidence_trail(check, node).log10, stamp, today};
  return kept.log10;
}

// Y given X by day, as statistics of counts: the noisy side against what the other side should have brought
// at the bound.
ExplainedEvidence Engine::State::evidence_trail(const Checks& check, NodeIndex node) const {
  using Side = ExplainedEvidence::Side;
  const Target& target = *check.target;
  const auto& members = rollups[check.rollup].members(node);
  const Formula& formula = check.kpi->formula;
  const Bound* bound = bound_at(check, node);
  const bool too_high = target.kind == BoundKind::at_most;
  if (bound == nullptr || target.kind == BoundKind::between) return {};
  const double limit = too_high ? bound->high : bound->low;
  if (!(limit > 0)) return {};
  for (const Input& input : formula.inputs()) {
    // Changes and shares are no counts of a day.
    if (input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value) return {};
  }
  const bool is_price = too_high && check.kpi->unit == Unit::money && formula.is_quotient();
  const bool counts_money =
      !is_price && (check.kpi->unit == Unit::money || formula.denominator_unit() == Unit::money);
  // For how many days the bound of a total is; a window of hours asks a day for as much more as it is longer.
  const DayRange days_of_bound =
      target.pace ? calendar.period_of(target.over, today) : frames_now[check.frame].days;

  ExplainedEvidence trail;
  if (formula.is_quotient()) trail.seen = is_price ? Side::denominator : Side::numerator;
  double money = 0;
  double orders = 0;
  std::vector<double> figures(formula.inputs().size());
  for (Day day = today - kEvidenceDays; day < today; day = day + 1) {
    if (day < bound->from) continue;
    for (std::size_t i = 0; i < figures.size(); ++i)
      figures[i] = metric_over(formula.inputs()[i].name, members, DayRange{day, day});
    ExplainedDay one{.day = day, .seen = 0, .expected = 0};
    if (!formula.is_quotient()) {
      one.seen = formula.evaluate(std::span<const double>(figures));
      one.expected = target.over.kind == Window::Kind::hours ? limit * 24 / target.over.length
                                                             : limit / std::max(1, days_of_bound.length());
    } else if (is_price) {
      one.seen = formula.denominator(figures);
      one.expected = formula.numerator(figures) / limit;
    } else {
      one.seen = formula.numerator(figures);
      one.expected = formula.denominator(figures) * limit;
    }
    if (std::isnan(one.seen) || std::isnan(one.expected) || one.seen < 0) continue;
    trail.days.push_back(one);
    const double conversions =
        counts_money ? metric_over("conversions", members, DayRange{day, day}) : kUndefined;
    if (std::isnan(conversions)) continue;
    money += one.seen;
    orders += conversions;
  }
  // Money arrives in jumps; without single order values, twice the mean order stands for their size
  // (size-biased mean).
  if (counts_money) {
    if (!(orders > 0 && money > 0)) return {};
    trail.scale = 2 * money / orders;
  }
  Evidence evidence;
  for (const ExplainedDay& day : trail.days)
    evidence.add({day.seen / trail.scale, day.expected / trail.scale, kDefaultDayVariance},
                 is_price || !too_high ? EvidenceSide::below : EvidenceSide::above);
  const double log_value = evidence.log_value();
  if (std::isinf(log_value)) return {};
  trail.log10 = log_value / std::log(10.0);
  return trail;
}

}  // namespace tightrope::rules
