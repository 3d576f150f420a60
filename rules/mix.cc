#include "rules/mix.h"

#include <cmath>

namespace tightrope::rules {
namespace {

// The mean of the rates of those periods in which there is one.
std::optional<double> mean_rate(const SegmentSums& segment) noexcept {
  const bool before = segment.denominator.before > 0;
  const bool now = segment.denominator.now > 0;
  const double rate_before = before ? segment.numerator.before / segment.denominator.before : 0;
  const double rate_now = now ? segment.numerator.now / segment.denominator.now : 0;
  if (before && now) return (rate_before + rate_now) / 2;
  if (before) return rate_before;
  if (now) return rate_now;
  return std::nullopt;
}

}  // namespace

std::optional<MixChange> mix_and_rate(std::span<const SegmentSums> segments) {
  BeforeAndNow numerator{0, 0};
  BeforeAndNow denominator{0, 0};
  for (const SegmentSums& segment : segments) {
    numerator.before += segment.numerator.before;
    numerator.now += segment.numerator.now;
    denominator.before += segment.denominator.before;
    denominator.now += segment.denominator.now;
  }
  if (!(denominator.before > 0) || !(denominator.now > 0)) return std::nullopt;
  MixChange change{.value = {numerator.before / denominator.before, numerator.now / denominator.now},
                   .segments = {}};
  if (!std::isfinite(change.value.before) || !std::isfinite(change.value.now)) return std::nullopt;

  const double average = (change.value.before + change.value.now) / 2;
  change.segments.reserve(segments.size());
  for (const SegmentSums& segment : segments) {
    const double share_moved =
        segment.denominator.now / denominator.now - segment.denominator.before / denominator.before;
    // The shares moved add up to 0, so that taking the average out of each leaves the sum as it is.
    const double total = segment.numerator.now / denominator.now -
                         segment.numerator.before / denominator.before - average * share_moved;
    const double mix = share_moved * (mean_rate(segment).value_or(average) - average);
    change.segments.push_back({.mix = mix, .rate = total - mix});
  }
  return change;
}

std::optional<std::size_t> dominant_segment(const MixChange& change) noexcept {
  const double whole = change.value.now - change.value.before;
  std::optional<std::size_t> found;
  double most = 0.5;
  for (std::size_t i = 0; i < change.segments.size(); ++i) {
    const double share = change.segments[i].total() / whole;
    if (!(share > most)) continue;
    most = share;
    found = i;
  }
  return found;
}

}  // namespace tightrope::rules
