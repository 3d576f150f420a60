// Tests of rules, as users write them: figures as they become known, and what has to follow from them.
// config/README.md says how they are written; `tightrope test` runs them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/error.h"
#include "rules/event.h"
#include "rules/target.h"
#include "rules/units.h"
#include "rules/verdict.h"

namespace tightrope::config {

// A figure that is expected.
struct ExpectedFigure {
  double value;         // NaN: that there is none, written `none`
  std::string written;  // as it stands in the file
};
// By what share of the expected figure the real one may differ, unless the test says otherwise.
constexpr double kFigureTolerance = 0.005;

// Only what is given is compared.
struct ExpectedVerdict {
  Location where;
  std::string target;
  rules::Entity entity;
  std::optional<rules::VerdictState> state;
  std::optional<std::string> reason;  // as to_string(rules::Reason) gives it
  std::optional<ExpectedFigure> value, gap, low, high, stake_per_hour;
  double tolerance = kFigureTolerance;
};

enum class ExpectedAlertState { pending, firing, acknowledged, resolved };
std::string_view to_string(ExpectedAlertState state) noexcept;

struct ExpectedAlert {
  Location where;
  std::string target;
  rules::Entity entity;
  ExpectedAlertState state = ExpectedAlertState::firing;
  std::optional<rules::Severity> severity;
  std::optional<std::string> driver;
  std::vector<std::string> reason_contains;  // all of them
  std::optional<std::string> acknowledged_by;
  std::optional<rules::Timestamp> fired_at;
  std::optional<bool> amended;
  std::optional<ExpectedFigure> amended_to;
  std::optional<bool> would_have_fired;
};

// What is recommended for an alert and not decided yet.
struct ExpectedAdvice {
  Location where;
  std::string target;
  rules::Entity entity;
  std::optional<std::string> lead;                    // the playbook that leads
  std::optional<std::vector<std::string>> playbooks;  // all of them, best first
  std::vector<std::string> includes, excludes;
  std::optional<std::string> text;         // of the leading one
  std::vector<std::string> text_contains;  // likewise
};

struct Expectation {
  Location where;
  rules::Timestamp at;
  std::vector<ExpectedVerdict> verdicts;
  // Nothing: alerts are not looked at. `all`: there are no other pending or firing ones.
  std::optional<std::vector<ExpectedAlert>> alerts;
  enum class Alerts { all, some } compare = Alerts::all;
  std::vector<ExpectedAdvice> recommendations;
};

struct TestAcknowledgement {
  std::string target;
  rules::Entity entity;
  std::string by;
};
struct TestDecision {
  std::string playbook;
  std::string target;
  rules::Entity entity;
  rules::DecisionKind kind = rules::DecisionKind::did;
  std::string by;
  std::string reason;
  std::optional<rules::Timestamp> until;
};

// Something that becomes known.
struct TestStep {
  Location where;
  rules::Timestamp at;
  std::variant<rules::ObservationBatch, TestAcknowledgement, TestDecision, rules::SourceFindings> what;
};

struct RuleTest {
  Location where;
  std::string name;
  std::size_t client = 0;                 // into RuleTests::strategies
  std::optional<rules::Timestamp> start;  // time begins here; else with the first step or expectation
  std::vector<TestStep> steps;            // in order of time; at one time figures come first
  std::vector<Expectation> expectations;  // in order of time; each after the steps of its time
};

struct RuleTests {
  std::vector<rules::Strategy> strategies;  // of all clients; can be given to an engine
  std::vector<RuleTest> tests;              // as they stand in the file
};

struct LoadedRuleTests {
  std::optional<RuleTests> tests;  // empty when there is an error
  Errors errors;                   // errors and warnings, of the file and of the strategy that it names
};
// Of a configuration only the strategy is read: no secret has to be there, and no source. Reads files and
// the environment; blocking.
LoadedRuleTests load_rule_tests(const std::string& file);

// JSON Schema (draft 2020-12) of such a file, for editors.
std::string rule_test_schema();

}  // namespace tightrope::config
