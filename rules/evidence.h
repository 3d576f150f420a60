// How strongly figures contradict "the KPI meets its target": an e-detector of Shiryaev-Roberts type whose
// daily increments are likelihood ratios of gamma-Poisson counts (Shin, Ramdas & Rinaldo, E-detectors; proofs
// in the comments of evidence.cc). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace tightrope::rules {

// Which side of the expectation is bad: fewer conversions than the spend should bring, or more refunds than
// orders allow.
enum class EvidenceSide : std::uint8_t { below, above };

// One day: what was seen and what was due exactly at the target, both in scaled counts.
struct EvidenceDay {
  double seen = 0;      // n >= 0
  double expected = 0;  // lambda; a day with 0 is skipped: nothing was due, nothing is learnt
  // The variance of the day's own effect (its squared coefficient of variation); 0 gives Poisson days.
  double day_variance = 0;
};

// ln of the likelihood ratio of one day, for a true rate of `ratio` times the target's.
double log_increment(double seen, double expected, double ratio, double day_variance) noexcept;

// The same for a share with a high target (above 0.2), where Poisson would overstate the scatter: `successes`
// of `trials`, beta-binomial with this precision around `share` against `share_of_alternative`; an infinite
// precision gives binomial days.
double log_increment_of_share(double successes, double trials, double share_of_alternative, double share,
                              double precision) noexcept;

// The true rates bet on, as shares of the target's; each has the weight 1 / kAlternatives.
constexpr std::size_t kAlternatives = 5;
const std::array<double, kAlternatives>& alternatives(EvidenceSide side) noexcept;
// ln of each alternative.
const std::array<double, kAlternatives>& log_alternatives(EvidenceSide side) noexcept;

// The evidence after a run of days. A value of five numbers: to go on after a restart, keep them.
class Evidence {
 public:
  // Takes a day that is over. The bets are held to `most` each: after a long miss, what comes next still
  // counts. A cap only takes away, so that it never makes an alarm.
  void add(const EvidenceDay& day, EvidenceSide side, double most = kMost) noexcept;
  // The weighted sum E; 0 before the first day. An alarm at 1 / alpha has a mean of at least 1 / alpha days
  // between false ones, however often it is looked at.
  double value() const noexcept;
  // ln E; minus infinity before the first day.
  double log_value() const noexcept;
  // The same, were the day so far added to it.
  double value_with(const EvidenceDay& day, EvidenceSide side) const noexcept;

  // By alternative: R_k.
  std::array<double, kAlternatives>& bets() noexcept { return bets_; }
  const std::array<double, kAlternatives>& bets() const noexcept { return bets_; }
  friend bool operator==(const Evidence&, const Evidence&) = default;

  static constexpr double kMost = 1e304;  // about e^700: sums of five are still finite

 private:
  std::array<double, kAlternatives> bets_{};
};

// Since when the rate is another one: beside each bet, the sum that starts again whenever nothing is left of
// it (CUSUM). Asked for an alarm, after the days were replayed.
class ChangePoint {
 public:
  // Days are numbered by the caller, in order.
  void add(std::size_t number, const EvidenceDay& day, EvidenceSide side) noexcept;
  // The day on which the sum of the bet that says most last began; 0 before the first day.
  std::size_t since() const noexcept;

 private:
  Evidence evidence_;
  std::array<double, kAlternatives> sums_{};
  std::array<std::size_t, kAlternatives> began_{};
};

// ln of the evidence from a start that was fixed beforehand: sum_k w_k prod L_k. The chance that it ever
// reaches 1 / alpha while the target is met is at most alpha (Ville 1939). 0 for no days.
double log_fixed_start(std::span<const EvidenceDay> days, EvidenceSide side) noexcept;

// Where the true rate may lie, as a share of the target's.
struct RateRange {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
};
// ln of the gamma mixture over rates at `ratio`: seen N against expected Lambda, prior Gamma(1, 1).
double log_mixture(double seen, double expected, double ratio) noexcept;
// From a fixed start, at any moment: { r : log_mixture(r) < ln(1 / alpha) } (Robbins 1970, Lai 1976). With
// day effects folded in by the caller (see overdispersion) it is near, for display and never for alarms.
// REQUIRES: expected > 0.
RateRange rate_range(double seen, double expected, double alpha) noexcept;
// By how much day effects widen the scatter of so many days' total: 1 + day_variance * sum lambda^2 / sum
// lambda. `seen` and `expected` are divided by it.
double overdispersion(double sum_expected, double sum_expected_squared, double day_variance) noexcept;

// The variance of a day's effect where no history tells: a coefficient of variation of 0.32.
constexpr double kDefaultDayVariance = 0.1;

}  // namespace tightrope::rules
