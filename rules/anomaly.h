// "Did this metric just do something that it never does?": a streaming detector for one series that has no
// target. It says "look", never "adjust", and it promises no rate of false alarms. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "rules/codec.h"
#include "rules/units.h"

namespace tightrope::rules {

// Takes one value at a time, in constant time, and judges it by what came before alone. A value: to go on
// after a restart, save it and load it.
class AnomalyDetector {
 public:
  // How strange the value is, from 0 (as ever) to 1, by its rank among all values so far; the value is then
  // learnt. 0 while there is too little to compare with, and for a while after a strange one, unless what
  // comes is stranger still. A value that is not finite is skipped: 0, and nothing is learnt. Time may repeat
  // or go back, as clocks do.
  double add(Timestamp at, double value) noexcept;

  void save(ByteWriter& out) const;
  // Nothing where the bytes are not those of a detector; the reader has then failed.
  static std::optional<AnomalyDetector> load(ByteReader& in);

  friend bool operator==(const AnomalyDetector&, const AnomalyDetector&) = default;

 private:
  struct Slot {
    double mean = 0;
    std::uint32_t seen = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };

  void learn_step(Timestamp at) noexcept;
  double strangeness(Timestamp at, double value) noexcept;
  double tail_rank(double strangeness) noexcept;
  double at_rest(double score) noexcept;

  std::uint64_t count_ = 0;
  Timestamp last_at_{};
  double last_ = 0;
  double mean_ = 0;
  double variance_ = 0;
  double step_variance_ = 0;
  double shift_ = 0;
  // The usual distance of two values, by majority vote.
  std::int64_t step_ = 0;
  std::uint64_t votes_ = 0;
  std::vector<Slot> slots_;  // of the day, or of the week for daily values; empty until the step is known
  double slot_variance_ = 0;
  std::uint64_t slot_count_ = 0;
  // Past strangeness by size, on a log scale.
  static constexpr std::size_t kBins = 256;
  std::array<std::uint32_t, kBins> ranks_{};
  std::uint64_t ranked_ = 0;
  double strangest_ = 0;
  // The last alarm, and how many values ago.
  double alarm_ = 0;
  std::uint64_t since_alarm_ = 0;
};

}  // namespace tightrope::rules
