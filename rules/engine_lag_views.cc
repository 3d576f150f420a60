// How late figures come, for people.
#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {

std::vector<LagView> Engine::lags() const {
  const State& state = *state_;
  std::vector<LagView> views;
  for (MetricIndex metric = 0; metric < state.cube.metric_count(); ++metric) {
    const auto first = static_cast<std::ptrdiff_t>(views.size());
    for (const LagSeries& series : state.lags.of(metric)) {
      LagView& view = views.emplace_back();
      view.source = state.sources.name(series.source);
      view.metric = state.cube.metric_name(metric);
      view.shares = series.arrivals.shown;
      view.behind = series.counted;
    }
    std::sort(views.begin() + first, views.end(),
              [](const LagView& a, const LagView& b) { return a.source < b.source; });
  }
  return views;
}

std::vector<const Arrivals*> Engine::State::arrivals_of(const Kpi& kpi,
                                                        std::span<const EntityIndex> members) const {
  std::vector<const Arrivals*> inputs;
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind == Name::Kind::metric)
      inputs.push_back(arrivals_of(cube.find_metric(input.name), members));
  }
  return inputs;
}

double Engine::State::arrived_by_now(std::span<const Arrivals* const> inputs, Day day) const noexcept {
  const int age = std::max(0, age_of(day));
  double least = 1;
  for (const Arrivals* input : inputs) {
    if (input == nullptr) return kUndefined;
    if (age < static_cast<int>(kLastAge))
      least = std::min(least, input->shown[static_cast<std::size_t>(age)]);
  }
  return least;
}

}  // namespace tightrope::rules
