// How days scatter around what was due: learnt each night from the days before, for the days to come.
#include <algorithm>
#include <cmath>

#include "rules/dispersion.h"
#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// Days with less of their results than this are not over.
constexpr double kMature = 0.98;
// A profile needs whole weeks, and is made on Mondays.
constexpr int kProfileDays = 59;
constexpr int kFewestProfileDays = 28;
constexpr double kEnoughArrived = 0.5;
// Of so many nodes the correlation of neighbouring days is taken: it is one number for all.
constexpr std::size_t kCorrelatedNodes = 500;
// An estimate from some 60 days moves by itself; what is more careful is taken up sooner.
constexpr double kClearlyMore = 1.1;
constexpr double kClearlyLess = 0.85;
constexpr double kOrdersOfClient = 50;
// Evidence at which a miss may be in the making.
constexpr double kInTheMaking = 5;

bool is_other(double fitted, double in_force) noexcept {
  return fitted > in_force * kClearlyMore || fitted < in_force * kClearlyLess;
}

}  // namespace

double Engine::State::jump_of(const Checks& check, std::span<const EntityIndex> members,
                              DayRange days) const {
  DaySides sides;
  day_sides(check, members, days, sides);
  double money = 0;
  double orders = 0;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const double seen = sides.seen[static_cast<std::size_t>(day - days.first)];
    const double results = metric_over("conversions", members, DayRange{day, day});
    if (std::isnan(seen) || std::isnan(results)) continue;
    money += seen;
    orders += results;
  }
  return orders > 0 && money > 0 ? jump_size_of_totals(money, orders) : kUndefined;
}

// The weekdays of the target's objective as a whole: one campaign's own would mostly be chance.
void Engine::State::refit_profile(Checks& check) {
  CheckEvidence& evidence = check.evidence;
  if (weekday_index(today) != 0 && !evidence.profiles.empty()) return;
  const Day oldest = cube.head() - (Cube::kDays - 1);
  const DayRange days{std::max(oldest, today - kProfileDays), today - 1};
  const auto& members = rollups[check.whole].members(0);
  DaySides sides;
  day_sides(check, members, days, sides);
  const ArrivalsOfKpi arrivals = arrivals_of(check, members);
  std::vector<std::optional<double>> history;
  int known = 0;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const auto i = static_cast<std::size_t>(day - days.first);
    const double share = arrivals.at(age_of(day));
    const double rate = sides.seen[i] / sides.exposure[i] / share;
    const bool usable = share >= kEnoughArrived && std::isfinite(rate) && rate >= 0;
    history.push_back(usable ? std::optional(rate) : std::nullopt);
    known += usable ? 1 : 0;
  }
  if (known < kFewestProfileDays) return;
  evidence.profiles.push_back({today, weekday_profile(history, days.first, kFlatProfile)});
  // Older ones than the days that are replayed are no longer asked for.
  while (evidence.profiles.size() > 1 && evidence.profiles[1].from <= today - kEvidenceDays - 1)
    evidence.profiles.erase(evidence.profiles.begin());
}

void Engine::State::refit(Checks& check, std::vector<NodeIndex>& refitted) {
  CheckEvidence& evidence = check.evidence;
  if (!evidence.plan.usable) return;
  refit_profile(check);
  const Day oldest = cube.head() - (Cube::kDays - 1);
  const DayRange days{std::max(oldest, today - DayMoments::kMostDays), today - 1};
  const Rollup& rollup = rollups[check.rollup];
  const bool money = evidence.plan.money;
  DaySides sides;
  std::vector<DayMoments> moments(evidence.nodes.size());
  std::vector<double> jumps;
  if (money) {
    double money_of_all = 0;
    double orders_of_all = 0;
    std::vector<std::pair<double, double>> totals;
    for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) {
      const auto& members = rollup.members(node);
      const double orders = metric_over("conversions", members, days);
      day_sides(check, members, days, sides);
      double seen = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(days.length()); ++i)
        seen += sides.seen[i] >= 0 ? sides.seen[i] : 0;
      const bool known = orders > 0 && seen > 0;
      totals.emplace_back(known ? seen : 0, known ? orders : 0);
      money_of_all += totals.back().first;
      orders_of_all += totals.back().second;
    }
    if (!(orders_of_all > 0)) return;
    const double mean = money_of_all / orders_of_all;
    for (const auto& [seen, orders] : totals)
      jumps.push_back(jump_size_of_totals(seen + kOrdersOfClient * mean, orders + kOrdersOfClient));
  }
  const auto scaled = [&](NodeIndex node) {
    const auto& members = rollup.members(node);
    const double due = due_at_bound(check, node);
    const double jump = money ? jumps[node] : 1;
    const ArrivalsOfKpi arrivals = arrivals_of(check, members);
    day_sides(check, members, days, sides);
    for (Day day = days.first; day <= days.last; day = day + 1) {
      const auto i = static_cast<std::size_t>(day - days.first);
      const double share = arrivals.at(age_of(day));
      const double expected = sides.exposure[i] * due * evidence.season(day) * share / jump;
      const bool counts = share > kMature && sides.seen[i] >= 0 && expected > 0;
      sides.seen[i] = counts ? sides.seen[i] / jump : 0;
      sides.exposure[i] = counts ? expected : 0;
    }
  };
  const auto length = static_cast<std::size_t>(days.length());
  for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) {
    scaled(node);
    for (std::size_t i = 0; i < length; ++i) moments[node].add(sides.seen[i], sides.exposure[i]);
  }
  ClientDispersion client = client_dispersion(moments);
  if (client.known()) {
    DayCorrelation correlation(client);
    std::size_t taken = 0;
    for (NodeIndex node = 0; node < evidence.nodes.size() && taken < kCorrelatedNodes; ++node) {
      if (moments[node].days < DayMoments::kFewestDays) continue;
      scaled(node);
      correlation.add(moments[node], std::span(sides.seen).first(length),
                      std::span(sides.exposure).first(length));
      ++taken;
    }
    client.correlation = correlation.value();
  }
  for (NodeIndex node = 0; node < evidence.nodes.size(); ++node) {
    NodeEvidence& kept = evidence.nodes[node];
    const double variance = day_variance_of(moments[node], client);
    const double jump = money ? jumps[node] : 1;
    const DayFit* last = kept.last_fit();
    if (last != nullptr && !is_other(variance, static_cast<double>(last->day_variance)) &&
        !is_other(jump, static_cast<double>(last->jump)))
      continue;
    // A miss in the making scatters the days around their mean: it must not hide itself.
    if (last != nullptr && kept.closed.value() >= kInTheMaking &&
        variance > static_cast<double>(last->day_variance))
      continue;
    if (kept.add_fit({today, static_cast<float>(variance), static_cast<float>(jump)}))
      refitted.push_back(node);
  }
}

}  // namespace tightrope::rules
