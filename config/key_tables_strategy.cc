// Keys of what a strategy is made of: metrics, KPIs, clients, objectives, targets, playbooks.
#include <array>

#include "config/key_table.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 6> kUnits{"number", "count",    "money",
                                                 "ratio",  "duration", "per_money"};
constexpr std::array<std::string_view, 3> kBetter{"lower", "higher", "neither"};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 3> kPeriods{"week", "month", "quarter"};
constexpr std::array<std::string_view, 3> kNoData{"keep", "alert", "ok"};
constexpr std::array<std::string_view, 3> kSeverities{"page", "ticket", "digest"};

constexpr std::array<Key, 3> kMetric{{
    {.name = "name",
     .shape = Shape::identifier,
     .about = "The metric's name in formulas, columns and pushes",
     .required = true},
    {.name = "unit",
     .shape = Shape::choice,
     .about = "What it counts; count unless given",
     .choices = kUnits},
    {.name = "additive",
     .shape = Shape::boolean,
     .about = "false for reach, frequency and ranks, which must not be summed; true unless given"},
}};

constexpr std::array<Key, 5> kKpi{{
    {.name = "name",
     .shape = Shape::identifier,
     .about = "The KPI's name in formulas and targets",
     .required = true},
    {.name = "formula",
     .shape = Shape::formula,
     .about = "Over metrics and other KPIs: spend / qualified_leads",
     .required = true},
    {.name = "unit",
     .shape = Shape::choice,
     .about = "Checked against the formula's own unit",
     .choices = kUnits},
    {.name = "better",
     .shape = Shape::choice,
     .about = "Which direction is good; neither unless given",
     .choices = kBetter},
    {.name = "meaning", .shape = Shape::text, .about = "One line for people"},
}};

constexpr std::array<Key, 5> kClient{{
    {.name = "name", .shape = Shape::name, .about = "Unique among clients", .required = true},
    {.name = "timezone",
     .shape = Shape::text,
     .about = "IANA name; days begin at its midnight. UTC unless given"},
    {.name = "currency", .shape = Shape::text, .about = "ISO 4217 code of all its money. EUR unless given"},
    {.name = "week_start",
     .shape = Shape::choice,
     .about = "First day of a week; monday unless given",
     .choices = kWeekdays},
    {.name = "objectives",
     .shape = Shape::mappings,
     .about = "What the client wants to reach",
     .table = &kObjectiveKeys},
}};

constexpr std::array<Key, 8> kObjective{{
    {.name = "name", .shape = Shape::name, .about = "Unique within the client", .required = true},
    {.name = "parent",
     .shape = Shape::name,
     .about = "The objective that it serves; given by nesting as well"},
    {.name = "why", .shape = Shape::text, .about = "Why it matters, in one sentence; stands in alerts"},
    {.name = "owner", .shape = Shape::text, .about = "Who answers for it"},
    {.name = "match",
     .shape = Shape::globs,
     .about = "Which campaigns serve it, by dimension; * and ? match. All unless given"},
    {.name = "budget", .shape = Shape::mapping, .about = "Money for a period", .table = &kBudgetKeys},
    {.name = "targets", .shape = Shape::mappings, .about = "Bounds on KPIs", .table = &kTargetKeys},
    {.name = "objectives",
     .shape = Shape::mappings,
     .about = "Objectives that serve this one",
     .table = &kObjectiveKeys},
}};

constexpr std::array<Key, 2> kBudget{{
    {.name = "amount", .shape = Shape::number, .about = "In the client's currency", .required = true},
    {.name = "per",
     .shape = Shape::choice,
     .about = "The period it is for",
     .choices = kPeriods,
     .required = true},
}};

constexpr std::array<Key, 15> kTarget{{
    {.name = "name", .shape = Shape::name, .about = "Unique within the client", .required = true},
    {.name = "kpi",
     .shape = Shape::identifier,
     .about = "A built-in KPI, one of kpis, or a metric",
     .required = true},
    {.name = "at_most",
     .shape = Shape::bound,
     .about = "The highest good figure, or a list with dates",
     .table = &kDatedBoundKeys},
    {.name = "at_least",
     .shape = Shape::bound,
     .about = "The lowest good figure, or a list with dates",
     .table = &kDatedBoundKeys},
    {.name = "between",
     .shape = Shape::range,
     .about = "[low, high], or a list with dates",
     .table = &kDatedRangeKeys},
    {.name = "over", .shape = Shape::window, .about = "The window it is summed over; 7d unless given"},
    {.name = "per",
     .shape = Shape::name,
     .about = "objective, or a dimension such as campaign; objective unless given"},
    {.name = "confidence", .shape = Shape::share, .about = "How sure before an alert; 0.95 unless given"},
    {.name = "for",
     .shape = Shape::duration,
     .about = "Off target for so long before it fires; 0s unless given"},
    {.name = "keep_firing_for",
     .shape = Shape::duration,
     .about = "Keeps firing so long after the last miss; 0s unless given"},
    {.name = "no_data",
     .shape = Shape::choice,
     .about = "What missing figures do; keep unless given",
     .choices = kNoData},
    {.name = "severity",
     .shape = Shape::choice,
     .about = "How urgent; ticket unless given",
     .choices = kSeverities},
    {.name = "pace",
     .shape = Shape::boolean,
     .about = "The bound is a total by the end of week, month or quarter"},
    {.name = "min_volume",
     .shape = Shape::volume,
     .about = "Below it a miss is watched, not alerted: {conversions: 20} or 20"},
    {.name = "watch_within",
     .shape = Shape::share,
     .about = "On target by less than this share is watched; 5% unless given"},
}};

constexpr std::array<Key, 2> kDatedBound{{
    {.name = "from", .shape = Shape::text, .about = "YYYY-MM-DD, the first day it holds", .required = true},
    {.name = "value", .shape = Shape::number, .about = "The figure or percentage", .required = true},
}};
constexpr std::array<Key, 2> kDatedRange{{
    {.name = "from", .shape = Shape::text, .about = "YYYY-MM-DD, the first day it holds", .required = true},
    {.name = "value", .shape = Shape::range, .about = "[low, high]", .required = true},
}};

constexpr std::array<Key, 9> kPlaybook{{
    {.name = "name", .shape = Shape::name, .about = "Unique among playbooks", .required = true},
    {.name = "applies",
     .shape = Shape::mapping,
     .about = "Which alerts it answers; all unless given",
     .table = &kAppliesKeys},
    {.name = "when",
     .shape = Shape::formula,
     .about = "A condition; while it is unknown the playbook does not apply"},
    {.name = "let",
     .shape = Shape::formulas,
     .about = "Named values for advise, each a formula that may use those above it"},
    {.name = "advise",
     .shape = Shape::text_template,
     .about = "What to do, with {names}: {step:.0%}, {bid:money}",
     .required = true},
    {.name = "limits", .shape = Shape::mapping, .about = "How far and how often", .table = &kLimitsKeys},
    {.name = "owner", .shape = Shape::text, .about = "Who carries it out"},
    {.name = "effort", .shape = Shape::duration, .about = "Working time; 15m unless given"},
    {.name = "source", .shape = Shape::text, .about = "The practice it comes from, in one line"},
}};

constexpr std::array<Key, 4> kApplies{{
    {.name = "kpi", .shape = Shape::identifier, .about = "Targets on this KPI; any unless given"},
    {.name = "driver",
     .shape = Shape::identifier,
     .about = "And only when this factor leads the gap, or tracking broke (tracking); any unless given"},
    {.name = "channel",
     .shape = Shape::texts,
     .about = "And only on these channels: search, or [search, \"shop*\"]"},
    {.name = "client", .shape = Shape::texts, .about = "And only for these clients, likewise"},
}};

constexpr std::array<Key, 2> kLimits{{
    {.name = "max_step", .shape = Shape::share, .about = "The largest change at once; 20% unless given"},
    {.name = "cooldown",
     .shape = Shape::duration,
     .about = "Not advised again so soon after it was done; 3d unless given"},
}};

}  // namespace

const KeyTable kMetricKeys{"metric", kMetric};
const KeyTable kKpiKeys{"kpi", kKpi};
const KeyTable kClientKeys{"client", kClient};
const KeyTable kObjectiveKeys{"objective", kObjective};
const KeyTable kBudgetKeys{"budget", kBudget};
const KeyTable kTargetKeys{"target", kTarget};
const KeyTable kDatedBoundKeys{"dated_bound", kDatedBound};
const KeyTable kDatedRangeKeys{"dated_range", kDatedRange};
const KeyTable kPlaybookKeys{"playbook", kPlaybook};
const KeyTable kAppliesKeys{"applies", kApplies};
const KeyTable kLimitsKeys{"limits", kLimits};

}  // namespace tightrope::config
