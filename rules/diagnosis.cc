#include "rules/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/format.h"

namespace tightrope::rules {
namespace {

constexpr double kSteady = 0.03;        // a change below 3 % is called steady
constexpr double kTrafficGoesOn = 0.5;  // traffic at half of what it was, or more
constexpr double kResultsDue = 5;       // results that the traffic should have brought, and none came
// A page that got worse still brings a third or half of what was due; a tag that broke on most pages or
// devices brings next to nothing.
constexpr double kCollapsed = 0.25;
constexpr double kResultsDueToCollapse = 20;

// "click_through_rate" reads "click through rate"; short names stand for themselves: "cpc" reads "CPC".
std::string spoken(std::string_view kpi) {
  std::string text(kpi);
  if (text.size() <= 4) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    });
  } else {
    std::replace(text.begin(), text.end(), '_', ' ');
  }
  return text;
}

bool usable(BeforeAndNow value) noexcept {
  return value.before > 0 && value.now > 0;
}

std::string movement(const FactorEffect& factor, Unit unit, std::string_view currency) {
  const double change = factor.value.now / factor.value.before - 1;
  if (std::abs(change) < kSteady) return fmt::format("{} steady", spoken(factor.kpi));
  const ComparedFigures figures(unit, currency, factor.value.now, factor.value.before, kUndefined);
  return fmt::format("{} {} {:.0f} % ({} to {})", spoken(factor.kpi), change > 0 ? "up" : "down",
                     std::abs(change) * 100, figures.text(factor.value.before),
                     figures.text(factor.value.now));
}

}  // namespace

std::vector<FactorEffect> decompose(std::string_view kpi, BeforeAndNow value, Better better,
                                    const std::function<BeforeAndNow(std::string_view)>& figure) {
  const auto factors = factors_of(kpi);
  if (factors.empty() || !usable(value)) return {};
  const double mean = logarithmic_mean(value.now, value.before);
  std::vector<FactorEffect> effects;
  for (const Factor& factor : factors) {
    const BeforeAndNow moved = figure(factor.kpi);
    if (!usable(moved)) return {};
    effects.push_back({.kpi = std::string(factor.kpi),
                       .value = moved,
                       .effect = mean * factor.exponent * std::log(moved.now / moved.before)});
  }
  const double harm = better == Better::higher ? -1 : 1;
  std::stable_sort(effects.begin(), effects.end(), [harm](const FactorEffect& a, const FactorEffect& b) {
    return harm * a.effect > harm * b.effect;
  });
  return effects;
}

std::optional<Diagnosis> broken_tracking(BeforeAndNow results, BeforeAndNow traffic, std::string_view when) {
  if (!(traffic.before > 0) || std::isnan(results.now) || !(traffic.now >= kTrafficGoesOn * traffic.before)) {
    return std::nullopt;
  }
  const double due = results.before / traffic.before * traffic.now;
  const bool stopped = results.now == 0 && due >= kResultsDue;
  const bool collapsed = results.now <= kCollapsed * due && due >= kResultsDueToCollapse;
  if (!stopped && !collapsed) return std::nullopt;
  const std::string brought =
      stopped ? std::string("No conversions")
              : fmt::format("{} conversions", format_value(std::round(results.now), Unit::count, ""));
  return Diagnosis{
      .driver = std::string(kTrackingDriver),
      .reason = fmt::format("{} on {} clicks{}, where about {} were due: has the tracking broken?", brought,
                            format_value(traffic.now, Unit::count, ""), when,
                            format_value(std::round(due), Unit::count, ""))};
}

bool counts_results(const Kpi& kpi) {
  static constexpr std::array<std::string_view, 3> kResults{"conversions", "revenue", "orders"};
  const auto& inputs = kpi.formula.inputs();
  return std::any_of(inputs.begin(), inputs.end(), [](const Input& input) {
    return std::find(kResults.begin(), kResults.end(), input.name) != kResults.end();
  });
}

Diagnosis diagnose(const Kpi& kpi, BeforeAndNow value,
                   const std::function<BeforeAndNow(std::string_view)>& figure,
                   const std::function<Unit(std::string_view)>& unit_of, std::string_view currency,
                   BeforeAndNow results, BeforeAndNow traffic, double bound) {
  if (counts_results(kpi)) {
    if (auto broken = broken_tracking(results, traffic, "")) return std::move(*broken);
  }
  const auto effects = decompose(kpi.name, value, kpi.better, figure);
  if (effects.empty()) return {};
  const double harm = kpi.better == Better::higher ? -1 : 1;
  const double change = harm * (value.now - value.before);
  const FactorEffect& worst = effects.front();
  if (harm * worst.effect <= 0 || std::abs(worst.value.now / worst.value.before - 1) < kSteady) {
    return {.driver = "",
            .reason = fmt::format(
                "Nothing new: {} was {} before.", spoken(kpi.name),
                ComparedFigures(kpi.unit, currency, value.now, bound, kUndefined).text(value.before))};
  }
  std::string reason = movement(worst, unit_of(worst.kpi), currency);
  if (change > 0) {
    const double share = harm * worst.effect / change;
    if (share < 1) reason += fmt::format(", {:.0f} % of the change", share * 100);
  }
  for (auto other = effects.begin() + 1; other != effects.end(); ++other) {
    reason += "; " + movement(*other, unit_of(other->kpi), currency);
  }
  return {.driver = worst.kpi, .reason = reason + "."};
}

}  // namespace tightrope::rules
