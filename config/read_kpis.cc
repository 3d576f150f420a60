// Dimensions, metrics and KPIs: what everything else refers to by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

constexpr std::size_t kMostDeclared = 1000;
// Words that mean something else where a dimension's, metric's or KPI's name may stand.
constexpr std::array<std::string_view, 13> kReserved{"and",     "or",       "not",    "if",   "min",
                                                     "max",     "abs",      "change", "date", "objective",
                                                     "at_most", "at_least", "between"};

// The name, when it may be used: legal, not reserved, and not used before.
std::optional<std::string> read_new_name(const Cursor& at, Names& names) {
  auto name = at.identifier();
  if (!name) return name;
  if (std::find(kReserved.begin(), kReserved.end(), *name) != kReserved.end()) {
    at.error(fmt::format("{} has a meaning of its own and cannot be a name", in_quotes(*name)));
    return std::nullopt;
  }
  if (!names.claim(at, *name)) return std::nullopt;
  return name;
}

rules::Dimensions read_dimensions(const std::vector<Cursor>& lists) {
  rules::Dimensions dimensions;
  if (lists.empty()) return dimensions;
  const Cursor& list = lists.front();
  dimensions.names.clear();
  Names names("dimension");
  for (const auto& item : list.items()) {
    if (auto name = read_new_name(item, names)) dimensions.names.push_back(std::move(*name));
  }
  if (list.node().items.size() > rules::Dimensions::kMost) {
    list.error(fmt::format("at most {} dimensions are possible, and these are {}", rules::Dimensions::kMost,
                           list.node().items.size()));
  }
  if (list.node().items.empty()) {
    list.error("at least one dimension is needed",
               "without the key they are channel, campaign, ad_group, ad");
  }
  return dimensions;
}

std::optional<rules::Unit> read_unit(MappingReader& in) {
  const auto at = in.get("unit", Shape::choice);
  const auto choices = kMetricKeys.find("unit")->choices;
  const auto choice = at ? at->choice(choices) : std::nullopt;
  return choice ? rules::parse_unit(choices[*choice]) : std::nullopt;
}

void read_metrics(const std::vector<Cursor>& at, Scope& scope) {
  Names names("metric");
  for (const auto& cursor : at) {
    MappingReader in(cursor, kMetricKeys);
    const auto at_name = in.get("name", Shape::identifier);
    const auto unit = read_unit(in);
    const bool additive = in.boolean("additive").value_or(true);
    const auto name = at_name ? read_new_name(*at_name, names) : std::nullopt;
    if (!name) continue;
    if (scope.dimensions.index_of(*name) < scope.dimensions.names.size()) {
      at_name->error(fmt::format("{} is a dimension", in_quotes(*name)));
      continue;
    }
    if (*name == "rate" && unit == rules::Unit::money) {
      at_name->error("money called rate could not be told from exchange rates", "give it another name");
      continue;
    }
    const rules::Metric metric{*name, unit.value_or(rules::Unit::count), additive};
    if (const auto failure = scope.library.add_metric(metric)) at_name->error(*failure);
  }
}

// A KPI of the configuration that has not found its way into the library yet.
struct PendingKpi {
  Cursor at;  // of the formula
  Cursor at_name;
  std::string name;
  std::string formula;
  std::optional<rules::Unit> unit;
  rules::Better better = rules::Better::neither;
  std::string meaning;
  std::optional<rules::FormulaError> failure = std::nullopt;  // of the latest attempt

  // The word of the formula that the failure is about.
  std::string blamed() const {
    if (!failure || failure->offset >= formula.size()) return "";
    return formula.substr(failure->offset, failure->length);
  }
};

std::vector<PendingKpi> collect_kpis(const std::vector<Cursor>& at, Scope& scope) {
  std::vector<PendingKpi> pending;
  Names names("KPI");
  for (const auto& cursor : at) {
    MappingReader in(cursor, kKpiKeys);
    const auto at_name = in.get("name", Shape::identifier);
    const auto at_formula = in.get("formula", Shape::formula);
    const auto unit = read_unit(in);
    const auto better = in.choice("better");
    auto meaning = in.text("meaning").value_or("");
    auto name = at_name ? read_new_name(*at_name, names) : std::nullopt;
    auto formula = at_formula ? at_formula->raw() : std::nullopt;
    if (name && !formula) scope.broken.insert(*name);
    if (!name || !formula) continue;
    if (scope.dimensions.index_of(*name) < scope.dimensions.names.size()) {
      at_name->error(fmt::format("{} is a dimension", in_quotes(*name)));
      continue;
    }
    if (scope.library.find_kpi(*name) != nullptr) {
      const bool metric = scope.library.find_metric(*name) != nullptr;
      at_name->error(fmt::format("{} is a {} already", in_quotes(*name), metric ? "metric" : "built-in KPI"),
                     "choose another name");
      continue;
    }
    const auto direction =
        better ? rules::parse_better(kKpiKeys.find("better")->choices[*better]) : std::nullopt;
    pending.push_back({*at_formula, *at_name, std::move(*name), std::move(*formula), unit,
                       direction.value_or(rules::Better::neither), std::move(meaning)});
  }
  return pending;
}

// Reports those that could not be added: each mistake once, at its cause, and circles as such.
void report_failures(const std::vector<PendingKpi>& failed, Scope& scope) {
  const auto find = [&failed](const std::string& name) {
    return std::find_if(failed.begin(), failed.end(),
                        [&name](const PendingKpi& kpi) { return kpi.name == name; });
  };
  for (const auto& kpi : failed) scope.broken.insert(kpi.name);
  for (const auto& kpi : failed) {
    if (find(kpi.blamed()) == failed.end()) {
      scope.report(kpi.at, kpi.formula, *kpi.failure);
      continue;
    }
    std::vector<std::string> way{kpi.name};
    auto next = find(kpi.blamed());
    while (next != failed.end() && std::find(way.begin(), way.end(), next->name) == way.end()) {
      way.push_back(next->name);
      next = find(next->blamed());
    }
    // Those that only lead into a circle, or to a mistake, are told there.
    if (next == failed.end() || next->name != kpi.name) continue;
    way.push_back(kpi.name);
    kpi.at.error_at(kpi.failure->offset,
                    fmt::format("the formula leads back to itself: {}", fmt::join(way, ", ")));
  }
}

// KPIs may name KPIs that stand below them or in other files, so they are added as soon as they can be.
void read_kpis(const std::vector<Cursor>& at, Scope& scope) {
  std::vector<PendingKpi> pending = collect_kpis(at, scope);
  std::size_t before = pending.size() + 1;
  while (!pending.empty() && pending.size() < before) {
    before = pending.size();
    std::erase_if(pending, [&scope](PendingKpi& kpi) {
      kpi.failure = scope.library.add_kpi(kpi.name, kpi.formula, kpi.unit, kpi.better, kpi.meaning);
      return !kpi.failure;
    });
  }
  report_failures(pending, scope);
}

}  // namespace

std::vector<std::string> Scope::kpi_names() const {
  std::vector<std::string> names;
  for (const auto& kpi : library.kpis()) names.push_back(kpi.name);
  return names;
}

std::vector<std::string> Scope::metric_names() const {
  std::vector<std::string> names;
  for (const auto& metric : library.metrics()) names.push_back(metric.name);
  return names;
}

const rules::Kpi* Scope::find_kpi(const Cursor& at, std::string_view name) const {
  const auto* kpi = library.find_kpi(name);
  if (kpi == nullptr && broken.find(name) == broken.end()) {
    at.unresolved(fmt::format("unknown KPI {}", in_quotes(name)), name, kpi_names());
  }
  return kpi;
}

const rules::Metric* Scope::find_metric(const Cursor& at, std::string_view name) const {
  const auto* metric = library.find_metric(name);
  if (metric == nullptr && broken.find(name) == broken.end()) {
    const std::string shown = in_quotes(name);
    at.unresolved(library.find_kpi(name) != nullptr ? shown + " is a KPI, and a metric belongs here"
                                                    : "unknown metric " + shown,
                  name, metric_names());
  }
  return metric;
}

std::optional<std::size_t> Scope::find_dimension(const Cursor& at, std::string_view name) const {
  const auto index = dimensions.index_of(name);
  if (index < dimensions.names.size()) return index;
  at.unresolved(fmt::format("unknown dimension {}", in_quotes(name)), name, dimensions.names);
  return std::nullopt;
}

std::optional<rules::Level> Scope::find_level(const Cursor& at, std::string_view name) const {
  if (name == "objective") return rules::Level{};
  const auto index = dimensions.index_of(name);
  if (index < dimensions.names.size()) return rules::Level{static_cast<int>(index) + 1};
  std::vector<std::string> names{"objective"};
  names.insert(names.end(), dimensions.names.begin(), dimensions.names.end());
  at.unresolved(fmt::format("unknown level {}", in_quotes(name)), name, names);
  return std::nullopt;
}

void Scope::report(const Cursor& at, std::string_view formula, const rules::FormulaError& failure) const {
  if (failure.offset < formula.size() && broken.count(formula.substr(failure.offset, failure.length)) > 0 &&
      library.find_kpi(formula.substr(failure.offset, failure.length)) == nullptr) {
    return;
  }
  // The compiler has no code for it but its words.
  if (at.reading().incomplete && failure.problem.starts_with("unknown name")) return;
  // `{fall: change(ctr, 7d)}` is cut off at its comma.
  const bool cut =
      !at.node().quoted && failure.offset >= formula.size() &&
      std::count(formula.begin(), formula.end(), '(') > std::count(formula.begin(), formula.end(), ')');
  if (cut) {
    at.error_at(failure.offset, failure.problem, "inside of { } a formula with a comma is quoted");
  } else {
    at.error(failure);
  }
}

bool Names::claim(const Cursor& at, const std::string& name) {
  const auto [known, is_new] = places_.emplace(name, at.place());
  if (is_new) return true;
  const auto& first = known->second;
  at.error(fmt::format("another {} is called {}: {}:{}", what_, in_quotes(name),
                       at.reading().problems.file_name(first.file), first.line));
  return false;
}

std::vector<std::string> Names::all() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : places_) names.push_back(name);
  return names;
}

std::vector<std::string> names_of(const std::vector<Cursor>& mappings) {
  std::vector<std::string> names;
  for (const auto& cursor : mappings) {
    const Entry* entry = cursor.node().find("name");
    if (entry != nullptr && entry->value.kind == NodeKind::scalar) names.push_back(entry->value.text);
  }
  return names;
}

Scope read_scope(const Sections& sections) {
  Scope scope;
  scope.dimensions = read_dimensions(sections.dimensions);
  for (const auto* declared : {&sections.metrics, &sections.kpis}) {
    if (declared->size() > kMostDeclared) {
      declared->back().error(
          fmt::format("at most {} are possible, and these are {}", kMostDeclared, declared->size()));
      return scope;
    }
  }
  read_metrics(sections.metrics, scope);
  read_kpis(sections.kpis, scope);
  return scope;
}

}  // namespace tightrope::config
