// The exact share of each factor in the change of a product: additive LMDI-I (Ang 2004, Ang & Liu 2001), with
// its analytical limits where a factor comes from nothing or goes to it (Ang, Lee & Choi 1998; Ang & Liu
// 2007).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace tightrope::rules {

// A KPI, factor or sum in the period before and now; NaN for unknown.
struct BeforeAndNow {
  double before;
  double now;
};

// The logarithmic mean of two positive numbers: (a - b) / ln(a / b), and a when they are equal.
double logarithmic_mean(double a, double b) noexcept;

// A factor of a product, raised to `power`: CPA is CPC^1 * CVR^-1.
struct FactorMovement {
  BeforeAndNow value;
  double power;
};

struct ProductChange {
  BeforeAndNow value;           // the product itself
  std::vector<double> effects;  // by factor, in the product's unit; they add up to its change
};

// Swapping the periods turns every sign, and the order of factors does not matter. When the product comes
// from 0 or goes to it, the factors that do so share the whole change equally; when it stays 0 nothing has an
// effect. Nothing when a factor is unknown or negative, or the product undefined in a period, as a CPA
// without conversions is: explain its reciprocal then, every power turned.
std::optional<ProductChange> explain_product(std::span<const FactorMovement> factors);

}  // namespace tightrope::rules
