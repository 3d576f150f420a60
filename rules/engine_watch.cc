// What `look_at:` asks for: each series is fed the days or hours that are over, once and in order.
//
// A series goes by hours where memory holds enough of them to judge by, else by days. It begins with what is
// in memory, so that it can judge at once. Figures that are restated later do not change what was found.
#include <algorithm>
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// Sources need a while to have all of what is over: a part of a day would be strange as a whole one.
constexpr int kDayCloses = 6;  // hours into the next day
constexpr Duration kHourCloses = std::chrono::hours(1);
// How long a series waits for figures that come later still; what comes in between is then missing.
constexpr std::size_t kDaysLate = 3;
constexpr std::size_t kHoursLate = 48;

double median_of(std::vector<double> values) {
  if (values.empty()) return kUndefined;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string when_of(const Calendar& calendar, Bucket bucket) {
  const std::string text = calendar.format_local(calendar.start_of(bucket));  // "Fri 20 Nov 09:00"
  const std::size_t clock = text.rfind(' ');
  const std::string day = "on " + text.substr(0, clock);
  return bucket.whole_day() ? day : day + " at" + text.substr(clock);
}

std::span<const Bucket> newest(const std::vector<Bucket>& buckets, std::size_t count) {
  return std::span(buckets).last(std::min(count, buckets.size()));
}

}  // namespace

Engine::State::Closed Engine::State::closed_buckets() const {
  Closed closed;
  const Day last_day = today - (calendar.hour_of(now).hour >= kDayCloses ? 1 : 2);
  for (Day day = cube.head() - (Cube::kDays - 1); day <= last_day; day = day + 1) {
    if (calendar.hours_in(day) > 0) closed.days.push_back({day});
  }
  for (Day day = cube.head() - (Cube::kHourDays - 1); day <= today; day = day + 1) {
    const int hours = std::min(calendar.hours_in(day), Cube::kHoursPerDay);
    for (int hour = 0; hour < hours; ++hour) {
      const Bucket bucket{day, static_cast<std::int8_t>(hour)};
      if (calendar.end_of(bucket) + kHourCloses > now) return closed;
      closed.hours.push_back(bucket);
    }
  }
  return closed;
}

const Kpi& Engine::State::kpi_of(WatchKey key) const {
  return *strategy.find_kpi(strategy.objectives[key.objective].look_at[key.place].kpi);
}

std::span<const EntityIndex> Engine::State::members_of(WatchKey key) const {
  return rollups[watch_rollups[key.objective][key.place]].members(key.node);
}

double Engine::State::kpi_in(const Kpi& kpi, std::span<const EntityIndex> members, Bucket bucket) const {
  double value = kUndefined;
  if (bucket.whole_day()) {
    value = kpi_over(kpi, members, {bucket.day, bucket.day});
  } else {
    std::vector<double> figures;
    const bool adds = adds_up(kpi);
    for (const Input& input : kpi.formula.inputs()) {
      const RareSum sum =
          sum_over(cube, cube.find_metric(input.name), members, std::span<const Bucket>(&bucket, 1));
      figures.push_back(figure_of(sum, adds));
    }
    value = kpi.formula.evaluate(std::span<const double>(figures));
  }
  return std::isfinite(value) ? value : kUndefined;
}

double Engine::State::usual_before(const Kpi& kpi, std::span<const EntityIndex> members,
                                   Bucket bucket) const {
  std::vector<double> values;
  const auto note = [&](Bucket of) {
    const double value = kpi_in(kpi, members, of);
    if (!std::isnan(value)) values.push_back(value);
  };
  const int cycle = bucket.whole_day() ? 7 : 1;
  const int cycles = bucket.whole_day() ? 4 : 7;
  for (int i = 1; i <= cycles; ++i) note({bucket.day - cycle * i, bucket.hour});
  if (!values.empty()) return median_of(std::move(values));
  if (bucket.whole_day()) {
    for (int i = 1; i <= 14; ++i) note({bucket.day - i});
  } else {
    for (std::int8_t hour = 0; hour < Cube::kHoursPerDay; ++hour) note({bucket.day - 1, hour});
  }
  return median_of(std::move(values));
}

std::optional<WatchedSeries> Engine::State::begin_series(const Kpi& kpi, std::span<const EntityIndex> members,
                                                         const Closed& closed) const {
  const auto& inputs = kpi.formula.inputs();
  const bool has_hours = std::all_of(inputs.begin(), inputs.end(), [this](const Input& input) {
    const MetricIndex metric = cube.find_metric(input.name);
    return metric != Cube::kNoMetric && cube.has_hours(metric);
  });
  const auto made_of = [&](const std::vector<Bucket>& buckets, bool by_hour) {
    WatchedSeries series;
    series.by_hour = by_hour;
    for (const Bucket bucket : buckets) {
      const double value = kpi_in(kpi, members, bucket);
      if (!std::isnan(value)) series.take(bucket, value);
    }
    return series;
  };
  if (has_hours) {
    WatchedSeries series = made_of(closed.hours, true);
    if (series.is_judged()) return series;
  }
  WatchedSeries series = made_of(closed.days, false);
  if (series.values == 0) return std::nullopt;
  return series;
}

void Engine::State::watch(bool new_day, Effects& effects) {
  if (std::all_of(watch_rollups.begin(), watch_rollups.end(), [](const auto& list) { return list.empty(); }))
    return;
  const Closed closed = closed_buckets();
  if (new_day) {
    // What is silent for as long as figures are kept is forgotten, and makes room.
    std::erase_if(watched, [&](const auto& item) {
      const auto& [key, series] = item;
      return series.by_hour ? !cube.holds_hours(series.last.day) : !cube.holds(series.last.day);
    });
  }
  for (std::uint32_t objective = 0; objective < watch_rollups.size(); ++objective) {
    for (std::uint32_t place = 0; place < watch_rollups[objective].size(); ++place) {
      const std::size_t nodes = rollups[watch_rollups[objective][place]].nodes().size();
      for (NodeIndex node = 0; node < nodes; ++node)
        watch(WatchKey{objective, place, node}, closed, new_day, effects);
    }
  }
  if (new_day) effects.left_unwatched = left_unwatched();
}

std::size_t Engine::State::left_unwatched() const noexcept {
  if (watched.size() < kMostWatched) return 0;
  std::size_t asked = 0;
  for (const auto& list : watch_rollups) {
    for (const std::size_t rollup : list) asked += rollups[rollup].nodes().size();
  }
  return asked - watched.size();
}

void Engine::State::watch(WatchKey key, const Closed& closed, bool new_day, Effects& effects) {
  const auto found = watched.find(key);
  if (found == watched.end() && watched.size() >= kMostWatched) return;
  const Kpi& kpi = kpi_of(key);
  const auto members = members_of(key);
  if (found == watched.end()) {
    const auto days = newest(closed.days, kDaysLate);
    const bool is_alive = std::any_of(days.begin(), days.end(),
                                      [&](Bucket day) { return !std::isnan(kpi_in(kpi, members, day)); });
    if (!is_alive) return;
    if (auto series = begin_series(kpi, members, closed)) watched.emplace(key, std::move(*series));
    return;
  }
  WatchedSeries& series = found->second;
  if (new_day && !series.by_hour) {
    // History may arrive after the first figures, and hours after days.
    auto fresh = begin_series(kpi, members, closed);
    if (fresh && (fresh->by_hour || (!series.is_judged() && fresh->values > series.values))) {
      series = std::move(*fresh);
      return;
    }
  }
  for (const Bucket bucket :
       series.by_hour ? newest(closed.hours, kHoursLate) : newest(closed.days, kDaysLate)) {
    if (bucket <= series.last) continue;
    const double value = kpi_in(kpi, members, bucket);
    if (std::isnan(value)) continue;
    const double score = series.take(bucket, value);
    if (!(score >= AnomalyDetector::kRecord)) continue;
    const Objective& objective = strategy.objectives[key.objective];
    const Rollup& rollup = rollups[watch_rollups[key.objective][key.place]];
    anomalies.push_front({.objective = objective.name,
                          .kpi = kpi.name,
                          .unit = kpi.unit,
                          .currency = strategy.currency,
                          .entity = rollup.nodes()[key.node],
                          .bucket = bucket,
                          .when = when_of(calendar, bucket),
                          .found_at = now,
                          .value = value,
                          .usual = usual_before(kpi, members, bucket),
                          .score = score});
    effects.anomalies.push_back(anomalies.front());
    if (anomalies.size() > kMostAnomalies) anomalies.pop_back();
  }
}

// Series go on where they are still of the same figures.
void Engine::State::carry_watched(State& old, bool money_changed) {
  anomalies = std::move(old.anomalies);
  for (auto& [old_key, series] : old.watched) {
    const Objective& was = old.strategy.objectives[old_key.objective];
    const Watched& asked = was.look_at[old_key.place];
    const Kpi& old_kpi = old.kpi_of(old_key);
    const bool same_money = old_kpi.unit == Unit::count || old_kpi.unit == Unit::ratio || !money_changed;
    const auto objective = std::find_if(strategy.objectives.begin(), strategy.objectives.end(),
                                        [&](const Objective& other) { return other.name == was.name; });
    if (!same_money || objective == strategy.objectives.end()) continue;
    const auto place = std::find(objective->look_at.begin(), objective->look_at.end(), asked);
    if (place == objective->look_at.end()) continue;
    WatchKey key{static_cast<std::uint32_t>(objective - strategy.objectives.begin()),
                 static_cast<std::uint32_t>(place - objective->look_at.begin()), kNoNode};
    const Rollup& old_rollup = old.rollups[old.watch_rollups[old_key.objective][old_key.place]];
    const Rollup& rollup = rollups[watch_rollups[key.objective][key.place]];
    key.node = rollup.find(old_rollup.nodes()[old_key.node]);
    const Kpi& kpi = kpi_of(key);
    const bool same_kpi = kpi.formula == old_kpi.formula && kpi.formula.inputs() == old_kpi.formula.inputs();
    if (key.node == kNoNode || !same_kpi || rollup.members(key.node) != old_rollup.members(old_key.node))
      continue;
    watched.emplace(key, std::move(series));
  }
}

std::vector<Anomaly> Engine::anomalies() const {
  return {state_->anomalies.begin(), state_->anomalies.end()};
}

std::vector<WatchedView> Engine::watched() const {
  const State& state = *state_;
  std::vector<WatchedView> views;
  for (const auto& [key, series] : state.watched) {
    if (!series.is_judged()) continue;
    const Rollup& rollup = state.rollups[state.watch_rollups[key.objective][key.place]];
    views.push_back({&state.strategy.objectives[key.objective], &state.kpi_of(key), &rollup.nodes()[key.node],
                     series.score});
  }
  return views;
}

std::size_t Engine::left_unwatched() const noexcept {
  return state_->left_unwatched();
}

}  // namespace tightrope::rules
