#include <algorithm>
#include <limits>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// A miss is watched at a tenth of the evidence of an alert, and at twice what nothing says.
constexpr double kAlertsPerWatch = 10;
constexpr double kLeastToWatch = 2;
constexpr std::string_view kSpend = "spend";
constexpr Window kToday{.kind = Window::Kind::today, .length = 1};

std::size_t rollup_for(std::vector<Rollup>& rollups, const Objective& objective, int depth) {
  const auto place = std::find_if(rollups.begin(), rollups.end(), [&](const Rollup& rollup) {
    return &rollup.objective() == &objective && rollup.depth() == depth;
  });
  if (place != rollups.end()) return static_cast<std::size_t>(place - rollups.begin());
  rollups.emplace_back(&objective, depth);
  return rollups.size() - 1;
}

void add_once(std::vector<std::uint32_t>& list, std::uint32_t value) {
  if (list.empty() || list.back() != value) list.push_back(value);
}

}  // namespace

Engine::State::State(Strategy with, Calendar in) : strategy(std::move(with)), calendar(std::move(in)) {}

std::uint32_t Engine::State::frame_of(Timeframe frame) {
  const auto place = std::find(frames.begin(), frames.end(), frame);
  const auto index = static_cast<std::uint32_t>(place - frames.begin());
  if (place == frames.end()) frames.push_back(frame);
  return index;
}

CheckSource Engine::State::source_of(Checks& check, const Input& input) {
  CheckSource source;
  if (input.kind == Name::Kind::value) {
    source.kind = input.name == kBudgetValue ? CheckSource::Kind::budget : CheckSource::Kind::bound;
    return source;
  }
  source.additive = is_additive(input.name);
  if (!source.additive) check.adds_up = false;
  const Window window = input.over.value_or(check.target->over);
  if (input.so_far) {
    source.so_far_days = window.length;
    source.today = rollups[check.rollup].column(frame_of({kToday, 0}), input.name);
  }
  if (input.weekdays) {
    source.kind = CheckSource::Kind::weekdays;
    for (std::size_t week = 0; week < CheckSource::kWeeks; ++week) {
      const auto earlier = static_cast<std::int16_t>(7 * (week + 1));
      source.columns[week] = rollups[check.rollup].column(frame_of({window, earlier}), input.name);
    }
    return source;
  }
  const std::uint32_t frame = frame_of({window, input.earlier});
  if (input.of == Input::Of::objective) source.kind = CheckSource::Kind::whole;
  const std::size_t rollup = source.kind == CheckSource::Kind::whole ? check.whole : check.rollup;
  source.columns[0] = rollups[rollup].column(frame, input.name);
  return source;
}

Checks Engine::State::make_checks(const Objective& objective, const Target& target) {
  Checks check;
  check.objective = &objective;
  check.target = &target;
  check.kpi = strategy.find_kpi(target.kpi);
  check.frame = frame_of({target.over, 0});
  check.whole = rollup_for(rollups, objective, Level::kObjective);
  check.rollup = rollup_for(rollups, objective, target.per.depth);
  check.moves_by_hour = target.pace || target.over.kind == Window::Kind::hours;
  for (const Input& input : check.kpi->formula.inputs()) {
    check.sources.push_back(source_of(check, input));
    if (input.over.value_or(target.over).kind == Window::Kind::hours || input.so_far)
      check.moves_by_hour = true;
  }
  CheckEvidence& evidence = check.evidence;
  evidence.plan = evidence_plan(target, *check.kpi);
  if (!check.adds_up) evidence.plan.usable = false;
  check.by_projection = target.confidence && target.pace && target.kind != BoundKind::between;
  if (target.confidence && evidence.plan.usable && !target.pace) {
    evidence.alert_at = 1 / (1 - *target.confidence);
    evidence.watch_at = std::max(kLeastToWatch, evidence.alert_at / kAlertsPerWatch);
    check.moves_by_hour = true;  // what of today should have arrived does
  }
  // Figures that do not add up stand for themselves alone, and so must all that they are set against.
  if (!check.adds_up) {
    for (CheckSource& source : check.sources) source.additive = false;
  }
  check.is_total = grows_with_reports(check);
  if (check.is_total) check.moves_by_hour = true;
  Rollup& rollup = rollups[check.rollup];
  check.spend = rollup.column(check.frame, std::string(kSpend));
  for (const MinimumVolume& volume : target.min_volume) {
    check.volume.emplace_back(rollup.column(check.frame, volume.metric), volume.amount);
  }
  return check;
}

// Both sides of each guard rail know the other.
void Engine::State::link_guards() {
  for (std::uint32_t i = 0; i < checks.size(); ++i) {
    for (const std::string& name : checks[i].target->guards) {
      for (std::uint32_t j = 0; j < checks.size(); ++j) {
        if (j == i || checks[j].rollup != checks[i].rollup || checks[j].target->name != name) continue;
        checks[i].guards.push_back(j);
        checks[j].guarded.push_back(i);
      }
    }
  }
}

void Engine::State::build() {
  lay_out();
  bind_figures();
  if (started) sum_figures();
}

void Engine::State::lay_out() {
  frames.clear();
  rollups.clear();
  objective_rollups.clear();
  checks.clear();
  memberships.clear();
  watch_rollups.clear();
  for (const Objective& objective : strategy.objectives) {
    objective_rollups.push_back(rollup_for(rollups, objective, Level::kObjective));
    for (const Target& target : objective.targets) checks.push_back(make_checks(objective, target));
    auto& watching = watch_rollups.emplace_back();
    for (const Watched& each : objective.look_at)
      watching.push_back(rollup_for(rollups, objective, each.per.depth));
  }
  link_guards();
  places.clear();
  for (std::uint32_t target = 0; target < checks.size(); ++target) places.push_back({this, target});
  targets_of.assign(rollups.size(), {});
  node_stamps.assign(rollups.size(), {});
  today_stamps.assign(rollups.size(), {});
  paced_of.assign(rollups.size(), {});
  evident_of.assign(rollups.size(), {});
  for (std::uint32_t target = 0; target < checks.size(); ++target) {
    const Checks& check = checks[target];
    targets_of[check.rollup].push_back(target);
    if (check.paces_by_node()) paced_of[check.rollup].push_back(target);
    if (check.evidence.judges() || check.by_projection) evident_of[check.rollup].push_back(target);
    for (const CheckSource& source : check.sources) {
      if (source.so_far_days > 0) add_once(rollups[check.rollup].at(source.today).targets, target);
      switch (source.kind) {
        case CheckSource::Kind::column:
          add_once(rollups[check.rollup].at(source.columns[0]).targets, target);
          break;
        case CheckSource::Kind::weekdays:
          for (const std::size_t column : source.columns)
            add_once(rollups[check.rollup].at(column).targets, target);
          break;
        case CheckSource::Kind::whole:
          add_once(rollups[check.whole].at(source.columns[0]).share_targets, target);
          break;
        case CheckSource::Kind::bound:
        case CheckSource::Kind::budget:
          break;
      }
    }
    for (const auto& [column, amount] : check.volume)
      add_once(rollups[check.rollup].at(column).targets, target);
  }
  for (EntityIndex entity = 0; entity < entities.size(); ++entity) enter(entity);
}

void Engine::State::bind_figures() {
  parts.clear();
  for (MetricIndex metric = 0; metric < cube.metric_count(); ++metric) bind(metric);
  for (std::uint32_t target = 0; target < checks.size(); ++target) grow(target);
  for (LiveAlert& past : resolved) past.key.reset();
  find_nodes_of_resolved();
  ++shape;
}

void Engine::State::sum_figures() {
  today = calendar.day_of(now);
  refresh_frames();
  for (Rollup& rollup : rollups) {
    for (std::size_t column = 0; column < rollup.columns(); ++column) {
      rollup.resum(rollup.at(column), cube, frames_now[rollup.at(column).frame]);
    }
  }
  std::vector<NodeIndex> changed;
  for (Checks& check : checks) {
    refresh_reported(check);
    refresh_bounds(check);
    resume_evidence(check);
    evaluate_all(check, changed);
    check.dirty.clear();
    std::fill(check.is_dirty.begin(), check.is_dirty.end(), std::uint8_t{0});
  }
}

void Engine::State::find_nodes_of_resolved() {
  for (LiveAlert& past : resolved) {
    if (!past.key) past.key = find_check(past.alert.objective, past.alert.target, past.entity);
  }
}

void Engine::State::grow(std::uint32_t target) {
  Checks& check = checks[target];
  const Rollup& rollup = rollups[check.rollup];
  const std::size_t before = check.states.size();
  const std::size_t nodes = rollup.nodes().size();
  if (before == nodes) return;
  check.states.resize(nodes, VerdictState::unknown);
  check.reasons.resize(nodes, Reason::no_figures);
  check.is_live.resize(nodes, 0);
  check.briefed.resize(nodes, std::numeric_limits<double>::quiet_NaN());
  check.is_dirty.resize(nodes, 0);
  if (!check.told.empty()) check.told.resize(nodes);
  if (check.evidence.judges()) check.evidence.nodes.resize(nodes);
  if (check.paces_by_node()) check.paces.resize(nodes);
  node_stamps[check.rollup].resize(nodes, 1);
  today_stamps[check.rollup].resize(nodes, 1);
  const auto& exceptions = check.target->exceptions;
  for (std::size_t node = before; !exceptions.empty() && node < nodes; ++node) {
    const auto found = std::find_if(
        exceptions.begin(), exceptions.end(),
        [&](const BoundException& exception) { return matches(exception.match, rollup.nodes()[node]); });
    check.exceptions.push_back(found == exceptions.end()
                                   ? std::uint16_t{0}
                                   : static_cast<std::uint16_t>(found - exceptions.begin() + 1));
  }
  for (std::size_t node = before; node < nodes; ++node) mark_dirty(target, static_cast<NodeIndex>(node));
}

void Engine::State::refresh_bounds(Checks& check) {
  const TimeframeNow& frame = frames_now[check.frame];
  const Target& target = *check.target;
  check.period_over = target.over.kind == Window::Kind::flight && today - target.over.last > kFlightCountsOn;
  check.sides.clear();
  check.bounds.clear();
  for (std::size_t i = 0; i <= target.exceptions.size(); ++i) {
    const Bound* bound =
        check.period_over
            ? nullptr
            : bound_on(i == 0 ? target.bounds : target.exceptions[i - 1].bounds, frame.days.last);
    check.bounds.push_back(bound);
    if (bound == nullptr) {
      check.sides.emplace_back();
    } else if (!target.pace) {
      check.sides.emplace_back(sides_of(target, *bound));
    } else if (!check.paces_by_node()) {
      check.sides.push_back(paced_sides(target, plan_of(check, i, kNoNode), check.today_counts));
    } else {
      check.sides.emplace_back();
    }
  }
  for (NodeIndex node = 0; node < check.paces.size(); ++node) refresh_pace(check, node);
  check.needs_hours = lacks_hours(check);
}

bool Engine::State::lacks_hours(const Checks& check) const {
  return std::any_of(check.sources.begin(), check.sources.end(), [&](const CheckSource& source) {
    if (source.kind != CheckSource::Kind::column) return false;
    const SumColumn& column = rollups[check.rollup].at(source.columns[0]);
    return !frames_now[column.frame].hours.empty() && column.index != Cube::kNoMetric &&
           !cube.has_hours(column.index);
  });
}

void Engine::State::enter(EntityIndex entity) {
  auto& list = memberships.emplace_back();
  for (std::uint32_t i = 0; i < rollups.size(); ++i) {
    const NodeIndex node = rollups[i].add(entity, entities[entity]);
    if (node == kNoNode) continue;
    list.push_back({i, node});
    if (node_stamps[i].size() <= node) {
      node_stamps[i].resize(static_cast<std::size_t>(node) + 1, 1);
      today_stamps[i].resize(static_cast<std::size_t>(node) + 1, 1);
    }
  }
  list.shrink_to_fit();
}

void Engine::State::bind(MetricIndex metric) {
  const std::string& name = cube.metric_name(metric);
  for (Rollup& rollup : rollups) rollup.bind(metric, name);
  if (const auto foreign = parse_foreign_metric(name)) {
    parts.push_back({metric, cube.find_metric(foreign->metric), std::string(foreign->currency)});
  }
}

void Engine::State::refresh_frames() {
  frames_now.clear();
  // What has left the memory leaves the sums too: a flight may lie as far back.
  const Day oldest = calendar.day_of(now) + 1 - (Cube::kDays - 1);
  for (const Timeframe& frame : frames) {
    TimeframeNow& current = frames_now.emplace_back(timeframe_now(calendar, frame, now));
    current.days.first = std::max(current.days.first, oldest);
  }
}

std::optional<CheckKey> Engine::State::find_check(std::string_view objective, std::string_view target,
                                                  const Entity& entity) const {
  for (std::uint32_t i = 0; i < checks.size(); ++i) {
    const Checks& check = checks[i];
    if (check.target->name != target || (!objective.empty() && check.objective->name != objective)) continue;
    const NodeIndex node = rollups[check.rollup].find(entity);
    if (node != kNoNode) return CheckKey{i, node};
  }
  return std::nullopt;
}

void Engine::State::attach(LiveAlert alert, CheckKey key) {
  Checks& check = checks[key.target];
  check.is_live[key.node] = 1;
  check.briefed[key.node] = alert.briefed_value;
  LiveAlert& place = live.insert_or_assign(key, std::move(alert)).first->second;
  place.alert.counted = counted_by(check);
  place.timer.reset();
  set_timer(key, place, health(check, key.node));
  set_reminders(key, place);
}

}  // namespace tightrope::rules
