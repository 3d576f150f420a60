#include "rules/factor_path.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kOverHalf = 0.5;
constexpr std::size_t kDeepest = 8;  // the table of factors has no circle; this is for one that is added

// One level: what each factor of `kpi` did to `value`, of which the KPI is the product (`sign` 1) or the
// reciprocal of it (-1). Empty where a figure is unknown.
std::vector<FactorEffect> effects_of(std::string_view kpi, BeforeAndNow value, int sign,
                                     const std::function<BeforeAndNow(std::string_view)>& figure) {
  const auto factors = factors_of(kpi);
  std::vector<FactorEffect> effects;
  for (const Factor& factor : factors) effects.push_back({std::string(factor.kpi), figure(factor.kpi), 0});
  const auto zero_in = [&](double BeforeAndNow::*period) {
    return std::any_of(effects.begin(), effects.end(),
                       [&](const FactorEffect& one) { return one.value.*period == 0; });
  };
  std::vector<FactorMovement> movements;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    BeforeAndNow& moved = effects[i].value;
    if (std::isnan(moved.now) && zero_in(&BeforeAndNow::now)) moved.now = moved.before;
    if (std::isnan(moved.before) && zero_in(&BeforeAndNow::before)) moved.before = moved.now;
    movements.push_back({moved, static_cast<double>(sign * factors[i].exponent)});
  }
  const auto product = explain_product(movements);
  if (effects.empty() || !product) return {};
  // Factors give the KPI up to a constant, such as the thousand of a CPM.
  const double size = product->value.before + product->value.now;
  const double constant = size > 0 ? (value.before + value.now) / size : 0;
  for (std::size_t i = 0; i < effects.size(); ++i) effects[i].effect = product->effects[i] * constant;
  return effects;
}

void sort_by_harm(const ExplainedChange& explained, std::vector<FactorEffect>& effects) {
  std::stable_sort(effects.begin(), effects.end(), [&](const FactorEffect& a, const FactorEffect& b) {
    return explained.harm_of(a.effect) > explained.harm_of(b.effect);
  });
}

bool moved(const FactorEffect& one) {
  const double change = relative_change(one.value);
  return std::isnan(change) ? one.value.before != one.value.now : std::abs(change) >= kSteady;
}

}  // namespace

double relative_change(BeforeAndNow value) noexcept {
  return value.before > 0 && value.now > 0 ? value.now / value.before - 1 : kUndefined;
}

FactorPath factor_path(const ExplainedChange& explained,
                       const std::function<BeforeAndNow(std::string_view)>& figure) {
  FactorPath path;
  std::string of = explained.kpi;
  double whole = explained.change();
  while (path.levels.size() < kDeepest) {
    // Below the first level the figure's own change is shared out, then scaled to what it did.
    const bool first = path.levels.empty();
    const BeforeAndNow value = first ? explained.value : figure(of);
    const double own = value.now - value.before;
    std::vector<FactorEffect> effects = effects_of(of, value, first && explained.reciprocal ? -1 : 1, figure);
    if (effects.empty() || (!first && !(own != 0))) break;
    if (!first) {
      for (FactorEffect& one : effects) one.effect *= whole / own;
    }
    sort_by_harm(explained, effects);
    const FactorEffect leading = effects.front();
    path.levels.push_back({of, std::move(effects)});
    const double harm = explained.harm_of(leading.effect);
    const bool over_half = harm > kOverHalf * explained.harm();
    if (!(harm > 0) || !moved(leading) || (!first && !over_half)) break;
    path.drivers.push_back(leading.kpi);
    if (!over_half || !(explained.harm() > 0)) break;
    of = leading.kpi;
    whole = leading.effect;
  }
  return path;
}

std::vector<std::string_view> factors_below(std::string_view kpi) {
  std::vector<std::string_view> found;
  const auto add = [&found](std::string_view of) {
    for (const Factor& factor : factors_of(of)) {
      if (std::find(found.begin(), found.end(), factor.kpi) == found.end()) found.push_back(factor.kpi);
    }
  };
  add(kpi);
  for (std::size_t i = 0; i < found.size(); ++i) add(found[i]);
  return found;
}

bool is_factor_below(std::string_view driver, std::string_view kpi) noexcept {
  const auto factors = factors_of(kpi);
  return std::any_of(factors.begin(), factors.end(), [driver](const Factor& factor) {
    return factor.kpi == driver || is_factor_below(driver, factor.kpi);
  });
}

}  // namespace tightrope::rules
