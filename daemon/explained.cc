#include "daemon/explained.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr std::uint64_t kEventsBetweenLooks = 64;  // at whether to give up

const rules::Objective* objective_of(const rules::Strategy& strategy, std::string_view target) {
  for (const rules::Objective& objective : strategy.objectives) {
    for (const rules::Target& one : objective.targets) {
      if (one.name == target) return &objective;
    }
  }
  return nullptr;
}

std::vector<std::string> metrics_of(const rules::Kpi& kpi, const rules::Target& target) {
  std::vector<std::string> metrics;
  for (const rules::Input& input : kpi.formula.inputs()) metrics.push_back(input.name);
  for (const rules::MinimumVolume& volume : target.min_volume) metrics.push_back(volume.metric);
  metrics.emplace_back("spend");  // for the stake
  return metrics;
}

// Reads the events of a client until `as_of`, decoded; `take` says why one cannot be used, or "".
std::variant<JournalReach, GivenUp, JournalError> read_until(
    Journal& journal, std::string_view client, rules::Timestamp as_of, const GiveUp& give_up,
    const std::function<std::string(const rules::Event&)>& take) {
  JournalReach reach;
  bool given_up = false;
  Sequence first = 0;
  std::uint64_t seen = 0;
  std::optional<JournalError> broken;
  const auto on_event = [&](const JournalEvent& stored) {
    if (++seen % kEventsBetweenLooks == 0 && give_up && give_up()) {
      given_up = true;
      return false;
    }
    if (first == 0) {
      first = stored.sequence;
      reach.from = stored.at;
    }
    if (stored.at > as_of) return true;
    const auto event = rules::decode(stored.payload);
    std::string problem = event ? take(*event) : "it is not an event of a version known here";
    if (problem.empty()) return true;
    broken = JournalError{.kind = JournalFailure::corrupt,
                          .text = fmt::format("client {}: event {} of the journal cannot be replayed: {}",
                                              client, stored.sequence, problem)};
    return false;
  };
  if (auto error = journal.read_events(client, 0, on_event)) return std::move(*error);
  if (broken) return std::move(*broken);
  if (given_up) return GivenUp{};
  std::optional<Sequence> noted;
  if (auto error = first_event_noted(journal, client, noted)) return std::move(*error);
  reach.whole = first != 0 && noted == first;
  return reach;
}

}  // namespace

std::variant<rules::Timestamp, std::string> as_of_meant(const std::string& text,
                                                        const rules::Calendar& calendar,
                                                        rules::Timestamp now) {
  if (const auto day = rules::parse_day(text)) {
    if (*day > calendar.day_of(now)) return "lies in the future";
    return std::min(now, calendar.start_of(*day + 1) - rules::Duration(1));
  }
  const auto time = rules::parse_timestamp(text);
  if (!time) return "is not a time; write 2026-11-20T08:00:00Z, or a day such as 2026-11-20";
  if (*time > now) return "lies in the future";
  return *time;
}

rules::Strategy strategy_for(const rules::Strategy& strategy, std::string_view target) {
  rules::Strategy part = strategy;
  part.playbooks.clear();
  const rules::Objective* objective = objective_of(part, target);
  if (!objective) {
    part.objectives.clear();
    return part;
  }
  rules::Objective only = *objective;
  const auto wanted = std::ranges::find(only.targets, target, &rules::Target::name);
  const std::vector<std::string> guards = wanted->guards;
  std::erase_if(only.targets, [&](const rules::Target& one) {
    return one.name != target && std::ranges::find(guards, one.name) == guards.end();
  });
  part.objectives = {std::move(only)};
  return part;
}

std::optional<Explained> explained_by(const rules::Engine& engine, std::string_view target,
                                      const rules::Entity& entity) {
  auto told = engine.explain(target, entity);
  if (!told) return std::nullopt;
  auto strategy = std::make_unique<const rules::Strategy>(strategy_for(engine.strategy(), target));
  const rules::Objective& objective = strategy->objectives.front();
  told->objective = &objective;
  told->target = &*std::ranges::find(objective.targets, target, &rules::Target::name);
  told->kpi = strategy->find_kpi(told->target->kpi);
  return Explained{.strategy = std::move(strategy),
                   .calendar = engine.calendar(),
                   .as_of = engine.now(),
                   .explanation = std::move(*told),
                   .history = {},
                   .reach = {}};
}

FigureQuestion question_of(const rules::Strategy& strategy, const rules::Objective& objective,
                           const rules::Target& target, const rules::Entity& entity, rules::DayRange days) {
  const rules::Kpi* kpi = strategy.find_kpi(target.kpi);
  assert(kpi);
  return {.match = objective.match,
          .under = entity,
          .depth = static_cast<std::size_t>(target.per.depth),
          .metrics = metrics_of(*kpi, target),
          .days = days};
}

std::variant<std::monostate, GivenUp, JournalError> read_history(Journal& journal, Explained& explained,
                                                                 const GiveUp& give_up) {
  const rules::Explanation& told = explained.explanation;
  explained.history =
      FigureHistory(question_of(*explained.strategy, *told.objective, *told.target, told.entity, told.days));
  auto outcome = read_until(journal, explained.strategy->client, explained.as_of, give_up,
                            [&](const rules::Event& event) {
                              if (const auto* batch = std::get_if<rules::ObservationBatch>(&event))
                                explained.history.take(*batch);
                              return std::string();
                            });
  if (auto* error = std::get_if<JournalError>(&outcome)) return std::move(*error);
  if (std::holds_alternative<GivenUp>(outcome)) return GivenUp{};
  explained.reach = std::get<JournalReach>(outcome);
  return std::monostate();
}

std::variant<AsOf, GivenUp, JournalError> replay_as_of(Journal& journal, std::string_view client,
                                                       std::optional<rules::Strategy> strategy,
                                                       rules::Timestamp as_of, const OnBatch& on_batch,
                                                       const GiveUp& give_up) {
  Recovered recovered;
  const bool configured = strategy.has_value();
  if (configured) recovered.engine.emplace(std::move(*strategy));
  bool known = false;
  auto outcome = read_until(journal, client, as_of, give_up, [&](const rules::Event& event) {
    known = true;
    if (const auto* batch = std::get_if<rules::ObservationBatch>(&event); batch && on_batch) on_batch(*batch);
    // A strategy that was adopted then, and every tick, only move time on here.
    if (configured) {
      recovered.engine->apply(event);
      return std::string();
    }
    if (!recovered.engine && !std::holds_alternative<rules::StrategyChange>(event))
      return std::string("no strategy was in force by then");
    auto replayed = replay_event(recovered, event);
    const auto* problem = std::get_if<std::string>(&replayed);
    return problem ? *problem : std::string();
  });
  if (auto* error = std::get_if<JournalError>(&outcome)) return std::move(*error);
  if (std::holds_alternative<GivenUp>(outcome)) return GivenUp{};
  AsOf result{.engine = std::nullopt, .reach = std::get<JournalReach>(outcome)};
  if (!known) return result;
  result.engine = std::move(recovered.engine);
  result.engine->apply(rules::Tick{.at = as_of});
  return result;
}

LearntCell learnt_cell(const Explained& explained, const rules::Entity& member, std::string_view metric,
                       rules::Bucket bucket, rules::Amount value) {
  LearntCell cell;
  cell.value = value;
  const FigureHistory& history = explained.history;
  const auto use = [&](const FigureLife& life) {
    cell.learnt = life.known.back();
    cell.before.assign(life.known.begin(), life.known.end() - 1);
    cell.left_out = life.left_out;
    cell.restated = !cell.before.empty() && life.known.back().learnt >= explained.calendar.end_of(bucket);
  };
  const FigureLife* own = history.find(member, metric, bucket);
  // What the journal says last is what the engine has, unless older events were dropped.
  if (own && own->known.back().value == value) {
    use(*own);
    return cell;
  }
  if (!bucket.whole_day()) return cell;
  std::int64_t sum = 0;
  for (const auto& hour : history.hours_of(member, metric, bucket.day)) {
    const KnownFigure& last = hour.second->known.back();
    if (last.value.is_missing()) continue;
    sum += last.value.micros();
    cell.hours.push_back(hour);
    if (!cell.learnt || last.learnt >= cell.learnt->learnt) cell.learnt = last;
    const bool after = last.learnt >= explained.calendar.end_of(hour.first);
    cell.restated = cell.restated || (after && hour.second->known.size() > 1);
  }
  if (cell.hours.empty() || value != rules::Amount::from_micros(sum)) {
    cell.hours.clear();
    cell.learnt.reset();
    cell.restated = false;
  }
  return cell;
}

std::vector<PlacedCell> learnt_cells(const Explained& explained, const rules::ExplainedInput& input) {
  std::vector<PlacedCell> cells;
  auto known = input.cells.begin();
  for (std::uint32_t member = 0; member < explained.explanation.members.size(); ++member) {
    for (const auto& [bucket, total] : input.buckets) {
      rules::Amount value;
      if (known != input.cells.end() && known->member == member && known->bucket == bucket)
        value = (known++)->value;
      LearntCell cell =
          learnt_cell(explained, explained.explanation.members[member], input.metric, bucket, value);
      if (!value.is_missing() || cell.learnt) cells.push_back({member, bucket, std::move(cell)});
    }
  }
  return cells;
}

}  // namespace tightrope::daemon
