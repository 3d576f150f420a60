#include "rules/target.h"

#include <algorithm>
#include <iterator>

namespace tightrope::rules {

std::string_view to_string(BoundKind kind) noexcept {
  switch (kind) {
    case BoundKind::at_most:
      return "at_most";
    case BoundKind::at_least:
      return "at_least";
    case BoundKind::between:
      return "between";
  }
  return "";
}

std::string_view to_string(NoData no_data) noexcept {
  switch (no_data) {
    case NoData::keep:
      return "keep";
    case NoData::alert:
      return "alert";
    case NoData::ok:
      return "ok";
  }
  return "";
}

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::page:
      return "page";
    case Severity::ticket:
      return "ticket";
    case Severity::digest:
      return "digest";
  }
  return "";
}

std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::up ? "up" : "down";
}

const Bound* bound_on(const std::vector<Bound>& bounds, Day day) noexcept {
  const auto after = std::upper_bound(bounds.begin(), bounds.end(), day,
                                      [](Day wanted, const Bound& bound) { return wanted < bound.from; });
  return after == bounds.begin() ? nullptr : &*std::prev(after);
}

const std::vector<Bound>& bounds_at(const Target& target, const Entity& entity) noexcept {
  for (const BoundException& exception : target.exceptions) {
    if (matches(exception.match, entity)) return exception.bounds;
  }
  return target.bounds;
}

bool Objective::matches(const Entity& entity) const noexcept {
  return rules::matches(match, entity);
}

bool matches(const std::vector<DimensionMatch>& match, const Entity& entity) noexcept {
  return std::all_of(match.begin(), match.end(), [&entity](const DimensionMatch& wanted) {
    if (wanted.folded.compiled()) return wanted.folded.match(entity.at(wanted.dimension));
    return std::any_of(wanted.globs.begin(), wanted.globs.end(), [&](const std::string& glob) {
      return glob_match(glob, entity.at(wanted.dimension));
    });
  });
}

void fold_matches(Strategy& strategy) {
  const auto fold = [&strategy](std::vector<DimensionMatch>& match) {
    for (DimensionMatch& one : match) {
      const auto& folding = strategy.identity.of(one.dimension);
      one.folded = folding ? FoldedGlobs(folding, one.globs) : FoldedGlobs();
    }
  };
  for (Objective& objective : strategy.objectives) {
    fold(objective.match);
    for (Target& target : objective.targets) {
      for (BoundException& exception : target.exceptions) fold(exception.match);
    }
  }
  const auto& folding = strategy.identity.of(strategy.dimensions.index_of("channel"));
  for (Playbook& playbook : strategy.playbooks)
    playbook.folded_channels = folding ? FoldedGlobs(folding, playbook.channels) : FoldedGlobs();
}

const Kpi* Strategy::find_kpi(std::string_view name) const noexcept {
  const auto place =
      std::find_if(kpis.begin(), kpis.end(), [name](const Kpi& kpi) { return kpi.name == name; });
  return place == kpis.end() ? nullptr : &*place;
}

const Metric* Strategy::find_metric(std::string_view name) const noexcept {
  const auto place = std::find_if(metrics.begin(), metrics.end(),
                                  [name](const Metric& metric) { return metric.name == name; });
  return place == metrics.end() ? nullptr : &*place;
}

std::vector<std::pair<std::string, Unit>> playbook_values() {
  return {
      {"value", Unit::number},         {"bound", Unit::number},        {"gap", Unit::ratio},
      {"step", Unit::ratio},           {"max_step", Unit::ratio},      {"bid_after", Unit::money},
      {"stake_per_hour", Unit::money}, {"stake_per_day", Unit::money}, {"budget", Unit::money},
      {"budget_used", Unit::ratio},    {"budget_after", Unit::money},  {"spend_per_day", Unit::money},
      {"period_elapsed", Unit::ratio}, {"days_present", Unit::count},
  };
}

std::vector<std::string> playbook_texts(const Dimensions& dimensions) {
  std::vector<std::string> texts{"client", "objective", "target", "kpi", "window", "entity", "driver"};
  texts.insert(texts.end(), dimensions.names.begin(), dimensions.names.end());
  return texts;
}

}  // namespace tightrope::rules
