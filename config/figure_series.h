// The compact notation of figures in tests of rules: "100x7", "100 120 _ 90", "100+10x6". Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/units.h"

namespace tightrope::config {

// What is said of one bucket: a figure, Amount::missing() where a figure is taken back, or nothing.
using SeriesValue = std::optional<rules::Amount>;

struct SeriesError {
  std::size_t offset;  // in the text, in bytes
  std::string problem;
  std::string hint;
};

// Words apart by spaces, each for one bucket or, with `xN` behind it, for N buckets (1 to kMostRepeats):
//   100      a figure, as parse_amount() reads it
//   100+10   with xN: the first is 100, and each is 10 more than the one before it; likewise 100-5
//   _        nothing is reported
//   back     a figure that was reported is taken back
// At least one bucket and at most kMostBuckets.
constexpr std::size_t kMostRepeats = 1000;
constexpr std::size_t kMostBuckets = 2000;
std::variant<std::vector<SeriesValue>, SeriesError> parse_series(std::string_view text);

}  // namespace tightrope::config
