// The figures themselves: restatable cells by day and by hour, one column per metric, in memory for the last
// days.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/codec.h"
#include "rules/entity.h"
#include "rules/units.h"

namespace tightrope::rules {

using MetricIndex = std::uint16_t;

// What setting a cell did to the day it belongs to.
struct CellChange {
  enum class Kind : std::uint8_t { none, arrived, restated, outside };
  Kind kind = Kind::none;  // outside: the cell is not in memory (too old, or more than a day ahead)
  std::int64_t day_before = Amount::kMissing;
  std::int64_t day_after = Amount::kMissing;
  std::int64_t hour_before = Amount::kMissing;  // for a bucket of an hour
  std::int64_t hour_after = Amount::kMissing;
};

// Rows are buckets, columns are entities: the figures of one day stand side by side, so that a day entering
// or leaving a window is one pass over contiguous memory. A row is allocated when its first figure arrives.
// A day's figure is what a source gave for the day, or else the sum of its hours.
class Cube {
 public:
  static constexpr int kDays = 100;    // [head - kDays + 1, head]
  static constexpr int kHourDays = 8;  // of these, with hours
  static constexpr int kHoursPerDay = 25;

  // The newest day that can be held. Moving it on drops the oldest days; it never moves back.
  void advance(Day head);
  Day head() const noexcept { return head_; }
  bool holds(Day day) const noexcept { return day <= head_ && head_ - day < kDays; }
  bool holds_hours(Day day) const noexcept { return day <= head_ && head_ - day < kHourDays; }

  MetricIndex intern_metric(const std::string& name);
  // kNoMetric when no figure of that name was ever set.
  MetricIndex find_metric(std::string_view name) const;
  const std::string& metric_name(MetricIndex metric) const noexcept { return metrics_[metric].name; }
  std::size_t metric_count() const noexcept { return metrics_.size(); }
  static constexpr MetricIndex kNoMetric = 0xffff;

  // REQUIRES: entity < entities. Rows grow with the number of entities.
  CellChange set(MetricIndex metric, EntityIndex entity, Bucket bucket, Amount value) {
    return set_raw(metric, entity, bucket, value.micros());
  }
  // The same in millionths: also Amount::kMissing and Amount::kUnconverted.
  CellChange set_raw(MetricIndex metric, EntityIndex entity, Bucket bucket, std::int64_t value);
  // Missing also for what could not be converted.
  Amount get(MetricIndex metric, EntityIndex entity, Bucket bucket) const noexcept;
  // All figures of one metric as those of another, which loses its own.
  void copy_column(MetricIndex from, MetricIndex to);
  // The row of a day or an hour, by entity; it may be shorter than the number of entities (the rest is
  // missing), or empty.
  std::span<const std::int64_t> day_row(MetricIndex metric, Day day) const noexcept;
  std::span<const std::int64_t> hour_row(MetricIndex metric, Bucket bucket) const noexcept;
  // Whether the day's figure is that of its hours, and was not given for the day.
  bool is_sum_of_hours(MetricIndex metric, EntityIndex entity, Day day) const noexcept;
  // Whether the figure that stands there was given for that very bucket.
  bool was_given(MetricIndex metric, EntityIndex entity, Bucket bucket) const noexcept {
    return !bucket.whole_day() || !is_sum_of_hours(metric, entity, bucket.day);
  }
  bool has_hours(MetricIndex metric) const noexcept { return metrics_[metric].any_hours; }

  std::uint64_t cells() const noexcept { return cells_; }  // that hold a figure, days and hours
  std::uint64_t bytes() const noexcept;                    // of rows

  void save(ByteWriter& out) const;
  // False: not a saved cube. Without what was given, as it was once saved, a day that differs from its hours
  // was.
  enum class Saved : std::uint8_t { whole, without_given };
  bool load(ByteReader& in, Saved saved = Saved::whole);

 private:
  struct Column {
    std::string name;
    bool any_hours = false;
    std::vector<std::vector<std::int64_t>> days;   // kDays rows by day number modulo kDays
    std::vector<std::vector<std::int64_t>> hours;  // kHourDays * kHoursPerDay rows
    // Of the days with hours: whether the day's figure was given for the day, and is not the sum of its
    // hours.
    std::vector<std::vector<std::uint8_t>> given;  // kHourDays rows; shorter than entities: not given
  };
  static std::size_t day_slot(Day day) noexcept;
  static std::size_t hour_slot(Bucket bucket) noexcept;
  static std::size_t given_slot(Day day) noexcept;
  static bool given(const Column& column, EntityIndex entity, Day day) noexcept;
  void give(Column& column, EntityIndex entity, Day day, bool as_day);
  void infer_given(Column& column);
  static std::int64_t& cell(std::vector<std::int64_t>& row, EntityIndex entity);
  std::int64_t sum_of_hours(const Column& column, EntityIndex entity, Day day) const noexcept;
  void put(std::int64_t& cell, std::int64_t value) noexcept;
  void drop_row(std::vector<std::int64_t>& row);

  Day head_{0};
  std::vector<Column> metrics_;
  std::unordered_map<std::string, MetricIndex> metric_indices_;
  std::uint64_t cells_ = 0;
};

}  // namespace tightrope::rules
