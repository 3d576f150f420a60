#include "rules/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/format.h"

namespace tightrope::rules {
namespace {

constexpr double kSteady = 0.03;        // a change below 3 % is called steady
constexpr double kTrafficGoesOn = 0.5;  // traffic at half of what it was, or more
constexpr double kResultsDue = 5;       // results that the traffic should have brought, and none came

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
  return fmt::format("{} {} {:.0f} % ({} to {})", spoken(factor.kpi), change > 0 ? "up" : "down",
                     std::abs(change) * 100, format_value(factor.value.before, unit, currency),
                     format_value(factor.value.now, unit, currency));
}

}  // namespace

double logarithmic_mean(double a, double b) noexcept {
  const double u = std::log(a / b);
  return u == 0 ? b : b * std::expm1(u) / u;
}

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

Diagnosis diagnose(const Kpi& kpi, BeforeAndNow value,
                   const std::function<BeforeAndNow(std::string_view)>& figure,
                   const std::function<Unit(std::string_view)>& unit_of, std::string_view currency,
                   BeforeAndNow results, BeforeAndNow traffic) {
  const double due = results.before / traffic.before * traffic.now;
  if (results.now == 0 && traffic.now >= kTrafficGoesOn * traffic.before && due >= kResultsDue) {
    return {.driver = "tracking",
            .reason = fmt::format(
                "No conversions on {} clicks, where about {:.0f} were due: has the tracking broken?",
                format_value(traffic.now, Unit::count, currency), due)};
  }
  const auto effects = decompose(kpi.name, value, kpi.better, figure);
  if (effects.empty()) return {};
  const double harm = kpi.better == Better::higher ? -1 : 1;
  const double change = harm * (value.now - value.before);
  const FactorEffect& worst = effects.front();
  if (harm * worst.effect <= 0 || std::abs(worst.value.now / worst.value.before - 1) < kSteady) {
    return {.driver = "",
            .reason = fmt::format("Nothing new: {} was {} before.", spoken(kpi.name),
                                  format_value(value.before, kpi.unit, currency))};
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
