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

// Takes one value at a time, in constant time, and judges it by what came before alone: nothing is
// configured, and neither the scale, nor the zero, nor the sampling step of the series matters. A value of 5
// to 10 KB: to go on after a restart, save it and load it.
//
// Times of day are those of the times given: where a series has the rhythm of people, give it their local
// time.
//
// Seven views of each value, all in units of what is usual for them, are added up: the distance from the mean
// of all time, from the last value, and from the mean of its time of day (its weekday, for daily values); how
// far the level has drifted, over about 10 and about 20 values; how far the shape of the last five values
// lies from every shape seen so far; and how unlikely it is that so many values in a row are equal. The sum
// is ranked among all sums so far (as the anomaly likelihood of Ahmad et al. 2017 does, without its normal
// tail), so that each series sets its own measure.
class AnomalyDetector {
 public:
  // How strange the value is, from 0 (as ever) to 1; the value is then learnt. A share p of sums as large as
  // this one, among n, gives kRecord * ln(1 / p) / ln(n): kRecord is the strangest so far, and more is
  // stranger by far. Chance alone reaches a score of s about n^(1 - s / kRecord) times in n values, so that a
  // long series does not call more and more often.
  //
  // 0 while there is too little to compare with (the first kWarmUp values), and for some time after a strange
  // value, in proportion to the length of the series, unless what comes is stranger still. A value that is
  // not finite (or beyond 1e150) is missing: 0, and nothing is learnt. Times may repeat or go back, as clocks
  // do.
  double add(Timestamp at, double value);

  void save(ByteWriter& out) const;
  // Nothing where the bytes are not those of a detector; the reader has then failed.
  static std::optional<AnomalyDetector> load(ByteReader& in);

  friend bool operator==(const AnomalyDetector&, const AnomalyDetector&) = default;

  static constexpr std::uint64_t kWarmUp = 50;
  static constexpr double kRecord = 0.6;
  // From about here on an alarm pays, by the measure of NAB, whether false alarms or misses weigh more.
  static constexpr double kAlarm = 0.38;

 private:
  // The mean square of what was added: over everything at first, in the end over about the last 10 000.
  struct MeanSquare {
    double value = 0;
    std::uint64_t count = 0;

    void add(double x) noexcept;
    friend bool operator==(const MeanSquare&, const MeanSquare&) = default;
  };
  struct Slot {
    double mean = 0;
    std::uint32_t seen = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  // The last five values as four steps and where they started, in standard deviations.
  static constexpr std::size_t kShape = 5;
  struct Shape {
    std::array<double, kShape> at{};
    double uses = 0;  // the oldest count least
    friend bool operator==(const Shape&, const Shape&) = default;
  };
  static constexpr std::size_t kViews = 7;
  static constexpr std::size_t kBins = 256;
  static constexpr std::size_t kMostSlots = 288;
  static constexpr std::size_t kMostShapes = 64;
  static constexpr double kLargest = 1e150;                    // its square is finite
  static constexpr Duration kFarthest{std::int64_t{1} << 61};  // two times have a difference

  void learn_step(Timestamp at);
  Slot* slot_of(Timestamp at) noexcept;
  std::array<double, kViews> views(Timestamp at, double value);
  double novelty(double value, double sd);
  double run_surprise(double step) noexcept;
  double strangeness(Timestamp at, double value);
  double rank(double strangeness) noexcept;
  double after_rest(double score) noexcept;
  template <class Self, class Fields>
  static void each_field(Self& self, Fields& fields);

  std::uint64_t count_ = 0;
  Timestamp last_at_{};
  // The usual distance of two values in ms, by majority vote over the first ones.
  std::int64_t step_ = 0;
  std::uint64_t votes_ = 0;

  double mean_ = 0;
  double variance_ = 0;
  MeanSquare steps_;
  std::array<double, 2> drifts_{};
  std::vector<Slot> slots_;  // of the day, or weekdays; none until the step is known
  MeanSquare slot_misses_;
  std::array<double, kShape> latest_{};  // the newest first
  std::uint64_t repeats_ = 0;            // values equal to the one before
  std::uint64_t run_ = 0;                // such values up to now
  std::vector<Shape> shapes_;

  std::array<MeanSquare, kViews> usual_;  // of each view
  // How many sums so far, by size on a log scale.
  std::array<std::uint32_t, kBins> bins_{};
  std::uint64_t ranked_ = 0;
  double strangest_ = 0;

  double alarm_ = 0;  // the score that began the rest
  std::uint64_t since_alarm_ = 0;
  std::uint64_t rest_ = 0;  // how many values it lasts
};

}  // namespace tightrope::rules
