#include "rules/lint_identities.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules {
namespace {

// Products of several bounds are off by a few roundings: less than this, relative, is no conflict.
constexpr double kTolerance = 1e-9;
constexpr int kRounds = 8;

using KpiPlaces = std::unordered_map<std::string, std::size_t>;

// Any figures will do that are not special: distinct, positive, without common factors.
double sample(std::size_t metric, int which) {
  const double n = static_cast<double>(metric);
  return which == 0 ? 3.7 + 1.9 * n : 11.3 + 0.7 * n * n;
}

std::vector<double> sample_kpis(const Strategy& strategy, int which) {
  std::unordered_map<std::string, double> figures;
  for (std::size_t i = 0; i < strategy.metrics.size(); ++i)
    figures.emplace(strategy.metrics[i].name, sample(i, which));
  std::vector<double> values;
  for (const Kpi& kpi : strategy.kpis) {
    std::vector<double> inputs;
    for (const Input& input : kpi.formula.inputs()) inputs.push_back(figures[input.name]);
    values.push_back(kpi.formula.evaluate(inputs));
  }
  return values;
}

double product(const std::vector<std::pair<std::size_t, int>>& members, const std::vector<double>& values) {
  double result = 1;
  for (const auto& [kpi, exponent] : members) result *= std::pow(values[kpi], exponent);
  return result;
}

// One side of a KPI's range, with what put it there.
struct Side {
  double value;
  std::vector<std::size_t> sources;
};
struct Known {
  Side low, high;
};

std::vector<std::size_t> joined(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  std::vector<std::size_t> result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

// The largest (or smallest) that constant * product can be without one member.
Side extreme(const Identity& identity, std::size_t without, const std::vector<Known>& known, bool largest) {
  Side result{identity.constant, {}};
  for (const auto& [kpi, exponent] : identity.members) {
    if (kpi == without) continue;
    const bool upper = (exponent > 0) == largest;
    const Side& side = upper ? known[kpi].high : known[kpi].low;
    const double factor = exponent > 0 ? side.value : 1 / side.value;
    // Nothing times "as much as you like": the bound says nothing.
    if (std::isnan(factor) || (largest && std::isinf(factor)) || (!largest && factor == 0))
      return {largest ? INFINITY : 0, {}};
    result.value *= factor;
    result.sources = joined(result.sources, side.sources);
  }
  return result;
}

bool in_conflict(const Known& known) {
  const double slack = kTolerance * std::max(std::abs(known.low.value), std::abs(known.high.value));
  return known.low.value > known.high.value && known.low.value - known.high.value > slack;
}

// True when the side has become tighter by more than rounding.
bool tighten(Side& side, Side by, bool low) {
  const double gain = low ? by.value - side.value : side.value - by.value;
  if (!(gain > kTolerance * std::max(std::abs(by.value), 1e-300))) return false;
  side = std::move(by);
  return true;
}

bool all_positive(const Identity& identity, const std::vector<Known>& known) {
  return std::all_of(identity.members.begin(), identity.members.end(),
                     [&](const auto& member) { return known[member.first].low.value >= 0; });
}

// x ^ e = 1 / (constant * the others): the others' largest makes x ^ e smallest.
bool tighten_member(const Identity& identity, std::size_t kpi, int exponent, std::vector<Known>& known) {
  Side largest = extreme(identity, kpi, known, true);
  Side smallest = extreme(identity, kpi, known, false);
  if (exponent > 0) {
    largest.value = 1 / largest.value;
    smallest.value = 1 / smallest.value;
    std::swap(largest, smallest);
  }
  const bool low = tighten(known[kpi].low, std::move(smallest), true);
  const bool high = tighten(known[kpi].high, std::move(largest), false);
  return low || high;
}

Conflict conflict_at(std::size_t kpi, const Known& known) {
  return {kpi, known.low.value, known.high.value, known.low.sources, known.high.sources};
}

}  // namespace

std::vector<Identity> identities_of(const Strategy& strategy) {
  KpiPlaces places;
  for (std::size_t i = 0; i < strategy.kpis.size(); ++i) places.emplace(strategy.kpis[i].name, i);
  std::vector<Identity> candidates;
  for (std::size_t i = 0; i < strategy.kpis.size(); ++i) {
    const Kpi& kpi = strategy.kpis[i];
    Identity by_factors{1, {{i, -1}}};
    for (const Factor& factor : factors_of(kpi.name)) {
      if (const auto place = places.find(std::string(factor.kpi)); place != places.end())
        by_factors.members.emplace_back(place->second, factor.exponent);
    }
    if (by_factors.members.size() > 2) candidates.push_back(std::move(by_factors));
    const auto& inputs = kpi.formula.inputs();
    if (!kpi.formula.is_quotient() || inputs.size() != 2) continue;
    const auto above = places.find(inputs[0].name);
    const auto below = places.find(inputs[1].name);
    if (above == places.end() || below == places.end()) continue;
    candidates.push_back({1, {{i, -1}, {above->second, 1}, {below->second, -1}}});
  }
  const std::vector<double> first = sample_kpis(strategy, 0);
  const std::vector<double> second = sample_kpis(strategy, 1);
  std::vector<Identity> identities;
  for (Identity& candidate : candidates) {
    const double constant = 1 / product(candidate.members, first);
    const double again = 1 / product(candidate.members, second);
    if (!(constant > 0) || !(std::abs(constant - again) <= kTolerance * constant)) continue;
    candidate.constant = constant;
    identities.push_back(std::move(candidate));
  }
  return identities;
}

std::optional<Conflict> find_conflict(std::span<const Identity> identities, std::span<const Interval> natural,
                                      std::span<const Demand> demands) {
  std::vector<Known> known;
  for (const Interval range : natural) known.push_back({{range.low, {}}, {range.high, {}}});
  for (const Demand& demand : demands) {
    Known& kpi = known[demand.kpi];
    if (demand.range.low > kpi.low.value) kpi.low = {demand.range.low, {demand.source}};
    if (demand.range.high < kpi.high.value) kpi.high = {demand.range.high, {demand.source}};
    if (in_conflict(kpi)) return conflict_at(demand.kpi, kpi);
  }
  for (int round = 0; round < kRounds; ++round) {
    bool changed = false;
    for (const Identity& identity : identities) {
      if (!all_positive(identity, known)) continue;
      for (const auto& [kpi, exponent] : identity.members) {
        changed = tighten_member(identity, kpi, exponent, known) || changed;
        if (in_conflict(known[kpi])) return conflict_at(kpi, known[kpi]);
      }
    }
    if (!changed) break;
  }
  return std::nullopt;
}

}  // namespace tightrope::rules
