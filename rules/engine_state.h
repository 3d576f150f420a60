// The engine's insides, shared by its source files only.
#pragma once

#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/check_evidence.h"
#include "rules/currency.h"
#include "rules/diagnosis.h"
#include "rules/engine.h"
#include "rules/figure_sources.h"
#include "rules/lags.h"
#include "rules/pacing.h"
#include "rules/rollup.h"
#include "rules/tracking.h"

namespace tightrope::rules {

// One target at one node.
struct CheckKey {
  std::uint32_t target;
  NodeIndex node;
  friend constexpr auto operator<=>(CheckKey, CheckKey) noexcept = default;
};

// Where one input of a check's formula comes from.
struct CheckSource {
  enum class Kind : std::uint8_t { column, weekdays, whole, bound, budget };
  static constexpr std::size_t kWeeks = 4;
  Kind kind = Kind::column;
  bool additive = true;
  // Scaled to the share of so many days that has passed, where today's column says whether today has begun to
  // be reported; 0 for a figure that is taken as it is.
  std::int16_t so_far_days = 0;
  std::size_t today = 0;  // column
  // Of the target's rollup; for `whole`, of the objective's. Weekdays have one for each week.
  std::array<std::size_t, kWeeks> columns{};
};

// A target at all its nodes, in columns by node. States and reasons are those that alerts follow; a Verdict
// is made from the sums when it is asked for.
struct Checks {
  const Objective* objective = nullptr;
  const Target* target = nullptr;
  const Kpi* kpi = nullptr;
  std::uint32_t frame = 0;  // the target's own
  std::size_t rollup = 0;
  std::size_t whole = 0;                               // the objective's rollup
  std::vector<CheckSource> sources;                    // by input of the KPI
  std::size_t spend = 0;                               // column, for the stake
  std::vector<std::pair<std::size_t, double>> volume;  // columns and their minimum
  std::vector<std::uint32_t> guards;                   // targets that guard this one
  std::vector<std::uint32_t> guarded;                  // targets that this one guards
  bool moves_by_hour = false;                          // an hourly window, or a pace
  bool needs_hours = false;                            // an hourly window, and no figures by hour
  bool adds_up = true;                                 // none of its figures is one that must not be summed
  bool by_projection = false;                          // a pace with a confidence
  // A total that is held against what of its window has been reported: a pace, or one over the last days or
  // hours.
  bool is_total = false;
  Day reported{};             // the last day, up to today, for which the objective has figures
  bool today_counts = false;  // of a pace: that is today; until then today is not asked for
  double share = 1;           // of the last days or hours: the share that figures can be from
  bool is_silent = false;     // ... and it is not today alone that has none
  bool period_over = false;   // of a flight

  // The bounds in force by exception, the first being that of all others; nothing while none is.
  std::vector<std::optional<Sides>> sides;
  std::vector<const Bound*> bounds;       // likewise; null while none is in force
  std::vector<std::uint16_t> exceptions;  // by node: its place in `sides`; empty when there are none
  // A pace whose expectation is the node's own: by its weekdays, or by what its last period left. Else empty.
  struct NodePace {
    PacePlan plan;
    std::optional<Sides> sides;  // as of the current hour
    std::uint32_t stamp;         // of the figures it was made from
    Day day;                     // likewise, and the next: Checks::reported
    Day reported;
  };
  std::vector<std::optional<NodePace>> paces;
  bool paces_by_node() const noexcept {
    return target->pace && (target->pacing.profile == Pacing::Profile::weekdays || target->pacing.rollover);
  }

  std::vector<VerdictState> states;
  std::vector<Reason> reasons;
  std::vector<std::uint8_t> is_live;  // has a pending or firing alert
  std::vector<double> briefed;        // by node: LiveAlert::briefed_value of those that are alive
  std::vector<std::uint8_t> is_dirty;
  std::vector<NodeIndex> dirty;
  bool all_dirty = false;

  CheckEvidence evidence;
  // What verdicts say of it, as last asked for: of the figures with these stamps, on that day. Only the
  // engine's own thread asks.
  struct Told {
    double log10 = kUndefined;
    double sure = kUndefined;
    std::optional<Day> since;
    double value_low = kUndefined;
    double value_high = kUndefined;
    double maturity = kUndefined;
    double complete_value = kUndefined;
    double results = kUndefined;
    bool whole = false;  // all of it was asked for, not the maturity alone
    std::uint32_t stamp = 0;
    std::uint32_t today_stamp = 0;
    double today_over = 0;  // of a total: what of today is due
    Day day = kFirstDay;
  };
  mutable std::vector<Told> told;  // empty until first asked for

  std::size_t exception_of(NodeIndex node) const noexcept {
    return exceptions.empty() ? 0 : exceptions[node];
  }
};

// A pending, firing or resolved alert, with what is needed to go on with it. The `verdict` of one that is
// alive is not kept: it is made when it is told.
struct LiveAlert {
  Alert alert;
  AlertState state;
  Entity entity;
  // The sums of the bucket that was not over when it fired, by input of the KPI: a later figure for that
  // bucket is growth and no restatement.
  std::vector<double> open_sums;
  double briefed_value = kUndefined;  // the value its reason and advice were made for
  double told_value = kUndefined;     // the value people were last told that it fired on
  std::optional<Timestamp> timer;     // not kept, like the next: they follow from the rest
  std::optional<CheckKey> key;        // of a resolved one, while its target and node are there
};

struct Membership {
  std::uint32_t rollup;
  NodeIndex node;
};

// What a batch did to one node of a rollup.
struct TouchedNode {
  std::uint32_t rollup;
  NodeIndex node;
  friend constexpr auto operator<=>(TouchedNode, TouchedNode) noexcept = default;
};

// One KPI of an objective's look_at, at one node.
struct WatchKey {
  std::uint32_t objective;
  std::uint32_t place;
  NodeIndex node;
  friend constexpr auto operator<=>(WatchKey, WatchKey) noexcept = default;
};

struct Engine::State {
  explicit State(Strategy with, Calendar in);

  Strategy strategy;
  Calendar calendar;
  bool started = false;
  Timestamp now{};
  Cube cube;
  FigureSources sources;  // of what is stored in the cube as it was reported
  ExchangeRates rates;
  Lags lags;
  EntityIndex old_entities = 0;  // those that were there when the day began
  EntityTable entities;

  std::vector<Timeframe> frames;
  std::vector<TimeframeNow> frames_now;  // as of the current hour
  std::vector<Rollup> rollups;
  std::vector<std::size_t> objective_rollups;          // by objective: its rollup at objective level
  std::vector<std::vector<std::uint32_t>> targets_of;  // by rollup
  std::vector<std::vector<std::uint32_t>> paced_of;    // by rollup: targets that pace by node
  std::vector<std::vector<std::uint32_t>> evident_of;  // by rollup: targets that are judged by evidence
  std::vector<std::vector<std::uint32_t>>
      node_stamps;  // by rollup, node: grows when a day that is over changes
  std::vector<std::vector<std::uint32_t>> today_stamps;  // likewise when a figure of today does
  std::vector<std::vector<Membership>> memberships;      // by entity
  std::vector<Checks> checks;                            // by target, in the strategy's order
  std::map<CheckKey, LiveAlert> live;
  std::deque<LiveAlert> resolved;  // newest first
  std::set<std::pair<Timestamp, CheckKey>> timers;
  // When alerts are to ask again what was put off. Not kept: it follows from their recommendations.
  std::set<std::pair<Timestamp, CheckKey>> reminders;
  std::map<std::pair<std::string, Entity>, Timestamp> done;  // playbook, entity: when last carried out
  std::map<std::string, std::vector<SourceFinding>, std::less<>> findings;  // by source; none is left out
  std::uint64_t shape = 1;
  Day today = kFirstDay;  // of `now`

  std::vector<std::vector<std::size_t>> watch_rollups;  // by objective, and by place in its look_at
  std::map<WatchKey, WatchedSeries> watched;
  std::deque<Anomaly> anomalies;  // newest first

  // A check as views know it.
  struct CheckPlace {
    const State* state;
    std::uint32_t index;
  };
  std::vector<CheckPlace> places;  // by target

  // engine_build.cc: what follows from the strategy and the cube.
  void build();                    // these three, in turn; alerts are left alone
  void lay_out();                  // rollups, checks, and the nodes of all entities
  void bind_figures();             // columns to the metrics of the cube, checks to their nodes
  void sum_figures();              // sums and states; evidence goes on from what the nodes have
  void enter(EntityIndex entity);  // an entity that was just interned
  void bind(MetricIndex metric);   // a metric that was just interned
  std::uint32_t frame_of(Timeframe frame);
  Checks make_checks(const Objective& objective, const Target& target);
  CheckSource source_of(Checks& check, const Input& input);
  void link_guards();
  void refresh_frames();
  void refresh_bounds(Checks& check);
  bool lacks_hours(const Checks& check) const;

  // engine_reported.cc: what of a total's window has been reported.
  bool grows_with_reports(const Checks& check) const;
  bool refresh_reported(Checks& check);  // whether it differs
  bool has_figures(MetricIndex metric, std::span<const EntityIndex> members, Day day) const;
  Day reported_day(const Checks& check) const;
  double reported_hours(const Checks& check) const;  // how many of the window, from its beginning

  // engine_pace.cc: what a period asks for by now, and where it is heading.
  double today_elapsed() const noexcept;    // share, to the end of the current hour
  std::size_t hours_over() const noexcept;  // of today
  double today_over() const noexcept;       // share, to its beginning
  // What is due counts the hours that are over, and what is allowed the current one too.
  PaceExpectation expected_by_now(const Target& target, const PacePlan& plan, bool today_counts) const;
  std::optional<Sides> paced_sides(const Target& target, const PacePlan& plan, bool today_counts) const;
  PacePlan plan_of(const Checks& check, std::size_t exception, NodeIndex node) const;
  double carried(const Checks& check, std::span<const Bound> bounds, NodeIndex node,
                 const WeekdayProfile& profile) const;
  WeekdayProfile profile_of(const Checks& check, std::span<const EntityIndex> members,
                            const WeekdayProfile& prior) const;
  std::vector<std::optional<double>> history_of(const Checks& check, std::span<const EntityIndex> members,
                                                DayRange days) const;
  void refresh_pace(Checks& check, NodeIndex node);
  void project_pace(const Checks& check, NodeIndex node, Verdict& verdict) const;
  std::optional<Projection> projection_of(const Checks& check, NodeIndex node, double value) const;
  double chance_of_total(const Checks& check, NodeIndex node, const Projection& projection) const;
  void judge_by_projection(const Checks& check, NodeIndex node, double value, VerdictState& state,
                           Reason& reason) const;
  void find_nodes_of_resolved();
  void grow(std::uint32_t target);  // columns for the nodes that its rollup has got
  void attach(LiveAlert alert, CheckKey key);
  std::optional<CheckKey> find_check(std::string_view objective, std::string_view target,
                                     const Entity& entity) const;

  // engine.cc: time and events.
  void advance_to(Timestamp at, Effects& effects);
  Timestamp next_due() const;
  void begin_hour(Effects& effects);
  void close_for_lags(Day closed);  // at the midnight that ends it
  // A day that is over changed at a node: its evidence is to be replayed.
  void mark_stale(Membership membership, Day day);
  // An entity's figure of a day that is over has another source.
  void mark_handed_over(EntityIndex entity, Day day);
  void take(const ObservationBatch& batch, Effects& effects);
  void take(const Acknowledgement& acknowledgement, Effects& effects);
  // One figure of a metric that is summed. Notes what it touched.
  struct Touch {
    bool alerting = false;              // there are alerts that may have to be amended
    Bucket open_hour;                   // of today
    std::vector<TouchedNode> restated;  // where a day or an hour that is over changed; empty if not `alerting`
  };
  CellChange put(MetricIndex metric, EntityIndex entity, Bucket bucket, std::int64_t value, Touch& touch);

  // engine_vanished.cc: what the batch's source gave, of the buckets covered, and gives no more.
  struct Vanished {
    MetricIndex metric;
    EntityIndex entity;
    Bucket bucket;
    friend auto operator<=>(const Vanished&, const Vanished&) noexcept = default;
  };
  std::vector<Vanished> vanished(const ObservationBatch& batch, const Coverage& coverage) const;

  // engine_decisions.cc
  void take(const Decision& decision, Effects& effects);
  void decide(const Decision& decision, Recommendation& recommendation, const Entity& entity);
  void ask_again();
  void set_reminders(CheckKey key, const LiveAlert& live_alert);
  void drop_reminders(CheckKey key, const LiveAlert& live_alert);

  // engine_money.cc: figures in other currencies.
  struct Part {
    MetricIndex part;    // `spend@USD`
    MetricIndex metric;  // `spend`
    std::string currency;
  };
  std::vector<Part> parts;                            // of all metrics that have any, by `part`
  MetricIndex plain_metric(const std::string& name);  // interned, and bound where it is new
  MetricIndex part_of(const std::string& metric, std::string_view currency);
  const Part* find_part(MetricIndex metric, std::string_view currency) const noexcept;
  bool has_parts(MetricIndex metric) const noexcept;
  // Where figures of this name are kept as they were reported; kNoMetric while there is none.
  MetricIndex stored_metric(std::string_view name) const;
  std::int64_t total_of_parts(MetricIndex metric, EntityIndex entity, Bucket bucket) const noexcept;
  void put_total(MetricIndex metric, EntityIndex entity, Bucket bucket, Touch& touch);
  CellChange put_part(MetricIndex part, EntityIndex entity, Bucket bucket, Amount value, Touch& touch);
  // Converts again what hangs on rates of these days.
  void reconvert(const std::set<Day>& days, Touch& touch);
  void redenominate(const std::string& before);

  // engine_evaluate.cc: states from sums.
  void mark_dirty(std::uint32_t target, NodeIndex node);
  void mark_column(const SumColumn& column, NodeIndex node);
  // The states of the nodes of a list, or of all; gives those that changed, in ascending order, and adds to
  // `moved_nodes` those with an alert whose figure is no longer what was said of it.
  void evaluate(Checks& check, std::span<const NodeIndex> nodes, std::vector<NodeIndex>& changed);
  void evaluate_all(Checks& check, std::vector<NodeIndex>& changed);
  void evaluate_nodes(Checks& check, const NodeIndex* list, std::size_t count,
                      std::vector<NodeIndex>& changed);
  // The figures of one input at the nodes of a list, or at those in a row from `first`; sets `any` where it
  // has some.
  void load(const Checks& check, const CheckSource& source, NodeIndex first, const NodeIndex* list,
            std::size_t count, double* out, std::uint8_t* any) const;
  // `restated`: of Touch, sorted, each once.
  void check_dirty(const std::vector<TouchedNode>& restated, Effects& effects);
  std::vector<NodeIndex> moved_nodes;
  enum class Which { hourly, all };
  void check_many(Which which, Effects& effects);
  // Every alert and every miss is looked at, whether it changed or not: after another strategy came.
  void check_afresh(Effects& effects);
  CheckInput input_at(const Checks& check, NodeIndex node) const;
  Verdict verdict_of_sums(const Checks& check, NodeIndex node) const;  // of judge(), whatever else is known
  Verdict verdict_without_evidence(const Checks& check, NodeIndex node) const;
  Verdict verdict(const Checks& check, NodeIndex node) const;
  std::optional<Sides> sides_at(const Checks& check, NodeIndex node) const {
    if (!check.paces.empty()) return check.paces[node] ? check.paces[node]->sides : std::nullopt;
    return check.sides[check.exception_of(node)];
  }
  // How much of a window of so many days has passed, for a node that has figures today or not.
  double so_far(int days, bool has_today) const noexcept {
    return (days - 1 + (has_today ? today_elapsed() : 0)) / days;
  }
  const Bound* bound_at(const Checks& check, NodeIndex node) const {
    return check.bounds[check.exception_of(node)];
  }

  // engine_evidence.cc: evidence over days, and what is judged by it.
  void add_days(const Checks& check, NodeIndex node, DayRange days, Evidence& sum) const;
  bool nothing_comes_late(const Checks& check, Day since) const;
  void replay(Checks& check, NodeIndex node);
  void replay_stale(Checks& check);
  // After a restart or under another strategy: what follows from what was kept.
  void resume_evidence(Checks& check);
  // From the check of the old strategy that is the same target.
  void carry_evidence(const State& old);
  // A day has begun: its nodes go on to it.
  void begin_day(Checks& check);
  // Of a node whose value misses its bound or whose miss is told: what the evidence makes of it.
  void judge_by_evidence(Checks& check, NodeIndex node, VerdictState& state, Reason& reason);
  bool matters(const Checks& check, NodeIndex node) const;
  double evidence_now(const Checks& check, NodeIndex node) const;
  void tell_evidence(const Checks& check, NodeIndex node, Verdict& verdict) const;
  // engine_window.cc: what the window's figures speak for, and what of them has not arrived.
  void tell_window(const Checks& check, NodeIndex node, Checks::Told& told) const;
  // What its results are called: "conversions"; "" where nothing is counted.
  static std::string counted_by(const Checks& check);
  // The days it comes from, worked out anew.
  ExplainedEvidence evidence_trail(const Checks& check, NodeIndex node) const;

  // engine_evidence_days.cc: days as counts seen and due.
  // A day as both sides of the KPI: what was seen, and the exposure that it is due for; NaN where unknown.
  struct DaySides {
    std::array<double, Cube::kDays> seen;
    std::array<double, Cube::kDays> exposure;
  };
  // REQUIRES: check.evidence.plan.usable; days.length() <= Cube::kDays.
  void day_sides(const Checks& check, std::span<const EntityIndex> members, DayRange days,
                 DaySides& sides) const;
  void day_figures(const Checks& check, std::size_t input, std::span<const EntityIndex> members,
                   DayRange days, double* out) const;
  ArrivalsOfKpi arrivals_of(const Checks& check, std::span<const EntityIndex> members) const;
  // Who gave a figure that the cube holds, also where it was given in parts.
  FigureSources::Source source_of(MetricIndex metric, EntityIndex entity, Day day) const;
  const Arrivals* arrivals_of(MetricIndex metric, std::span<const EntityIndex> members) const;
  // engine_lag_views.cc: of each input of a KPI; null for one that was never given.
  std::vector<const Arrivals*> arrivals_of(const Kpi& kpi, std::span<const EntityIndex> members) const;
  double arrived_by_now(std::span<const Arrivals* const> inputs, Day day) const noexcept;
  int age_of(Day day) const noexcept { return today - 1 - day; }  // -1 for today
  // Where money comes late, its results say how much is known of that.
  MetricIndex result_metric() const { return cube.find_metric("conversions"); }
  std::vector<std::uint8_t> money_metrics() const;  // by metric
  // What one unit of exposure is due at the bound; 0 where no bound is in force.
  double due_at_bound(const Checks& check, NodeIndex node) const;
  // `due` is all that is due for the exposure at the bound, `share` what of it should have arrived.
  EvidenceDay evidence_day(const Checks& check, const NodeEvidence& kept, Day day, double seen, double due,
                           double share) const;
  // Money: the size of one result, as twice the mean; NaN where there are none.
  double jump_of(const Checks& check, std::span<const EntityIndex> members, DayRange days) const;

  // engine_fits.cc: how days scatter, learnt from the days before today, for today and those after it.
  // Adds to `refitted` the nodes whose days before today are now taken otherwise.
  void refit(Checks& check, std::vector<NodeIndex>& refitted);
  void refit_profile(Checks& check);

  // engine_checks.cc: the lives of alerts.
  Health health(const Checks& check, NodeIndex node) const;
  void step_alert(CheckKey key, Effects& effects);
  void fire(CheckKey key, LiveAlert& live_alert);
  void set_timer(CheckKey key, LiveAlert& live_alert, Health health);
  void retire(std::map<CheckKey, LiveAlert>::iterator place);
  void tell(AlertChange::Kind kind, CheckKey key, LiveAlert& live_alert, Effects& effects);
  void amend(const std::vector<TouchedNode>& restated, Effects& effects);
  CheckInput restated_input(const Checks& check, std::span<const double> figures) const;
  void forget_other_sums(LiveAlert& alert, const std::optional<CheckKey>& place, const Checks& before) const;
  bool amend(LiveAlert& live_alert, const Checks& check, NodeIndex node);

  // engine_watch.cc: series without a target.
  struct Closed {
    std::vector<Bucket> days;   // that are over, ascending, as far as they are in memory
    std::vector<Bucket> hours;  // likewise
  };
  Closed closed_buckets() const;
  // At the beginning of an hour: what has closed since, of all that is watched.
  void watch(bool new_day, Effects& effects);
  void watch(WatchKey key, const Closed& closed, bool new_day, Effects& effects);
  // As it would be had it been watched for as long as figures are in memory. Nothing without any.
  std::optional<WatchedSeries> begin_series(const Kpi& kpi, std::span<const EntityIndex> members,
                                            const Closed& closed) const;
  double kpi_in(const Kpi& kpi, std::span<const EntityIndex> members, Bucket bucket) const;
  double usual_before(const Kpi& kpi, std::span<const EntityIndex> members, Bucket bucket) const;
  const Kpi& kpi_of(WatchKey key) const;
  std::span<const EntityIndex> members_of(WatchKey key) const;
  void carry_watched(State& old, bool money_changed);
  std::size_t left_unwatched() const noexcept;

  // engine_figures.cc: figures straight from the cube, for what is asked rarely.
  bool is_additive(std::string_view metric) const;
  bool adds_up(const Kpi& kpi) const;  // all of its metrics do
  double metric_over(std::string_view metric, std::span<const EntityIndex> members, DayRange days) const;
  double metric_over(std::string_view metric, std::span<const EntityIndex> members,
                     std::span<const Bucket> buckets) const;
  // The KPI as of the moment `at`, its window being `window` where it names none.
  double kpi_at(const Kpi& kpi, const Checks* check, std::span<const EntityIndex> members, Window window,
                Timestamp at) const;
  // The KPI over these very days (or hours); inputs with windows of their own end with the last of them.
  double kpi_over(const Kpi& kpi, std::span<const EntityIndex> members, DayRange days) const;
  // What a playbook names at a check.
  double figure(const Input& input, const Checks& check, NodeIndex node) const;
  bool any_figure(std::span<const MetricIndex> metrics, std::span<const EntityIndex> members,
                  DayRange days) const;
  // Whether there were figures on the first of these days, or in the time before it that a pause may take:
  // four weeks, and as long as they are themselves.
  bool began_before(DayRange days, std::span<const MetricIndex> metrics,
                    std::span<const EntityIndex> members) const;
  // The hours of a window that its money is spread over: of days, from the first one on that has figures (of
  // spend or of the KPI's metrics), unless it began before the window. At least 1.
  double hours_of_money(const Kpi& kpi, const TimeframeNow& frame, std::span<const EntityIndex> members) const;
  BeforeAndNow figure_around(std::string_view name, Window window,
                             std::span<const EntityIndex> members) const;

  // engine_diagnosis.cc: why.
  Diagnosis diagnosis(const Checks& check, NodeIndex node) const;
  // The KPI now and before, or its reciprocal where it is undefined.
  ExplainedChange explained_change(const Kpi& kpi, Window window, std::span<const EntityIndex> members) const;
  std::optional<Diagnosis> fallen_demand(const Kpi& kpi, const ExplainedChange& explained, Window window,
                                         std::span<const EntityIndex> members) const;

  // engine_segments.cc: where it changed.
  // Level by level while one segment holds over half of the change. Empty where the KPI does not add up over
  // segments, or nothing is reported below `depth`.
  std::vector<SegmentLevel> segment_levels(const Kpi& kpi, const ExplainedChange& explained, Window window,
                                           const Entity& entity, int depth,
                                           std::span<const EntityIndex> members) const;
  // Whether a segment's figures contradict its own rate of before (else the whole's) too little to tell.
  bool is_noise(const Kpi& kpi, std::span<const EntityIndex> segment, std::span<const EntityIndex> whole,
                DayRange earlier, const TimeframeNow& frame) const;

  // engine_tracking.cc: whether the figures can be true.
  std::optional<Diagnosis> broken_tracking(Window window, std::span<const EntityIndex> members) const;
  // By campaign, of all of the client.
  ClientResults client_results(std::string_view traffic, DayRange days) const;
  std::vector<ResultsDay> results_days(std::string_view traffic, std::string_view results,
                                       std::span<const EntityIndex> members, DayRange days) const;
  std::optional<ResultsRun> results_over(std::string_view traffic, std::string_view results,
                                         std::span<const EntityIndex> members, DayRange days) const;
  // Whether the figures of the two metrics are known to come from different sources.
  bool has_own_source(std::string_view metric, std::string_view other, DayRange days) const;
  // The share of a day's results that has arrived by now.
  double arrived(Day day, const Arrivals* learnt) const noexcept;  // nothing learnt: null

  // engine_findings.cc: what is strange about the figures behind an alert.
  void take(const SourceFindings& told, Effects& effects);
  // Of the sources that gave a figure of the node lately, those about it or about all; the first of each
  // kind.
  std::vector<const SourceFinding*> findings_at(const Checks& check, NodeIndex node) const;
  bool has_given(FigureSources::Source source, std::span<const EntityIndex> members) const;

  // engine_briefs.cc: what to do.
  void explain_cause(const Checks& check, NodeIndex node,
                     Alert& alert) const;  // the diagnosis, into the alert
  std::vector<Recommendation> recommend(const Checks& check, NodeIndex node,
                                        const LiveAlert& live_alert) const;
  // A firing alert's advice under another strategy; what was decided stays.
  void renew_recommendations(CheckKey key);
  // Its reason and advice are made again where its figure has moved since; people who ask, and repeated
  // messages, then get them.
  void renew_brief(CheckKey key, Effects& effects);
  void set_briefed(CheckKey key, LiveAlert& live_alert, double value);
  LiveAlert make_alert(const Checks& check, NodeIndex node) const;

  // engine_explain.cc: the numbers behind a verdict, from the cells anew.
  // Of the KPI's input of that number.
  ExplainedInput explain_input(const Checks& check, NodeIndex node, std::size_t index) const;
  void explain_cells(CheckKey key, Explanation& explanation) const;
  void explain_numbers(CheckKey key, Explanation& explanation) const;

 private:
  // Siblings' values as last asked for; forgotten whenever a figure or the time changes.
  struct Ranking {
    std::size_t rollup = static_cast<std::size_t>(-1);
    const Kpi* kpi = nullptr;
    Window window;
    std::vector<double> values;  // by node
    std::vector<double> sorted;  // those that are known, ascending
  };
  mutable Ranking ranking;
  // The client's results as last asked for; forgotten likewise.
  struct ResultsAsked {
    std::string traffic;
    DayRange days;
    ClientResults results;
  };
  mutable std::vector<ResultsAsked> results_asked;
  void forget_asked() {
    ranking = {};
    results_asked.clear();
  }
  double rank(const Kpi& kpi, const Checks& check, NodeIndex node, Window window) const;
  double metric_figure(const Input& input, std::span<const EntityIndex> members, Window window,
                       Timestamp at) const;
};

// Whether a figure has moved so far from what was said of it that its reason is to be looked for again.
inline bool has_moved(double briefed, double value) noexcept {
  constexpr double kWorthBriefing = 0.1;
  if (std::isnan(value)) return !std::isnan(briefed);
  return !(std::abs(value - briefed) <= kWorthBriefing * std::abs(briefed));
}

// The days of as many buckets before a window as it has; for an hourly window, hours.
DayRange days_before(DayRange days) noexcept;

// 16 hex digits; equal text gives equal digits on every machine (FNV-1a with a final mix).
std::string id_of(std::string_view text);

}  // namespace tightrope::rules
