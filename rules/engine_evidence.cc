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
  if (kept.stamp != stamp || kept.day != today) kept = {fresh_evidence(check, node), stamp, today};
  return kept.log10;
}

// Y given X by day, as statistics of counts: the noisy side against what the other side should have brought
// at the bound.
double Engine::State::fresh_evidence(const Checks& check, NodeIndex node) const {
  const Target& target = *check.target;
  const auto& members = rollups[check.rollup].members(node);
  const Formula& formula = check.kpi->formula;
  const Bound* bound = bound_at(check, node);
  const bool too_high = target.kind == BoundKind::at_most;
  if (bound == nullptr || target.kind == BoundKind::between) return kUndefined;
  const double limit = too_high ? bound->high : bound->low;
  if (!(limit > 0)) return kUndefined;
  for (const Input& input : formula.inputs()) {
    // Changes and shares are no counts of a day.
    if (input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value) return kUndefined;
  }
  const bool is_price = too_high && check.kpi->unit == Unit::money && formula.is_quotient();
  const bool counts_money =
      !is_price && (check.kpi->unit == Unit::money || formula.denominator_unit() == Unit::money);
  const DayRange days_of_bound =
      target.pace ? calendar.period_of(target.over, today) : frames_now[check.frame].days;

  double money = 0;
  double orders = 0;
  std::vector<EvidenceDay> days;
  std::vector<double> figures(formula.inputs().size());
  for (int back = kEvidenceDays; back >= 1; --back) {
    const Day day = today - back;
    if (day < bound->from) continue;
    for (std::size_t i = 0; i < figures.size(); ++i)
      figures[i] = metric_over(formula.inputs()[i].name, members, DayRange{day, day});
    double seen;
    double expected;
    if (!formula.is_quotient()) {
      seen = formula.evaluate(std::span<const double>(figures));
      expected = limit / std::max(1, days_of_bound.length());
    } else if (is_price) {
      seen = formula.denominator(figures);
      expected = formula.numerator(figures) / limit;
    } else {
      seen = formula.numerator(figures);
      expected = formula.denominator(figures) * limit;
    }
    if (std::isnan(seen) || std::isnan(expected) || seen < 0) continue;
    if (counts_money) {
      const double conversions = metric_over("conversions", members, DayRange{day, day});
      if (!std::isnan(conversions)) {
        money += seen;
        orders += conversions;
      }
    }
    days.push_back({seen, expected});
  }
  // Money arrives in jumps; without single order values, twice the mean order stands for their size
  // (size-biased mean).
  double scale = 1;
  if (counts_money) {
    if (!(orders > 0 && money > 0)) return kUndefined;
    scale = 2 * money / orders;
  }
  const bool below = is_price || !too_high;
  Evidence evidence(below ? EvidenceSide::below : EvidenceSide::above, kDefaultDayVariance);
  for (const EvidenceDay& day : days) evidence.add({day.seen / scale, day.expected / scale});
  const double log_value = evidence.log_value();
  return std::isinf(log_value) ? kUndefined : log_value / std::log(10.0);
}

}  // namespace tightrope::rules
