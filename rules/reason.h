// Why a target is missed, in one line for a phone. Pure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "rules/factor_path.h"
#include "rules/segments.h"

namespace tightrope::rules {

// "click_through_rate" reads "click through rate"; short names stand for themselves: "cpc" reads "CPC".
std::string spoken_kpi(std::string_view kpi);

// "CPC up 24 % (1.20 to 1.49 USD)"; "CPC steady" below kSteady.
std::string movement(std::string_view kpi, BeforeAndNow value, Unit unit, std::string_view currency);

struct ReasonContext {
  Unit unit = Unit::number;  // of what is explained
  std::string_view currency;
  std::string_view exposure;  // the KPI's denominator where it is one metric: "conversions"; else ""
  std::function<Unit(std::string_view)> unit_of;  // of a metric or KPI
};

// "CPC up 24 % (1.20 to 1.49 USD), 78 % of the change, through CPM up 20 % (10.00 to 12.00 USD); CVR steady".
// "" where nothing is known of factors.
std::string factors_clause(const ExplainedChange& explained, const FactorPath& path,
                           const ReasonContext& context);
// "mostly in campaign trial-brand (+3.10 of +5.20)", "... (all of +5.20)", or, of several, "by campaign: a
// +2.10, b +1.50 of +5.20".
std::string segments_clause(const ExplainedChange& explained, std::span<const SegmentLevel> levels,
                            std::span<const SegmentChange> named, const ReasonContext& context);

// "+3.10", in the decimals of the values that are compared; a share is in points of percent.
std::string signed_effect(double effect, BeforeAndNow value, Unit unit, std::string_view currency);

}  // namespace tightrope::rules
