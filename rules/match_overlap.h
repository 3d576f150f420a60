// Whether globs, and the matches of objectives, have something in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/target.h"

namespace tightrope::rules {

// A shortest text that both globs match, or nothing when there is none. `?` is shown as "x". REQUIRES: both
// are UTF-8.
std::optional<std::string> glob_overlap(std::string_view a, std::string_view b);

// An entity that both match, with values for the dimensions that either names; nothing when there is none.
std::optional<Entity> match_overlap(const std::vector<DimensionMatch>& a,
                                    const std::vector<DimensionMatch>& b);

}  // namespace tightrope::rules
