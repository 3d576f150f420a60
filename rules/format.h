// Figures as people read them.
#pragma once

#include <string>
#include <string_view>

#include "rules/formula.h"

namespace tightrope::rules {

// By its unit, thousands apart by a plain space, "n/a" when unknown or infinite:
//   money      "45.10 EUR", "1 234.50 EUR"; no cents from 10 000: "12 340 EUR"
//   ratio      "3.4 %", "0.12 %"; from 1.5 on, as of a ROAS, the plain ratio: "3.40"
//   count      "1 204", "12.5"
//   duration   hours: "2.5 h"
//   per_money  "0.022 per EUR"
//   number     at most two decimals: "3.25"
//   truth      "yes", "no"
// Figures too small for their decimals keep two significant digits: "0.0042 EUR".
std::string format_value(double value, Unit unit, std::string_view currency);

// With so many decimals (0 to 9), not grouped, "-0" written "0"; "n/a" when unknown or infinite.
std::string format_fixed(double value, int decimals);

}  // namespace tightrope::rules
