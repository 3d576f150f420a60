// How units combine in formulas. Private to the formula compiler.
#pragma once

#include <optional>

#include "rules/formula.h"

namespace tightrope::rules {

// The unit of a sum, a difference, a minimum or either side of an `if`, and whether two figures can be
// compared: both have one unit, or one is a bare number. Nothing where they do not fit. Two truths fit each
// other.
std::optional<Unit> common_unit(Unit a, Unit b) noexcept;
// Nothing where the product or the quotient means nothing.
std::optional<Unit> product_unit(Unit a, Unit b) noexcept;
std::optional<Unit> quotient_unit(Unit a, Unit b) noexcept;

}  // namespace tightrope::rules
