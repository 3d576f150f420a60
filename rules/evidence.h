// How strongly figures contradict "the KPI meets its target": an e-detector of Shiryaev-Roberts type whose
// daily increments are likelihood ratios of gamma-Poisson counts (Shin, Ramdas & Rinaldo, E-detectors; proofs
// in the comments of evidence.cc).
#pragma once

#include <array>
#include <span>

namespace tightrope::rules {

// Which side of the expectation is bad: fewer conversions than the spend should bring, or more refunds than
// orders allow.
enum class EvidenceSide { below, above };

// One day: what was seen and what was due exactly at the target, both in scaled counts.
struct EvidenceDay {
  double seen;      // n >= 0
  double expected;  // lambda; a day with 0 is skipped: nothing was due, nothing is learnt
};

// ln of the likelihood ratio of one day, for a true rate of `ratio` times the target's. `day_variance` is the
// variance of the day's own effect (its squared coefficient of variation); 0 gives the Poisson form.
double log_increment(double seen, double expected, double ratio, double day_variance) noexcept;

// The evidence after a run of days, kept in logarithms.
class Evidence {
 public:
  static constexpr std::size_t kAlternatives = 5;

  Evidence(EvidenceSide side, double day_variance) noexcept;
  void add(EvidenceDay day) noexcept;
  // ln E. Minus infinity before the first day. An alarm at ln(1/alpha) has a mean of at least 1/alpha days
  // between false ones.
  double log_value() const noexcept;

 private:
  std::array<double, kAlternatives> ratios_;
  std::array<double, kAlternatives> log_r_;  // ln R_k; minus infinity for R_k = 0
  double day_variance_;
};

// The default variance of a day's effect where no history tells: a coefficient of variation of 0.32.
constexpr double kDefaultDayVariance = 0.1;

}  // namespace tightrope::rules
