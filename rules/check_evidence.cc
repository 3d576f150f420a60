#include "rules/check_evidence.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {

namespace {

// Which inputs make a side unknown when they are: those that it is made of.
template <class Side>
std::vector<std::uint8_t> inputs_of(const Formula& formula, const Side& side) {
  std::vector<double> figures(formula.inputs().size(), 1);
  std::vector<std::uint8_t> uses;
  for (double& figure : figures) {
    figure = std::numeric_limits<double>::quiet_NaN();
    uses.push_back(std::isnan(side(figures)) ? 1 : 0);
    figure = 1;
  }
  return uses;
}

}  // namespace

EvidencePlan evidence_plan(const Target& target, const Kpi& kpi) {
  const Formula& formula = kpi.formula;
  EvidencePlan plan;
  if (target.kind == BoundKind::between || formula.inputs().empty()) return plan;
  for (const Input& input : formula.inputs()) {
    // Changes and shares are no counts of a day.
    if (input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value) return plan;
  }
  const bool too_high = target.kind == BoundKind::at_most;
  plan.side = too_high ? EvidenceSide::above : EvidenceSide::below;
  if (!formula.is_quotient()) {
    plan.is_seen.assign(formula.inputs().size(), 1);
    plan.money = kpi.unit == Unit::money;
  } else {
    const auto numerator =
        inputs_of(formula, [&](const auto& figures) { return formula.numerator(figures); });
    const auto denominator =
        inputs_of(formula, [&](const auto& figures) { return formula.denominator(figures); });
    bool of_spend = true;
    for (std::size_t i = 0; i < numerator.size(); ++i)
      of_spend = of_spend && (numerator[i] == 0 || formula.inputs()[i].name == "spend");
    // Of a price or a cost ratio, the results that the money should have bought.
    const bool is_price = too_high && (kpi.unit == Unit::money || of_spend);
    if (is_price) plan.side = EvidenceSide::below;
    plan.seen = is_price ? EvidencePlan::Seen::denominator : EvidencePlan::Seen::numerator;
    plan.is_seen = is_price ? denominator : numerator;
    plan.money = is_price ? formula.denominator_unit() == Unit::money
                          : kpi.unit == Unit::money ||
                                (kpi.unit == Unit::ratio && formula.denominator_unit() == Unit::money);
  }
  plan.usable = !plan.money || plan.side == EvidenceSide::below;
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
  const auto unused =
      std::find_if(fits.begin(), fits.end(), [](const DayFit& fit) { return fit.from == kFirstDay; });
  return unused == fits.begin() ? nullptr : &*(unused - 1);
}

bool NodeEvidence::add_fit(const DayFit& fit) noexcept {
  const auto unused =
      std::find_if(fits.begin(), fits.end(), [](const DayFit& one) { return one.from == kFirstDay; });
  if (unused != fits.end()) {
    *unused = fit;
    return unused == fits.begin();
  }
  // The oldest goes: days before the second are taken with what came after them.
  std::move(fits.begin() + 1, fits.end(), fits.begin());
  fits.back() = fit;
  return true;
}

double CheckEvidence::season(Day on) const noexcept {
  const ProfileFit* found = nullptr;
  for (const ProfileFit& fit : profiles) {
    if (fit.from > on) break;
    found = &fit;
  }
  return found == nullptr ? 1 : found->profile[weekday_index(on)];
}

}  // namespace tightrope::rules
