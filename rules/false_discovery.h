// Many campaigns at once: which of them to list so that few on the list are false (e-BH; Wang & Ramdas 2022).
//
// The promise is on each list by itself, made at a time fixed beforehand: on average at most the share asked
// for is false, whatever campaigns have in common (a budget, a weekend, a broken tag). It needs e-values of
// that time: evidence of today, never the largest that there ever was (Tavyrikov, Goeman & de Heide 2025).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rules/evidence.h"

namespace tightrope::rules {

// How far back a list looks, and the share of it that may be false.
inline constexpr std::size_t kListedDays = 56;
inline constexpr double kFalseShare = 0.1;

// An e-value of evidence whose runs began within the last `window` days: divided by it, the mean is at most 1
// while the target is met.
double e_value(double evidence, std::size_t window = kListedDays) noexcept;
// The same from a campaign's days, oldest first and one entry a day, also for those without exposure: what
// began before the last `window` of them is left out. 0 when none of these had exposure; such a campaign does
// not count among those that could have been listed.
double e_value(std::span<const EvidenceDay> days, EvidenceSide side,
               std::size_t window = kListedDays) noexcept;

// What counts more where more money is: each e-value times its weight over the mean weight. Weights are fixed
// before the days that the evidence is of. All equal when no weight is above 0. REQUIRES: equal lengths;
// weights >= 0.
std::vector<double> weighted(std::span<const double> e_values, std::span<const double> weights);

struct Listed {
  std::vector<std::size_t> which;  // positions in the e-values given, ascending
  double threshold = 0;            // the least e-value to be listed; infinity when none is
};
// The longest list whose every e-value reaches K / (false_share * its length), of K given. Equal ones enter
// together; NaN, for what is not known yet, counts as 0 and among the K. REQUIRES: false_share > 0.
Listed listed(std::span<const double> e_values, double false_share = kFalseShare);

// For each e-value the smallest false share at which it would be listed, at most 1.
std::vector<double> listed_from(std::span<const double> e_values);

}  // namespace tightrope::rules
