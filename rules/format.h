// Figures as people read them.
#pragma once

#include <string>
#include <string_view>

#include "rules/formula.h"
#include "rules/units.h"

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

// How a value and the bounds it is compared with are written, so that they look alike: a ratio is plain when
// a bound is 1.5 or more and a percentage when both are less, whatever the value's own size ("0.20" against
// "3.00"); percentages and numbers have decimals all or none ("8.4 %" against "3.0 %"), and so has money its
// cents; a value that differs from a bound does not look the same. Otherwise as format_value. Bounds that do
// not exist are NaN. Borrows the currency.
class ComparedFigures {
 public:
  ComparedFigures(Unit unit, std::string_view currency, double value, double low, double high);
  std::string text(double figure) const;

 private:
  Unit unit_;
  std::string_view currency_;
  bool plain_ratio_;
  bool decimals_;  // for percentages and numbers
  bool cents_;
  int more_ = 0;  // decimals beyond those, without which a value would look like the bound that it misses
};

// The same text for a narrow screen: a line breaks neither within a number nor between a number and its unit.
// Spaces within numbers become U+202F, those before a unit (%, h, min, EUR, days, ...) U+00A0.
std::string unbroken(std::string_view text);
// The reverse, for logs and whatever else is searched: plain spaces for both.
std::string with_plain_spaces(std::string_view text);

// "Tue 17 Nov".
std::string format_day(Day day);

// Verdict::sure: "94 % sure", from 99 % on with a decimal, "over 99.9 % sure" at the most: rounded down, and
// nothing is ever 100 % sure. "" below one half and for what is unknown: that is no word worth saying.
std::string format_sureness(double sure);

// With so many decimals (0 to 9), not grouped, "-0" written "0"; "n/a" when unknown or infinite.
std::string format_fixed(double value, int decimals);

}  // namespace tightrope::rules
