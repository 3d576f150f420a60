#include "rules/rollup.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

constexpr std::int64_t kMissing = Amount::kMissing;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double hours_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double, std::ratio<3600>>(to - from).count();
}

// Sums wrap instead of overflowing: then taking out what was put in still gives exactly what was there
// before.
void add_wrapping(std::int64_t& sum, std::int64_t value, std::int64_t sign) noexcept {
  sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                  static_cast<std::uint64_t>(sign) * static_cast<std::uint64_t>(value));
}

}  // namespace

bool WindowNow::contains(Bucket bucket) const noexcept {
  if (hours.empty()) return bucket.whole_day() && days.contains(bucket.day);
  return std::binary_search(hours.begin(), hours.end(), bucket);
}

WindowNow window_now(const Calendar& calendar, Window window, Timestamp now) {
  WindowNow result;
  const Timestamp hour_end = calendar.next_hour(now);
  if (window.kind == Window::Kind::hours) {
    Bucket bucket = calendar.hour_of(now);
    for (int i = 0; i < window.length; ++i) {
      result.hours.push_back(bucket);
      bucket = calendar.hour_of(calendar.start_of(bucket) - Duration(1));
    }
    std::reverse(result.hours.begin(), result.hours.end());
    result.days = {result.hours.front().day, result.hours.back().day};
    result.hours_elapsed = window.length;
    return result;
  }
  const Day today = calendar.day_of(now);
  result.days = calendar.days_of(window, today);
  const Timestamp begin = calendar.start_of(result.days.first);
  result.hours_elapsed = hours_between(begin, std::min(hour_end, calendar.start_of(result.days.last + 1)));
  const DayRange period = calendar.period_of(window, today);
  const Timestamp period_begin = calendar.start_of(period.first);
  const double whole = hours_between(period_begin, calendar.start_of(period.last + 1));
  result.elapsed_share = std::clamp(hours_between(period_begin, hour_end) / whole, 0.0, 1.0);
  return result;
}

Rollup::Rollup(const Objective* objective, int depth) : objective_(objective), depth_(depth) {
  if (depth == Level::kObjective) {  // the objective itself is there before any figure
    nodes_.emplace_back();
    node_indices_.emplace(Entity{}, 0);
    members_.emplace_back();
  }
}

std::size_t Rollup::column(Window window, const std::string& metric) {
  const auto place = std::find_if(columns_.begin(), columns_.end(), [&](const SumColumn& column) {
    return column.window == window && column.metric == metric;
  });
  if (place != columns_.end()) return static_cast<std::size_t>(place - columns_.begin());
  SumColumn& column = columns_.emplace_back();
  column.window = window;
  column.metric = metric;
  column.sums.resize(nodes_.size());
  column.present.resize(nodes_.size());
  return columns_.size() - 1;
}

NodeIndex Rollup::find(const Entity& node) const {
  const auto place = node_indices_.find(node);
  return place == node_indices_.end() ? kNoNode : place->second;
}

NodeIndex Rollup::add(EntityIndex entity, const Entity& path) {
  nodes_of_.resize(static_cast<std::size_t>(entity) + 1, kNoNode);
  const auto depth = static_cast<std::size_t>(depth_);
  if (!objective_->matches(path) || (depth > 0 && path.at(depth - 1).empty())) return kNoNode;
  const auto [place, is_new] =
      node_indices_.try_emplace(path.prefix(depth), static_cast<NodeIndex>(nodes_.size()));
  if (is_new) {
    nodes_.push_back(place->first);
    members_.emplace_back();
    for (SumColumn& column : columns_) {
      column.sums.push_back(0);
      column.present.push_back(0);
    }
  }
  nodes_of_[entity] = place->second;
  members_[place->second].push_back(entity);
  return place->second;
}

const std::vector<std::uint32_t>& Rollup::columns_of(MetricIndex metric) const noexcept {
  static const std::vector<std::uint32_t> kNone;
  return metric < columns_of_.size() ? columns_of_[metric] : kNone;
}

void Rollup::bind(MetricIndex metric, const std::string& name) {
  if (metric >= columns_of_.size()) columns_of_.resize(static_cast<std::size_t>(metric) + 1);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].metric != name || columns_[i].index != Cube::kNoMetric) continue;
    columns_[i].index = metric;
    columns_of_[metric].push_back(static_cast<std::uint32_t>(i));
  }
}

void Rollup::change(std::size_t column, NodeIndex node, std::int64_t before, std::int64_t after) noexcept {
  SumColumn& target = columns_[column];
  if (before != kMissing) {
    add_wrapping(target.sums[node], before, -1);
    --target.present[node];
  }
  if (after != kMissing) {
    add_wrapping(target.sums[node], after, 1);
    ++target.present[node];
  }
}

void Rollup::add_row(SumColumn& column, std::span<const std::int64_t> row, std::int64_t sign) noexcept {
  const std::size_t count = std::min(row.size(), nodes_of_.size());
  for (std::size_t entity = 0; entity < count; ++entity) {
    const NodeIndex node = nodes_of_[entity];
    if (node == kNoNode || row[entity] == kMissing) continue;
    add_wrapping(column.sums[node], row[entity], sign);
    column.present[node] += static_cast<std::int32_t>(sign);
  }
}

void Rollup::resum(std::size_t column, const Cube& cube, const WindowNow& window) {
  SumColumn& target = columns_[column];
  std::fill(target.sums.begin(), target.sums.end(), 0);
  std::fill(target.present.begin(), target.present.end(), 0);
  if (target.index == Cube::kNoMetric) return;
  if (!window.hours.empty()) {
    for (const Bucket hour : window.hours) add_row(target, cube.hour_row(target.index, hour), 1);
    return;
  }
  for (Day day = window.days.first; day <= window.days.last; day = day + 1) {
    add_row(target, cube.day_row(target.index, day), 1);
  }
}

void Rollup::roll(std::size_t column, const Cube& cube, const WindowNow& before, const WindowNow& now) {
  SumColumn& target = columns_[column];
  if (target.index == Cube::kNoMetric) return;
  for (Day day = before.days.first; day <= before.days.last; day = day + 1) {
    if (!now.days.contains(day)) add_row(target, cube.day_row(target.index, day), -1);
  }
  for (Day day = now.days.first; day <= now.days.last; day = day + 1) {
    if (!before.days.contains(day)) add_row(target, cube.day_row(target.index, day), 1);
  }
}

namespace {

template <class RowOf, class Buckets>
double sum_rows(const std::vector<EntityIndex>& members, const Buckets& buckets, const RowOf& row_of) {
  std::int64_t sum = 0;
  bool any = false;
  for (const auto bucket : buckets) {
    const auto row = row_of(bucket);
    for (const EntityIndex member : members) {
      if (member >= row.size() || row[member] == kMissing) continue;
      add_wrapping(sum, row[member], 1);
      any = true;
    }
  }
  return any ? Amount::from_micros(sum).to_double() : kUnknown;
}

}  // namespace

double sum_over(const Cube& cube, MetricIndex metric, const std::vector<EntityIndex>& members,
                DayRange days) {
  std::vector<Day> list;
  for (Day day = days.first; day <= days.last; day = day + 1) list.push_back(day);
  return sum_rows(members, list, [&](Day day) { return cube.day_row(metric, day); });
}

double sum_over(const Cube& cube, MetricIndex metric, const std::vector<EntityIndex>& members,
                const std::vector<Bucket>& buckets) {
  return sum_rows(members, buckets, [&](Bucket bucket) {
    return bucket.whole_day() ? cube.day_row(metric, bucket.day) : cube.hour_row(metric, bucket);
  });
}

}  // namespace tightrope::rules
