#include "rules/segments.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tightrope::rules {
namespace {

constexpr double kOverHalf = 0.5;

double quotient(double numerator, double denominator) noexcept {
  return denominator == 0 ? kUndefined : numerator / denominator;
}

}  // namespace

std::vector<SegmentChange> split_change(std::span<const NamedSums> segments, const SegmentSums& whole) {
  // What is outside of these segments is one more.
  std::vector<SegmentSums> sums;
  SegmentSums outside = whole;
  bool is_total = true;
  for (const NamedSums& segment : segments) {
    const SegmentSums& one = sums.emplace_back(segment.sums);
    outside.numerator.before -= one.numerator.before;
    outside.numerator.now -= one.numerator.now;
    outside.denominator.before -= one.denominator.before;
    outside.denominator.now -= one.denominator.now;
    is_total = is_total && one.denominator.before == 0 && one.denominator.now == 0;
  }
  // Differences of large sums; a segment with less than nothing is none.
  outside.denominator = {std::max(0.0, outside.denominator.before), std::max(0.0, outside.denominator.now)};
  sums.push_back(outside);
  const auto change = mix_and_rate(sums);
  std::vector<SegmentChange> parts;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const SegmentSums& one = sums[i];
    SegmentChange& part = parts.emplace_back();
    part.name = segments[i].name;
    part.value = {quotient(one.numerator.before, one.denominator.before),
                  quotient(one.numerator.now, one.denominator.now)};
    if (is_total) part.value = one.numerator;
    if (!is_total) {
      part.share = {one.denominator.before / whole.denominator.before,
                    one.denominator.now / whole.denominator.now};
    }
    if (change) {
      part.effect = change->segments[i].total();
      part.mix = change->segments[i].mix;
      part.rate = change->segments[i].rate;
    }
    const bool nothing_before = one.numerator.before == 0 && one.denominator.before == 0;
    const bool nothing_now = one.numerator.now == 0 && one.denominator.now == 0;
    part.is_new = nothing_before && !nothing_now;
    part.stopped = nothing_now && !nothing_before;
  }
  return parts;
}

SegmentLevel list_segments(SegmentLevel level, std::span<const NamedSums> segments, const SegmentSums& whole,
                           const ExplainedChange& explained, std::vector<std::size_t>& order) {
  order.resize(segments.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<SegmentChange> effects = split_change(segments, whole);
  const double sign = explained.harm() < 0 ? -1 : 1;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sign * explained.harm_of(effects[a].effect) > sign * explained.harm_of(effects[b].effect);
  });
  if (order.size() > SegmentLevel::kMostListed) order.resize(SegmentLevel::kMostListed);
  level.others = segments.size() - order.size();
  level.rest = level.others == 0 ? 0 : level.effect;
  for (const std::size_t i : order) {
    SegmentChange& one = level.segments.emplace_back(effects[i]);
    one.dimension = level.dimension;
    if (level.others > 0) level.rest -= one.effect;
  }
  return level;
}

bool leads(const SegmentLevel& level, const ExplainedChange& explained) noexcept {
  return explained.harm() > 0 && !level.segments.empty() &&
         explained.harm_of(level.segments.front().effect) > kOverHalf * explained.harm();
}

std::vector<SegmentChange> named_segments(std::span<const SegmentLevel> levels,
                                          const ExplainedChange& explained) {
  if (!(explained.harm() > 0)) return {};
  // Of a level below, chance may be all there is to say; then the level above says it.
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    if (level->segments.empty()) continue;
    const SegmentChange& first = level->segments.front();
    const bool is_last_word = level + 1 == levels.rend();
    if (leads(*level, explained) && (!first.within_noise || is_last_word)) return {first};
    std::vector<SegmentChange> together;
    double harm = 0;
    const std::size_t most = std::min(level->segments.size(), kMostNamedSegments);
    for (const SegmentChange& one : std::span(level->segments).first(most)) {
      const double part = explained.harm_of(one.effect);
      if (!(part > 0)) break;
      if (one.within_noise) continue;
      together.push_back(one);
      harm += part;
      if (harm > kOverHalf * explained.harm()) return together;
    }
  }
  return {};
}

}  // namespace tightrope::rules
