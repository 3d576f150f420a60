#include "rules/response_curve.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kEtaPrecision = 1e-6;  // next to nothing: keeps the equations solvable without days
constexpr double kLeastElasticity = 0.1;
constexpr double kMostElasticity = 0.95;

}  // namespace

double ResponseCurve::at(double spend) const noexcept {
  return std::exp(eta) * std::pow(spend / usual_spend, elasticity);
}

void ResponseSums::begin_day(double half_life_days) noexcept {
  const double kept = std::exp2(-1 / half_life_days);
  for (double* sum : {&weight, &u, &uu, &z, &uz, &zz}) *sum *= kept;
}

void ResponseSums::add(double spend, double outcome, double day_variance, double trust) noexcept {
  if (!(spend > 0)) return;
  // The variance of ln(outcome + 1/2): of counting, and of the day.
  const double w = trust / (1 / (outcome + 0.5) + day_variance);
  const double log_spend = std::log(spend);
  const double log_outcome = std::log(outcome + 0.5);
  weight += w;
  u += w * log_spend;
  uu += w * log_spend * log_spend;
  z += w * log_outcome;
  uz += w * log_spend * log_outcome;
  zz += w * log_outcome * log_outcome;
  ++days;
}

ResponseCurve ResponseSums::fit(double usual_spend, double prior_elasticity, double prior_sd) const noexcept {
  // Around another spend, ln spend is shifted.
  const double shift = std::log(usual_spend);
  const double su = u - shift * weight;
  const double suu = uu - 2 * shift * u + shift * shift * weight;
  const double suz = uz - shift * z;

  const double prior = 1 / (prior_sd * prior_sd);
  const double a = weight + kEtaPrecision;
  const double d = suu + prior;
  const double right = suz + prior_elasticity * prior;
  const double determinant = a * d - su * su;
  const double eta = (d * z - su * right) / determinant;
  const double elasticity = (a * right - su * z) / determinant;

  // Where the days scatter more than counting and day effects explain, less is known than they say.
  const double residual = zz - 2 * eta * z - 2 * elasticity * suz + eta * eta * weight +
                          2 * eta * elasticity * su + elasticity * elasticity * suu;
  const double wider = std::max(1.0, residual / std::max(1, days - 2));
  return {.usual_spend = usual_spend,
          .eta = eta,
          .elasticity = std::clamp(elasticity, kLeastElasticity, kMostElasticity),
          .covariance = {.eta = wider * d / determinant,
                         .eta_elasticity = -wider * su / determinant,
                         .elasticity = wider * a / determinant}};
}

}  // namespace tightrope::rules
