#include "rules/check_evidence.h"

#include <algorithm>

namespace tightrope::rules {

EvidencePlan evidence_plan(const Target& target, const Kpi& kpi) {
  const Formula& formula = kpi.formula;
  EvidencePlan plan;
  if (target.kind == BoundKind::between || formula.inputs().empty()) return plan;
  for (const Input& input : formula.inputs()) {
    // Changes and shares are no counts of a day.
    if (input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value) return plan;
  }
  const bool too_high = target.kind == BoundKind::at_most;
  const bool is_price = too_high && kpi.unit == Unit::money && formula.is_quotient();
  plan.usable = true;
  // Of a price, the results that the money should have bought.
  if (formula.is_quotient())
    plan.seen = is_price ? EvidencePlan::Seen::denominator : EvidencePlan::Seen::numerator;
  plan.side = is_price || !too_high ? EvidenceSide::below : EvidenceSide::above;
  plan.money = !is_price && (kpi.unit == Unit::money || formula.denominator_unit() == Unit::money);
  return plan;
}

const DayFit* NodeEvidence::fit_on(Day day) const noexcept {
  const DayFit* found = nullptr;
  for (const DayFit& fit : fits) {
    if (fit.from == kFirstDay) break;
    if (found != nullptr && fit.from > day) break;
    found = &fit;
  }
  return found;
}

const DayFit* NodeEvidence::last_fit() const noexcept {
  const auto unused = std::find_if(fits.begin(), fits.end(), [](const DayFit& fit) { return fit.from == kFirstDay; });
  return unused == fits.begin() ? nullptr : &*(unused - 1);
}

void NodeEvidence::add_fit(const DayFit& fit) noexcept {
  const auto unused = std::find_if(fits.begin(), fits.end(), [](const DayFit& one) { return one.from == kFirstDay; });
  if (unused != fits.end()) {
    *unused = fit;
    return;
  }
  // The oldest goes: days before the second are taken with what came after them.
  std::move(fits.begin() + 1, fits.end(), fits.begin());
  fits.back() = fit;
}

double CheckEvidence::season(Day day) const noexcept {
  const ProfileFit* found = nullptr;
  for (const ProfileFit& fit : profiles) {
    if (fit.from > day) break;
    found = &fit;
  }
  return found == nullptr ? 1 : found->profile[weekday_index(day)];
}

}  // namespace tightrope::rules
