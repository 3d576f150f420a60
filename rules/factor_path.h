// Down the tree of factors to the deepest one that explains a change: cost per conversion up for the click
// price, and that for the price of impressions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/factor_effects.h"
#include "rules/kpi.h"
#include "rules/verdict.h"

namespace tightrope::rules {

// now / before - 1; NaN unless both are positive.
double relative_change(BeforeAndNow value) noexcept;
// Changes below 3 % are called steady: nobody acts on them.
constexpr double kSteady = 0.03;

struct FactorEffect {
  std::string kpi;
  BeforeAndNow value;
  double effect;  // in the unit of what is explained; over all factors they add up to its change
};

// What is explained: a KPI's change or, where the KPI is undefined in one of the periods (no conversions),
// that of its reciprocal.
struct ExplainedChange {
  std::string kpi;
  BeforeAndNow value{kUndefined, kUndefined};
  bool reciprocal = false;
  Better better = Better::neither;  // of the value, so the other way round for a reciprocal

  double change() const noexcept { return value.now - value.before; }
  // How much worse it became; negative when it became better.
  double harm() const noexcept { return harm_of(change()); }
  double harm_of(double effect) const noexcept { return better == Better::higher ? -effect : effect; }
};

// The factors of one figure.
struct FactorLevel {
  std::string of;
  std::vector<FactorEffect> effects;  // largest harm first; they add up to the effect of `of`
};

struct FactorPath {
  std::vector<FactorLevel> levels;  // the factors of the KPI, then those of the leading factor, and so on
  // The leading factors, each a factor of the one before it: {"cpc", "cpm"}. The first did most of the harm;
  // the others hold over half of the whole change. Empty when the KPI did not get worse by a factor that
  // moved.
  std::vector<std::string> drivers;
};

// `figure` gives a KPI before and now. Effects at all levels are in the unit of what is explained (LMDI is
// consistent in aggregation). A factor that is undefined because another one is 0 (the value of an order,
// when there are no orders) counts as unchanged; one that is unknown for another reason leaves its level out.
FactorPath factor_path(const ExplainedChange& explained,
                       const std::function<BeforeAndNow(std::string_view)>& figure);

// Whether `driver` can stand on the path of this KPI: one of its factors, or of theirs.
bool is_factor_below(std::string_view driver, std::string_view kpi) noexcept;
// All that can, nearest first.
std::vector<std::string_view> factors_below(std::string_view kpi);

}  // namespace tightrope::rules
