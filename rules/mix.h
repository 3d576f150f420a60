// Why a ratio of sums changed, by segment: because segments became better or worse (rate), or because shares
// moved between good and bad ones (mix). The midpoint form of Bennet 1920 and Kitagawa 1955, centred: a
// larger share is good news only for a segment that is better than average.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "rules/factor_effects.h"

namespace tightrope::rules {

// The sums of one segment: spend over conversions for a CPA. 0 for a segment that is new, paused, or brought
// nothing; spend without conversions shows as rate.
struct SegmentSums {
  BeforeAndNow numerator;
  BeforeAndNow denominator;
};

// In the ratio's unit.
struct SegmentEffect {
  double mix = 0;
  double rate = 0;
  double total() const noexcept { return mix + rate; }
};

struct MixChange {
  BeforeAndNow value;                   // of all segments together
  std::vector<SegmentEffect> segments;  // in the order given; their totals add up to the change
};

// Nothing when the ratio is undefined in a period: the denominators add up to 0, or a sum is unknown. The two
// periods should have the same weekdays. REQUIRES: denominators >= 0.
std::optional<MixChange> mix_and_rate(std::span<const SegmentSums> segments);

// The segment that holds more than half of the change, to look into next; nothing when none does.
std::optional<std::size_t> dominant_segment(const MixChange& change) noexcept;

}  // namespace tightrope::rules
