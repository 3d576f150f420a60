// What the method's specification says of the same settings: figures of its prototype, which is not the
// engine. For comparison only; nothing is computed from them.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace tightrope::bench {

constexpr std::array<double, 3> kCpaFactors{1.25, 1.5, 2};

struct SpecifiedFigures {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  double false_alarms_a_year = kUnknown;  // per campaign
  // By kCpaFactors. Infinite: more than the 90 days that were looked at.
  std::array<double, 3> median_delay{kUnknown, kUnknown, kUnknown};
  std::array<double, 3> within_14_days{kUnknown, kUnknown, kUnknown};
};
constexpr std::string_view kSpecification =
    "statistics specification, table 1.9; \"late\": section 3, with daily looks and a lag of its own";

// By the names of stream settings and of the program's schemes; by tier, or of all. Nothing where the
// specification has none.
std::optional<SpecifiedFigures> specified(std::string_view setting, std::string_view scheme,
                                          std::optional<std::size_t> tier) noexcept;

}  // namespace tightrope::bench
