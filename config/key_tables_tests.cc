// Keys of tests of rules.
#include <array>

#include "config/key_table.h"
#include "rules/source_finding.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 4> kVerdictStates{"on_target", "watch", "off_target", "unknown"};
// Those of rules::Reason.
constexpr std::array<std::string_view, 18> kReasons{
    "meets_target",  "near_bound",   "misses_target", "little_volume", "no_figures",     "undefined",
    "needs_hours",   "no_bound_yet", "no_rate",       "guard_missed",  "does_not_add",   "within_chance",
    "likely_missed", "small_miss",   "recovering",    "on_course",     "over_its_share", "period_over"};
constexpr std::array<std::string_view, 4> kAlertStates{"pending", "firing", "acknowledged", "resolved"};
constexpr std::array<std::string_view, 3> kSeverities{"page", "ticket", "digest"};
constexpr std::array<std::string_view, 3> kDecisions{"did", "declined", "later"};

constexpr Key kTarget{
    .name = "target", .shape = Shape::name, .about = "One of the client's targets", .required = true};
constexpr Key kEntity{.name = "entity",
                      .shape = Shape::texts,
                      .about = "search/brand, or a list; dimensions may stand beside it as keys instead"};
constexpr Key kTime{.name = "at",
                    .shape = Shape::text,
                    .about = "2026-11-20T21:04 in the client's zone; a day alone is its last moment",
                    .required = true};

constexpr std::array<Key, 3> kTestFile{{
    {.name = "config",
     .shape = Shape::text,
     .about = "The configuration whose strategy is tested, relative to this file"},
    {.name = "strategy",
     .shape = Shape::mapping,
     .about = "Or the strategy itself, as in a configuration: include, kpis, clients, playbooks, ...",
     .table = &kTopKeys},
    {.name = "tests", .shape = Shape::mappings, .about = "The cases", .table = &kTestKeys, .required = true},
}};

constexpr std::array<Key, 9> kTest{{
    {.name = "name", .shape = Shape::name, .about = "The fact, in a sentence", .required = true},
    {.name = "client", .shape = Shape::name, .about = "Needed where there are several clients"},
    {.name = "start",
     .shape = Shape::text,
     .about = "When time begins, and the first day of series without from; a day alone is its beginning"},
    {.name = "observations",
     .shape = Shape::mappings,
     .about = "Figures, and when they become known",
     .table = &kTestSeriesKeys},
    {.name = "rates",
     .shape = Shape::one_or_more,
     .about = "Exchange rates: units of each currency for one of base",
     .table = &kTestRatesKeys},
    {.name = "findings",
     .shape = Shape::one_or_more,
     .about = "What the checks on arrival find in the figures of the test",
     .table = &kTestFindingKeys},
    {.name = "acknowledge",
     .shape = Shape::one_or_more,
     .about = "Somebody takes an alert on",
     .table = &kTestAcknowledgementKeys},
    {.name = "decide",
     .shape = Shape::one_or_more,
     .about = "Somebody answers a recommendation",
     .table = &kTestDecisionKeys},
    {.name = "expect",
     .shape = Shape::mappings,
     .about = "What has to hold, in order of time",
     .table = &kExpectationKeys,
     .required = true},
}};

constexpr Key kFrom{.name = "from",
                    .shape = Shape::text,
                    .about = "The first day, or hour as 2026-11-20T08; that of start unless given"};
constexpr Key kKnownAt{
    .name = "known_at",
    .shape = Shape::text,
    .about = "When all of it becomes known; each figure at the last moment of its day or hour unless given"};

constexpr std::array<Key, 4> kTestSeries{{
    kEntity,
    kFrom,
    {.name = "hourly", .shape = Shape::boolean, .about = "Figures are by hour, from the first of the day on"},
    kKnownAt,
}};

constexpr std::array<Key, 3> kTestRates{{
    kFrom,
    kKnownAt,
    {.name = "base",
     .shape = Shape::text,
     .about = "The currency of which one unit is bought",
     .required = true},
}};

constexpr std::array<Key, 4> kTestAcknowledgement{{
    kTime,
    kTarget,
    kEntity,
    {.name = "by", .shape = Shape::text, .about = "Who", .required = true},
}};

constexpr std::array<Key, 8> kTestDecision{{
    kTime,
    kTarget,
    kEntity,
    {.name = "playbook", .shape = Shape::name, .about = "The one that is answered", .required = true},
    {.name = "decision",
     .shape = Shape::choice,
     .about = "What was done with it",
     .choices = kDecisions,
     .required = true},
    {.name = "by", .shape = Shape::text, .about = "Who", .required = true},
    {.name = "reason", .shape = Shape::text, .about = "Why"},
    {.name = "until", .shape = Shape::text, .about = "With later: when it is asked again"},
}};

constexpr std::array<Key, 6> kExpectation{{
    kTime,
    {.name = "verdicts",
     .shape = Shape::mappings,
     .about = "Targets checked; what is given is compared",
     .table = &kExpectedVerdictKeys},
    {.name = "alerts",
     .shape = Shape::mappings,
     .about = "All pending, firing and acknowledged alerts there are; resolved ones may be named too",
     .table = &kExpectedAlertKeys},
    {.name = "some_alerts",
     .shape = Shape::mappings,
     .about = "Alerts that are there, whatever else is",
     .table = &kExpectedAlertKeys},
    {.name = "no_alerts", .shape = Shape::boolean, .about = "true: none is pending, firing or acknowledged"},
    {.name = "recommendations",
     .shape = Shape::mappings,
     .about = "What is advised for an alert",
     .table = &kExpectedAdviceKeys},
}};

constexpr std::array<Key, 10> kExpectedVerdict{{
    kTarget,
    kEntity,
    {.name = "state", .shape = Shape::choice, .about = "The verdict", .choices = kVerdictStates},
    {.name = "reason", .shape = Shape::choice, .about = "Why it is so", .choices = kReasons},
    {.name = "value", .shape = Shape::text, .about = "The KPI over the window: 41.2, 12% or none"},
    {.name = "gap", .shape = Shape::text, .about = "By what share of the bound it is missed: 12%"},
    {.name = "low", .shape = Shape::text, .about = "The lower bound in force"},
    {.name = "high", .shape = Shape::text, .about = "The upper bound in force"},
    {.name = "stake_per_hour", .shape = Shape::text, .about = "Money at risk per hour"},
    {.name = "tolerance",
     .shape = Shape::share,
     .about = "By what share figures may differ; 0.5% unless given"},
}};

constexpr std::array<Key, 11> kExpectedAlert{{
    kTarget,
    kEntity,
    {.name = "state",
     .shape = Shape::choice,
     .about = "Where in its life it is",
     .choices = kAlertStates,
     .required = true},
    {.name = "severity", .shape = Shape::choice, .about = "How urgent", .choices = kSeverities},
    {.name = "driver",
     .shape = Shape::text,
     .about = "The factor that explains most of the gap, tracking, demand, or none"},
    {.name = "reason_contains", .shape = Shape::texts, .about = "Parts of its reason"},
    {.name = "acknowledged_by", .shape = Shape::text, .about = "Who took it on"},
    {.name = "fired_at", .shape = Shape::text, .about = "2026-11-20T21:04; a day alone is its last moment"},
    {.name = "amended",
     .shape = Shape::boolean,
     .about = "Whether a figure that it fired on was restated since"},
    {.name = "amended_to", .shape = Shape::text, .about = "The value that it would have fired on now"},
    {.name = "would_have_fired",
     .shape = Shape::boolean,
     .about = "Whether it would have fired on that value"},
}};

constexpr std::array<Key, 5> kTestFinding{{
    {.name = "at", .shape = Shape::text, .about = "Since when it is known", .required = true},
    {.name = "until", .shape = Shape::text, .about = "When the figures are good again; never unless given"},
    {.name = "finding",
     .shape = Shape::choice,
     .about = "What is found",
     .choices = rules::kSourceFindingNames,
     .required = true},
    kEntity,
    {.name = "text", .shape = Shape::text, .about = "The sentence for people"},
}};

constexpr std::array<Key, 8> kExpectedAdvice{{
    kTarget,
    kEntity,
    {.name = "lead", .shape = Shape::name, .about = "The playbook that leads"},
    {.name = "playbooks",
     .shape = Shape::texts,
     .about = "All that are recommended, best first; [] for none"},
    {.name = "includes", .shape = Shape::texts, .about = "Playbooks that are among them"},
    {.name = "excludes", .shape = Shape::texts, .about = "Playbooks that are not"},
    {.name = "text", .shape = Shape::text, .about = "The advice of the one that leads"},
    {.name = "text_contains", .shape = Shape::texts, .about = "Parts of it"},
}};

}  // namespace

const KeyTable kTestFileKeys{"test_file", kTestFile};
const KeyTable kTestKeys{"test", kTest};
const KeyTable kTestSeriesKeys{"test_series", kTestSeries, true};
const KeyTable kTestRatesKeys{"test_rates", kTestRates, true};
const KeyTable kTestAcknowledgementKeys{"test_acknowledgement", kTestAcknowledgement, true};
const KeyTable kTestFindingKeys{"test_finding", kTestFinding, true};
const KeyTable kTestDecisionKeys{"test_decision", kTestDecision, true};
const KeyTable kExpectationKeys{"expectation", kExpectation};
const KeyTable kExpectedVerdictKeys{"expected_verdict", kExpectedVerdict, true};
const KeyTable kExpectedAlertKeys{"expected_alert", kExpectedAlert, true};
const KeyTable kExpectedAdviceKeys{"expected_advice", kExpectedAdvice, true};

}  // namespace tightrope::config
