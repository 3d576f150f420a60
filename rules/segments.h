// Where a KPI changed: each segment's exact part in the change (see mix.h), down to the segment that holds
// it. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rules/entity.h"
#include "rules/factor_path.h"
#include "rules/mix.h"

namespace tightrope::rules {

// One segment's part in the change of a KPI.
struct SegmentChange {
  Entity entity;
  std::string dimension;                       // "campaign"
  std::string name;                            // its value; "" for figures without one
  BeforeAndNow value{kUndefined, kUndefined};  // the segment's own; NaN where it had no denominator
  BeforeAndNow share{kUndefined, kUndefined};  // of the whole's denominator; NaN for a total
  double effect = 0;     // in the unit of what is explained; over all segments they add up to the change
  double rate = 0;       // of it, by the segment's own rate
  double mix = 0;        // of it, by its greater or smaller share; rate + mix = effect
  bool is_new = false;   // had nothing before
  bool stopped = false;  // has nothing now
  // Contradicts its rate of before by less than 1 in 20; asked of the first kMostNamedSegments only.
  bool within_noise = false;
};

// The segments of one dimension.
struct SegmentLevel {
  std::string dimension;
  Entity within;  // whose segments they are: the entity, or the segment above that holds the change
  BeforeAndNow value{kUndefined, kUndefined};  // of `within`
  double effect = 0;                           // of `within` in the change; what follows adds up to it
  std::vector<SegmentChange> segments;         // largest harm first, at most kMostListed
  std::size_t others = 0;                      // segments that are not listed ...
  double rest = 0;                             // ... and their effect together
  static constexpr std::size_t kMostListed = 20;
};

constexpr std::size_t kMostNamedSegments = 3;  // that an alert names

// A segment and its sums. Of a total, which is the numerator alone, the denominators are 0.
struct NamedSums {
  std::string name;  // the value of the dimension; "" for what has none
  SegmentSums sums;
};
// The part of each segment, in their order. Where they are those of a part of the whole, theirs add up to
// that of the part. `whole`: the sums of the whole; of a total, its denominators are 1. REQUIRES: they are
// positive.
std::vector<SegmentChange> split_change(std::span<const NamedSums> segments, const SegmentSums& whole);

// Fills in what follows from the segments' sums: those with most harm are listed, the others are one sum.
// `order` gets their places in `segments`. `level` has its dimension, within, value and effect.
SegmentLevel list_segments(SegmentLevel level, std::span<const NamedSums> segments, const SegmentSums& whole,
                           const ExplainedChange& explained, std::vector<std::size_t>& order);

// Whether the segment that the level leads with holds over half of the change: its own segments come next.
bool leads(const SegmentLevel& level, const ExplainedChange& explained) noexcept;

// The segments for an alert: those that hold most of the harm at the deepest level that says something for
// sure, at most kMostNamedSegments. Empty when the KPI did not get worse.
std::vector<SegmentChange> named_segments(std::span<const SegmentLevel> levels,
                                          const ExplainedChange& explained);

}  // namespace tightrope::rules
