// Collector "prometheus": figures that a Prometheus computes from what it has scraped.
#pragma once

#include <memory>
#include <vector>

#include "collectors/collector.h"
#include "config/prometheus_source.h"

namespace tightrope::collectors {

// One question to the server. The times asked about are `first`, `first` + 1 h, ... `last`, and the value at
// each is a figure of a bucket: of `bucket` at `first`, and of the hours after it.
struct PrometheusEvaluation {
  rules::Bucket bucket;
  rules::Timestamp first;
  rules::Timestamp last;
  std::chrono::seconds window;  // what `{window}` stands for: the part of the bucket that has passed
  bool range() const noexcept { return first != last; }
  friend bool operator==(const PrometheusEvaluation&, const PrometheusEvaluation&) = default;
};

// What to ask for one metric. A function's value at a time is about the time before it, so buckets are asked
// about at their ends; the present one as of now, with the seconds that have passed of it. By day: each day
// once. By hour: the whole hours of a day at once, and what is no whole hour by itself. Buckets that have not
// begun are left out.
std::vector<PrometheusEvaluation> plan_evaluations(config::PrometheusPer per, rules::DayRange days,
                                                   rules::Timestamp now, const rules::Calendar& calendar);

// The figures' days are complete from the first with a figure to the last: what lies before was perhaps
// never kept. With a warning in an answer none is. REQUIRES: prometheus is the kind of `source`.
std::unique_ptr<Collector> make_prometheus_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
