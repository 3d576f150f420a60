#include "tests/rules/strategies.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tightrope::rules::testing {
namespace {

Target target_on(std::string name, std::string kpi, BoundKind kind, Bound bound, Level per) {
  Target target;
  target.name = std::move(name);
  target.kpi = std::move(kpi);
  target.kind = kind;
  target.bounds = {bound};
  target.per = per;
  return target;
}

const KpiLibrary& library() {
  static const KpiLibrary kLibrary;
  return kLibrary;
}

}  // namespace

Target at_most(std::string name, std::string kpi, double high, Level per) {
  return target_on(std::move(name), std::move(kpi), BoundKind::at_most, {.high = high}, per);
}

Target at_least(std::string name, std::string kpi, double low, Level per) {
  return target_on(std::move(name), std::move(kpi), BoundKind::at_least, {.low = low}, per);
}

Objective objective(std::string name, std::vector<Target> targets) {
  Objective result;
  result.name = std::move(name);
  result.why = "because";
  result.owner = "owner";
  result.targets = std::move(targets);
  return result;
}

Strategy strategy(std::vector<Objective> objectives, std::vector<Playbook> playbooks) {
  Strategy result;
  result.client = "acme";
  result.metrics.assign(library().metrics().begin(), library().metrics().end());
  result.kpis.assign(library().kpis().begin(), library().kpis().end());
  result.objectives = std::move(objectives);
  result.playbooks = std::move(playbooks);
  return result;
}

Playbook playbook(std::string name, std::string kpi, std::string driver, std::string when,
                  std::string advise) {
  Playbook result;
  result.name = std::move(name);
  result.kpi = std::move(kpi);
  result.driver = std::move(driver);
  if (!when.empty()) {
    auto compiled = compile_formula(when, library().vocabulary(playbook_values()));
    EXPECT_TRUE(std::holds_alternative<Formula>(compiled)) << when;
    result.when = std::get<Formula>(compiled);
  }
  result.advise = std::move(advise);
  result.owner = "executor";
  return result;
}

Entity campaign(std::string channel, std::string name) {
  Entity entity;
  entity.path = {std::move(channel), std::move(name)};
  return entity;
}

ObservationBatch figures(Timestamp learnt, const std::vector<Figure>& list) {
  BatchBuilder builder("test", learnt);
  for (const Figure& figure : list) {
    const Bucket bucket{figure.day, static_cast<std::int8_t>(figure.hour)};
    const Amount amount = std::isnan(figure.value) ? Amount::missing() : *Amount::from_double(figure.value);
    builder.add(builder.entity(figure.entity), builder.metric(figure.metric), bucket, amount);
  }
  return std::move(builder).take();
}

ObservationBatch week_of(Timestamp learnt, const Entity& entity, double spend, double conversions, Day last) {
  std::vector<Figure> list;
  for (int back = 6; back >= 0; --back) {
    list.push_back({entity, "spend", last - back, spend});
    list.push_back({entity, "conversions", last - back, conversions});
  }
  return figures(learnt, list);
}

Verdict verdict_of(const Engine& engine, std::string_view target, const Entity& entity) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView view = engine.target(i);
    if (view.target->name != target) continue;
    for (std::size_t node = 0; node < view.entities.size(); ++node) {
      if (view.entities[node] == entity) return view.verdicts[node];
    }
  }
  ADD_FAILURE() << "no verdict of " << target << " at " << to_string(entity);
  return {};
}

std::string told(const Effects& effects) {
  std::string text;
  for (const AlertChange& change : effects.alerts) {
    if (change.kind == AlertChange::Kind::updated) continue;
    text += std::string(to_string(change.kind)) + " " + change.alert.target;
    for (std::size_t i = 0; i < change.alert.dimensions.size(); ++i) {
      text += (i == 0 ? " " : "/") + change.alert.dimensions[i].second;
    }
    text += "\n";
  }
  return text;
}

}  // namespace tightrope::rules::testing
