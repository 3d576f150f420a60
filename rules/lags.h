// How late figures come: by source and metric (money of a metric in whatever currency), the share of a day's
// final figure that is there at each age of the day. Learnt from how days grew from one midnight to the next.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "rules/codec.h"
#include "rules/figure_sources.h"
#include "rules/maturity.h"

namespace tightrope::rules {

// What of a day has arrived.
struct Arrivals {
  static constexpr std::size_t kHours = 25;
  static constexpr std::array<double, kHours> hours_unknown() noexcept {
    std::array<double, kHours> unknown{};
    unknown.fill(-1);
    return unknown;
  }

  // What is said before the first midnight: nothing is bet on but what is old, and nothing seems to be
  // missing.
  static Arrivals unlearnt() noexcept {
    Arrivals arrivals;
    arrivals.by_age[kLastAge] = 1;
    arrivals.shown.fill(1);
    return arrivals;
  }

  // By age in whole days; 0 for an age that is not worth betting on. The last is always 1.
  std::array<double, kMaturityAges> by_age{};
  // The same for people, who may be shown what is not worth betting on: 1 until something else was learnt.
  std::array<double, kMaturityAges> shown{};
  // By the hours of today that are over: the share of what is there at its end; -1 until enough days were
  // seen.
  std::array<double, kHours> by_hour = hours_unknown();
  // At every midnight from this one on all ages were 1: nothing comes late. Else beyond every day.
  Day complete_since = kNever;

  static constexpr Day kNever{INT32_MAX};
  bool complete() const noexcept { return complete_since != kNever; }
  // REQUIRES: age >= 0.
  double at(int age) const noexcept {
    return age < static_cast<int>(kLastAge) ? by_age[static_cast<std::size_t>(age)] : 1;
  }
};

// One metric of one source. Days are held by number modulo kDays.
struct LagSeries {
  static constexpr std::size_t kDays = 32;

  FigureSources::Source source = FigureSources::kUnknown;
  Day began{};  // the day its first figure came
  MaturityCurve curve;
  std::array<double, kLastAge> counted{};  // what stands behind each factor, all days counting alike
  // In millionths: as of last midnight, what it grew by since, and what came since of reports that began
  // late.
  std::array<std::int64_t, kDays> at_midnight{};
  std::array<std::int64_t, kDays> growth{};
  std::array<std::int64_t, kDays> added{};
  std::array<Day, kDays> day{};                // the slot's
  std::array<std::uint8_t, kDays> was_seen{};  // at a midnight
  // Totals of today as each hour began, and how many of them were noted; of the days before, decayed sums of
  // these and of what was there at their ends.
  std::array<std::int64_t, Arrivals::kHours> today_by_hour{};
  std::uint8_t noted_hours = 0;
  std::array<double, Arrivals::kHours> at_hour{};
  double at_close = 0;
  std::uint32_t days_by_hour = 0;

  Arrivals arrivals = Arrivals::unlearnt();  // follows from the curves; not kept

  // A figure of `of` changed by so many millionths. `report_begins`: its entity is new, so that what comes of
  // past days was there before anybody looked, and says nothing of lateness.
  void change(Day of, Day today, std::int64_t delta, bool report_begins) noexcept;
  // So many hours of today are over.
  void begin_hour(Day today, std::size_t hours_over) noexcept;
  // The day `closed` is over: what the days grew by is learnt from.
  void close(Day closed) noexcept;
};

// Of the side of a KPI that is seen, for the exposure so far: what of its results has arrived, beyond what of
// the exposure has. 0 where that is not worth betting on.
struct ArrivalsOfKpi {
  const Arrivals* seen = nullptr;      // nothing: nobody knows
  const Arrivals* exposure = nullptr;  // nothing: it is never late

  std::size_t hours_over = 0;  // of today
  double day_over = 1;         // the share of today that this is, for totals, whose exposure is the time

  // Of today (age -1) by the hours learnt; before they were, half of what is there at its end, and all of it
  // where nothing ever came late.
  double at(int age) const noexcept;
  // For people; 1 where nothing else was learnt, and for today as at(0).
  double shown(int age) const noexcept;
};

class Lags {
 public:
  // Made if it is new. Stays valid until another is made.
  LagSeries& series(FigureSources::Source source, MetricIndex metric, Day today);
  // Nothing when that source never gave the metric.
  // In the order in which its sources began; empty for one that nobody gave.
  std::span<const LagSeries> of(MetricIndex metric) const noexcept {
    return metric < columns_.size() ? std::span<const LagSeries>(columns_[metric])
                                    : std::span<const LagSeries>();
  }
  const Arrivals* find(FigureSources::Source source, MetricIndex metric) const noexcept;
  // Whether all that is given of the metric was complete at every midnight from `since` on; of a metric that
  // nobody gave, too.
  bool complete_since(MetricIndex metric, Day since) const noexcept;

  void begin_hour(Day today, std::size_t hours_over) noexcept;
  // `closed` is over, and those before it that were not told. What money is paid for are `results`: of money,
  // as many of these must have been seen.
  void close(Day closed, MetricIndex results, std::span<const std::uint8_t> is_money);

  void save(ByteWriter& out) const;
  // False: not saved by this class. Call learn() then.
  bool load(ByteReader& in);
  // Shares from curves. `today` is the day that has begun. Series that began on it have had no midnight, and
  // are as they were made: whoever learns in the middle of a day must come to what was learnt when it began.
  void learn(Day today, MetricIndex results, std::span<const std::uint8_t> is_money);

 private:
  std::vector<std::vector<LagSeries>> columns_;  // by metric; in the order in which sources began
};

}  // namespace tightrope::rules
