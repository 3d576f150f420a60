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
      // Of today, the hours that are over: what is judged moves by the hour.
      if (days.contains(today)) sides.exposure[static_cast<std::size_t>(today - days.first)] = today_over();
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
  return limit / std::max(1, calendar.period_of(target.over, today).length());
}

FigureSources::Source Engine::State::source_of(MetricIndex metric, EntityIndex entity, Day day) const {
  const auto gave = [&](MetricIndex stored) {
    const auto row = cube.day_row(stored, day);
    return entity < row.size() && row[entity] != Amount::kMissing;
  };
  for (const Part& part : parts) {
    if (part.metric == metric && gave(part.part)) return sources.source_of(part.part, entity, day);
  }
  return sources.source_of(metric, entity, day);
}

// The curve of the source that gave the newest of the figures of days that are over: what comes today must
// not change what was said of them.
const Arrivals* Engine::State::arrivals_of(MetricIndex metric, std::span<const EntityIndex> members) const {
  if (metric == Cube::kNoMetric || members.empty()) return nullptr;
  const Day oldest = cube.head() - (Cube::kDays - 1);
  for (Day day = today - 1; day >= oldest; day = day - 1) {
    const auto row = cube.day_row(metric, day);
    for (const EntityIndex member : members) {
      if (member < row.size() && row[member] != Amount::kMissing)
        return lags.find(source_of(metric, member, day), metric);
    }
  }
  return nullptr;
}

ArrivalsOfKpi Engine::State::arrivals_of(const Checks& check, std::span<const EntityIndex> members) const {
  const EvidencePlan& plan = check.evidence.plan;
  ArrivalsOfKpi result;
  result.hours_over = hours_over();
  result.day_over = plan.seen == EvidencePlan::Seen::whole ? today_over() : -1;
  bool all_known = true;
  for (std::size_t i = 0; i < check.sources.size(); ++i) {
    const MetricIndex metric = rollups[check.rollup].at(check.sources[i].columns[0]).index;
    const Arrivals* found = arrivals_of(metric, members);
    if (plan.is_seen[i] == 0) {
      if (found != nullptr && (result.exposure == nullptr || found->at(0) > result.exposure->at(0)))
        result.exposure = found;
    } else if (found == nullptr) {
      all_known = false;
    } else if (result.seen == nullptr || found->at(0) < result.seen->at(0)) {
      result.seen = found;
    }
  }
  if (!all_known) result.seen = nullptr;
  return result;
}

std::vector<std::uint8_t> Engine::State::money_metrics() const {
  std::vector<std::uint8_t> is_money;
  for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) {
    const std::string& name = cube.metric_name(metric);
    const auto foreign = parse_foreign_metric(name);
    const Metric* known = strategy.find_metric(foreign ? foreign->metric : name);
    is_money.push_back(known != nullptr && known->unit == Unit::money ? 1 : 0);
  }
  return is_money;
}

EvidenceDay Engine::State::evidence_day(const Checks& check, const NodeEvidence& kept, Day day, double seen,
                                        double due, double share) const {
  EvidenceDay result;
  if (!(seen >= 0) || !(due > 0) || !(share > 0)) return result;
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
  result.expected = due * check.evidence.season(day) * share / jump;
  return result;
}

}  // namespace tightrope::rules
