// Targets that cannot all be met: because no figure lies in the bounds of both, or because of how KPIs hang
// together.
//
// Two targets speak of the same figures when they have the same window and level, and sum the same entities:
// those of one objective, or of two whose matches overlap and decide by no dimension below the level. What
// holds for every campaign on a ratio holds for their total as well, for that is a weighted mean of theirs;
// figures reported for no campaign can break this, so it is said to be likely.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "rules/lint_identities.h"
#include "rules/lint_parts.h"
#include "rules/match_overlap.h"

namespace tightrope::rules {
namespace {

// A target, or the budget of an objective.
struct Source {
  const Objective* objective;
  const Target* target;  // null for the budget
  std::size_t kpi;
  bool is_below = false;  // at a finer level than the figures it is held against
};

using Sources = std::vector<std::size_t>;

bool decides_above(const std::vector<DimensionMatch>& match, int depth) {
  return std::all_of(match.begin(), match.end(), [depth](const DimensionMatch& one) {
    return one.dimension < static_cast<std::size_t>(depth);
  });
}

bool sum_the_same(const Objective& a, const Objective& b, int depth) {
  return a.match == b.match || (decides_above(a.match, depth) && decides_above(b.match, depth));
}

Interval range_of(const Target& target, const Bound& bound) {
  return {target.kind == BoundKind::at_most ? Interval::all().low : bound.low,
          target.kind == BoundKind::at_least ? Interval::all().high : bound.high};
}

class Contradictions {
 public:
  Contradictions(const Strategy& strategy, const FigureRanges& ranges, std::vector<Finding>& findings)
      : strategy_(strategy), findings_(findings), identities_(identities_of(strategy)) {
    for (std::size_t i = 0; i < strategy.kpis.size(); ++i) {
      places_.emplace(strategy.kpis[i].name, i);
      natural_.push_back(ranges.of_kpi(strategy.kpis[i].name));
    }
  }

  void run() {
    const auto& objectives = strategy_.objectives;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      for (std::size_t j = i; j < objectives.size(); ++j) {
        if (const auto shared = match_overlap(objectives[i].match, objectives[j].match))
          look_at(objectives[i], objectives[j], *shared);
      }
    }
  }

 private:
  void look_at(const Objective& a, const Objective& b, const Entity& shared) {
    std::set<std::pair<Window, int>> figures;
    for (const Objective* objective : {&a, &b}) {
      for (const Target& target : objective->targets) figures.emplace(target.over, target.per.depth);
      if (objective->budget) figures.emplace(objective->budget->per, Level::kObjective);
    }
    for (const auto& [window, depth] : figures) {
      if (&a != &b && !sum_the_same(a, b, depth)) continue;
      std::vector<Source> sources;
      add_sources(a, window, depth, &a == &b, sources);
      if (&a != &b) add_sources(b, window, depth, false, sources);
      search(std::move(sources), &a == &b, shared.prefix(static_cast<std::size_t>(depth)));
    }
  }

  void add_sources(const Objective& objective, Window window, int depth, bool finer_too,
                   std::vector<Source>& sources) const {
    for (const Target& target : objective.targets) {
      const auto kpi = places_.find(target.kpi);
      if (kpi == places_.end() || target.over != window || target.pacing.rollover) continue;
      const bool is_below = finer_too && target.per.depth > depth && is_mean(kpi->second, target);
      if (target.per.depth == depth || is_below)
        sources.push_back({&objective, &target, kpi->second, is_below});
    }
    const auto spend = places_.find("spend");
    if (depth == Level::kObjective && objective.budget && objective.budget->per == window &&
        spend != places_.end()) {
      sources.push_back({&objective, nullptr, spend->second});
    }
  }

  // Of a total, the KPI is a mean of its parts' values.
  bool is_mean(std::size_t kpi, const Target& target) const {
    const Formula& formula = strategy_.kpis[kpi].formula;
    return formula.is_quotient() && formula.inputs().size() == 2 && target.exceptions.empty() &&
           std::all_of(formula.inputs().begin(), formula.inputs().end(), [this](const Input& input) {
             const Metric* metric = strategy_.find_metric(input.name);
             return metric != nullptr && metric->additive;
           });
  }

  // Finds one conflict after the other, each time without the target that was told of.
  void search(std::vector<Source> sources, bool one_objective, const Entity& entity) {
    while (sources.size() > 1) {
      std::optional<std::size_t> told;
      for (const Day day : days_of(sources, entity)) {
        const std::vector<Demand> demands = demands_on(sources, day, entity);
        const auto conflict = find_conflict(identities_, natural_, demands);
        if (!conflict) continue;
        told = tell(sources, *conflict, day, one_objective, entity);
        break;
      }
      if (!told) return;
      sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(*told));
    }
  }

  std::set<Day> days_of(const std::vector<Source>& sources, const Entity& entity) const {
    std::set<Day> days;
    for (const Source& source : sources) {
      if (source.target == nullptr) continue;
      for (const Bound& bound : bounds_at(*source.target, entity)) days.insert(bound.from);
    }
    return days;
  }

  std::vector<Demand> demands_on(const std::vector<Source>& sources, Day day, const Entity& entity) const {
    std::vector<Demand> demands;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Source& source = sources[i];
      if (source.target == nullptr) {
        demands.push_back({source.kpi, Interval::at_most(source.objective->budget->amount), i});
      } else if (const Bound* bound = bound_on(bounds_at(*source.target, entity), day)) {
        demands.push_back({source.kpi, range_of(*source.target, *bound), i});
      }
    }
    return demands;
  }

  // Returns the place of the source that the finding is about.
  std::optional<std::size_t> tell(const std::vector<Source>& sources, const Conflict& conflict, Day day,
                                  bool one_objective, const Entity& entity) {
    Sources involved;
    std::set_union(conflict.low_sources.begin(), conflict.low_sources.end(), conflict.high_sources.begin(),
                   conflict.high_sources.end(), std::back_inserter(involved));
    // What one target alone cannot meet is told of that target.
    const auto last = std::find_if(involved.rbegin(), involved.rend(),
                                   [&](std::size_t i) { return sources[i].target != nullptr; });
    if (last == involved.rend()) return std::nullopt;
    if (involved.size() < 2 || !is_news(sources, involved, one_objective)) return *last;
    Finding finding{.kind = FindingKind::contradiction, .client = strategy_.client};
    finding.likely = is_below(sources, involved);
    finding.about.push_back(subject(sources[*last]));
    for (const std::size_t i : involved) {
      if (i != *last) finding.about.push_back(subject(sources[i]));
    }
    finding.problem = sentence(sources, conflict, involved, day, one_objective, entity);
    finding.remedy = "loosen one of them";
    findings_.push_back(std::move(finding));
    return *last;
  }

  bool is_below(const std::vector<Source>& sources, const Sources& involved) const {
    return std::any_of(involved.begin(), involved.end(), [&](std::size_t i) { return sources[i].is_below; });
  }

  // Whether it is not told elsewhere: of one of two objectives alone, or at the finer level alone.
  bool is_news(const std::vector<Source>& sources, const Sources& involved, bool one_objective) const {
    const bool all_below =
        std::all_of(involved.begin(), involved.end(), [&](std::size_t i) { return sources[i].is_below; });
    const bool both = std::any_of(involved.begin(), involved.end(), [&](std::size_t i) {
      return sources[i].objective != sources[involved.front()].objective;
    });
    return !all_below && (one_objective || both);
  }

  static Subject subject(const Source& source) {
    if (source.target == nullptr) return {Subject::Kind::objective, source.objective->name, "budget"};
    return {Subject::Kind::target, source.target->name, std::string(to_string(source.target->kind))};
  }

  std::string source_text(const Source& source, Day day, const Entity& entity) const {
    const Kpi& kpi = strategy_.kpis[source.kpi];
    if (source.target == nullptr) {
      return fmt::format("the budget of \"{}\" (spend at most {})", source.objective->name,
                         figure_text(strategy_, kpi, source.objective->budget->amount));
    }
    const Bound* bound = bound_on(bounds_at(*source.target, entity), day);
    return fmt::format("\"{}\" ({} {})", source.target->name, kpi.name,
                       bound_text(strategy_, *source.target, kpi, *bound));
  }

  std::string sentence(const std::vector<Source>& sources, const Conflict& conflict, const Sources& involved,
                       Day day, bool one_objective, const Entity& entity) const {
    const Kpi& kpi = strategy_.kpis[conflict.kpi];
    const auto list = [&](const Sources& these) {
      std::vector<std::string> texts;
      for (const std::size_t i : these) texts.push_back(source_text(sources[i], day, entity));
      return fmt::format("{}", fmt::join(texts, " and "));
    };
    const auto is_direct = [&](const Sources& these) {
      return these.size() == 1 && sources[these.front()].kpi == conflict.kpi;
    };
    const auto side = [&](const Sources& these, std::string_view what, double value) {
      if (is_direct(these)) return list(these);
      const std::string end = fmt::format("{} is {} {}", kpi.name, what, figure_text(strategy_, kpi, value));
      return these.empty() ? end : fmt::format("with {}, {}", list(these), end);
    };
    std::string text = is_below(sources, involved) ? "cannot likely all be met" : "cannot all be met";
    const bool paced = std::any_of(involved.begin(), involved.end(), [&](std::size_t i) {
      return sources[i].target != nullptr && sources[i].target->pace;
    });
    if (paced) text += " by the end of the period";
    if (day != kFirstDay) text += fmt::format(" from {} on", to_string(day));
    if (!one_objective && !entity.path.empty()) text += fmt::format(", as at {}", to_string(entity));
    std::string first = side(conflict.low_sources, "at least", conflict.low);
    std::string second = side(conflict.high_sources, "at most", conflict.high);
    // What follows from several comes before what one says.
    const bool low_direct = is_direct(conflict.low_sources);
    const bool high_direct = is_direct(conflict.high_sources);
    if (low_direct && !high_direct) std::swap(first, second);
    const std::string_view joint = low_direct && high_direct   ? " against "
                                   : low_direct || high_direct ? ", against "
                                                               : ", and ";
    return fmt::format("{}: {}{}{}", text, first, joint, second);
  }

  const Strategy& strategy_;
  std::vector<Finding>& findings_;
  std::vector<Identity> identities_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Interval> natural_;
};

}  // namespace

void lint_contradictions(const Strategy& strategy, const FigureRanges& ranges,
                         std::vector<Finding>& findings) {
  Contradictions(strategy, ranges, findings).run();
}

}  // namespace tightrope::rules
