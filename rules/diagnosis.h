// What an alert's diagnosis says: what drives the miss, and where.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "rules/factor_path.h"
#include "rules/segments.h"

namespace tightrope::rules {

// Drivers that are no factor. "The figures are wrong": `applies: {driver: tracking}` answers it; "fewer
// people are there to reach": `applies: {driver: demand}`.
inline constexpr std::string_view kTrackingDriver = "tracking";
inline constexpr std::string_view kDemandDriver = "demand";
inline constexpr std::array<std::string_view, 2> kCauses{kTrackingDriver, kDemandDriver};
constexpr bool is_cause(std::string_view driver) noexcept {
  return driver == kTrackingDriver || driver == kDemandDriver;
}

struct Diagnosis {
  // A cause, or the factor that did most of the harm; "" when none did.
  std::string driver;
  // Factors below it that lead in turn, nearest first: {"cpm"} for a driver cpc. Below demand, the factors
  // that lead to it.
  std::vector<std::string> deeper;
  std::string reason;  // one line for people; "" when nothing is known
  ExplainedChange explained;
  Unit unit = Unit::number;  // of what is explained and of all effects
  FactorPath factors;
  std::vector<SegmentLevel> segments;
  std::vector<SegmentChange> named;  // the segments that the reason names
};

}  // namespace tightrope::rules
