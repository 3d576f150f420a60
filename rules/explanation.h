// Every number behind one verdict. A value; the pointers are borrowed from the engine until it next changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/alert.h"
#include "rules/calendar.h"
#include "rules/check_evidence.h"
#include "rules/diagnosis.h"
#include "rules/entity.h"
#include "rules/pacing.h"
#include "rules/target.h"
#include "rules/verdict.h"

namespace tightrope::rules {

struct ExplainedCell {
  std::uint32_t member;  // into Explanation::members
  Bucket bucket;
  Amount value;
};

// One figure behind a verdict.
struct ExplainedInput {
  std::string metric;
  std::string about;  // what is special about it: another window, the whole objective; else ""
  bool plain = true;  // over the target's window, at the entity
  double sum = kUndefined;
  std::vector<std::pair<Bucket, Amount>> buckets;  // of the window, at the entity; missing ones included
  std::vector<ExplainedCell> cells;                // what was summed, by member and bucket; no missing ones
  Unit unit = Unit::count;
};

struct ExplainedVolume {
  std::string metric;
  double least;
  double seen;  // kUndefined when no figure is there
};

// How the money at risk per hour comes about.
struct ExplainedStake {
  enum class Kind : std::uint8_t {
    none,            // the target is not missed, or nothing says what a miss costs
    difference,      // of a total to its bound
    shortfall,       // what each unit of the denominator brings too little, times the denominator
    overspent,       // the share of the spend that was too much for its results
    share_of_spend,  // the gap as a share of the spend: the KPI itself says nothing of money
    all_spend,       // money was spent and no result came
  };
  Kind kind = Kind::none;
  double money = 0;     // over the window
  double per_hour = 0;  // money / Explanation::input.hours
};

// What one day says against "the target is met", in counts, or in money where the KPI counts money.
struct ExplainedDay {
  Day day;
  double seen = 0;
  double expected = 0;  // due exactly at the bound, of what arrives late as much as should be there
  double arrived = 1;   // that share
  double day_variance = 0;
  double season = 1;  // what its weekday makes of what is due
  double jump = 1;    // money: the size of one result, by which both numbers are divided
};
struct ExplainedEvidence {
  using Side = EvidencePlan::Seen;
  Side seen = Side::whole;         // which side of a quotient is seen; `whole` for a KPI that is none
  std::vector<ExplainedDay> days;  // that were used, in order
  double scale = 1;                // the jump of the last
  double log10 = kUndefined;       // what they come to
  double sure = kUndefined;        // see Verdict
  std::optional<Day> since;
  // Of a target with a confidence: the evidence it is judged by, which knows of days before these, and how
  // much alerts and is watched. Undefined without one.
  double judged = kUndefined;
  double alert_at = kUndefined;
  double watch_at = kUndefined;
};

struct Explanation {
  const Objective* objective;
  const Target* target;
  const Kpi* kpi;
  Entity entity;
  Verdict verdict;
  DayRange days;
  std::vector<ExplainedInput> inputs;
  std::vector<Entity> members;  // the entities summed, as reported
  Diagnosis why;
  std::optional<AlertState> alert;

  // The bound as it is written, before it is scaled to the share elapsed; nothing while none is in force.
  std::optional<Bound> bound;
  bool excepted = false;                    // it is that of one of the target's exceptions
  std::optional<Bound> next_bound;          // that takes over on a later day
  DayRange period{};                        // the whole one that the window is in
  double elapsed_share = 1;                 // of it, by hours
  std::optional<PaceExpectation> expected;  // of a pace, while a bound is in force
  bool today_counts = true;                 // of a pace: today has figures, so its share is asked for
  CheckInput input;
  std::vector<ExplainedInput> others;  // beside the formula's: for the stake and the minimum volume
  std::vector<ExplainedVolume> volume;
  ExplainedStake stake;
  ExplainedEvidence evidence;  // without days unless the target is missed
  std::vector<Alert> alerts;   // of the target at the entity: the live one, then resolved ones, newest first
};

// Pure: says again, term by term, what judge() put into verdict.stake_per_hour.
ExplainedStake explain_stake(const Kpi& kpi, const CheckInput& input, const Verdict& verdict) noexcept;

}  // namespace tightrope::rules
