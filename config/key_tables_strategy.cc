// Keys of what a strategy is made of: metrics, KPIs, clients, objectives, targets, playbooks.
#include <array>

#include "config/key_table.h"
#include "rules/source_finding.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 6> kUnits{"number", "count",    "money",
                                                 "ratio",  "duration", "per_money"};
constexpr std::array<std::string_view, 3> kBetter{"lower", "higher", "neither"};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 2> kProfiles{"linear", "weekdays"};
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

constexpr std::array<std::string_view, 3> kIgnored{"case", "spaces", "separators"};

constexpr std::array<Key, 8> kClient{{
    {.name = "name", .shape = Shape::name, .about = "Unique among clients", .required = true},
    {.name = "timezone",
     .shape = Shape::text,
     .about = "IANA name; days begin at its midnight. UTC unless given"},
    {.name = "currency", .shape = Shape::text, .about = "ISO 4217 code of all its money. EUR unless given"},
    {.name = "week_start",
     .shape = Shape::choice,
     .about = "First day of a week; monday unless given",
     .choices = kWeekdays},
    {.name = "fiscal",
     .shape = Shape::mapping,
     .about = "Where months and years of the books begin; on 1 January unless given",
     .table = &kFiscalKeys},
    {.name = "rates_hold",
     .shape = Shape::duration,
     .about = "Whole days that an exchange rate holds when no newer one comes, 1d to 30d; 5d unless given"},
    {.name = "identity",
     .shape = Shape::mappings,
     .about = "When two names of a dimension are one; without it, names are taken as they are",
     .table = &kIdentityKeys},
    {.name = "objectives",
     .shape = Shape::mappings,
     .about = "What the client wants to reach",
     .table = &kObjectiveKeys},
}};

constexpr std::array<Key, 5> kIdentity{{
    {.name = "dimension", .shape = Shape::name, .about = "Whose names: campaign, ...", .required = true},
    {.name = "ignore",
     .shape = Shape::choices,
     .about = "What makes no difference between names; case, spaces and separators unless given",
     .choices = kIgnored},
    {.name = "prefixes",
     .shape = Shape::texts,
     .about = "What names may begin with and mean the same; compared as names are"},
    {.name = "suffixes",
     .shape = Shape::texts,
     .about = "What names may end with and mean the same; compared as names are"},
    {.name = "aliases",
     .shape = Shape::other_names,
     .about = "Other names of the same thing, by the name that is kept"},
}};

constexpr std::array<Key, 2> kFiscal{{
    {.name = "month_starts_on",
     .shape = Shape::integer,
     .about = "The day on which each month begins, 1 to 28; 1 unless given"},
    {.name = "year_starts_in",
     .shape = Shape::choice,
     .about = "The month in which quarters and years begin; january unless given",
     .choices = kMonths},
}};

constexpr std::array<Key, 2> kLookAt{{
    {.name = "kpi",
     .shape = Shape::identifier,
     .about = "A built-in KPI, one of kpis, or a metric; of the entity's own figures alone",
     .required = true},
    {.name = "per",
     .shape = Shape::name,
     .about = "objective, or the dimension down to which it is looked at; objective unless given"},
}};

constexpr std::array<Key, 9> kObjective{{
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
    {.name = "look_at",
     .shape = Shape::mappings,
     .about = "KPIs without a target: what they never did before is shown as worth a look, and alerts nobody",
     .table = &kLookAtKeys},
    {.name = "objectives",
     .shape = Shape::mappings,
     .about = "Objectives that serve this one",
     .table = &kObjectiveKeys},
}};

constexpr std::array<Key, 2> kBudget{{
    {.name = "amount", .shape = Shape::number, .about = "In the client's currency", .required = true},
    {.name = "per",
     .shape = Shape::period,
     .about = "The period it is for: week, month, quarter, or a flight from one day to another",
     .table = &kFlightKeys,
     .required = true},
}};

constexpr std::array<Key, 2> kFlight{{
    {.name = "from", .shape = Shape::text, .about = "YYYY-MM-DD, the first day", .required = true},
    {.name = "to", .shape = Shape::text, .about = "YYYY-MM-DD, the last day, included", .required = true},
}};

constexpr std::array<Key, 19> kTarget{{
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
    {.name = "except",
     .shape = Shape::exceptions,
     .about = "Entities with a bound of their own, of the same kind; the first that matches holds",
     .table = &kDatedBoundKeys},
    {.name = "over",
     .shape = Shape::window,
     .about = "The window it is summed over, or a flight from one day to another; 7d unless given",
     .table = &kFlightKeys},
    {.name = "per",
     .shape = Shape::name,
     .about = "objective, or a dimension such as campaign; objective unless given"},
    {.name = "confidence",
     .shape = Shape::share,
     .about = "How sure a miss must be: with 0.999 a campaign exactly on its target brings at most one false "
              "alert in 1000 days, however often it is looked at. Without it every miss alerts. No effect on "
              "between, a pace, changes and shares, and money that must not exceed a bound"},
    {.name = "min_miss",
     .shape = Shape::share,
     .about = "With confidence: a smaller miss is watched, however sure; 5% unless given"},
    {.name = "min_stake",
     .shape = Shape::number,
     .about = "With confidence: a miss that costs less a day is watched, in the client's currency; 0 unless "
              "given"},
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
     .shape = Shape::pacing,
     .about = "The bound is a total by the end of week, month, quarter or flight; how it comes about",
     .table = &kPacingKeys,
     .choices = kProfiles},
    {.name = "min_volume",
     .shape = Shape::volume,
     .about = "Below it a miss is watched, not alerted: {conversions: 20} or 20"},
    {.name = "watch_within",
     .shape = Shape::share,
     .about = "On target by less than this share is watched; 5% unless given"},
    {.name = "guards",
     .shape = Shape::texts,
     .about = "Targets of this objective and level that must not be paid for this one"},
}};

constexpr std::array<Key, 3> kPacing{{
    {.name = "profile",
     .shape = Shape::choice,
     .about = "linear: every day alike; weekdays: as the days of the week were so far. linear unless given",
     .choices = kProfiles},
    {.name = "corridor",
     .shape = Shape::share,
     .about = "So far behind is not yet missed, as a share of what is still to come; 0 unless given"},
    {.name = "rollover",
     .shape = Shape::boolean,
     .about = "What the week or month before fell short or went beyond is added; false unless given"},
}};

constexpr std::array<Key, 2> kDatedBound{{
    {.name = "from",
     .shape = Shape::text,
     .about = "YYYY-MM-DD, the first day it holds; without it, from the start"},
    {.name = "value", .shape = Shape::number, .about = "The figure or percentage", .required = true},
}};
constexpr std::array<Key, 2> kDatedRange{{
    {.name = "from",
     .shape = Shape::text,
     .about = "YYYY-MM-DD, the first day it holds; without it, from the start"},
    {.name = "value", .shape = Shape::range, .about = "[low, high]", .required = true},
}};

constexpr std::array<Key, 10> kPlaybook{{
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
    {.name = "changes",
     .shape = Shape::directions,
     .about = "What it does to which lever, for check --lint: {bid: down}, {budget: up}"},
    {.name = "limits", .shape = Shape::mapping, .about = "How far and how often", .table = &kLimitsKeys},
    {.name = "owner", .shape = Shape::text, .about = "Who carries it out"},
    {.name = "effort", .shape = Shape::duration, .about = "Working time; 15m unless given"},
    {.name = "source", .shape = Shape::text, .about = "The practice it comes from, in one line"},
}};

constexpr std::array<Key, 5> kApplies{{
    {.name = "kpi", .shape = Shape::identifier, .about = "Targets on this KPI; any unless given"},
    {.name = "driver",
     .shape = Shape::identifier,
     .about = "And only when this factor leads the gap, tracking broke (tracking) or demand fell (demand)"},
    {.name = "finding",
     .shape = Shape::choice,
     .about = "And only while a source behind the alert's figures has this finding",
     .choices = rules::kSourceFindingNames},
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
const KeyTable kFiscalKeys{"fiscal", kFiscal};
const KeyTable kIdentityKeys{"identity", kIdentity};
const KeyTable kObjectiveKeys{"objective", kObjective};
const KeyTable kLookAtKeys{"look_at", kLookAt};
const KeyTable kBudgetKeys{"budget", kBudget};
const KeyTable kFlightKeys{"flight", kFlight};
const KeyTable kTargetKeys{"target", kTarget};
const KeyTable kPacingKeys{"pacing", kPacing};
const KeyTable kDatedBoundKeys{"dated_bound", kDatedBound};
const KeyTable kDatedRangeKeys{"dated_range", kDatedRange};
const KeyTable kPlaybookKeys{"playbook", kPlaybook};
const KeyTable kAppliesKeys{"applies", kApplies};
const KeyTable kLimitsKeys{"limits", kLimits};

}  // namespace tightrope::config
