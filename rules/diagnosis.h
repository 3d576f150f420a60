// Why a KPI changed: the exact share of each factor in the change (LMDI-I; Ang 2004, Ang & Liu 2001).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/factor_effects.h"
#include "rules/kpi.h"
#include "rules/verdict.h"

namespace tightrope::rules {

struct FactorEffect {
  std::string kpi;
  BeforeAndNow value;
  double effect;  // in the KPI's own unit; over all factors they add up to its change
};

// The factors of `kpi` with their effects, largest harm first (`better` says what harm is). Empty when the
// KPI has no factors or a figure is unknown or not positive. For 0 in both periods an effect is 0.
std::vector<FactorEffect> decompose(std::string_view kpi, BeforeAndNow value, Better better,
                                    const std::function<BeforeAndNow(std::string_view)>& figure);

// The driver that stands for "the figures are wrong": `applies: {driver: tracking}` answers it.
inline constexpr std::string_view kTrackingDriver = "tracking";

struct Diagnosis {
  std::string driver;  // the factor that did most of the harm; "" when none did
  std::string reason;  // one line for people; "" when nothing is known
};
// That the tracking may be broken: results stopped, or all but, while traffic went on. `when` completes the
// sentence: " in three days", or "". Nothing when there are results, or too few were due to tell.
std::optional<Diagnosis> broken_tracking(BeforeAndNow results, BeforeAndNow traffic, std::string_view when);
// Whether the KPI is made from conversions or what they bring, so that broken tracking would show in it.
bool counts_results(const Kpi& kpi);

// Harm: for a KPI whose target is missed; its bound (NaN while unknown) says how its figures are written.
// Says which factor moved, by how much, and how much of the change it explains; and that the tracking may be
// broken when results stopped while traffic did not (`results` over `traffic`).
Diagnosis diagnose(const Kpi& kpi, BeforeAndNow value,
                   const std::function<BeforeAndNow(std::string_view)>& figure,
                   const std::function<Unit(std::string_view)>& unit_of, std::string_view currency,
                   BeforeAndNow results, BeforeAndNow traffic, double bound = kUndefined);

}  // namespace tightrope::rules
