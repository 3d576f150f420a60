// Figures summed where targets are checked: for each objective and level, windowed sums that only changes
// touch.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "rules/cube.h"
#include "rules/entity.h"
#include "rules/target.h"
#include "rules/timeframe.h"

namespace tightrope::rules {

using NodeIndex = std::uint32_t;
constexpr NodeIndex kNoNode = static_cast<NodeIndex>(-1);

// The sum of one metric over one timeframe, by node. Sums are integers, so they never drift.
struct SumColumn {
  std::uint32_t frame;  // its place among the engine's timeframes
  std::string metric;
  MetricIndex index = Cube::kNoMetric;  // in the cube, once a figure of that name arrived
  std::vector<std::int64_t> sums;
  std::vector<std::int32_t> present;  // how many figures are in the sum; 0: unknown, not zero
  // How many figures could not be converted for want of a rate; empty while there is none anywhere.
  std::vector<std::int32_t> unconverted;
  std::vector<std::uint32_t> targets;  // that are checked again where a node's sum changes
  std::vector<std::uint32_t>
      share_targets;  // that are checked again everywhere: their figures are shares of it

  bool converted(NodeIndex node) const noexcept { return unconverted.empty() || unconverted[node] == 0; }
};

// The entities of one objective, grouped by the first `depth` values of their paths.
class Rollup {
 public:
  Rollup(const Objective* objective, int depth);

  int depth() const noexcept { return depth_; }
  const Objective& objective() const noexcept { return *objective_; }
  // The column's place; made if it is new (then `resum` it).
  std::size_t column(std::uint32_t frame, const std::string& metric);
  SumColumn& at(std::size_t column) noexcept { return columns_[column]; }
  const SumColumn& at(std::size_t column) const noexcept { return columns_[column]; }
  std::size_t columns() const noexcept { return columns_.size(); }

  // Takes up an entity that was interned. Its node, or kNoNode when it does not belong here. REQUIRES:
  // ascending order.
  NodeIndex add(EntityIndex entity, const Entity& path);
  NodeIndex node_of(EntityIndex entity) const noexcept {
    return entity < nodes_of_.size() ? nodes_of_[entity] : kNoNode;
  }
  const std::vector<Entity>& nodes() const noexcept { return nodes_; }
  NodeIndex find(const Entity& node) const;
  const std::vector<EntityIndex>& members(NodeIndex node) const noexcept { return members_[node]; }

  // The columns that sum this metric.
  std::span<const std::uint32_t> columns_of(MetricIndex metric) const noexcept {
    return metric < columns_of_.size() ? std::span<const std::uint32_t>(columns_of_[metric])
                                       : std::span<const std::uint32_t>();
  }
  // A name that the cube has come to know: its columns are summed from now on.
  void bind(MetricIndex metric, const std::string& name);

  // Adds a change of one figure to the column's node; `before` and `after` may be missing or unconverted.
  void change(SumColumn& column, NodeIndex node, std::int64_t before, std::int64_t after);
  // Sums the column afresh over the cube.
  void resum(SumColumn& column, const Cube& cube, const TimeframeNow& frame);
  // The column's timeframe has moved from `before` to `now`: takes out what left and adds what entered.
  // REQUIRES: the cube still holds what left.
  void roll(SumColumn& column, const Cube& cube, const TimeframeNow& before, const TimeframeNow& now);

 private:
  void count(SumColumn& column, NodeIndex node, std::int64_t value, std::int32_t sign);
  void add_row(SumColumn& column, std::span<const std::int64_t> row, std::int32_t sign);

  const Objective* objective_;
  int depth_;
  std::vector<Entity> nodes_;
  std::map<Entity, NodeIndex> node_indices_;
  std::vector<NodeIndex> nodes_of_;                // by entity
  std::vector<std::vector<EntityIndex>> members_;  // by node
  std::vector<SumColumn> columns_;
  std::vector<std::vector<std::uint32_t>> columns_of_;  // by metric index
};

// A sum of figures from the cube, for what is asked rarely.
struct RareSum {
  std::int64_t micros = 0;
  std::int32_t present = 0;      // figures in it; 0: unknown, not zero
  std::int32_t unconverted = 0;  // figures that want a rate
};
RareSum sum_over(const Cube& cube, MetricIndex metric, std::span<const EntityIndex> members, DayRange days);
RareSum sum_over(const Cube& cube, MetricIndex metric, std::span<const EntityIndex> members,
                 std::span<const Bucket> buckets);

// The figure that a sum stands for: NaN where nothing was reported, a rate is wanting, or figures that do not
// add up would have been added.
double figure_of(std::int64_t micros, std::int32_t present, bool converted, bool additive) noexcept;
double figure_of(const RareSum& sum, bool additive) noexcept;

}  // namespace tightrope::rules
