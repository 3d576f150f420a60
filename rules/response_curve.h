// What a campaign's spend brings: f(x) = exp(eta) (x / x0)^c around its usual spend x0. Constant elasticity:
// two parameters, linear in logarithms, and steady over the fifth of the spend that is ever moved
// (Sethuraman, Tellis & Briesch 2011 for its usual size).
#pragma once

namespace tightrope::rules {

struct ResponseCurve {
  // Of eta and c; for a curve that was fitted.
  struct Covariance {
    double eta = 0;
    double eta_elasticity = 0;
    double elasticity = 0;
  };

  double usual_spend = 0;  // x0, > 0
  double eta = 0;          // ln of what x0 brings
  double elasticity = 0;   // c: 1 % more spend brings c % more; above 0 and below 1
  Covariance covariance;

  // What this spend brings.
  double at(double spend) const noexcept;
};

// Sums of days from which the curve is fitted: a weighted ridge regression of ln(outcome + 1/2) on ln spend,
// recent days counting more. Spend follows demand, which makes observed elasticities too large; the prior is
// therefore tight. A value: to go on after a restart, keep its members.
struct ResponseSums {
  static constexpr double kHalfLifeDays = 30;
  // A deliberate change of the budget shows what no everyday variation does.
  static constexpr double kTestTrust = 4;

  double weight = 0;
  double u = 0;  // of ln spend, by weight
  double uu = 0;
  double z = 0;  // of ln(outcome + 1/2)
  double uz = 0;
  double zz = 0;
  int days = 0;

  // Once a day, before the day is added.
  void begin_day(double half_life_days = kHalfLifeDays) noexcept;
  // A mature day: the outcome counted, or its nowcast; `day_variance` as in EvidenceDay. One without spend
  // says nothing. REQUIRES: outcome >= 0, trust > 0.
  void add(double spend, double outcome, double day_variance, double trust = 1) noexcept;

  // Around the mean spend of the last seven days. The elasticity is held to 0.1 to 0.95. Without any day it
  // is the prior, 0.7, and the covariance says that nothing is known of eta. REQUIRES: usual_spend > 0.
  ResponseCurve fit(double usual_spend, double prior_elasticity = 0.7, double prior_sd = 0.15) const noexcept;

  friend bool operator==(const ResponseSums&, const ResponseSums&) = default;
};

}  // namespace tightrope::rules
