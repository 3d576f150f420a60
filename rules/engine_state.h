// The engine's insides, shared by its source files only.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/diagnosis.h"
#include "rules/engine.h"
#include "rules/rollup.h"

namespace tightrope::rules {

// One target at one node.
struct CheckKey {
  std::uint32_t target;
  NodeIndex node;
  friend constexpr auto operator<=>(CheckKey, CheckKey) noexcept = default;
};

// A target at all its nodes, in columns by node.
struct Checks {
  const Objective* objective;
  const Target* target;
  const Kpi* kpi;
  std::size_t rollup;
  std::vector<std::size_t> inputs;                     // columns of the rollup, one for each input of the KPI
  std::vector<bool> additive;                          // likewise
  std::size_t spend;                                   // column, for the stake
  std::vector<std::pair<std::size_t, double>> volume;  // columns and their minimum
  std::vector<Verdict> verdicts;
  std::vector<std::uint8_t> is_live;  // has a pending or firing alert
  std::vector<std::uint8_t> is_dirty;
  std::vector<NodeIndex> dirty;
};

// A pending, firing or resolved alert, with what is needed to go on with it.
struct LiveAlert {
  Alert alert;
  AlertState state;
  Entity entity;
  // The sums of the bucket that was not over when it fired, by input of the KPI: a later figure for that
  // bucket is growth and no restatement.
  std::vector<double> open_sums;
  double told_value = kUndefined;  // the value people were last told that it fired on
  std::optional<Timestamp> timer;  // not kept: follows from the rest
};

struct Membership {
  std::uint32_t rollup;
  NodeIndex node;
};

struct Engine::State {
  explicit State(Strategy with, Calendar in);

  Strategy strategy;
  Calendar calendar;
  bool started = false;
  Timestamp now{};
  Cube cube;
  EntityTable entities;

  std::vector<Rollup> rollups;
  std::vector<std::size_t> objective_rollups;  // by objective: its rollup at objective level
  std::vector<std::vector<std::vector<std::uint32_t>>> dependents;  // by rollup, column: targets
  std::vector<std::vector<std::uint32_t>> targets_of;               // by rollup
  std::vector<std::vector<Membership>> memberships;                 // by entity
  std::vector<Checks> checks;                                       // by target, in the strategy's order
  std::map<Window, WindowNow> windows;                              // as of the current hour
  std::map<CheckKey, LiveAlert> live;
  std::deque<LiveAlert> resolved;  // newest first
  std::set<std::pair<Timestamp, CheckKey>> timers;
  std::map<std::pair<std::string, Entity>, Timestamp> done;  // playbook, entity: when last carried out
  std::uint64_t shape = 1;

  // engine_build.cc: what follows from the strategy and the cube.
  void build();                    // rollups, checks, sums, verdicts; alerts are left alone
  void enter(EntityIndex entity);  // an entity that was just interned
  void bind(MetricIndex metric);   // a metric that was just interned
  void refresh_windows();
  void attach(LiveAlert alert, CheckKey key);
  std::optional<CheckKey> find_check(std::string_view objective, std::string_view target,
                                     const Entity& entity) const;

  // engine.cc: time and events.
  void advance_to(Timestamp at, Effects& effects);
  Timestamp next_due() const;
  void begin_hour(Effects& effects);
  void take(const ObservationBatch& batch, Effects& effects);
  void take(const Decision& decision, Effects& effects);
  void take(const Acknowledgement& acknowledgement, Effects& effects);
  void mark_dirty(std::uint32_t target, NodeIndex node);
  void check_dirty(Effects& effects);
  void check_all(Effects& effects);

  // engine_checks.cc: verdicts and the lives of alerts.
  Verdict evaluate(const Checks& check, NodeIndex node) const;
  double evidence(const Checks& check, NodeIndex node, const Bound& bound) const;
  Health health(const Checks& check, const Verdict& verdict) const;
  void step_alert(CheckKey key, Effects& effects);
  void fire(CheckKey key, LiveAlert& live_alert);
  void set_timer(CheckKey key, LiveAlert& live_alert, Health health);
  void retire(std::map<CheckKey, LiveAlert>::iterator place);
  void amend(const std::set<std::pair<std::size_t, NodeIndex>>& restated, Effects& effects);
  bool amend(LiveAlert& live_alert, const Checks& check, NodeIndex node);

  // engine_briefs.cc: why, and what to do.
  double kpi_over(const Kpi& kpi, const std::vector<EntityIndex>& members, DayRange days) const;
  double kpi_over(const Kpi& kpi, const std::vector<EntityIndex>& members,
                  const std::vector<Bucket>& buckets) const;
  double metric_over(std::string_view metric, const std::vector<EntityIndex>& members, DayRange days) const;
  BeforeAndNow figure_around(std::string_view name, Window window,
                             const std::vector<EntityIndex>& members) const;
  Diagnosis diagnosis(const Checks& check, NodeIndex node) const;
  std::vector<Recommendation> recommend(const Checks& check, NodeIndex node,
                                        const LiveAlert& live_alert) const;
  // A firing alert's advice under another strategy; what was decided stays.
  void renew_recommendations(CheckKey key);
  LiveAlert make_alert(const Checks& check, NodeIndex node) const;

  // engine_explain.cc: the numbers behind a verdict, from the cells anew.
  void explain_cells(CheckKey key, Explanation& explanation) const;
  void explain_numbers(CheckKey key, Explanation& explanation) const;
  void explain_evidence(CheckKey key, Explanation& explanation) const;
};

// The days of as many buckets before a window as it has; for an hourly window, hours.
DayRange days_before(DayRange days) noexcept;

// 16 hex digits; equal text gives equal digits on every machine (FNV-1a with a final mix).
std::string digest(std::string_view text);

}  // namespace tightrope::rules
