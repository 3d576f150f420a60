// The numbers behind a verdict, worked out from the cells a second time and without the sums that are kept:
// what is shown here is a check of what was judged, and a test holds the two equal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr std::size_t kMostAlerts = 5;

void add_buckets(const TimeframeNow& frame, std::vector<Bucket>& buckets) {
  buckets.insert(buckets.end(), frame.hours.begin(), frame.hours.end());
  if (!frame.hours.empty()) return;
  for (Day day = frame.days.first; day <= frame.days.last; day = day + 1) buckets.push_back({.day = day});
}

// The target's own window, at the entity itself.
bool is_plain(const Input& input) noexcept {
  return input.kind != Name::Kind::value && !input.over && input.earlier == 0 && !input.weekdays &&
         input.of == Input::Of::entity;
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

ExplainedInput Engine::State::explain_input(const Checks& check, NodeIndex node, std::size_t index) const {
  const Input& input = check.kpi->formula.inputs()[index];
  ExplainedInput explained;
  explained.metric = input.name;
  explained.plain = is_plain(input);
  if (input.kind == Name::Kind::value) {
    explained.unit = check_value(input.name).value_or(Unit::number);
    std::uint8_t any = 0;
    load(check, check.sources[index], node, nullptr, 1, &explained.sum, &any);
    return explained;
  }
  const Window window = input.over.value_or(check.target->over);
  std::vector<Bucket> buckets;
  std::vector<std::int16_t> earlier{input.earlier};
  if (input.weekdays) earlier = {28, 21, 14, 7};
  for (const std::int16_t one : earlier) add_buckets(timeframe_now(calendar, {window, one}, now), buckets);
  if (!explained.plain) {
    explained.about = to_string(window);
    if (input.weekdays) {
      explained.about += ", mean of the same weekdays of four weeks";
    } else if (input.earlier > 0) {
      explained.about += fmt::format(", {} {} earlier", input.earlier,
                                     window.kind == Window::Kind::hours ? "hours" : "days");
    }
    if (input.of == Input::Of::objective) explained.about += ", of the whole objective";
  }
  const auto& members = input.of == Input::Of::objective ? rollups[check.whole].members(0)
                                                         : rollups[check.rollup].members(node);
  explained.sum = metric_figure(input, members, window, now);
  const MetricIndex metric = cube.find_metric(input.name);
  for (const Bucket bucket : buckets) {
    const RareSum sum = sum_over(cube, metric, members, std::span(&bucket, 1));
    explained.buckets.emplace_back(bucket,
                                   sum.present == 0 ? Amount::missing() : Amount::from_micros(sum.micros));
  }
  return explained;
}

void Engine::State::explain_cells(CheckKey key, Explanation& explanation) const {
  const Checks& check = checks[key.target];
  const auto& members = rollups[check.rollup].members(key.node);
  std::vector<Bucket> buckets;
  add_buckets(frames_now[check.frame], buckets);
  const auto add_other = [&](const std::string& metric) {
    if (holds(explanation.inputs, metric) || holds(explanation.others, metric)) return;
    ExplainedInput& other = explanation.others.emplace_back();
    other.metric = metric;
    const MetricIndex index = cube.find_metric(metric);
    for (const Bucket bucket : buckets) {
      const RareSum sum = sum_over(cube, index, members, std::span(&bucket, 1));
      other.buckets.emplace_back(bucket,
                                 sum.present == 0 ? Amount::missing() : Amount::from_micros(sum.micros));
    }
  };
  for (const MinimumVolume& volume : check.target->min_volume) add_other(volume.metric);
  add_other("spend");
  for (auto* list : {&explanation.inputs, &explanation.others}) {
    for (ExplainedInput& input : *list) {
      if (!input.plain) continue;
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
  const TimeframeNow& window = frames_now[check.frame];
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
    if (!one.plain) {
      figures.push_back(one.sum);
      input.any_figure = input.any_figure || !std::isnan(one.sum);
      continue;
    }
    const Metric* metric = strategy.find_metric(one.metric);
    figures.push_back(figure_of(one, metric == nullptr || metric->additive));
    input.any_figure = input.any_figure || !one.cells.empty();
    const MetricIndex index = cube.find_metric(one.metric);
    if (!window.hours.empty() && index != Cube::kNoMetric && !cube.has_hours(index)) input.needs_hours = true;
  }
  set_value(input, check.kpi->formula, figures);
  input.reported = check.share;
  input.period_over = check.period_over;
  input.spend = sum_of("spend");
  input.hours = hours_of_money(*check.kpi, window, rollups[check.rollup].members(key.node));
  explanation.elapsed_share = window.elapsed_share;
  if (target.pace && explanation.bound) {
    const PacePlan plan =
        plan_of(check, check.exception_of(key.node), check.paces_by_node() ? key.node : kNoNode);
    explanation.expected = expected_by_now(target, plan, check.today_counts);
    explanation.today_counts = check.today_counts;
  }
  for (const MinimumVolume& volume : target.min_volume) {
    const double seen = sum_of(volume.metric);
    explanation.volume.push_back({volume.metric, volume.amount, seen});
    if (!(seen >= volume.amount)) input.volume_reached = false;
  }
  explanation.stake = explain_stake(*check.kpi, input, explanation.verdict);

  if (const auto place = live.find(key); place != live.end()) {
    explanation.alerts.push_back(place->second.alert);
    explanation.alerts.back().verdict = explanation.verdict;
  }
  for (const LiveAlert& past : resolved) {
    if (explanation.alerts.size() == kMostAlerts) break;
    if (past.entity == explanation.entity && past.alert.target == target.name &&
        past.alert.objective == check.objective->name) {
      explanation.alerts.push_back(past.alert);
    }
  }
}

}  // namespace tightrope::rules
