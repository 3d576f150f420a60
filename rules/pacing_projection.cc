// Where a period's total is heading: weekday profile, level and projection.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "rules/pacing.h"

namespace tightrope::rules {
namespace {

constexpr std::size_t kProfileDays = 56;
constexpr std::size_t kMeanReach = 3;  // days to either side in a centred mean of seven
constexpr double kPriorWeeks = 4;
// Of seven figures that are not negative, none is more than seven times their mean; refunds could make it so.
constexpr double kMostShare = 7;
// A weekday on which nothing ever happens still divides figures.
constexpr double kLeastFactor = 0.01;

constexpr int kSettledDays = 14;
constexpr int kFewestDays = 3;
constexpr double kDeviationToSigma = 1.2533;  // of a normal: sigma over mean absolute deviation
constexpr double kLeastSpread = 0.01;         // of the level
constexpr double kClip = 2.5;                 // sigmas
constexpr double kVarianceWeight = 0.05;
constexpr double kEightyPercent = 1.2815515655446004;  // sigmas to either side of a normal's middle 80 %

double median(std::vector<double>& values) noexcept {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

// The figures with each missing one replaced by the mean of its nearest neighbours. REQUIRES: the first and
// the last are there.
std::vector<double> filled(DailyFigures days) {
  std::vector<double> result(days.size());
  std::size_t before = 0;
  for (std::size_t i = 0; i < days.size(); ++i) {
    if (!days[i]) continue;
    result[i] = *days[i];
    for (std::size_t gap = before + 1; gap < i; ++gap) result[gap] = (result[before] + result[i]) / 2;
    before = i;
  }
  return result;
}

// Half-open, without the missing days at the ends: a series that begins late has no days before it.
struct Extent {
  std::size_t begin;
  std::size_t end;
};
Extent extent_of(DailyFigures days) noexcept {
  Extent extent{0, days.size()};
  while (extent.begin < extent.end && !days[extent.begin]) ++extent.begin;
  while (extent.begin < extent.end && !days[extent.end - 1]) --extent.end;
  return extent;
}

double normal_below(double z) noexcept {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

}  // namespace

std::size_t weekday_index(Day day) noexcept {
  const std::int64_t from_monday = (std::int64_t{day.number} + 3) % 7;  // 1970-01-01 was a Thursday
  return static_cast<std::size_t>(from_monday < 0 ? from_monday + 7 : from_monday);
}

std::vector<double> day_factors(DayRange days, const WeekdayProfile& profile) {
  std::vector<double> factors;
  factors.reserve(static_cast<std::size_t>(days.length()));
  for (int i = 0; i < days.length(); ++i) factors.push_back(profile[weekday_index(days.first + i)]);
  return factors;
}

WeekdayProfile weekday_profile(DailyFigures days, Day first, const WeekdayProfile& prior) {
  const std::size_t skipped = days.size() - std::min(days.size(), kProfileDays + kMeanReach);
  const DailyFigures recent = days.subspan(skipped);
  const auto [begin, end] = extent_of(recent);
  const std::vector<double> figures = filled(recent.subspan(begin, end - begin));
  const std::size_t offset = skipped + begin;

  std::array<std::vector<double>, 7> shares;
  for (std::size_t i = kMeanReach; i + kMeanReach < figures.size(); ++i) {
    if (!days[offset + i]) continue;
    double sum = 0;
    for (std::size_t j = i - kMeanReach; j <= i + kMeanReach; ++j) sum += figures[j];
    const double mean = sum / (2 * kMeanReach + 1);
    if (!(mean > 0)) continue;
    const std::size_t weekday = weekday_index(first + static_cast<int>(offset + i));
    shares[weekday].push_back(std::clamp(figures[i] / mean, 0.0, kMostShare));
  }

  WeekdayProfile profile{};
  double total = 0;
  for (std::size_t weekday = 0; weekday < profile.size(); ++weekday) {
    const auto weeks = static_cast<double>(shares[weekday].size());
    const double seen = shares[weekday].empty() ? 0 : weeks * median(shares[weekday]);
    const double factor = (seen + kPriorWeeks * prior[weekday]) / (weeks + kPriorWeeks);
    profile[weekday] = std::max(factor, kLeastFactor);
    total += profile[weekday];
  }
  for (double& factor : profile) factor /= total / 7;
  return profile;
}

PaceRate PaceLevel::rate_of_start() const noexcept {
  const std::size_t taken = std::min(static_cast<std::size_t>(days), kStartDays);
  if (taken == 0) return {};
  const auto count = static_cast<double>(taken);
  double total = 0;
  for (std::size_t i = 0; i < taken; ++i) total += start[i];
  const double level = total / count;
  double deviation = 0;
  for (std::size_t i = 0; i < taken; ++i) deviation += std::abs(start[i] - level);
  const double sigma = std::max(kDeviationToSigma * deviation / count, kLeastSpread * std::abs(level));
  return {.level = level, .sigma = sigma, .smoothing = kSmoothings.front()};
}

void PaceLevel::add(double figure, double factor) noexcept {
  assert(factor > 0);
  const double base = figure / factor;
  ++days;
  if (figure == 0) ++zeros;
  sum += base;
  if (!started) {
    const auto taken = static_cast<std::size_t>(days);
    if (taken > kStartDays) std::rotate(start.begin(), start.begin() + 1, start.end());
    start[std::min(taken, kStartDays) - 1] = base;
    if (taken < kStartDays) return;
    const PaceRate first = rate_of_start();
    started = first.sigma > 0;
    runs.fill({.level = first.level, .variance = first.sigma * first.sigma, .surprise = 0});
    return;
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Run& run = runs[i];
    const double most = kClip * std::sqrt(run.variance);
    const double error = std::clamp(base - run.level, -most, most);
    run.level += kSmoothings[i] * error;
    // The floor holds on: after months of equal days, as an enforced daily budget makes them, a step could
    // otherwise take weeks to be believed.
    const double least = kLeastSpread * std::abs(run.level);
    run.variance =
        std::max((1 - kVarianceWeight) * run.variance + kVarianceWeight * error * error, least * least);
    run.surprise += error * error;
  }
}

PaceRate PaceLevel::rate_of(std::size_t run) const noexcept {
  if (!started) return rate_of_start();
  return {.level = runs[run].level, .sigma = std::sqrt(runs[run].variance), .smoothing = kSmoothings[run]};
}

PaceRate PaceLevel::slowest() const noexcept {
  return rate_of(0);
}

PaceRate PaceLevel::rate() const noexcept {
  const auto least = std::min_element(runs.begin(), runs.end(),
                                      [](const Run& a, const Run& b) { return a.surprise < b.surprise; });
  return rate_of(static_cast<std::size_t>(least - runs.begin()));
}

std::optional<PaceBasis> pace_basis(DailyFigures days, Day first, const WeekdayProfile& client) {
  PaceLevel flat;
  for (const auto& figure : days) {
    if (figure) flat.add(*figure, 1);
  }
  if (flat.days < kFewestDays) return std::nullopt;
  const bool young = flat.days < kSettledDays;

  PaceBasis basis;
  PaceLevel level = flat;
  if (flat.intermittent()) {
    basis.rate = flat.slowest();
  } else {
    basis.profile = young ? client : weekday_profile(days, first, client);
    level = {};
    for (std::size_t i = 0; i < days.size(); ++i) {
      if (days[i]) level.add(*days[i], basis.profile[weekday_index(first + static_cast<int>(i))]);
    }
    basis.rate = level.rate();
  }
  if (young) {
    basis.rate.level = level.mean();
    basis.rate.sigma *= 2;
  }
  return basis;
}

DaysAhead days_ahead(std::span<const double> factors, double smoothing) noexcept {
  DaysAhead ahead;
  for (auto factor = factors.rbegin(); factor != factors.rend(); ++factor) {
    const double felt = *factor + smoothing * ahead.factors;  // how much of a day's error is in the total
    ahead.variance += felt * felt;
    ahead.factors += *factor;
  }
  return ahead;
}

Projection project(const PaceRate& rate, double actual, double today_left, const DaysAhead& after_today,
                   const ProjectionTerms& terms) noexcept {
  const double felt = today_left + rate.smoothing * after_today.factors;
  Projection result{.actual = actual, .cap = std::max(terms.cap, actual)};
  result.uncapped = actual + std::max(rate.level, 0.0) * (today_left + after_today.factors);
  result.sd = terms.calibration * rate.sigma * std::sqrt(after_today.variance + felt * felt);
  result.total = std::min(result.uncapped, result.cap);
  const double reach = kEightyPercent * result.sd;
  result.low = std::clamp(result.uncapped - reach, actual, result.cap);
  result.high = std::min(result.uncapped + reach, result.cap);
  return result;
}

double Projection::chance_to_reach(double bound) const noexcept {
  if (actual >= bound) return 1;
  if (cap < bound) return 0;
  if (!(sd > 0)) return uncapped >= bound ? 1 : 0;
  return normal_below((uncapped - bound) / sd);
}

double Projection::chance_to_keep(double bound) const noexcept {
  if (actual > bound) return 0;
  if (cap <= bound) return 1;
  if (!(sd > 0)) return uncapped <= bound ? 1 : 0;
  return normal_below((bound - uncapped) / sd);
}

}  // namespace tightrope::rules
