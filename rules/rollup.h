// Figures summed where targets are checked: for each objective and level, windowed sums that only changes
// touch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/calendar.h"
#include "rules/cube.h"
#include "rules/entity.h"
#include "rules/target.h"

namespace tightrope::rules {

using NodeIndex = std::uint32_t;
constexpr NodeIndex kNoNode = static_cast<NodeIndex>(-1);

// A window at a moment: which buckets are in it, and how far it has come.
struct WindowNow {
  DayRange days;              // for hourly windows, those their hours touch
  std::vector<Bucket> hours;  // for hourly windows, in order; else empty
  double hours_elapsed = 0;   // of the window, counted to the end of the current hour
  double elapsed_share = 1;   // of the whole period of a week, month or quarter

  bool contains(Bucket bucket) const noexcept;
};
WindowNow window_now(const Calendar& calendar, Window window, Timestamp now);

// The sum of one metric over one window, by node. Sums are integers, so they never drift.
struct SumColumn {
  Window window;
  std::string metric;
  MetricIndex index = Cube::kNoMetric;  // in the cube, once a figure of that name arrived
  std::vector<std::int64_t> sums;
  std::vector<std::int32_t> present;  // how many figures are in the sum; 0: unknown, not zero
};

// The entities of one objective, grouped by the first `depth` values of their paths.
class Rollup {
 public:
  Rollup(const Objective* objective, int depth);

  int depth() const noexcept { return depth_; }
  const Objective& objective() const noexcept { return *objective_; }
  // The column's place; made if it is new (then `resum` it).
  std::size_t column(Window window, const std::string& metric);
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
  const std::vector<std::uint32_t>& columns_of(MetricIndex metric) const noexcept;
  // A name that the cube has come to know: its columns are summed from now on.
  void bind(MetricIndex metric, const std::string& name);

  // Adds a change of one figure to the column's node; `before` and `after` may be missing.
  void change(std::size_t column, NodeIndex node, std::int64_t before, std::int64_t after) noexcept;
  // Sums the column afresh over the cube.
  void resum(std::size_t column, const Cube& cube, const WindowNow& window);
  // The column's window has moved from `before` to `now`: takes out what left and adds what entered. Days
  // only.
  void roll(std::size_t column, const Cube& cube, const WindowNow& before, const WindowNow& now);

 private:
  void add_row(SumColumn& column, std::span<const std::int64_t> row, std::int64_t sign) noexcept;

  const Objective* objective_;
  int depth_;
  std::vector<Entity> nodes_;
  std::map<Entity, NodeIndex> node_indices_;
  std::vector<NodeIndex> nodes_of_;                // by entity
  std::vector<std::vector<EntityIndex>> members_;  // by node
  std::vector<SumColumn> columns_;
  std::vector<std::vector<std::uint32_t>> columns_of_;  // by metric index
};

// Sum of a metric over members and days, straight from the cube: for what is asked rarely. Unknown (NaN) when
// no figure is there.
double sum_over(const Cube& cube, MetricIndex metric, const std::vector<EntityIndex>& members, DayRange days);
double sum_over(const Cube& cube, MetricIndex metric, const std::vector<EntityIndex>& members,
                const std::vector<Bucket>& buckets);

}  // namespace tightrope::rules
