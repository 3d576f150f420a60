#include "rules/factor_effects.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

bool defined(double value) noexcept {
  return value >= 0 && std::isfinite(value);
}

bool comes_or_goes(const FactorMovement& factor) noexcept {
  return (factor.value.before > 0) != (factor.value.now > 0);
}

}  // namespace

double logarithmic_mean(double a, double b) noexcept {
  const double u = std::log(a / b);
  return u == 0 ? b : b * std::expm1(u) / u;
}

std::optional<ProductChange> explain_product(std::span<const FactorMovement> factors) {
  ProductChange change{.value = {.before = 1, .now = 1}, .effects = std::vector<double>(factors.size(), 0)};
  for (const FactorMovement& factor : factors) {
    if (!defined(factor.value.before) || !defined(factor.value.now)) return std::nullopt;
    change.value.before *= std::pow(factor.value.before, factor.power);
    change.value.now *= std::pow(factor.value.now, factor.power);
  }
  if (!defined(change.value.before) || !defined(change.value.now)) return std::nullopt;
  if (change.value.before > 0 && change.value.now > 0) {
    const double mean = logarithmic_mean(change.value.now, change.value.before);
    for (std::size_t i = 0; i < factors.size(); ++i) {
      const BeforeAndNow& value = factors[i].value;
      change.effects[i] = mean * factors[i].power * std::log(value.now / value.before);
    }
    return change;
  }
  const auto sharing = std::count_if(factors.begin(), factors.end(), comes_or_goes);
  const double whole = change.value.now - change.value.before;
  if (whole == 0 || sharing == 0) return change;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (comes_or_goes(factors[i])) change.effects[i] = whole / static_cast<double>(sharing);
  }
  return change;
}

}  // namespace tightrope::rules
