// Which source gave each figure that the cube holds: whoever no longer gives it may take it back, and nobody
// else may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/codec.h"
#include "rules/cube.h"

namespace tightrope::rules {

// Of the days that the cube holds. Whoever gave a figure last has it. Asked only for cells that hold a
// figure; of others the answer means nothing. Most buckets of a metric have one source for all entities, and
// cost a byte; where there are several, a byte for each entity.
class FigureSources {
 public:
  using Source = std::uint8_t;
  static constexpr Source kUnknown = 0;  // nobody takes such figures back
  static constexpr std::size_t kMost = 254;

  // The source's number, for good. kUnknown when there are kMost already.
  Source intern(std::string_view name);
  Source find(std::string_view name) const noexcept;  // kUnknown when it never gave anything
  // How many there are: they are 1 to size().
  std::size_t size() const noexcept { return names_.size(); }

  // "" of kUnknown. REQUIRES: source <= size().
  std::string_view name(Source source) const noexcept {
    return source == kUnknown ? std::string_view() : std::string_view(names_[source - 1u]);
  }

  // As Cube::advance.
  void advance(Day head);
  // True when it is the first there: whatever figures of that bucket nobody gave (sums of hours, conversions)
  // count as that source's from now on, too. REQUIRES: the cube holds the bucket.
  bool give(Source source, MetricIndex metric, EntityIndex entity, Bucket bucket);
  bool gave(Source source, MetricIndex metric, EntityIndex entity, Bucket bucket) const noexcept;
  // Whoever gave that day's figure last, or one of its hours; kUnknown where nobody did.
  Source source_of(MetricIndex metric, EntityIndex entity, Day day) const noexcept;
  // Whether the source gave anything there. REQUIRES: as give().
  bool gave_any(Source source, MetricIndex metric, Bucket bucket) const noexcept;
  // The figures of one metric are those of another from now on; `to` had none.
  void move_column(MetricIndex from, MetricIndex to);
  // Nobody knows who gave the figures of the metrics [0, metrics).
  void forget(Day head, std::size_t metrics);

  void save(ByteWriter& out) const;
  bool load(ByteReader& in, Day head);  // false: not saved by this class

 private:
  static constexpr Source kNone = 255;  // no figure came yet
  struct Row {
    Source all = kNone;        // of entities beyond `each`
    std::vector<Source> each;  // by entity; empty while all have one
  };
  struct Column {
    std::vector<Row> days;   // Cube::kDays by day number modulo it; empty until used
    std::vector<Row> hours;  // likewise Cube::kHourDays * Cube::kHoursPerDay
  };
  const Row* find_row(MetricIndex metric, Bucket bucket) const noexcept;

  Day head_{0};
  std::vector<std::string> names_;  // by source less 1
  std::vector<Column> columns_;     // by metric; shorter where none was given
};

}  // namespace tightrope::rules
