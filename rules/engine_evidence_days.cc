// Days as evidence takes them: what was seen of a KPI's noisy side, and what was due exactly at the bound.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {

// The figure of each day; NaN where none was reported or a rate is wanting.
void Engine::State::day_figures(const Checks& check, std::size_t input, std::span<const EntityIndex> members,
                                DayRange days, double* out) const {
  const MetricIndex metric = rollups[check.rollup].at(check.sources[input].columns[0]).index;
  const auto count = static_cast<std::size_t>(days.length());
  if (metric == Cube::kNoMetric) {
    std::fill_n(out, count, kUndefined);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = cube.day_row(metric, days.first + static_cast<int>(i));
    std::int64_t sum = 0;
    bool any = false;
    bool converted = true;
    for (const EntityIndex member : members) {
      const std::int64_t value = member < row.size() ? row[member] : Amount::kMissing;
      if (value == Amount::kMissing) continue;
      if (value == Amount::kUnconverted) {
        converted = false;
        continue;
      }
      any = true;
      sum += value;
    }
    out[i] = any && converted ? static_cast<double>(sum) / static_cast<double>(Amount::kScale) : kUndefined;
  }
}

void Engine::State::day_sides(const Checks& check, std::span<const EntityIndex> members, DayRange days,
                              DaySides& sides) const {
  const Formula& formula = check.kpi->formula;
  const auto count = static_cast<std::size_t>(days.length());
  constexpr std::size_t kUsual = 3;
  std::array<double, kUsual * Cube::kDays> usual;
  std::vector<double> unusual(check.sources.size() > kUsual ? check.sources.size() * Cube::kDays : 0);
  double* const figures = unusual.empty() ? usual.data() : unusual.data();
  std::array<const double*, kUsual> few;
  std::vector<const double*> many(check.sources.size() > kUsual ? check.sources.size() : 0);
  const double** const inputs = many.empty() ? few.data() : many.data();
  for (std::size_t i = 0; i < check.sources.size(); ++i) {
    inputs[i] = figures + i * Cube::kDays;
    day_figures(check, i, members, days, figures + i * Cube::kDays);
  }
  const std::span<const double* const> columns(inputs, check.sources.size());
  switch (check.evidence.plan.seen) {
    case EvidencePlan::Seen::whole:
      formula.evaluate(columns, count, sides.seen.data());
      std::fill_n(sides.exposure.data(), count, 1.0);
      // Of today, as much as is over.
      if (days.contains(today)) {
        const Timestamp begin = calendar.start_of(today);
        const auto whole = static_cast<double>((calendar.start_of(today + 1) - begin).count());
        sides.exposure[static_cast<std::size_t>(today - days.first)] =
            std::clamp(static_cast<double>((now - begin).count()) / whole, 0.0, 1.0);
      }
      break;
    case EvidencePlan::Seen::numerator:
      formula.sides(columns, count, sides.seen.data(), sides.exposure.data());
      break;
    case EvidencePlan::Seen::denominator:
      formula.sides(columns, count, sides.exposure.data(), sides.seen.data());
      break;
  }
}

double Engine::State::due_at_bound(const Checks& check, NodeIndex node) const {
  const Bound* bound = bound_at(check, node);
  const Target& target = *check.target;
  if (bound == nullptr) return 0;
  const double limit = target.kind == BoundKind::at_most ? bound->high : bound->low;
  if (!(limit > 0)) return 0;
  switch (check.evidence.plan.seen) {
    case EvidencePlan::Seen::denominator:
      return 1 / limit;
    case EvidencePlan::Seen::numerator:
      return limit;
    case EvidencePlan::Seen::whole:
      break;
  }
  // For how many days the bound of a total is; a window of hours asks a day for as much more as it is longer.
  if (target.over.kind == Window::Kind::hours) return limit * 24 / target.over.length;
  const DayRange days = target.pace ? calendar.period_of(target.over, today) : frames_now[check.frame].days;
  return limit / std::max(1, days.length());
}

EvidenceDay Engine::State::evidence_day(const Checks& check, const NodeEvidence& kept, Day day, double seen,
                                        double exposure, double due) const {
  EvidenceDay result;
  if (std::isnan(seen) || !(seen >= 0) || !(exposure > 0)) return result;
  const DayFit* fit = kept.fit_on(day);
  double jump = 1;
  result.day_variance = kDefaultDayVariance;
  if (fit != nullptr) {
    jump = static_cast<double>(fit->jump);
    const auto fitted = static_cast<double>(fit->day_variance);
    // Days before the first fit had none.
    result.day_variance = day < fit->from ? std::max(kDefaultDayVariance, fitted) : fitted;
  } else if (check.evidence.plan.money) {
    return {};  // nobody knows yet in what portions the money comes
  }
  result.seen = seen / jump;
  result.expected = exposure * due * check.evidence.season(day) / jump;
  return result;
}

}  // namespace tightrope::rules
