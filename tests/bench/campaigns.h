// Campaigns for benchmarks: seeded figures by day, ten targets on them, and an engine that holds both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/engine.h"

namespace tightrope::bench {

// The first five are what the targets are on; the others are only held.
constexpr std::array<std::string_view, 10> kMetrics{"spend",         "impressions", "clicks", "conversions",
                                                    "revenue",       "sessions",    "carts",  "orders",
                                                    "new_customers", "leads"};
constexpr std::size_t kTargetMetrics = 5;
constexpr std::size_t kTargets = 10;
constexpr int kLongestWindow = 28;  // days; a shorter history does not fill it

// Figures that follow from the seed alone, so that nothing has to be kept and every program sees the same
// ones. Sizes and prices of campaigns are log-normal, weekends are weaker, and every day has noise of its
// own. Each campaign converts at least once a day: no KPI divides by zero, where engines differ in what that
// means.
class Campaigns {
 public:
  Campaigns(std::size_t count, std::uint64_t seed);

  std::size_t size() const noexcept { return traits_.size(); }
  rules::Entity entity(std::size_t campaign) const;
  // Money in whole cents, all else in whole numbers; in the order of kMetrics.
  std::array<rules::Amount, kMetrics.size()> figures(std::size_t campaign, rules::Day day) const;

 private:
  struct Traits {
    double impressions, ctr, cpc, cvr, order_value;
  };
  double noise(std::size_t campaign, rules::Day day, std::uint64_t kind, double width) const noexcept;

  std::uint64_t seed_;
  std::vector<Traits> traits_;
};

using Bounds = std::array<double, kTargets>;
// Bounds that any campaign keeps.
Bounds lenient_bounds();
// Bounds of which each is missed by this share of the engine's campaigns (0: by none, with room left). They
// lie between two campaigns' values, so that rounding does not decide. REQUIRES: the engine has the targets
// of strategy().
Bounds bounds_missed_by(const rules::Engine& engine, double share);

// Ten targets per campaign over 7, 14 and 28 days. Client of UTC; no playbooks.
// With a confidence they are judged by evidence.
rules::Strategy strategy(const Bounds& bounds, std::optional<double> confidence = {});

// All figures of one day of all campaigns, of the first `metrics` metrics. The names are made once; fill()
// gives the batch another day's figures.
class DayBatch {
 public:
  DayBatch(const Campaigns& campaigns, std::size_t metrics);
  const rules::Event& fill(rules::Day day, rules::Timestamp learnt);

 private:
  const Campaigns& campaigns_;  // borrowed
  std::size_t metrics_;
  rules::Event event_;
};

// An engine at `now` that has learnt the `days` days that end with today, each on its day, under lenient
// bounds.
rules::Engine engine_with_history(const Campaigns& campaigns, std::size_t metrics, int days,
                                  rules::Timestamp now);

// Evaluates every check afresh, as the first hour of a day does, and gives their number.
std::uint64_t reevaluate(rules::Engine& engine);

double cpu_seconds() noexcept;  // of this process so far
std::size_t resident_bytes();   // of this process, after unused memory was given back

}  // namespace tightrope::bench
