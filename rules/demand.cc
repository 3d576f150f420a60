#include "rules/demand.h"

#include <fmt/format.h>

#include <cmath>

#include "rules/reason.h"

namespace tightrope::rules {
namespace {

constexpr double kOneInTwenty = 20;
constexpr double kOfTheFall = 0.25;  // how much of the exposure's fall others may add or take
constexpr double kHolds = 0.1;

double log_ratio(BeforeAndNow value) noexcept {
  return value.before > 0 && value.now > 0 ? std::log(value.now / value.before) : kUndefined;
}

// A rate that nobody reports does not speak against it.
bool holds(BeforeAndNow rate, double fall) noexcept {
  const double moved = std::abs(log_ratio(rate));
  return std::isnan(moved) || moved <= kHolds || moved <= kOfTheFall * -fall;
}

}  // namespace

bool demand_fell(const DemandFigures& figures, std::span<const EvidenceDay> days) {
  const double fall = log_ratio(figures.exposure);
  const double whole = log_ratio(figures.total);
  if (!(fall < -kHolds) || !(whole < 0) || !(std::abs(whole - fall) <= kOfTheFall * -fall)) return false;
  if (!holds(figures.click_rate, fall) || !holds(figures.result_rate, fall)) return false;
  const double possible = log_ratio(figures.eligible);
  if (!std::isnan(possible) && !(possible <= (1 - kOfTheFall) * fall)) return false;
  return log_fixed_start(days, EvidenceSide::below) >= std::log(kOneInTwenty);
}

std::string demand_sentence(const DemandFigures& figures, std::string_view exposure) {
  std::string text = "Demand fell: " + movement(exposure, figures.exposure, Unit::count, "");
  const bool by_visits = exposure == "sessions";
  const bool clicks = !by_visits && !std::isnan(log_ratio(figures.click_rate));
  const bool results = !std::isnan(log_ratio(figures.result_rate));
  if (clicks || results) {
    text += fmt::format(", {}{}{} steady", clicks ? "CTR" : "", clicks && results ? " and " : "",
                        results ? "CVR" : "");
  }
  return text;
}

}  // namespace tightrope::rules
