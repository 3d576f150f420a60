// Strategies for tests, built in code: short where the defaults serve.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "rules/engine.h"
#include "rules/kpi.h"

namespace tightrope::rules::testing {

inline constexpr Timestamp kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);
inline constexpr Day kToday = day_from_ymd(std::chrono::year(2026) / 11 / 20);

Target at_most(std::string name, std::string kpi, double high, Level per = {2});
Target at_least(std::string name, std::string kpi, double low, Level per = {2});
Objective objective(std::string name, std::vector<Target> targets);
// Client "acme", UTC, EUR, with the built-in library.
Strategy strategy(std::vector<Objective> objectives, std::vector<Playbook> playbooks = {});
Playbook playbook(std::string name, std::string kpi, std::string driver, std::string when,
                  std::string advise);

Entity campaign(std::string channel, std::string name);

struct Figure {
  Entity entity;
  std::string metric;
  Day day;
  double value;   // NaN takes the figure back
  int hour = -1;  // -1: the whole day
};
ObservationBatch figures(Timestamp learnt, const std::vector<Figure>& list);
// Spend and conversions of one campaign on each of the 7 days that end with `last`.
ObservationBatch week_of(Timestamp learnt, const Entity& entity, double spend, double conversions,
                         Day last = kToday);

// The verdict of a target at an entity. Fails the test when there is none.
Verdict verdict_of(const Engine& engine, std::string_view target, const Entity& entity);
// "fired trial_cpa search/brand", one a line, in order.
// Steps in the lives of alerts, one a line; that one was updated is no step.
std::string told(const Effects& effects);

}  // namespace tightrope::rules::testing
