// The numbers behind a verdict, worked out from the cells a second time and without the sums that are kept:
// what is shown here is a check of what was judged, and a test holds the two equal.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"
#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr int kEvidenceDays = 56;
constexpr std::size_t kMostAlerts = 5;

std::vector<Bucket> buckets_of(const WindowNow& window) {
  std::vector<Bucket> buckets = window.hours;
  if (buckets.empty()) {
    for (Day day = window.days.first; day <= window.days.last; day = day + 1) buckets.push_back({.day = day});
  }
  return buckets;
}

// What the cells come to as one figure: what does not add up stands for itself alone, or for nothing.
double figure_of(const ExplainedInput& input, bool additive) noexcept {
  if (input.cells.empty() || (!additive && input.cells.size() != 1)) return kUndefined;
  std::int64_t sum = 0;
  for (const ExplainedCell& cell : input.cells) sum += cell.value.micros();
  return Amount::from_micros(sum).to_double();
}

bool holds(const std::vector<ExplainedInput>& inputs, std::string_view metric) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [metric](const ExplainedInput& input) { return input.metric == metric; });
}

}  // namespace

void Engine::State::explain_cells(CheckKey key, Explanation& explanation) const {
  const Checks& check = checks[key.target];
  const auto& members = rollups[check.rollup].members(key.node);
  const std::vector<Bucket> buckets = buckets_of(windows.at(check.target->over));
  const auto add_other = [&](const std::string& metric) {
    if (holds(explanation.inputs, metric) || holds(explanation.others, metric)) return;
    ExplainedInput& other = explanation.others.emplace_back();
    other.metric = metric;
    const MetricIndex index = cube.find_metric(metric);
    for (const Bucket bucket : buckets) {
      const double sum = sum_over(cube, index, members, std::vector<Bucket>{bucket});
      other.buckets.emplace_back(bucket, std::isnan(sum)
                                             ? Amount::missing()
                                             : Amount::from_micros(std::llround(sum * Amount::kScale)));
    }
  };
  for (const MinimumVolume& volume : check.target->min_volume) add_other(volume.metric);
  add_other("spend");
  for (auto* list : {&explanation.inputs, &explanation.others}) {
    for (ExplainedInput& input : *list) {
      const Metric* metric = strategy.find_metric(input.metric);
      if (metric != nullptr) input.unit = metric->unit;
      const MetricIndex index = cube.find_metric(input.metric);
      if (index == Cube::kNoMetric) continue;
      for (std::uint32_t member = 0; member < members.size(); ++member) {
        for (const Bucket bucket : buckets) {
          const Amount value = cube.get(index, members[member], bucket);
          if (!value.is_missing()) input.cells.push_back({member, bucket, value});
        }
      }
      if (list == &explanation.others) input.sum = figure_of(input, true);
    }
  }
}

void Engine::State::explain_numbers(CheckKey key, Explanation& explanation) const {
  const Checks& check = checks[key.target];
  const Target& target = *check.target;
  const WindowNow& window = windows.at(target.over);
  const auto sum_of = [&](std::string_view metric) {
    for (const auto* list : {&explanation.inputs, &explanation.others}) {
      for (const ExplainedInput& input : *list) {
        if (input.metric == metric) return figure_of(input, true);
      }
    }
    return kUndefined;
  };

  const std::vector<Bound>& bounds = bounds_at(target, explanation.entity);
  explanation.excepted = &bounds != &target.bounds;
  if (const Bound* bound = bound_on(bounds, window.days.last)) explanation.bound = *bound;
  const auto next = std::find_if(bounds.begin(), bounds.end(),
                                 [&](const Bound& bound) { return bound.from > window.days.last; });
  if (next != bounds.end()) explanation.next_bound = *next;
  explanation.period = calendar.period_of(target.over, calendar.day_of(now));

  CheckInput& input = explanation.input;
  std::vector<double> figures;
  for (const ExplainedInput& one : explanation.inputs) {
    const Metric* metric = strategy.find_metric(one.metric);
    figures.push_back(figure_of(one, metric == nullptr || metric->additive));
    input.any_figure = input.any_figure || !one.cells.empty();
    const MetricIndex index = cube.find_metric(one.metric);
    if (!window.hours.empty() && index != Cube::kNoMetric && !cube.has_hours(index)) input.needs_hours = true;
  }
  const Formula& formula = check.kpi->formula;
  input.value = formula.evaluate(figures);
  input.numerator = input.value;
  if (formula.is_quotient()) {
    input.numerator = formula.numerator(figures);
    input.denominator = formula.denominator(figures);
    input.denominator_unit = formula.denominator_unit();
  }
  input.spend = sum_of("spend");
  input.hours = window.hours_elapsed;
  input.elapsed_share = window.elapsed_share;
  for (const MinimumVolume& volume : target.min_volume) {
    const double seen = sum_of(volume.metric);
    explanation.volume.push_back({volume.metric, volume.amount, seen});
    if (!(seen >= volume.amount)) input.volume_reached = false;
  }
  explanation.stake = explain_stake(*check.kpi, input, explanation.verdict);

  if (const auto place = live.find(key); place != live.end())
    explanation.alerts.push_back(place->second.alert);
  for (const LiveAlert& past : resolved) {
    if (explanation.alerts.size() == kMostAlerts) break;
    if (past.entity == explanation.entity && past.alert.target == target.name &&
        past.alert.objective == check.objective->name) {
      explanation.alerts.push_back(past.alert);
    }
  }
}

void Engine::State::explain_evidence(CheckKey key, Explanation& explanation) const {
  using Side = ExplainedEvidence::Side;
  const Checks& check = checks[key.target];
  const Target& target = *check.target;
  const Formula& formula = check.kpi->formula;
  const bool too_high = target.kind == BoundKind::at_most;
  if (!(explanation.verdict.gap_ratio > 0) || !explanation.bound || target.kind == BoundKind::between) return;
  const double limit = too_high ? explanation.bound->high : explanation.bound->low;
  if (!(limit > 0)) return;
  const bool of_money = check.kpi->unit == Unit::money;
  const bool is_price = too_high && of_money && formula.is_quotient();
  const bool counts_money = !is_price && (of_money || formula.denominator_unit() == Unit::money);
  const Day today = calendar.day_of(now);
  const int days_of_bound = std::max(1, (target.pace ? explanation.period : explanation.days).length());
  const auto& members = rollups[check.rollup].members(key.node);

  ExplainedEvidence& told = explanation.evidence;
  if (formula.is_quotient()) told.seen = is_price ? Side::denominator : Side::numerator;
  double money = 0;
  double orders = 0;
  std::vector<ExplainedDay> days;
  for (Day day = today - kEvidenceDays; day < today; day = day + 1) {
    if (day < explanation.bound->from) continue;
    std::vector<double> figures;
    for (const Input& input : formula.inputs())
      figures.push_back(metric_over(input.name, members, {day, day}));
    double seen = 0;
    double expected = 0;
    if (!formula.is_quotient()) {
      seen = formula.evaluate(figures);
      expected = limit / days_of_bound;
    } else if (is_price) {
      seen = formula.denominator(figures);
      expected = formula.numerator(figures) / limit;
    } else {
      seen = formula.numerator(figures);
      expected = formula.denominator(figures) * limit;
    }
    if (std::isnan(seen) || std::isnan(expected) || seen < 0) continue;
    days.push_back({day, seen, expected});
    const double conversions = counts_money ? metric_over("conversions", members, {day, day}) : kUndefined;
    if (std::isnan(conversions)) continue;
    money += seen;
    orders += conversions;
  }
  if (counts_money) {
    if (!(orders > 0 && money > 0)) return;
    told.scale = 2 * money / orders;
  }
  Evidence evidence(is_price || !too_high ? EvidenceSide::below : EvidenceSide::above, kDefaultDayVariance);
  for (const ExplainedDay& day : days) evidence.add({day.seen / told.scale, day.expected / told.scale});
  const double log_value = evidence.log_value();
  if (std::isinf(log_value)) return;
  told.days = std::move(days);
  told.log10 = log_value / std::log(10.0);
}

}  // namespace tightrope::rules
