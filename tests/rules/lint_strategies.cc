#include "lint_strategies.h"

#include <cstdlib>
#include <utility>
#include <variant>

namespace tightrope::testing {
namespace {

rules::KpiLibrary library() {
  rules::KpiLibrary library;
  const bool good =
      !library.add_metric({"demos", rules::Unit::count, true}) &&
      !library.add_kpi("cost_per_demo", "spend / demos", rules::Unit::money, rules::Better::lower, "");
  if (!good) std::abort();
  return library;
}

rules::Target target(std::string name, std::string kpi, rules::BoundKind kind, rules::Bound bound) {
  rules::Target result;
  result.name = std::move(name);
  result.kpi = std::move(kpi);
  result.kind = kind;
  result.bounds = {bound};
  return result;
}

}  // namespace

rules::Target at_most(std::string name, std::string kpi, double high) {
  return target(std::move(name), std::move(kpi), rules::BoundKind::at_most, {rules::kFirstDay, 0, high});
}

rules::Target at_least(std::string name, std::string kpi, double low) {
  return target(std::move(name), std::move(kpi), rules::BoundKind::at_least, {rules::kFirstDay, low, 0});
}

rules::Target between(std::string name, std::string kpi, double low, double high) {
  return target(std::move(name), std::move(kpi), rules::BoundKind::between, {rules::kFirstDay, low, high});
}

rules::Playbook playbook(std::string name, std::string kpi, std::string_view when) {
  rules::Playbook result;
  result.name = std::move(name);
  result.kpi = std::move(kpi);
  result.advise = "{value}";
  if (!when.empty()) {
    auto compiled = rules::compile_formula(when, library().vocabulary(rules::playbook_values()));
    if (std::holds_alternative<rules::FormulaError>(compiled)) std::abort();
    result.when = std::get<rules::Formula>(std::move(compiled));
  }
  return result;
}

rules::Objective objective(std::string name, std::vector<rules::Target> targets) {
  rules::Objective result;
  result.name = std::move(name);
  result.targets = std::move(targets);
  return result;
}

std::vector<rules::DimensionMatch> match(std::string channel, std::string campaign) {
  std::vector<rules::DimensionMatch> result{{0, {std::move(channel)}}};
  if (!campaign.empty()) result.push_back({1, {std::move(campaign)}});
  return result;
}

rules::Strategy strategy(std::vector<rules::Objective> objectives, std::vector<rules::Playbook> playbooks) {
  const rules::KpiLibrary known = library();
  rules::Strategy result;
  result.client = "acme";
  result.metrics.assign(known.metrics().begin(), known.metrics().end());
  result.kpis.assign(known.kpis().begin(), known.kpis().end());
  result.objectives = std::move(objectives);
  result.playbooks = std::move(playbooks);
  return result;
}

std::vector<std::string> findings(const rules::Strategy& strategy, bool notes) {
  std::vector<std::string> result;
  for (const rules::Finding& finding : rules::lint(strategy)) {
    if (finding.is_note && !notes) continue;
    const rules::Subject& subject = finding.about.front();
    result.push_back(std::string(to_string(finding.kind)) + ":" + subject.name + ":" + subject.key +
                     (finding.likely ? " likely" : ""));
  }
  return result;
}

}  // namespace tightrope::testing
