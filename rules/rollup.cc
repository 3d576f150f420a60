#include "rules/rollup.h"

#include <algorithm>
#include <limits>

namespace tightrope::rules {
namespace {

constexpr std::int64_t kUnconverted = Amount::kUnconverted;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Sums wrap instead of overflowing: then taking out what was put in still gives exactly what was there
// before.
void add_wrapping(std::int64_t& sum, std::int64_t value, std::int32_t sign) noexcept {
  const auto amount = static_cast<std::uint64_t>(value);
  sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + (sign > 0 ? amount : ~amount + 1));
}

}  // namespace

Rollup::Rollup(const Objective* objective, int depth) : objective_(objective), depth_(depth) {
  if (depth == Level::kObjective) {  // the objective itself is there before any figure
    nodes_.emplace_back();
    node_indices_.emplace(Entity{}, 0);
    members_.emplace_back();
  }
}

std::size_t Rollup::column(std::uint32_t frame, const std::string& metric) {
  const auto place = std::find_if(columns_.begin(), columns_.end(), [&](const SumColumn& column) {
    return column.frame == frame && column.metric == metric;
  });
  if (place != columns_.end()) return static_cast<std::size_t>(place - columns_.begin());
  SumColumn& column = columns_.emplace_back();
  column.frame = frame;
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
      if (!column.unconverted.empty()) column.unconverted.push_back(0);
    }
  }
  nodes_of_[entity] = place->second;
  members_[place->second].push_back(entity);
  return place->second;
}

void Rollup::bind(MetricIndex metric, const std::string& name) {
  if (metric >= columns_of_.size()) columns_of_.resize(static_cast<std::size_t>(metric) + 1);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].metric != name || columns_[i].index != Cube::kNoMetric) continue;
    columns_[i].index = metric;
    columns_of_[metric].push_back(static_cast<std::uint32_t>(i));
  }
}

void Rollup::count(SumColumn& column, NodeIndex node, std::int64_t value, std::int32_t sign) {
  if (value > kUnconverted) {
    add_wrapping(column.sums[node], value, sign);
    column.present[node] += sign;
  } else if (value == kUnconverted) {
    if (column.unconverted.empty()) column.unconverted.resize(nodes_.size());
    column.unconverted[node] += sign;
  }
}

void Rollup::change(SumColumn& column, NodeIndex node, std::int64_t before, std::int64_t after) {
  count(column, node, before, -1);
  count(column, node, after, 1);
}

void Rollup::add_row(SumColumn& column, std::span<const std::int64_t> row, std::int32_t sign) {
  const std::size_t size = std::min(row.size(), nodes_of_.size());
  for (std::size_t entity = 0; entity < size; ++entity) {
    const NodeIndex node = nodes_of_[entity];
    if (node != kNoNode) count(column, node, row[entity], sign);
  }
}

void Rollup::resum(SumColumn& column, const Cube& cube, const TimeframeNow& frame) {
  std::fill(column.sums.begin(), column.sums.end(), 0);
  std::fill(column.present.begin(), column.present.end(), 0);
  column.unconverted.clear();
  if (column.index == Cube::kNoMetric) return;
  for (const Bucket hour : frame.hours) add_row(column, cube.hour_row(column.index, hour), 1);
  if (!frame.hours.empty()) return;
  for (Day day = frame.days.first; day <= frame.days.last; day = day + 1)
    add_row(column, cube.day_row(column.index, day), 1);
}

void Rollup::roll(SumColumn& column, const Cube& cube, const TimeframeNow& before, const TimeframeNow& now) {
  if (column.index == Cube::kNoMetric) return;
  if (!now.hours.empty()) {
    for (const Bucket hour : before.hours) {
      if (!now.contains(hour)) add_row(column, cube.hour_row(column.index, hour), -1);
    }
    for (const Bucket hour : now.hours) {
      if (!before.contains(hour)) add_row(column, cube.hour_row(column.index, hour), 1);
    }
    return;
  }
  for (Day day = before.days.first; day <= before.days.last; day = day + 1) {
    if (!now.days.contains(day)) add_row(column, cube.day_row(column.index, day), -1);
  }
  for (Day day = now.days.first; day <= now.days.last; day = day + 1) {
    if (!before.days.contains(day)) add_row(column, cube.day_row(column.index, day), 1);
  }
}

namespace {

void add_members(RareSum& sum, std::span<const std::int64_t> row,
                 std::span<const EntityIndex> members) noexcept {
  for (const EntityIndex member : members) {
    if (member >= row.size()) continue;
    const std::int64_t value = row[member];
    if (value > kUnconverted) {
      add_wrapping(sum.micros, value, 1);
      ++sum.present;
    } else if (value == kUnconverted) {
      ++sum.unconverted;
    }
  }
}

}  // namespace

RareSum sum_over(const Cube& cube, MetricIndex metric, std::span<const EntityIndex> members, DayRange days) {
  RareSum sum;
  for (Day day = days.first; day <= days.last; day = day + 1)
    add_members(sum, cube.day_row(metric, day), members);
  return sum;
}

RareSum sum_over(const Cube& cube, MetricIndex metric, std::span<const EntityIndex> members,
                 std::span<const Bucket> buckets) {
  RareSum sum;
  for (const Bucket bucket : buckets) {
    add_members(sum, bucket.whole_day() ? cube.day_row(metric, bucket.day) : cube.hour_row(metric, bucket),
                members);
  }
  return sum;
}

double figure_of(std::int64_t micros, std::int32_t present, bool converted, bool additive) noexcept {
  // What does not add up stands for itself alone, or for nothing.
  if (present == 0 || !converted || (!additive && present != 1)) return kUnknown;
  return static_cast<double>(micros) / static_cast<double>(Amount::kScale);
}

double figure_of(const RareSum& sum, bool additive) noexcept {
  return figure_of(sum.micros, sum.present, sum.unconverted == 0, additive);
}

}  // namespace tightrope::rules
