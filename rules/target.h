// What the strategy asks for: a client's objectives, their targets, and the playbooks to meet them.
// `config` fills these types directly from YAML; there is no second, "parsed" definition.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/calendar.h"
#include "rules/entity.h"
#include "rules/identity.h"
#include "rules/kpi.h"
#include "rules/source_finding.h"
#include "rules/template.h"
#include "rules/units.h"

namespace tightrope::rules {

enum class BoundKind : std::uint8_t { at_most, at_least, between };

// In force from a day on, until the next one. `low` is unused for at_most, `high` for at_least.
struct Bound {
  Day from = kFirstDay;
  double low = 0;
  double high = 0;
  friend bool operator==(const Bound&, const Bound&) = default;
};

enum class NoData : std::uint8_t { keep, alert, ok };
enum class Severity : std::uint8_t { page, ticket, digest };
std::string_view to_string(BoundKind kind) noexcept;
std::string_view to_string(NoData no_data) noexcept;
std::string_view to_string(Severity severity) noexcept;

// Below it, a missed bound is watched and not called off target. Where money was spent and no result came at
// all, as many results must have been due.
struct MinimumVolume {
  std::string metric;
  double amount;
  friend bool operator==(const MinimumVolume&, const MinimumVolume&) = default;
};

// At which level a target is checked: once for the objective, or once per value of the path down to a
// dimension.
struct Level {
  static constexpr int kObjective = 0;
  int depth = kObjective;  // 1: the first dimension (channel), 2: the second (campaign), ...
  friend constexpr auto operator<=>(Level, Level) noexcept = default;
};

// How a total is expected to come about over its period, for `pace:`.
struct Pacing {
  enum class Profile : std::uint8_t { linear, weekdays };
  Profile profile = Profile::linear;
  // How far behind it may be without being called missed, as a share of what is still to come: the corridor
  // narrows as the period goes, and is closed at its end.
  double corridor = 0;
  // What the period before fell short of its bound, or went beyond it, is added to this one's.
  bool rollover = false;
  friend bool operator==(const Pacing&, const Pacing&) = default;
};

struct DimensionMatch {
  std::size_t dimension;
  std::vector<std::string> globs;  // any of them
  // The same where names of the dimension have rules: see fold_matches().
  FoldedGlobs folded = {};
  friend bool operator==(const DimensionMatch&, const DimensionMatch&) = default;
};
// All of them match; none matches every entity.
bool matches(const std::vector<DimensionMatch>& match, const Entity& entity) noexcept;

// Entities of a target's level with bounds of their own, of the target's kind.
struct BoundException {
  std::vector<DimensionMatch> match;
  std::vector<Bound> bounds;  // by `from`, ascending; not empty
  friend bool operator==(const BoundException&, const BoundException&) = default;
};

// The bound of the list in force on a day; nothing before the first.
const Bound* bound_on(const std::vector<Bound>& bounds, Day day) noexcept;

struct Target {
  std::string name;  // unique within the client
  std::string kpi;
  BoundKind kind = BoundKind::at_most;
  std::vector<Bound> bounds;               // by `from`, ascending; not empty
  std::vector<BoundException> exceptions;  // `except:`; the first that matches an entity holds for it
  Window over;
  Level per;
  // How sure a miss has to be before it is called one: while the target is met exactly, a false alert comes
  // in at most 1 of 1 / (1 - confidence) days. Nothing: every miss is called one.
  std::optional<double> confidence;
  // With `confidence`: what is missed by less than this share of what was due, or costs less than this a day,
  // is watched however sure it is.
  double min_miss = 0.05;
  double min_stake = 0;
  Duration hold{0};  // `for:`
  Duration keep_firing_for{0};
  NoData no_data = NoData::keep;
  Severity severity = Severity::ticket;
  // The bound is a total to be reached (or kept) by the end of the period, and is scaled to the share of it
  // elapsed.
  bool pace = false;
  Pacing pacing;
  std::vector<MinimumVolume> min_volume;
  // A figure that meets its bound by less than this share of it is watched.
  double watch_within = 0.05;
  // Guard rails: targets of the same objective and level that must not be paid for this one. Where this one
  // is met and one of those is missed, both are marked.
  std::vector<std::string> guards;

  // The bound in force on a day, exceptions aside; nothing before the first.
  const Bound* bound_on(Day day) const noexcept { return rules::bound_on(bounds, day); }
  friend bool operator==(const Target&, const Target&) = default;
};

// The target's bounds that hold for an entity: those of the first exception that matches it, else its own.
const std::vector<Bound>& bounds_at(const Target& target, const Entity& entity) noexcept;

struct Budget {
  double amount = 0;
  Window per;  // week, month, quarter or a flight
  friend bool operator==(const Budget&, const Budget&) = default;
};

// A KPI without a target, looked at for what it never does, at each entity of a level: never an alert.
struct Watched {
  std::string kpi;  // of its entity's own figures: see can_be_watched()
  Level per;
  friend bool operator==(const Watched&, const Watched&) = default;
};

struct Objective {
  std::string name;    // unique within the client
  std::string parent;  // another objective's name, or "" at the top
  std::string why;
  std::string owner;
  std::vector<DimensionMatch> match;  // all of them; none matches every entity
  std::optional<Budget> budget;
  std::vector<Target> targets;
  std::vector<Watched> look_at;  // each KPI and level once

  bool matches(const Entity& entity) const noexcept;
  friend bool operator==(const Objective&, const Objective&) = default;
};

// What a playbook does to a lever of campaigns: `changes: {bid: down}`.
enum class Direction : std::uint8_t { down, up };
std::string_view to_string(Direction direction) noexcept;
struct LeverChange {
  std::string lever;  // "bid", "budget", ...
  Direction direction = Direction::down;
  friend bool operator==(const LeverChange&, const LeverChange&) = default;
};

// A tactic as data. Its condition and its values may use metrics, KPIs and what `playbook_values()` lists.
struct Playbook {
  std::string name;
  std::string kpi;                    // applies to targets on this KPI; "" for any
  std::string driver;                 // and only when this factor leads the gap; "" for any
  std::vector<std::string> channels;  // and only on these (globs, any of them); none for any
  FoldedGlobs folded_channels = {};   // as in DimensionMatch
  std::vector<std::string> clients;   // and only for these (likewise)
  std::string source;                 // the marketing practice it comes from, in one line
  std::optional<Formula> when;        // a truth; unknown counts as "does not apply"
  std::vector<std::pair<std::string, Formula>> values;  // `let:`; each may use those before it
  std::string advise;                // a template: "{name}", "{name:.0%}", "{name:.2f}", "{name:money}"
  std::vector<LeverChange> changes;  // each lever once, as configured; empty: nothing is known
  double max_step = 0.2;             // the largest change of a bid or budget at once, as a share
  Duration cooldown{std::chrono::days(3)};
  std::string owner;
  Duration effort{std::chrono::minutes(15)};
  // And only while a source behind the alert's figures has such a finding; nothing for any.
  std::optional<SourceFindingKind> finding = {};
  friend bool operator==(const Playbook&, const Playbook&) = default;
};

// Everything one client's engine has to know. It is a value: equal strategies behave equally.
struct Strategy {
  std::string client;
  std::string timezone = "UTC";  // IANA; known to Calendar::open
  std::string currency = "EUR";  // ISO 4217
  std::chrono::weekday week_start = std::chrono::Monday;
  Fiscal fiscal;
  // For how many days an exchange rate holds when no newer one comes: over weekends and holidays.
  int rates_hold_days = 5;
  Dimensions dimensions;
  NameIdentity identity;        // when two names are one
  std::vector<Metric> metrics;  // all that can be named, built-in ones included
  std::vector<Kpi> kpis;        // likewise
  std::vector<Objective> objectives;
  std::vector<Playbook> playbooks;

  // Nothing when the zone is not known.
  std::optional<Calendar> open_calendar() const { return Calendar::open(timezone, week_start, fiscal); }
  const Kpi* find_kpi(std::string_view name) const noexcept;
  const Metric* find_metric(std::string_view name) const noexcept;
  friend bool operator==(const Strategy&, const Strategy&) = default;
};

// Makes every match of objectives, exceptions and playbooks compare names by the strategy's identity.
void fold_matches(Strategy& strategy);

// The named values that the engine gives to a playbook's condition, `let:` formulas and template, beside
// metrics and KPIs:
// - value: the target's KPI over its window; in a template in the KPI's unit, in a formula a bare number
// - bound: the bound that is missed; likewise
// - gap: by what share of the bound it is missed; positive
// - step: the change to make, as a positive share: gap / (1 + gap), at most max_step
// - max_step: the playbook's limit
// - bid_after: cpc lowered by that step; budget_after: spend_per_day likewise
// - stake_per_hour, stake_per_day: money at risk while it stays so
// - budget: the objective's, for its period; unknown without one
// - period_elapsed: the share of the budget's period (without a budget: of the window) that has passed
// - days_present: buckets of the window that have figures
std::vector<std::pair<std::string, Unit>> playbook_values();
// The named texts of templates: client, objective, target, kpi, window, entity, driver and every dimension.
std::vector<std::string> playbook_texts(const Dimensions& dimensions);

}  // namespace tightrope::rules
