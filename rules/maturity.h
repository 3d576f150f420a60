// Attribution lag: conversions of a day keep arriving for weeks. How much of a day can be seen at which age,
// learnt from how earlier days grew (chain ladder; Mack 1991, Renshaw & Verrall 1998), and what a young day
// will come to.
//
// Checks thin what they expect by this share and never divide what they saw by it: one conversion where a
// tenth can be seen is not ten. The nowcast is for display.
#pragma once

#include <array>
#include <cstddef>

namespace tightrope::rules {

// Ages of a day in whole days: 0 when it closes, kLastAge when it counts as final.
inline constexpr std::size_t kMaturityAges = 31;
inline constexpr std::size_t kLastAge = kMaturityAges - 1;

// By age: how many times its conversions a day has one day later.
using GrowthFactors = std::array<double, kLastAge>;
// By age: the share of a day's final conversions that can be seen, 1 at the last age. Over 1 where
// conversions are taken back later.
using MaturityShares = std::array<double, kMaturityAges>;

// m[kLastAge] = 1, m[a] = m[a + 1] / f[a]. REQUIRES: factors > 0.
MaturityShares maturity_shares(const GrowthFactors& factors) noexcept;

// How days grew from age to age, recent ones counting more. Of a platform, a client or a campaign. A value:
// to go on after a restart, keep its members.
struct MaturityCurve {
  static constexpr double kHalfLifeDays = 30;
  // The weight of the parent's factors, in conversions.
  static constexpr double kParentWeight = 50;
  // The fewest conversions behind a factor to bet on a day of that age, and the smallest share.
  static constexpr double kFewestToBetOn = 200;
  static constexpr double kLeastShareToBetOn = 0.2;

  // Decayed sums by age a: conversions of days at age a, and of the same days at age a + 1.
  std::array<double, kLastAge> at_age{};
  std::array<double, kLastAge> next_age{};

  // What was learnt so far loses a day's weight. Once a day, before what that day brings is added. REQUIRES:
  // half_life_days > 0; infinity forgets nothing.
  void begin_day(double half_life_days = kHalfLifeDays) noexcept;
  // One day that was seen at both ages: `before` at `age`, `after` one day later. Of ages never seen nothing
  // is added, also not for days seen again after a gap. REQUIRES: age < kLastAge; figures >= 0.
  void add(std::size_t age, double before, double after) noexcept;

  // Without a parent; 1 where nothing was seen yet.
  GrowthFactors factors() const noexcept;
  // Drawn toward the parent's with the weight of so many conversions. REQUIRES: parent's factors > 0.
  GrowthFactors factors(const GrowthFactors& parent, double weight = kParentWeight) const noexcept;

  // Conversions behind the factor of this age, those of older days counting less. For kLastAge, which has no
  // factor, infinity.
  double behind(std::size_t age) const noexcept;

  friend bool operator==(const MaturityCurve&, const MaturityCurve&) = default;
};

// Whether the share that a day should show is known well enough to hold a missing part of it against a
// campaign: by the conversions of the client behind its age.
bool worth_betting_on(double share, double behind) noexcept;

// What is still to come of a young day, and what it will come to.
struct Nowcast {
  double unseen = 0;
  double total = 0;  // seen and unseen
  double sd = 0;     // of both
  // In four cases of five between so many more, whole conversions.
  double unseen_low = 0;
  double unseen_high = 0;
  bool final = false;  // nothing is expected to come
};

// nowcast().unseen alone, at a fraction of its cost.
double expected_unseen(double seen, double share, double expected, double day_variance) noexcept;

// The credibility mean between the chain ladder (days vary without limit: seen / share) and Bornhuetter &
// Ferguson 1972 (days do not vary: seen + (1 - share) * expected); gamma-Poisson, so that the unseen part is
// negative binomial (Buhlmann & Straub 1970, Verrall 2004). `expected`: the full day's mean by the campaign's
// own recent rate, exposure and weekday; `day_variance` as in EvidenceDay. A share of 1 or more is final.
// REQUIRES: share, seen, expected >= 0.
Nowcast nowcast(double seen, double share, double expected, double day_variance);

}  // namespace tightrope::rules
