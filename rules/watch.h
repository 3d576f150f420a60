// Series without a target, watched for what they never do: "worth a look", never an alert.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rules/anomaly.h"
#include "rules/calendar.h"
#include "rules/codec.h"
#include "rules/entity.h"
#include "rules/kpi.h"
#include "rules/units.h"
#include "rules/verdict.h"

namespace tightrope::rules {

struct Objective;

// From here on a figure is told of: as strange as the strangest before it. Chance alone tells of each series
// about once in its life, so it says "look", and alerts nobody.
constexpr double kWorthALook = AnomalyDetector::kRecord;

// A figure of a day or an hour that was as strange as none before it. A value; it stays as it was found, also
// where the figure is restated later.
struct Anomaly {
  std::string objective;
  std::string kpi;
  Unit unit = Unit::number;
  std::string currency;  // of money, when it was found
  Entity entity;         // the path of its level; empty for the objective as a whole
  Bucket bucket{};
  std::string when;  // the bucket for people: "on Fri 20 Nov", "on Fri 20 Nov at 09:00"
  Timestamp found_at{};
  double value = kUndefined;
  // The median of the same weekday in the four weeks before (of an hour: the same hour in the week before),
  // of those that have a figure; else of the two weeks (the day) before. Undefined without any.
  double usual = kUndefined;
  double score = 0;  // kWorthALook to 1
};

// "cpm of search/brand was 9.10 USD on Fri 20 Nov, usually about 6.40 USD".
std::string describe(const Anomaly& anomaly);

// Whether the KPI can be watched: it is made of its entity's own figures of a day or an hour alone. Else why
// not, as the end of "cpa_growth cannot be looked at: it ...".
std::optional<std::string> why_unwatchable(const Kpi& kpi);

// One KPI at one entity. A value.
struct WatchedSeries {
  AnomalyDetector detector;
  bool by_hour = false;
  Bucket last{kFirstDay};    // the newest that was taken; what came before it is never taken again
  std::uint64_t values = 0;  // taken so far
  double score = 0;          // of the newest

  // Gives the score. REQUIRES: bucket > last; value is finite.
  double take(Bucket bucket, double value) noexcept;
  bool is_judged() const noexcept { return values > AnomalyDetector::kWarmUp; }

  void save(ByteWriter& out) const;
  static std::optional<WatchedSeries> load(ByteReader& in);  // nothing where the bytes are not those of one
};

void save(Bucket bucket, ByteWriter& out);
Bucket load_bucket(ByteReader& in);  // fails the reader where it is none

// A watched series as it stands. Borrowed from the engine until it is next changed.
struct WatchedView {
  const Objective* objective;
  const Kpi* kpi;
  const Entity* entity;
  double score;
};

}  // namespace tightrope::rules
