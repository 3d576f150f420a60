// The state machine of one client: events in, effects out. No I/O, no clock, no thread, no randomness: equal
// events give equal effects and equal snapshots, live, after a restart and in a backtest.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/alert.h"
#include "rules/calendar.h"
#include "rules/coverage.h"
#include "rules/cube.h"
#include "rules/entity.h"
#include "rules/event.h"
#include "rules/explanation.h"
#include "rules/false_discovery.h"
#include "rules/maturity.h"
#include "rules/target.h"
#include "rules/verdict.h"
#include "rules/watch.h"

namespace tightrope::rules {

// A step in an alert's life, with the alert as it is after it.
struct AlertChange {
  // updated: its figure moved, and its reason and advice with it; nobody has to hear of it. dropped: was
  // pending, and is well again.
  enum class Kind : std::uint8_t {
    pending,
    fired,
    updated,
    amended,
    acknowledged,
    decided,
    resolved,
    dropped
  };
  Kind kind;
  Timestamp at;
  Alert alert;
};

// The last word of an alert that nobody watches any more: resolved if it was firing, else dropped. REQUIRES:
// it is pending or firing.
AlertChange ended(Alert alert, std::string_view reason, Timestamp now);
std::string_view to_string(AlertChange::Kind kind) noexcept;

struct Effects {
  std::vector<AlertChange> alerts;   // in the order they happened
  std::uint32_t cells_changed = 0;   // figures new or different
  std::uint32_t cells_restated = 0;  // of these, replacing another figure of a day that was over
  std::uint32_t cells_outside = 0;   // too old to be held, or too far ahead
  std::vector<Anomaly> anomalies;    // found in figures of hours and days that are over
  std::size_t left_unwatched = 0;    // said when a day begins; see Engine::left_unwatched()
  std::string refused;               // why a decision or acknowledgement was not taken; else ""
};

// One target with all its entities. Borrowed from the engine until it is next changed.
struct TargetView {
  const Objective* objective;
  const Target* target;
  const Kpi* kpi;
  VerdictRange verdicts;             // by node
  std::span<const Entity> entities;  // by node; the level's path, empty for the objective as a whole
};

struct ObjectiveSummary {
  const Objective* objective;
  VerdictState worst = VerdictState::unknown;  // off target, watch, unknown, on target: the first there is
  std::uint32_t on_target = 0, watch = 0, off_target = 0, unknown = 0;  // verdicts of its own targets
  std::uint32_t firing = 0;
  double stake_per_hour = 0;  // the largest of its verdicts: they overlap, so they are not added
  double worst_gap = kUndefined;
  double spend = kUndefined;        // in the budget's period so far, or in the last 7 days
  double budget_used = kUndefined;  // share of the budget
  double room_used = kUndefined;    // the most of its verdicts' (see Verdict)
  double period_elapsed = kUndefined;
};

struct UnalignedEntity {
  Entity entity;
  double spend;  // in the last 7 days; 0 when none was reported
};

struct SeriesPoint {
  Day day;
  double value;        // undefined: kUndefined
  const Bound* bound;  // in force that day, if a target was given; borrowed from the strategy
  // The share of the day's final figures that has arrived by now, of the input that is the latest; today as
  // at its end. 1 while nothing else was learnt, undefined where an input was never given.
  double maturity;
};

// How late the figures of one metric of one source come, as learnt so far.
struct LagView {
  std::string source;  // "" where nobody knows who gave them
  std::string metric;
  MaturityShares shares{};  // by age of a day, 0 when it is over; 1 where nothing else was learnt
  // What stands behind the step from each age to the next: the figures of the days that were seen at both.
  std::array<double, kLastAge> behind{};
};

// What to look at first, of all that misses its target: a list of which few are there by chance.
struct DigestEntry {
  const Objective* objective;
  const Target* target;
  const Kpi* kpi;
  Entity entity;
  Verdict verdict;
  double e_value = 0;
  double listed_from = 1;  // the smallest false share at which it would be listed
};
struct Digest {
  std::vector<DigestEntry> entries;  // the strongest first
  std::size_t candidates = 0;        // K: checks with figures that can be judged so
  double false_share = kFalseShare;
  double threshold = 0;  // the least e-value to be listed; infinity when none is
};

struct EngineStats {
  std::uint64_t entities = 0, cells = 0, checks = 0, cell_bytes = 0;
};

class Engine {
 public:
  // REQUIRES: Calendar::open knows strategy.timezone; the strategy was checked by config.
  explicit Engine(Strategy strategy);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // Time first moves on to time_of(event), step by step over every instant at which something falls due; it
  // never moves back. So a Tick is only needed where nothing else arrives. StrategyChange only moves time:
  // see adopt().
  Effects apply(const Event& event);
  // The instant at which something next falls due; never in the past.
  Timestamp next_wakeup() const;
  Timestamp now() const noexcept;

  // Another strategy from `at` on. Figures stay; alerts of targets that are still there go on, others are
  // resolved.
  Effects adopt(Strategy strategy, Timestamp at);
  const Strategy& strategy() const noexcept;
  const Calendar& calendar() const noexcept;

  // What is known to be strange about the source's figures; nothing of one that was never heard of.
  std::vector<SourceFinding> findings_of(std::string_view source) const;
  // Sources with findings, by name.
  std::vector<std::string> sources_with_findings() const;

  // The rows that would change something: what has to be journalled of a poll that reads the same days again.
  // With a coverage, first those that take back what the batch's source gave before and gives no more: of the
  // buckets covered, and of metrics that the batch has. An answer without rows takes nothing back.
  ObservationBatch changed(const ObservationBatch& batch, const std::optional<Coverage>& coverage = {}) const;

  // Evaluates every check afresh, as at the beginning of a day; gives their number. Changes nothing: for
  // measuring.
  std::uint64_t recheck();

  std::string snapshot() const;
  // Nothing when the bytes are not a snapshot of a known version. The strategy must be the one it was taken
  // under.
  static std::optional<Engine> restore(Strategy strategy, std::string_view snapshot);

  // Views. Borrowed pointers and spans live until the engine next changes.
  std::size_t target_count() const noexcept;
  TargetView target(std::size_t index) const noexcept;
  // Grows whenever targets or entities were added or a strategy adopted: labels made from them are stale
  // then.
  std::uint64_t shape_version() const noexcept;
  std::vector<ObjectiveSummary> objectives() const;
  std::vector<UnalignedEntity> unaligned() const;
  // Share of the last 7 days' spend that serves an objective; undefined without spend.
  double spend_aligned_ratio() const;
  // Pending and firing, then resolved ones, newest first (at most kMostResolved are remembered).
  std::vector<Alert> alerts() const;
  std::optional<Alert> find_alert(std::string_view id) const;
  static constexpr std::size_t kMostResolved = 500;
  // For so long `did` and `declined` may be replaced by another decision; `later` may be at any time.
  static constexpr Duration kTimeToReplaceDecision = std::chrono::minutes(10);
  // A KPI by day over the entities under `entity` (all of the client for the empty one; only those of
  // `objective` unless
  // ""). Empty when there is no such KPI. The bounds are those of `target`, or none for "".
  std::vector<SeriesPoint> series(std::string_view kpi, const Entity& entity, std::string_view objective,
                                  std::string_view target, DayRange days) const;
  std::optional<Explanation> explain(std::string_view target, const Entity& entity) const;
  // By metric, then source.
  std::vector<LagView> lags() const;
  // Of the checks whose days can be counted against their bound, with a confidence or without: those that
  // miss it now and that the evidence of today lists (false_discovery.h). Paces are not among them: what they
  // ask for is no rate. REQUIRES: false_share > 0.
  Digest digest(double false_share = kFalseShare) const;
  EngineStats stats() const;
  // All that figures were ever given of, in the order in which they came. Lives as long as the engine.
  const EntityTable& entities() const noexcept;

  // What `look_at:` found, newest first (at most kMostAnomalies are remembered).
  std::vector<Anomaly> anomalies() const;
  static constexpr std::size_t kMostAnomalies = 200;
  // The series that are watched for long enough to be judged, by objective, KPI and entity.
  std::vector<WatchedView> watched() const;
  // Entities that are not watched although they should be: a client has at most kMostWatched series.
  std::size_t left_unwatched() const noexcept;
  static constexpr std::size_t kMostWatched = 1000;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::rules
