#include "tests/rules/generated_strategies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/rules/strategies.h"

namespace tightrope::rules::testing {
namespace {

using namespace std::chrono_literals;

template <class List>
const auto& any_of(std::mt19937& random, const List& list) {
  return list[below(random, static_cast<unsigned>(std::size(list)))];
}

struct MadeKpi {
  const char* name;
  const char* formula;
  Better better;
};
constexpr std::array kMadeKpis{
    MadeKpi{"spend_growth", "change(spend, 7d)", Better::lower},
    MadeKpi{"cpa_growth", "change(cpa, 7d, 28d)", Better::lower},
    MadeKpi{"conversions_same_days", "change(conversions, yesterday, weekdays)", Better::higher},
    MadeKpi{"cpc_same_days", "change(cpc, 3d, weekdays)", Better::lower},
    MadeKpi{"clicks_by_hours", "change(clicks, 24h)", Better::higher},
    MadeKpi{"ctr_by_hours", "change(ctr, 6h)", Better::higher},
    MadeKpi{"revenue_back", "change(revenue, yesterday, 3d)", Better::higher},
    MadeKpi{"spend_long", "change(spend, 49d)", Better::lower},
    MadeKpi{"swing", "abs(change(revenue, 14d))", Better::lower},
    MadeKpi{"spend_share", "share(spend)", Better::neither},
    MadeKpi{"net_share", "share(net_revenue)", Better::higher},
    MadeKpi{"share_of_shares", "share(spend) / share(conversions)", Better::lower},
    MadeKpi{"spend_per_bound", "spend / bound", Better::lower},
    MadeKpi{"budget_used", "spend / budget", Better::lower},
    MadeKpi{"budget_left", "budget - spend", Better::higher},
    MadeKpi{"worse_price", "max(cpc, cpa)", Better::lower},
    MadeKpi{"price_by_volume", "if(conversions > 5, cpa, 2 * cpc)", Better::lower},
    MadeKpi{"price_by_trend", "if(change(clicks, 7d) < 0, cpc, cpa)", Better::lower},
    MadeKpi{"efficiency", "revenue / (spend + refunds)", Better::higher},
    MadeKpi{"people", "reach", Better::higher},
    MadeKpi{"place", "average_position", Better::lower},
    MadeKpi{"fresh", "impressions / users", Better::neither},
};
constexpr std::array kBuiltInKpis{"cpa",    "cpc",       "cpm",         "roas",   "acos",
                                  "ctr",    "cvr",       "aov",         "spend",  "revenue",
                                  "clicks", "frequency", "conversions", "orders", "net_revenue"};
constexpr std::array kVolumes{"spend", "revenue", "conversions", "clicks"};
constexpr std::array kPeriods{"week", "month", "quarter", "flight"};
constexpr std::array kWindows{"1h",  "3h", "24h",       "72h",   "1d",   "7d",    "7d",      "28d",   "92d",
                              "45d", "2d", "yesterday", "today", "week", "month", "quarter", "flight"};
constexpr std::array kZones{"UTC",          "Europe/Berlin", "America/New_York",   "Asia/Kolkata",
                            "Pacific/Apia", "Asia/Tokyo",    "Australia/Lord_Howe"};
constexpr std::array kCurrencies{"EUR", "USD", "GBP"};
constexpr std::array kBounds{0.0, 0.05, 0.2, 0.5, 1.0, 1.25, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 150.0, -0.25};
constexpr std::array<std::array<const char*, 4>, 4> kGlobs{{{"search", "s*", "*", "social"},
                                                            {"c1", "c*", "*", "c2"},
                                                            {"g1", "g*", "*", "g2"},
                                                            {"a*", "*", "a1", ""}}};

const KpiLibrary& library() {
  static const KpiLibrary kLibrary = [] {
    KpiLibrary made;
    for (const MadeKpi& kpi : kMadeKpis) {
      const auto error = made.add_kpi(kpi.name, kpi.formula, std::nullopt, kpi.better, "made for tests");
      EXPECT_FALSE(error) << kpi.formula << ": " << error->problem;
    }
    return made;
  }();
  return kLibrary;
}

Window window_of(std::mt19937& random, std::string_view name, Day around) {
  if (name != "flight") return *parse_window(name);
  const Day first = around + static_cast<int>(below(random, 60)) - 30;
  Window flight{.kind = Window::Kind::flight, .length = 1, .first = first, .last = first};
  flight.last = first + static_cast<int>(below(random, Window::kMostDays));
  return flight;
}

std::vector<DimensionMatch> match_of(std::mt19937& random, std::size_t depth) {
  std::vector<DimensionMatch> match;
  for (std::size_t dimension = 0; dimension < depth; ++dimension) {
    if (!once_in(random, 2)) continue;
    DimensionMatch of{dimension, {any_of(random, kGlobs[dimension])}};
    if (once_in(random, 3)) of.globs.emplace_back(any_of(random, kGlobs[dimension]));
    match.push_back(std::move(of));
  }
  return match;
}

Bound bound_of(std::mt19937& random, BoundKind kind, Day from) {
  Bound bound{.from = from};
  const double a = any_of(random, kBounds);
  if (kind == BoundKind::at_most) bound.high = a;
  if (kind == BoundKind::at_least) bound.low = a;
  if (kind == BoundKind::between) {
    bound.low = a;
    bound.high = a + any_of(random, std::array{0.1, 1.0, 5.0, 40.0});
  }
  return bound;
}

std::vector<Bound> bounds_of(std::mt19937& random, BoundKind kind, Day around) {
  std::vector<Bound> bounds;
  Day from = once_in(random, 4) ? around + static_cast<int>(below(random, 20)) - 5 : kFirstDay;
  bounds.push_back(bound_of(random, kind, from));
  if (from == kFirstDay) from = around - 12;
  while (once_in(random, 3)) {
    from = from + 1 + static_cast<int>(below(random, 12));
    bounds.push_back(bound_of(random, kind, from));
  }
  return bounds;
}

void set_kpi(std::mt19937& random, Target& target, Day around) {
  target.kpi = once_in(random, 2) ? any_of(random, kMadeKpis).name : any_of(random, kBuiltInKpis);
  target.over = window_of(random, any_of(random, kWindows), around);
  target.pace = once_in(random, 8);
  if (!target.pace) return;
  target.kpi = any_of(random, kVolumes);
  target.over = window_of(random, any_of(random, kPeriods), around);
}

Target target_of(std::mt19937& random, std::string name, Day around) {
  Target target;
  target.name = std::move(name);
  set_kpi(random, target, around);
  target.kind = static_cast<BoundKind>(below(random, 3));
  target.bounds = bounds_of(random, target.kind, around);
  target.per.depth = any_of(random, std::array{0, 1, 1, 2, 2, 2, 3, 4});
  for (unsigned count = target.per.depth == 0 ? 0 : below(random, 3); count > 0; --count) {
    target.exceptions.push_back({match_of(random, static_cast<std::size_t>(target.per.depth)),
                                 bounds_of(random, target.kind, around)});
    if (target.exceptions.back().match.empty()) target.exceptions.pop_back();
  }
  if (once_in(random, 2)) target.hold = any_of(random, std::array<Duration, 4>{30min, 3h, 24h, 50h});
  if (once_in(random, 2)) target.keep_firing_for = any_of(random, std::array<Duration, 3>{1h, 5h, 48h});
  target.no_data = static_cast<NoData>(below(random, 3));
  target.severity = static_cast<Severity>(below(random, 3));
  if (once_in(random, 3)) target.min_volume.push_back({any_of(random, kVolumes), any_of(random, kBounds)});
  if (once_in(random, 8)) target.min_volume.push_back({"orders", 3});
  target.watch_within = any_of(random, std::array{0.0, 0.05, 0.25, 1.0});
  return target;
}

// Guards are of the same level. Paced targets are left out: see NaiveEngine::verdict().
void set_guards(std::mt19937& random, Objective& objective) {
  for (Target& target : objective.targets) {
    target.guards.clear();
    for (const Target& guard : objective.targets) {
      if (guard.name == target.name || guard.per != target.per || guard.pace || target.pace) continue;
      if (once_in(random, 2)) target.guards.push_back(guard.name);
    }
  }
}

Objective objective_of(std::mt19937& random, const std::string& name, Day around) {
  Objective result = objective(name, {});
  if (once_in(random, 2)) result.match = match_of(random, 3);
  if (once_in(random, 2))
    result.budget = Budget{any_of(random, std::array{100.0, 5000.0}),
                           window_of(random, any_of(random, kPeriods), around)};
  for (unsigned count = 1 + below(random, 5); count > 0; --count)
    result.targets.push_back(target_of(random, name + "_" + std::to_string(count), around));
  set_guards(random, result);
  return result;
}

void set_place(std::mt19937& random, Strategy& strategy) {
  strategy.timezone = any_of(random, kZones);
  strategy.week_start = std::chrono::weekday(below(random, 7));
  if (once_in(random, 2)) {
    strategy.fiscal.month_starts_on = static_cast<int>(1 + below(random, 28));
    strategy.fiscal.year_starts_in = static_cast<int>(1 + below(random, 12));
  }
}

}  // namespace

unsigned below(std::mt19937& random, unsigned count) {
  return static_cast<unsigned>(random() % count);
}

bool once_in(std::mt19937& random, unsigned count) {
  return below(random, count) == 0;
}

Strategy generated_strategy(std::mt19937& random, Day around) {
  std::vector<Objective> objectives;
  for (unsigned count = 1 + below(random, 3); count > 0; --count)
    objectives.push_back(objective_of(random, "o" + std::to_string(count), around));
  static const std::vector<Playbook> kPlaybooks{
      playbook("bids", "cpa", "cpc", "", "Lower bids by {step:.0%}."),
      playbook("look", "", "", "", "Look at {entity}: {value}, {gap:.0%}."),
      playbook("trend", "", "", "change(spend, 7d) > 0 or rank(spend) < 3", "Spend of {channel} moves."),
  };
  std::vector<Playbook> playbooks;
  for (const Playbook& each : kPlaybooks) {
    if (!once_in(random, 3)) playbooks.push_back(each);
  }
  // Of a kind that hangs on the day.
  playbooks.push_back(playbook("doubt", "", "", "", "Are the figures of {entity} true?"));
  playbooks.back().finding =
      static_cast<SourceFindingKind>(static_cast<std::size_t>(around.number) % kSourceFindingKinds);
  Strategy result = strategy(std::move(objectives), std::move(playbooks));
  result.kpis.assign(library().kpis().begin(), library().kpis().end());
  set_place(random, result);
  result.currency = any_of(random, kCurrencies);
  result.rates_hold_days = static_cast<int>(1 + below(random, 8));
  return result;
}

Strategy changed_strategy(std::mt19937& random, Strategy strategy, Day around) {
  if (once_in(random, 4)) return generated_strategy(random, around);
  for (unsigned changes = below(random, 4); changes > 0; --changes) {
    Objective& objective =
        strategy.objectives[below(random, static_cast<unsigned>(strategy.objectives.size()))];
    Target& target = objective.targets[below(random, static_cast<unsigned>(objective.targets.size()))];
    switch (below(random, 10)) {
      case 0:
        set_place(random, strategy);
        break;
      case 1:
        strategy.currency = any_of(random, kCurrencies);
        break;
      case 2:
        strategy.rates_hold_days = static_cast<int>(1 + below(random, 8));
        break;
      case 3:
        target.bounds = bounds_of(random, target.kind, around);
        break;
      case 4:
        target.guards.clear();
        set_kpi(random, target, around);
        break;
      case 5:
        objective.targets.push_back(
            target_of(random, objective.name + "_new" + std::to_string(below(random, 3)), around));
        // Names are unique.
        for (std::size_t i = 0; i + 1 < objective.targets.size(); ++i) {
          if (objective.targets[i].name == objective.targets.back().name) {
            objective.targets.pop_back();
            break;
          }
        }
        break;
      case 6:
        if (objective.targets.size() > 1) objective.targets.erase(objective.targets.begin());
        break;
      case 7:
        objective.match = match_of(random, 3);
        break;
      case 8:
        std::swap(objective.targets.front(), objective.targets.back());
        break;
      default:
        target.watch_within = 0.5;
        target.hold = 2h;
        target.exceptions.clear();
        break;
    }
    set_guards(random, objective);
  }
  return strategy;
}

}  // namespace tightrope::rules::testing
