// Figures straight from the cube: for alerts, playbooks and questions, which are rare beside checks.
#include <algorithm>
#include <array>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {

DayRange days_before(DayRange days) noexcept {
  return {days.first - days.length(), days.first - 1};
}

bool Engine::State::is_additive(std::string_view metric) const {
  const Metric* known = strategy.find_metric(metric);
  return known == nullptr || known->additive;
}

bool Engine::State::adds_up(const Kpi& kpi) const {
  const auto& inputs = kpi.formula.inputs();
  return std::all_of(inputs.begin(), inputs.end(), [this](const Input& input) {
    return input.kind == Name::Kind::value || is_additive(input.name);
  });
}

double Engine::State::metric_over(std::string_view metric, std::span<const EntityIndex> members,
                                  DayRange days) const {
  return figure_of(sum_over(cube, cube.find_metric(metric), members, days), is_additive(metric));
}

double Engine::State::metric_over(std::string_view metric, std::span<const EntityIndex> members,
                                  std::span<const Bucket> buckets) const {
  return figure_of(sum_over(cube, cube.find_metric(metric), members, buckets), is_additive(metric));
}

// One input as of a moment; `window` where it names none.
double Engine::State::metric_figure(const Input& input, std::span<const EntityIndex> members, Window window,
                                    Timestamp at) const {
  const Window over = input.over.value_or(window);
  const MetricIndex metric = cube.find_metric(input.name);
  const bool additive = is_additive(input.name);
  const auto sum_of = [&](std::int16_t earlier) {
    const TimeframeNow frame = timeframe_now(calendar, {over, earlier}, at);
    return frame.hours.empty() ? sum_over(cube, metric, members, frame.days)
                               : sum_over(cube, metric, members, std::span<const Bucket>(frame.hours));
  };
  double share = 1;
  if (input.so_far) {
    const Day day = calendar.day_of(at);
    share = so_far(over.length, sum_over(cube, metric, members, DayRange{day, day}).present > 0);
  }
  if (!input.weekdays) return figure_of(sum_of(input.earlier), additive) * share;
  double sum = 0;
  int known = 0;
  for (const std::int16_t earlier : {std::int16_t{7}, std::int16_t{14}, std::int16_t{21}, std::int16_t{28}}) {
    const RareSum of_week = sum_of(earlier);
    if (of_week.unconverted > 0) return kUndefined;
    const double figure = figure_of(of_week, additive);
    if (std::isnan(figure)) continue;
    sum += figure;
    ++known;
  }
  return known == 0 ? kUndefined : sum / known * share;
}

double Engine::State::kpi_at(const Kpi& kpi, const Checks* check, std::span<const EntityIndex> members,
                             Window window, Timestamp at) const {
  if (!adds_up(kpi)) {
    // What does not add up is the figure of one day: of the newest that has all that it is made of.
    const TimeframeNow frame = timeframe_now(calendar, {window, 0}, at);
    for (Day day = frame.days.last; day >= frame.days.first; day = day - 1) {
      const double value = kpi_over(kpi, members, {day, day});
      if (!std::isnan(value)) return value;
    }
    return kUndefined;
  }
  std::vector<double> figures;
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind == Name::Kind::value) {
      const bool has_budget = input.name == kBudgetValue && check != nullptr && check->objective->budget;
      figures.push_back(has_budget ? check->objective->budget->amount : kUndefined);
      continue;
    }
    std::span<const EntityIndex> whose = members;
    if (input.of == Input::Of::objective) {
      if (check == nullptr) return kUndefined;
      whose = rollups[check->whole].members(0);
    }
    figures.push_back(metric_figure(input, whose, window, at));
  }
  return kpi.formula.evaluate(std::span<const double>(figures));
}

double Engine::State::kpi_over(const Kpi& kpi, std::span<const EntityIndex> members, DayRange days) const {
  std::vector<double> figures;
  const bool adds_up = this->adds_up(kpi);
  for (const Input& input : kpi.formula.inputs()) {
    if (!adds_up && input.kind != Name::Kind::value && !input.over) {
      figures.push_back(figure_of(sum_over(cube, cube.find_metric(input.name), members, days), false));
    } else if (input.kind == Name::Kind::value || input.of != Input::Of::entity) {
      figures.push_back(kUndefined);
    } else if (input.over) {
      figures.push_back(metric_figure(input, members, *input.over, calendar.start_of(days.last)));
    } else {
      figures.push_back(metric_over(input.name, members, days));
    }
  }
  return kpi.formula.evaluate(std::span<const double>(figures));
}

bool Engine::State::began_before(DayRange days, std::span<const MetricIndex> metrics,
                                 std::span<const EntityIndex> members) const {
  constexpr int kLongestPause = 28;
  return any_figure(metrics, members, {days.first, days.first}) ||
         any_figure(metrics, members, {days.first - std::max(kLongestPause, days.length()), days.first - 1});
}

bool Engine::State::any_figure(std::span<const MetricIndex> metrics, std::span<const EntityIndex> members,
                               DayRange days) const {
  return std::any_of(metrics.begin(), metrics.end(),
                     [&](MetricIndex metric) { return sum_over(cube, metric, members, days).present > 0; });
}

double Engine::State::hours_of_money(const Kpi& kpi, const TimeframeNow& frame,
                                     std::span<const EntityIndex> members) const {
  if (!frame.hours.empty()) return frame.hours_elapsed;
  std::vector<MetricIndex> metrics{cube.find_metric("spend")};
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind != Name::Kind::value && input.of == Input::Of::entity)
      metrics.push_back(cube.find_metric(input.name));
  }
  if (began_before(frame.days, metrics, members)) return frame.hours_elapsed;
  Day first = frame.days.first;
  while (first < frame.days.last && !any_figure(metrics, members, {first, first})) first = first + 1;
  const Duration without = calendar.start_of(first) - calendar.start_of(frame.days.first);
  return std::max(1.0,
                  frame.hours_elapsed - std::chrono::duration<double, std::ratio<3600>>(without).count());
}

// A KPI (every additive metric is one of its own name) over a window and over what came before it. Metrics
// that do not add are no KPIs.
BeforeAndNow Engine::State::figure_around(std::string_view name, Window window,
                                          std::span<const EntityIndex> members) const {
  const Kpi* kpi = strategy.find_kpi(name);
  if (kpi == nullptr) return {kUndefined, kUndefined};
  const TimeframeNow current = timeframe_now(calendar, {window, 0}, now);
  if (current.hours.empty()) {
    BeforeAndNow figures{kpi_over(*kpi, members, days_before(current.days)),
                         kpi_over(*kpi, members, current.days)};
    // A part of today is not held against whole days.
    const bool is_total = kpi->unit != Unit::ratio && !kpi->formula.is_quotient();
    if (!is_total || kpi->formula.inputs().empty()) return figures;
    const MetricIndex metric = cube.find_metric(kpi->formula.inputs().front().name);
    // Nor are whole days held against those before it began.
    if (!began_before(days_before(current.days), {&metric, 1}, members)) figures.before = kUndefined;
    if (current.days.contains(today)) {
      const bool has_today = sum_over(cube, metric, members, DayRange{today, today}).present > 0;
      figures.before *= so_far(current.days.length(), has_today);
    }
    return figures;
  }
  const Timestamp before = calendar.start_of(current.hours.front()) - Duration(1);
  return {kpi_at(*kpi, nullptr, members, window, before), kpi_at(*kpi, nullptr, members, window, now)};
}

double Engine::State::figure(const Input& input, const Checks& check, NodeIndex node) const {
  const Kpi* kpi = strategy.find_kpi(input.name);
  if (kpi == nullptr) return kUndefined;
  const Window window = input.over.value_or(check.target->over);
  const Rollup& rollup = rollups[check.rollup];
  const auto value_at = [&](std::span<const EntityIndex> members) {
    if (input.earlier == 0 && !input.weekdays) return kpi_at(*kpi, &check, members, window, now);
    // The KPI's own sums, each as much earlier: a ratio stays a sum over a sum.
    std::vector<double> figures;
    for (Input part : kpi->formula.inputs()) {
      part.earlier = input.earlier;
      part.weekdays = input.weekdays;
      part.so_far = input.so_far;
      figures.push_back(metric_figure(part, members, window, now));
    }
    return kpi->formula.evaluate(std::span<const double>(figures));
  };
  switch (input.of) {
    case Input::Of::entity:
      return value_at(rollup.members(node));
    case Input::Of::objective:
      return value_at(rollups[check.whole].members(0));
    case Input::Of::siblings:
      break;
  }
  return rank(*kpi, check, node, window);
}

// The place among the nodes that have a value: 1 and the number of those that are better. Values of all are
// worked out once for as long as no figure changes: many alerts may fire at once.
double Engine::State::rank(const Kpi& kpi, const Checks& check, NodeIndex node, Window window) const {
  const Rollup& rollup = rollups[check.rollup];
  if (ranking.rollup != check.rollup || ranking.kpi != &kpi || ranking.window != window ||
      ranking.values.size() != rollup.nodes().size()) {
    ranking = {.rollup = check.rollup, .kpi = &kpi, .window = window, .values = {}, .sorted = {}};
    for (NodeIndex sibling = 0; sibling < rollup.nodes().size(); ++sibling) {
      ranking.values.push_back(kpi_at(kpi, &check, rollup.members(sibling), window, now));
      if (!std::isnan(ranking.values.back())) ranking.sorted.push_back(ranking.values.back());
    }
    std::sort(ranking.sorted.begin(), ranking.sorted.end());
  }
  const double own = ranking.values[node];
  if (std::isnan(own)) return kUndefined;
  const auto& sorted = ranking.sorted;
  const auto better = kpi.better == Better::lower
                          ? std::lower_bound(sorted.begin(), sorted.end(), own) - sorted.begin()
                          : sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), own);
  return static_cast<double>(better + 1);
}

}  // namespace tightrope::rules
