#include "rules/anomaly.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tightrope::rules {
namespace {

constexpr double kSlowest = 1e-4;  // the least weight of a new value in what is usual
constexpr std::array<double, 2> kDriftRates{0.05, 0.1};
constexpr double kDriftCap = 4;  // one wild value is no drift
constexpr double kSlotRate = 0.2;
constexpr std::uint64_t kUsable = 20;  // what is usual is known after so many

constexpr double kSameShape = 0.3;  // mean distance of the five numbers
constexpr double kShapeRate = 0.1;
constexpr double kShapeMemory = 0.9998;
constexpr double kShapeCap = 10;

constexpr std::array<double, 7> kWeights{1, 0.5, 1, 1, 1, 1, 0.5};
// A view's own unit is not taken below this: not every view has one (a series without a run of equal values).
constexpr std::array<double, 7> kLeastUnits{1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1};
constexpr double kWildest = 1000;  // in deviations; one value must not blind a view for ever
constexpr double kViewCap = 20;

constexpr double kStrange = 0.25;  // a score that begins a rest
constexpr double kStranger = 1.15;
constexpr double kRestShare = 0.06;
constexpr double kRestMost = 500;

constexpr std::int64_t kDay = 86'400'000;

// Below this, a difference is the rounding of a sum.
double rounding(double mean) noexcept {
  return std::max(1e-9 * std::abs(mean), std::numeric_limits<double>::min());
}

double in_deviations(double difference, double mean_square, double least) noexcept {
  return std::clamp(difference / std::max(std::sqrt(mean_square), least), -kWildest, kWildest);
}

double rate_of(std::uint64_t count) noexcept {
  return std::max(1 / static_cast<double>(count), kSlowest);
}

// The sums from 2^-10 to 2^10, evenly on a log scale.
std::size_t bin_of(double strangeness, std::size_t bins) noexcept {
  const double place = (std::log2(std::max(strangeness, 1e-3)) + 10) / 20 * static_cast<double>(bins);
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)));
}

}  // namespace

void AnomalyDetector::MeanSquare::add(double x) noexcept {
  value += rate_of(++count) * (x * x - value);
}

void AnomalyDetector::learn_step(Timestamp at) {
  if (!slots_.empty()) return;
  const std::int64_t step = (at - last_at_).count();
  if (step > 0) {
    if (votes_ == 0) step_ = step;
    if (step == step_) {
      ++votes_;
    } else {
      --votes_;
    }
  }
  if (count_ < kWarmUp || step_ <= 0) return;
  slots_.resize(
      step_ >= kDay ? 7 : std::clamp<std::size_t>(static_cast<std::size_t>(kDay / step_), 1, kMostSlots));
}

AnomalyDetector::Slot* AnomalyDetector::slot_of(Timestamp at) noexcept {
  if (slots_.empty()) return nullptr;
  const std::int64_t cycle = step_ >= kDay ? 7 * kDay : kDay;
  const std::int64_t into = (at.time_since_epoch().count() % cycle + cycle) % cycle;
  return &slots_[static_cast<std::size_t>(into * static_cast<std::int64_t>(slots_.size()) / cycle)];
}

// Online clustering in the manner of adaptive resonance (Carpenter & Grossberg 1987): near shapes are drawn
// to what they stand for, and a far one becomes a shape of its own, in place of the least used.
double AnomalyDetector::novelty(double value, double sd) {
  std::rotate(latest_.begin(), latest_.end() - 1, latest_.end());
  latest_.front() = value;
  if (count_ < kUsable) return 0;
  Shape now;
  for (std::size_t i = 0; i < kShape; ++i)
    now.at[i] = std::clamp((latest_[i] - mean_) / sd, -kShapeCap, kShapeCap);
  for (std::size_t i = 0; i + 1 < kShape; ++i) now.at[i] -= now.at[i + 1];
  now.uses = 1;
  double nearest = std::numeric_limits<double>::infinity();
  Shape* near = nullptr;
  for (Shape& shape : shapes_) {
    double distance = 0;
    for (std::size_t i = 0; i < kShape; ++i) distance += std::abs(now.at[i] - shape.at[i]);
    if (distance < nearest) {
      nearest = distance;
      near = &shape;
    }
  }
  nearest /= static_cast<double>(kShape);
  if (near != nullptr && nearest <= kSameShape) {
    for (std::size_t i = 0; i < kShape; ++i) near->at[i] += kShapeRate * (now.at[i] - near->at[i]);
    near->uses += 1;
  } else if (shapes_.size() < kMostShapes) {
    shapes_.push_back(now);
  } else {
    *std::min_element(shapes_.begin(), shapes_.end(),
                      [](const Shape& a, const Shape& b) { return a.uses < b.uses; }) = now;
  }
  for (Shape& shape : shapes_) shape.uses *= kShapeMemory;
  return std::isfinite(nearest) ? nearest : 0;
}

// -ln of the chance that so many values in a row are equal, were each equal to the one before as often as so
// far: 0 where all always were.
double AnomalyDetector::run_surprise(double step) noexcept {
  if (step != 0) {
    run_ = 0;
    return 0;
  }
  ++run_;
  const double share = static_cast<double>(repeats_ + 1) / static_cast<double>(count_);
  ++repeats_;
  return -static_cast<double>(run_) * std::log(share);
}

// Each view with the state before the value, which is then learnt.
std::array<double, AnomalyDetector::kViews> AnomalyDetector::views(Timestamp at, double value) {
  const double least = rounding(mean_);
  std::array<double, kViews> result{};
  const double off = value - mean_;
  result[0] = in_deviations(off, variance_, least);
  const double step = value - latest_.front();
  result[1] = in_deviations(step, steps_.value, least);
  steps_.add(step);

  if (Slot* slot = slot_of(at); slot != nullptr) {
    if (slot->seen > 0) {
      const double miss = value - slot->mean;
      if (slot_misses_.count > kUsable) result[2] = in_deviations(miss, slot_misses_.value, least);
      slot_misses_.add(miss);
      slot->mean += std::max(1.0 / (slot->seen + 1.0), kSlotRate) * miss;
    } else {
      slot->mean = value;
    }
    ++slot->seen;
  }
  for (std::size_t i = 0; i < drifts_.size(); ++i) {
    drifts_[i] += kDriftRates[i] * (std::clamp(result[0], -kDriftCap, kDriftCap) - drifts_[i]);
    result[3 + i] = drifts_[i];
  }
  result[5] = novelty(value, std::max(std::sqrt(variance_), least));
  result[6] = run_surprise(step);
  const double rate = rate_of(count_ + 1);
  mean_ += rate * off;
  variance_ = (1 - rate) * (variance_ + rate * off * off);
  return result;
}

double AnomalyDetector::strangeness(Timestamp at, double value) {
  const std::array<double, kViews> seen = views(at, value);
  double sum = 0;
  for (std::size_t i = 0; i < kViews; ++i) {
    const double size = std::abs(seen[i]);
    if (usual_[i].count > kUsable)
      sum += kWeights[i] * std::min(kViewCap, in_deviations(size, usual_[i].value, kLeastUnits[i]));
    usual_[i].add(size);
  }
  return sum;
}

double AnomalyDetector::rank(double strangeness) noexcept {
  const std::size_t bin = bin_of(strangeness, kBins);
  double score = 0;
  if (count_ >= kWarmUp) {
    std::uint64_t as_strange = 0;
    for (std::size_t i = bin; i < kBins; ++i) as_strange += bins_[i];
    score = std::log(static_cast<double>(ranked_ + 1) / static_cast<double>(as_strange + 1));
    if (strangest_ > 0 && strangeness > strangest_) score += std::log(strangeness / strangest_);
    score *= kRecord / std::log(static_cast<double>(count_));
  }
  ++bins_[bin];
  ++ranked_;
  strangest_ = std::max(strangest_, strangeness);
  return std::clamp(score, 0.0, 1.0);
}

double AnomalyDetector::after_rest(double score) noexcept {
  if (since_alarm_ < rest_) {
    ++since_alarm_;
    if (score <= kStrange || score < alarm_ * kStranger) return 0;
  }
  if (score > kStrange) {
    alarm_ = score;
    since_alarm_ = 0;
    rest_ = static_cast<std::uint64_t>(std::min(kRestShare * static_cast<double>(count_), kRestMost));
  }
  return score;
}

double AnomalyDetector::add(Timestamp at, double value) {
  if (!(std::abs(value) <= kLargest)) return 0;
  at = std::clamp(at, Timestamp(-kFarthest), Timestamp(kFarthest));
  double score = 0;
  if (count_ == 0) {
    mean_ = value;
    latest_.fill(value);
  } else {
    learn_step(at);
    score = after_rest(rank(strangeness(at, value)));
  }
  last_at_ = at;
  ++count_;
  return score;
}

}  // namespace tightrope::rules
