#include "daemon/rule_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/rule_test_comparison.h"
#include "rules/engine.h"

namespace tightrope::daemon {
namespace {

class RuleTestRun {
 public:
  explicit RuleTestRun(const rules::Strategy& strategy) : engine_(strategy) {}

  void tick(rules::Timestamp at) { engine_.apply(rules::Tick{at}); }

  void take(const config::TestStep& step) {
    std::visit([&](const auto& what) { take(step, what); }, step.what);
  }

  void check(const config::Expectation& expectation) {
    tick(expectation.at);
    for (const auto& verdict : expectation.verdicts) report(compare(verdict, engine_));
    if (expectation.alerts) report(compare_alerts(expectation, engine_));
    for (const auto& advice : expectation.recommendations) report(compare(advice, engine_));
  }

  std::vector<RuleTestFailure> failures() && { return std::move(failures_); }

 private:
  void report(std::optional<Difference> difference) {
    if (!difference) return;
    failures_.push_back({std::move(difference->where), engine_.calendar().format_local(engine_.now()),
                         std::move(difference->problem), std::move(difference->details)});
  }

  void take(const config::TestStep& step, const rules::ObservationBatch& batch) {
    const rules::Effects effects = engine_.apply(batch);
    if (effects.cells_outside == 0) return;
    report(Difference{
        step.where,
        fmt::format("{} of these figures are too old or too far ahead to be held", effects.cells_outside),
        {}});
  }

  void take(const config::TestStep&, const rules::SourceFindings& findings) { engine_.apply(findings); }

  void take(const config::TestStep& step, const config::TestAcknowledgement& acknowledgement) {
    tick(step.at);
    const auto alert = find_live_alert(engine_, acknowledgement.target, acknowledgement.entity);
    if (!alert) {
      report(Difference{step.where,
                        fmt::format("there is no alert of {} to acknowledge",
                                    check_name(acknowledgement.target, acknowledgement.entity)),
                        list_live_alerts(engine_)});
      return;
    }
    refuse(step, "the acknowledgement",
           engine_.apply(rules::Acknowledgement{step.at, alert->id, acknowledgement.by}));
  }

  void take(const config::TestStep& step, const config::TestDecision& decision) {
    tick(step.at);
    const auto alert = find_live_alert(engine_, decision.target, decision.entity);
    const std::string check = check_name(decision.target, decision.entity);
    if (!alert) {
      report(Difference{step.where, fmt::format("there is no alert of {} to decide on", check),
                        list_live_alerts(engine_)});
      return;
    }
    const auto& offered = alert->recommendations;
    const auto chosen = std::find_if(offered.begin(), offered.end(), [&](const auto& recommendation) {
      return recommendation.playbook == decision.playbook;
    });
    if (chosen == offered.end()) {
      std::vector<std::string> details;
      for (const auto& recommendation : offered) details.push_back(recommendation.playbook);
      if (details.empty()) details.emplace_back("nothing");
      details.insert(details.begin(), "recommended are:");
      report(Difference{step.where, fmt::format("{} is not recommended for {}", decision.playbook, check),
                        std::move(details)});
      return;
    }
    refuse(step, "the decision",
           engine_.apply(rules::Decision{.at = step.at,
                                         .recommendation = chosen->id,
                                         .kind = decision.kind,
                                         .reason = decision.reason,
                                         .by = decision.by,
                                         .until = decision.until}));
  }

  void refuse(const config::TestStep& step, std::string_view what, const rules::Effects& effects) {
    if (!effects.refused.empty())
      report(Difference{step.where, fmt::format("{} was refused: {}", what, effects.refused), {}});
  }

  rules::Engine engine_;
  std::vector<RuleTestFailure> failures_;
};

}  // namespace

std::vector<RuleTestFailure> run_rule_test(const config::RuleTest& test, const rules::Strategy& strategy) {
  RuleTestRun run(strategy);
  if (test.start) run.tick(*test.start);
  auto step = test.steps.begin();
  for (const auto& expectation : test.expectations) {
    for (; step != test.steps.end() && step->at <= expectation.at; ++step) run.take(*step);
    run.check(expectation);
  }
  // What comes after the last expectation must at least be possible.
  for (; step != test.steps.end(); ++step) run.take(*step);
  return std::move(run).failures();
}

}  // namespace tightrope::daemon
