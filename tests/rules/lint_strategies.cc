#include "lint_strategies.h"

#include <cstdlib>
#include <utility>
#include <variant>

namespace tightrope::rules::lint_testing {
namespace {

KpiLibrary library() {
  KpiLibrary library;
  const bool good = !library.add_metric({"demos", Unit::count, true}) &&
                    !library.add_kpi("cost_per_demo", "spend / demos", Unit::money, Better::lower, "");
  if (!good) std::abort();
  return library;
}

Target target(std::string name, std::string kpi, BoundKind kind, Bound bound) {
  Target result;
  result.name = std::move(name);
  result.kpi = std::move(kpi);
  result.kind = kind;
  result.bounds = {bound};
  return result;
}

}  // namespace

Target at_most(std::string name, std::string kpi, double high) {
  return target(std::move(name), std::move(kpi), BoundKind::at_most, {kFirstDay, 0, high});
}

Target at_least(std::string name, std::string kpi, double low) {
  return target(std::move(name), std::move(kpi), BoundKind::at_least, {kFirstDay, low, 0});
}

Target between(std::string name, std::string kpi, double low, double high) {
  return target(std::move(name), std::move(kpi), BoundKind::between, {kFirstDay, low, high});
}

Playbook playbook(std::string name, std::string kpi, std::string_view when) {
  Playbook result;
  result.name = std::move(name);
  result.kpi = std::move(kpi);
  result.advise = "{value}";
  if (!when.empty()) {
    auto compiled = compile_formula(when, library().vocabulary(playbook_values()));
    if (std::holds_alternative<FormulaError>(compiled)) std::abort();
    result.when = std::get<Formula>(std::move(compiled));
  }
  return result;
}

Objective objective(std::string name, std::vector<Target> targets) {
  Objective result;
  result.name = std::move(name);
  result.targets = std::move(targets);
  return result;
}

std::vector<DimensionMatch> match(std::string channel, std::string campaign) {
  std::vector<DimensionMatch> result{{0, {std::move(channel)}}};
  if (!campaign.empty()) result.push_back({1, {std::move(campaign)}});
  return result;
}

Strategy strategy(std::vector<Objective> objectives, std::vector<Playbook> playbooks) {
  const KpiLibrary known = library();
  Strategy result;
  result.client = "acme";
  result.metrics.assign(known.metrics().begin(), known.metrics().end());
  result.kpis.assign(known.kpis().begin(), known.kpis().end());
  result.objectives = std::move(objectives);
  result.playbooks = std::move(playbooks);
  return result;
}

std::vector<std::string> findings(const Strategy& strategy, bool notes) {
  std::vector<std::string> result;
  for (const Finding& finding : lint(strategy)) {
    if (finding.is_note && !notes) continue;
    const Subject& subject = finding.about.front();
    result.push_back(std::string(to_string(finding.kind)) + ":" + subject.name + ":" + subject.key +
                     (finding.likely ? " likely" : ""));
  }
  return result;
}

}  // namespace tightrope::rules::lint_testing
