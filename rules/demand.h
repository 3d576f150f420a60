// "Demand fell" told from "we got worse": fewer people to reach, while what they do once reached holds. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/evidence.h"
#include "rules/factor_effects.h"

namespace tightrope::rules {

// What a falling total is held against; NaN where nobody reports it.
struct DemandFigures {
  BeforeAndNow total;        // the KPI: conversions, revenue, clicks, ...
  BeforeAndNow exposure;     // impressions, or visits where nobody reports impressions
  BeforeAndNow eligible;     // impressions the ads could have had
  BeforeAndNow click_rate;   // clicks of impressions
  BeforeAndNow result_rate;  // conversions of clicks, or of visits
};

// Whether the total fell because its exposure did: over three quarters of the fall (in logarithms), with
// rates that hold, and by more than the scatter of days (`days` of exposure against the mean day before, T of
// 20 or more). Where possible impressions are known they must have fallen as much: ads that are shown less
// because of rank or budget are no lack of demand.
bool demand_fell(const DemandFigures& figures, std::span<const EvidenceDay> days);

// "Demand fell: impressions down 40 % (12 000 to 7 200), CTR and CVR steady". `exposure` is its metric.
std::string demand_sentence(const DemandFigures& figures, std::string_view exposure);

}  // namespace tightrope::rules
