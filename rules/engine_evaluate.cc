// States from sums. A state is worked out for many nodes at once, in columns; what is out of the ordinary (no
// figures, no value, no bound) is left to judge(), which also makes the verdicts that people see. Both use
// the same formulas, so they agree to the bit.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr std::size_t kBlock = Formula::kColumn;
using Block = std::array<double, kBlock>;

// Nodes in a row, or those of a list.
struct Nodes {
  NodeIndex first = 0;
  const NodeIndex* list = nullptr;
  NodeIndex operator[](std::size_t i) const noexcept {
    return list == nullptr ? first + static_cast<NodeIndex>(i) : list[i];
  }
};

double sum_at(const SumColumn& column, NodeIndex node, bool additive) noexcept {
  return figure_of(column.sums[node], column.present[node], column.converted(node), additive);
}

// What a node shows in a block: that it has figures, and that judge() has to look at it.
constexpr std::uint8_t kHasFigures = 1;
constexpr std::uint8_t kUnusual = 2;

// The mean of those that are known.
double mean_of_known(std::span<const double> figures) noexcept {
  double sum = 0;
  int known = 0;
  for (const double figure : figures) {
    if (std::isnan(figure)) continue;
    sum += figure;
    ++known;
  }
  return known == 0 ? kUndefined : sum / known;
}

// A plain column is most of the work: without branches, so that it can be vectorised.
template <class At>
void load_plain(const SumColumn& column, std::size_t count, const At& at, double* out,
                std::uint8_t* any) noexcept {
  const std::int64_t* sums = column.sums.data();
  const std::int32_t* present = column.present.data();
  for (std::size_t i = 0; i < count; ++i) {
    const NodeIndex node = at(i);
    const bool known = present[node] != 0;
    const double value = static_cast<double>(sums[node]) / static_cast<double>(Amount::kScale);
    out[i] = known ? value : kUndefined;
    any[i] = static_cast<std::uint8_t>(any[i] | static_cast<std::uint8_t>(known));
  }
}

void load_column(const SumColumn& column, const Nodes& nodes, std::size_t count, bool additive, double* out,
                 std::uint8_t* any) noexcept {
  if (!additive || !column.unconverted.empty()) {
    for (std::size_t i = 0; i < count; ++i) {
      const NodeIndex node = nodes[i];
      out[i] = sum_at(column, node, additive);
      const std::int32_t present = column.present[node];
      const bool unusual = !column.converted(node) || (!additive && present > 1);
      any[i] =
          static_cast<std::uint8_t>(any[i] | (present != 0 ? kHasFigures : 0) | (unusual ? kUnusual : 0));
    }
  } else if (nodes.list == nullptr) {
    load_plain(
        column, count, [first = nodes.first](std::size_t i) { return first + static_cast<NodeIndex>(i); },
        out, any);
  } else {
    load_plain(
        column, count, [list = nodes.list](std::size_t i) { return list[i]; }, out, any);
  }
}

}  // namespace

void Engine::State::mark_dirty(std::uint32_t target, NodeIndex node) {
  Checks& check = checks[target];
  if (check.is_dirty[node] != 0) return;
  check.is_dirty[node] = 1;
  check.dirty.push_back(node);
}

void Engine::State::mark_column(const SumColumn& column, NodeIndex node) {
  for (const std::uint32_t target : column.targets) mark_dirty(target, node);
  for (const std::uint32_t target : column.share_targets) checks[target].all_dirty = true;
}

void Engine::State::evaluate(Checks& check, std::span<const NodeIndex> nodes,
                             std::vector<NodeIndex>& changed) {
  evaluate_nodes(check, nodes.data(), nodes.size(), changed);
}

void Engine::State::evaluate_all(Checks& check, std::vector<NodeIndex>& changed) {
  evaluate_nodes(check, nullptr, check.states.size(), changed);
}

void Engine::State::evaluate_nodes(Checks& check, const NodeIndex* list, std::size_t count,
                                   std::vector<NodeIndex>& changed) {
  const Target& target = *check.target;
  const Formula& formula = check.kpi->formula;
  std::vector<Block> columns(check.sources.size());
  std::vector<const double*> inputs;
  for (const Block& column : columns) inputs.push_back(column.data());
  Block values;
  Block gaps;
  Block lows;
  Block highs;
  std::array<std::uint8_t, kBlock> any;
  // A pace is close to its expectation by nature, so nearness says nothing there.
  const double near_gap = target.pace ? std::numeric_limits<double>::infinity() : -target.watch_within;
  const bool one_bound = check.exceptions.empty() && check.paces.empty();
  const bool judges = check.evidence.judges();
  const bool quotient = formula.is_quotient();
  const bool partial = check.share < 1;
  const bool nothing_ordinary = check.needs_hours || (one_bound && !check.sides[0]);
  if (one_bound && check.sides[0]) {
    lows.fill(check.sides[0]->low);
    highs.fill(check.sides[0]->high);
  }

  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    const Nodes nodes{static_cast<NodeIndex>(begin), list == nullptr ? nullptr : list + begin};
    any.fill(0);
    for (std::size_t s = 0; s < columns.size(); ++s)
      load(check, check.sources[s], nodes.first, nodes.list, size, columns[s].data(), any.data());
    formula.evaluate(inputs, size, values.data());
    if (!one_bound) {
      for (std::size_t i = 0; i < size; ++i) {
        const auto sides = sides_at(check, nodes[i]);
        lows[i] = sides ? sides->low : kUndefined;
        highs[i] = sides ? sides->high : kUndefined;
      }
    }
    switch (target.kind) {
      case BoundKind::at_most:
        for (std::size_t i = 0; i < size; ++i) gaps[i] = gap_at_most(values[i], highs[i]);
        break;
      case BoundKind::at_least:
        for (std::size_t i = 0; i < size; ++i) gaps[i] = gap_at_least(values[i], lows[i]);
        break;
      case BoundKind::between:
        for (std::size_t i = 0; i < size; ++i)
          gaps[i] = gap_of(BoundKind::between, values[i], {.low = lows[i], .high = highs[i]});
        break;
    }
    for (std::size_t i = 0; i < size; ++i) {
      const NodeIndex node = nodes[i];
      const double gap = gaps[i];
      VerdictState state = gap > near_gap ? VerdictState::watch : VerdictState::on_target;
      Reason reason = gap > near_gap ? Reason::near_bound : Reason::meets_target;
      if (nothing_ordinary || any[i] != kHasFigures || std::isnan(gap) || gap > 0 ||
          (quotient && values[i] < 0) || (partial && is_over_share(values[i], highs[i], check.share))) {
        if (gap > 0 && any[i] == kHasFigures && !nothing_ordinary && check.volume.empty() && !partial &&
            !(quotient && values[i] < 0)) {
          state = VerdictState::off_target;
          reason = Reason::misses_target;
        } else {
          const Verdict verdict = judge(target, *check.kpi, sides_at(check, node), input_at(check, node));
          state = verdict.state;
          reason = verdict.reason;
        }
      }
      if (judges && (state == VerdictState::off_target || check.evidence.nodes[node].open()))
        judge_by_evidence(check, node, state, reason);
      if (check.by_projection && state == VerdictState::off_target)
        judge_by_projection(check, node, values[i], state, reason);
      if (check.is_live[node] != 0 && has_moved(check.briefed[node], values[i])) moved_nodes.push_back(node);
      if (check.states[node] == state && check.reasons[node] == reason) continue;
      check.states[node] = state;
      check.reasons[node] = reason;
      changed.push_back(node);
    }
  }
}

void Engine::State::load(const Checks& check, const CheckSource& source, NodeIndex first,
                         const NodeIndex* list, std::size_t count, double* out, std::uint8_t* any) const {
  const Rollup& rollup = rollups[check.rollup];
  const Nodes nodes{first, list};
  switch (source.kind) {
    case CheckSource::Kind::column:
      load_column(rollup.at(source.columns[0]), nodes, count, source.additive, out, any);
      break;
    case CheckSource::Kind::weekdays:
      for (std::size_t i = 0; i < count; ++i) {
        std::array<double, CheckSource::kWeeks> weeks;
        bool converted = true;
        for (std::size_t week = 0; week < weeks.size(); ++week) {
          const SumColumn& column = rollup.at(source.columns[week]);
          weeks[week] = sum_at(column, nodes[i], source.additive);
          converted = converted && column.converted(nodes[i]);
        }
        out[i] = converted ? mean_of_known(weeks) : kUndefined;
        if (!converted) any[i] = static_cast<std::uint8_t>(any[i] | kUnusual);
      }
      break;
    case CheckSource::Kind::whole: {
      const SumColumn& column = rollups[check.whole].at(source.columns[0]);
      std::fill_n(out, count, sum_at(column, 0, source.additive));
      for (std::size_t i = 0; i < count && !column.converted(0); ++i)
        any[i] = static_cast<std::uint8_t>(any[i] | kUnusual);
      return;
    }
    case CheckSource::Kind::bound:
      for (std::size_t i = 0; i < count; ++i) {
        const auto sides = sides_at(check, nodes[i]);
        out[i] = !sides ? kUndefined : check.target->kind == BoundKind::at_least ? sides->low : sides->high;
      }
      return;
    case CheckSource::Kind::budget:
      std::fill_n(out, count, check.objective->budget ? check.objective->budget->amount : kUndefined);
      return;
  }
  if (source.so_far_days == 0) return;
  const SumColumn& of_today = rollup.at(source.today);
  const double with_today = so_far(source.so_far_days, true);
  const double without_today = so_far(source.so_far_days, false);
  for (std::size_t i = 0; i < count; ++i)
    out[i] *= of_today.present[nodes[i]] > 0 ? with_today : without_today;
}

CheckInput Engine::State::input_at(const Checks& check, NodeIndex node) const {
  const Rollup& rollup = rollups[check.rollup];
  const TimeframeNow& frame = frames_now[check.frame];
  CheckInput input;
  std::vector<double> figures(check.sources.size());
  std::uint8_t any = 0;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const CheckSource& source = check.sources[i];
    load(check, source, node, nullptr, 1, &figures[i], &any);
    if (source.kind == CheckSource::Kind::column) {
      const SumColumn& column = rollup.at(source.columns[0]);
      input.converted = input.converted && column.converted(node);
      if (!source.additive && column.present[node] > 1) input.adds_up = false;
    } else if (source.kind == CheckSource::Kind::weekdays) {
      for (const std::size_t week : source.columns)
        input.converted = input.converted && rollup.at(week).converted(node);
    } else if (source.kind == CheckSource::Kind::whole) {
      input.converted = input.converted && rollups[check.whole].at(source.columns[0]).converted(0);
    }
  }
  input.any_figure = (any & kHasFigures) != 0;
  input.needs_hours = check.needs_hours;
  set_value(input, check.kpi->formula, figures);
  input.reported = check.share;
  input.period_over = check.period_over;
  input.spend = sum_at(rollup.at(check.spend), node, true);
  input.hours = frame.hours_elapsed;
  for (const auto& [column, least] : check.volume) {
    const double seen = sum_at(rollup.at(column), node, true);
    if (!(seen >= least)) input.volume_reached = false;
  }
  return input;
}

Verdict Engine::State::verdict_of_sums(const Checks& check, NodeIndex node) const {
  CheckInput input = input_at(check, node);
  const std::optional<Sides> sides = sides_at(check, node);
  const Verdict verdict = judge(*check.target, *check.kpi, sides, input);
  if (!(verdict.stake_per_hour > 0)) return verdict;
  // Only of what costs something, as it has to look into days.
  input.hours = hours_of_money(*check.kpi, frames_now[check.frame], rollups[check.rollup].members(node));
  return judge(*check.target, *check.kpi, sides, input);
}

Verdict Engine::State::verdict_without_evidence(const Checks& check, NodeIndex node) const {
  Verdict verdict = verdict_of_sums(check, node);
  if ((check.evidence.judges() || check.by_projection) && verdict.state != check.states[node]) {
    verdict.state = check.states[node];
    verdict.reason = check.reasons[node];
    if (!verdict.missed()) verdict.stake_per_hour = 0;
  }
  const auto in_state = [node, this](std::uint32_t target, VerdictState state) {
    return checks[target].states[node] == state;
  };
  const bool met = verdict.state == VerdictState::on_target || verdict.reason == Reason::near_bound;
  if (met && std::any_of(check.guards.begin(), check.guards.end(),
                         [&](std::uint32_t guard) { return in_state(guard, VerdictState::off_target); })) {
    verdict.state = VerdictState::watch;
    verdict.reason = Reason::guard_missed;
  }
  if (verdict.missed()) {
    verdict.pays_for_another =
        std::any_of(check.guarded.begin(), check.guarded.end(), [&](std::uint32_t other) {
          return in_state(other, VerdictState::on_target) ||
                 checks[other].reasons[node] == Reason::near_bound;
        });
  }
  return verdict;
}

Verdict Engine::State::verdict(const Checks& check, NodeIndex node) const {
  Verdict verdict = verdict_without_evidence(check, node);
  if (check.target->pace) project_pace(check, node, verdict);
  tell_evidence(check, node, verdict);
  return verdict;
}

// States first, all of them: what is told of one target may speak of another.
void Engine::State::check_dirty(const std::vector<TouchedNode>& restated, Effects& effects) {
  std::vector<NodeIndex> changed;
  std::vector<CheckKey> to_step;
  std::vector<CheckKey> to_brief;
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    Checks& check = checks[target];
    if (check.dirty.empty() && !check.all_dirty) continue;
    changed.clear();
    moved_nodes.clear();
    for (const NodeIndex node : check.dirty) check.is_dirty[node] = 0;
    replay_stale(check);
    if (check.all_dirty) {
      evaluate_all(check, changed);
    } else {
      std::sort(check.dirty.begin(), check.dirty.end());
      for (const NodeIndex node : check.dirty) {
        if (!check.paces.empty()) refresh_pace(check, node);
      }
      evaluate(check, check.dirty, changed);
    }
    check.dirty.clear();
    check.all_dirty = false;
    for (const NodeIndex node : changed) to_step.push_back({target, node});
    for (const NodeIndex node : moved_nodes) to_brief.push_back({target, node});
  }
  if (!restated.empty()) amend(restated, effects);
  for (const CheckKey key : to_step) step_alert(key, effects);
  for (const CheckKey key : to_brief) renew_brief(key, effects);
}

void Engine::State::check_many(Which which, Effects& effects) {
  std::vector<NodeIndex> changed;
  std::vector<CheckKey> to_step;
  std::vector<CheckKey> to_brief;
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    Checks& check = checks[target];
    if (which == Which::hourly && !check.moves_by_hour) continue;
    refresh_reported(check);
    refresh_bounds(check);
    begin_day(check);
    changed.clear();
    moved_nodes.clear();
    evaluate_all(check, changed);
    for (const NodeIndex node : changed) to_step.push_back({target, node});
    for (const NodeIndex node : moved_nodes) to_brief.push_back({target, node});
  }
  for (const CheckKey key : to_step) step_alert(key, effects);
  for (const CheckKey key : to_brief) renew_brief(key, effects);
}

void Engine::State::check_afresh(Effects& effects) {
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    for (NodeIndex node = 0; node < checks[target].states.size(); ++node) step_alert({target, node}, effects);
  }
}

}  // namespace tightrope::rules
