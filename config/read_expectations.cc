// What a case of a test file expects.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "config/scalars.h"
#include "config/test_readers.h"

namespace tightrope::config {
namespace {

std::optional<ExpectedFigure> read_figure(MappingReader& in, std::string_view key) {
  const auto at = in.get(key, Shape::text);
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return std::nullopt;
  if (*text == "none") return ExpectedFigure{std::numeric_limits<double>::quiet_NaN(), *text};
  auto value = parse_percent(*text);
  if (!value) value = parse_number(*text);
  if (!value) {
    at->error(fmt::format("{} is not a figure", in_quotes(at->node().text)), "write 41.2, 12% or none");
    return std::nullopt;
  }
  return ExpectedFigure{*value, *text};
}

ExpectedVerdict read_verdict(const Cursor& at, const TestReading& test) {
  MappingReader in(at, kExpectedVerdictKeys);
  ExpectedVerdict verdict;
  verdict.where = location_of(at);
  NamedCheck check = read_check(in, test);
  verdict.target = std::move(check.target);
  verdict.entity = std::move(check.entity);
  if (const auto state = in.choice("state"))
    verdict.state = rules::parse_verdict_state(kExpectedVerdictKeys.find("state")->choices[*state]);
  if (const auto reason = in.choice("reason"))
    verdict.reason = std::string(kExpectedVerdictKeys.find("reason")->choices[*reason]);
  verdict.value = read_figure(in, "value");
  verdict.gap = read_figure(in, "gap");
  verdict.low = read_figure(in, "low");
  verdict.high = read_figure(in, "high");
  verdict.stake_per_hour = read_figure(in, "stake_per_hour");
  verdict.tolerance = in.share("tolerance", {0, 1}).value_or(kFigureTolerance);
  const bool compares = in.has("state") || in.has("reason") || in.has("value") || in.has("gap") ||
                        in.has("low") || in.has("high") || in.has("stake_per_hour");
  if (in.readable() && !compares)
    at.error("expects nothing of the verdict", "write a state, a value, or both");
  return verdict;
}

ExpectedAlert read_alert(const Cursor& at, const TestReading& test) {
  MappingReader in(at, kExpectedAlertKeys);
  ExpectedAlert alert;
  alert.where = location_of(at);
  NamedCheck check = read_check(in, test);
  alert.target = std::move(check.target);
  alert.entity = std::move(check.entity);
  if (const auto state = in.choice("state")) alert.state = static_cast<ExpectedAlertState>(*state);
  if (const auto severity = in.choice("severity")) alert.severity = static_cast<rules::Severity>(*severity);
  alert.driver = in.text("driver");
  if (alert.driver == "none") alert.driver = "";
  alert.reason_contains = in.texts("reason_contains");
  alert.acknowledged_by = in.text("acknowledged_by");
  alert.fired_at = read_time(in.get("fired_at", Shape::text), test);
  alert.amended = in.boolean("amended");
  alert.amended_to = read_figure(in, "amended_to");
  alert.would_have_fired = in.boolean("would_have_fired");
  return alert;
}

std::vector<std::string> read_playbooks_named(MappingReader& in, std::string_view key,
                                              const TestReading& test) {
  std::vector<std::string> names;
  const auto at = in.get(key, Shape::texts);
  if (!at) return names;
  for (const auto& item : at->items_or_one()) names.push_back(read_playbook_name(item, test));
  return names;
}

ExpectedAdvice read_advice(const Cursor& at, const TestReading& test) {
  MappingReader in(at, kExpectedAdviceKeys);
  ExpectedAdvice advice;
  advice.where = location_of(at);
  NamedCheck check = read_check(in, test);
  advice.target = std::move(check.target);
  advice.entity = std::move(check.entity);
  if (const auto lead = in.get("lead", Shape::name)) advice.lead = read_playbook_name(*lead, test);
  auto all = read_playbooks_named(in, "playbooks", test);
  if (in.has("playbooks")) advice.playbooks = std::move(all);
  advice.includes = read_playbooks_named(in, "includes", test);
  advice.excludes = read_playbooks_named(in, "excludes", test);
  advice.text = in.text("text");
  advice.text_contains = in.texts("text_contains");
  const bool compares = advice.lead || advice.playbooks || !advice.includes.empty() ||
                        !advice.excludes.empty() || advice.text || !advice.text_contains.empty();
  if (in.readable() && !compares) at.error("expects nothing of the advice", "write lead: or playbooks:");
  return advice;
}

// `alerts`, `some_alerts` or `no_alerts`.
void read_alerts(MappingReader& in, const TestReading& test, Expectation& expectation) {
  const auto read = [&](std::string_view key) {
    std::vector<ExpectedAlert> alerts;
    for (const auto& at : in.mappings(key)) alerts.push_back(read_alert(at, test));
    return alerts;
  };
  const auto all = in.get("alerts", Shape::mappings);
  if (in.has("alerts")) expectation.alerts = read("alerts");
  if (in.has("alerts") && !all) {
    in.at().child(*in.at().node().find("alerts")).error("has no alerts in it", "write no_alerts: true");
  }
  auto some = read("some_alerts");
  if (in.has("some_alerts")) {
    if (some.empty()) {
      in.at()
          .child(*in.at().node().find("some_alerts"))
          .error("has no alerts in it", "write no_alerts: true, or name some");
    }
    expectation.alerts = std::move(some);
    expectation.compare = Expectation::Alerts::some;
  }
  const auto none = in.get("no_alerts", Shape::boolean);
  const auto is_none = none ? none->boolean() : std::nullopt;
  if (is_none == false) none->error("is true or left out", "alerts: names those that are expected");
  if (in.has("no_alerts")) expectation.alerts = std::vector<ExpectedAlert>();
  const int given = int{in.has("alerts")} + int{in.has("some_alerts")} + int{in.has("no_alerts")};
  if (given > 1) in.at().error("has more than one of alerts, some_alerts and no_alerts; keep one");
}

Expectation read_expectation(const Cursor& at, const TestReading& test,
                             std::optional<rules::Timestamp> earliest) {
  MappingReader in(at, kExpectationKeys);
  Expectation expectation;
  expectation.where = location_of(at);
  const auto at_time = in.get("at", Shape::text);
  const auto time = read_time(at_time, test);
  expectation.at = time.value_or(earliest.value_or(rules::Timestamp{}));
  if (time && earliest && *time < *earliest) {
    at_time->error("lies before the start or before the expectation above it",
                   "write expectations in order of time");
  }
  for (const auto& verdict : in.mappings("verdicts"))
    expectation.verdicts.push_back(read_verdict(verdict, test));
  read_alerts(in, test, expectation);
  for (const auto& advice : in.mappings("recommendations"))
    expectation.recommendations.push_back(read_advice(advice, test));
  if (in.readable() && expectation.verdicts.empty() && !expectation.alerts &&
      expectation.recommendations.empty()) {
    at.error("expects nothing", "write verdicts, alerts, no_alerts: true or recommendations");
  }
  return expectation;
}

}  // namespace

std::vector<Expectation> read_expectations(const std::vector<Cursor>& at,
                                           std::optional<rules::Timestamp> start, const TestReading& test) {
  std::vector<Expectation> expectations;
  std::optional<rules::Timestamp> earliest = start;
  for (const auto& item : at) {
    expectations.push_back(read_expectation(item, test, earliest));
    earliest = expectations.back().at;
  }
  return expectations;
}

}  // namespace tightrope::config
