#include "rules/anomaly.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr double kSlowest = 1.0 / 6400;
constexpr double kShiftRate = 0.05;
constexpr double kShiftCap = 4;
constexpr double kViewCap = 20;
constexpr double kLeastSlotRate = 0.2;
constexpr std::uint64_t kWarmUp = 50;
constexpr std::uint64_t kRest = 300;
constexpr double kRestAbove = 0.3;
constexpr double kStranger = 1.1;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::size_t kMostSlots = 288;

double in_deviations(double difference, double variance, double floor) noexcept {
  return std::min(kViewCap, std::abs(difference) / std::max(std::sqrt(variance), floor));
}

std::size_t bin_of(double strangeness) noexcept {
  const double place = (std::log10(std::max(strangeness, 1e-3)) + 3) / 6 * 256;
  return static_cast<std::size_t>(std::clamp(place, 0.0, 255.0));
}

}  // namespace

void AnomalyDetector::learn_step(Timestamp at) noexcept {
  const std::int64_t step = (at - last_at_).count();
  if (!slots_.empty() || step <= 0) return;
  if (votes_ == 0) step_ = step;
  if (step == step_) {
    ++votes_;
  } else {
    --votes_;
  }
  if (count_ < kWarmUp) return;
  const auto slots = step_ >= kDay ? 7 : std::clamp<std::int64_t>(kDay / step_, 1, kMostSlots);
  slots_.resize(static_cast<std::size_t>(slots));
}

double AnomalyDetector::strangeness(Timestamp at, double value) noexcept {
  const double floor = 1e-9 * (1 + std::abs(mean_));
  const double from_mean = value - mean_;
  const double from_last = value - last_;
  double sum =
      in_deviations(from_mean, variance_, floor) + 0.5 * in_deviations(from_last, step_variance_, floor);

  const double in_sd = from_mean / std::max(std::sqrt(variance_), floor);
  shift_ += kShiftRate * (std::clamp(in_sd, -kShiftCap, kShiftCap) - shift_);
  sum += std::min(kViewCap, std::abs(shift_) / std::sqrt(kShiftRate / (2 - kShiftRate)));

  const double rate = std::max(1.0 / static_cast<double>(count_ + 1), kSlowest);
  mean_ += rate * from_mean;
  variance_ = (1 - rate) * (variance_ + rate * from_mean * from_mean);
  step_variance_ = (1 - rate) * step_variance_ + rate * from_last * from_last;

  if (!slots_.empty()) {
    const std::int64_t time = at.time_since_epoch().count();
    const auto count = static_cast<std::int64_t>(slots_.size());
    const std::int64_t place = step_ >= kDay ? (time / kDay) % 7 : (time % kDay + kDay) % kDay * count / kDay;
    Slot& slot = slots_[static_cast<std::size_t>(place)];
    if (slot.seen > 0) {
      const double residual = value - slot.mean;
      if (slot_count_ > 20) sum += in_deviations(residual, slot_variance_, floor);
      const double slot_rate = std::max(1.0 / static_cast<double>(++slot_count_), kSlowest);
      slot_variance_ += slot_rate * (residual * residual - slot_variance_);
      slot.mean += std::max(1.0 / (slot.seen + 1), kLeastSlotRate) * residual;
    } else {
      slot.mean = value;
    }
    ++slot.seen;
  }
  return sum;
}

double AnomalyDetector::tail_rank(double strangeness) noexcept {
  const std::size_t bin = bin_of(strangeness);
  std::uint64_t as_strange = 0;
  for (std::size_t i = bin; i < kBins; ++i) as_strange += ranks_[i];
  double score = 0;
  if (count_ >= kWarmUp) {
    const double share = static_cast<double>(as_strange + 1) / static_cast<double>(ranked_ + 2);
    score = -std::log10(share);
    if (strangest_ > 0 && strangeness > strangest_) score += std::log(strangeness / strangest_);
  }
  ++ranks_[bin];
  ++ranked_;
  strangest_ = std::max(strangest_, strangeness);
  return std::clamp(score / 6, 0.0, 1.0);
}

double AnomalyDetector::at_rest(double score) noexcept {
  ++since_alarm_;
  if (score <= kRestAbove) return alarm_ > 0 && since_alarm_ <= kRest ? 0 : score;
  if (alarm_ > 0 && since_alarm_ <= kRest && score < alarm_ * kStranger) return 0;
  alarm_ = score;
  since_alarm_ = 0;
  return score;
}

double AnomalyDetector::add(Timestamp at, double value) noexcept {
  if (!std::isfinite(value)) return 0;
  if (count_ == 0) {
    mean_ = last_ = value;
  } else {
    learn_step(at);
  }
  const double score = count_ == 0 ? 0 : at_rest(tail_rank(strangeness(at, value)));
  last_ = value;
  last_at_ = at;
  ++count_;
  return score;
}

void AnomalyDetector::save(ByteWriter& out) const {
  out.varint(count_);
  out.signed_varint(last_at_.time_since_epoch().count());
  for (const double number : {last_, mean_, variance_, step_variance_, shift_}) out.fixed64(number);
  out.signed_varint(step_);
  out.varint(votes_);
  out.varint(slots_.size());
  for (const Slot& slot : slots_) {
    out.fixed64(slot.mean);
    out.varint(slot.seen);
  }
  out.fixed64(slot_variance_);
  out.varint(slot_count_);
  for (const std::uint32_t rank : ranks_) out.varint(rank);
  out.varint(ranked_);
  out.fixed64(strangest_);
  out.fixed64(alarm_);
  out.varint(since_alarm_);
}

std::optional<AnomalyDetector> AnomalyDetector::load(ByteReader& in) {
  AnomalyDetector made;
  made.count_ = in.varint();
  made.last_at_ = Timestamp(Duration(in.signed_varint()));
  for (double* number : {&made.last_, &made.mean_, &made.variance_, &made.step_variance_, &made.shift_})
    *number = in.fixed64();
  made.step_ = in.signed_varint();
  made.votes_ = in.varint();
  made.slots_.resize(static_cast<std::size_t>(in.varint_up_to(kMostSlots)));
  for (Slot& slot : made.slots_) {
    slot.mean = in.fixed64();
    slot.seen = static_cast<std::uint32_t>(in.varint_up_to(0xffffffff));
  }
  made.slot_variance_ = in.fixed64();
  made.slot_count_ = in.varint();
  for (std::uint32_t& rank : made.ranks_) rank = static_cast<std::uint32_t>(in.varint_up_to(0xffffffff));
  made.ranked_ = in.varint();
  made.strangest_ = in.fixed64();
  made.alarm_ = in.fixed64();
  made.since_alarm_ = in.varint();
  if (!in.ok()) return std::nullopt;
  return made;
}

}  // namespace tightrope::rules
