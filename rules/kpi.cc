#include "rules/kpi.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>

#include "rules/kpi_library.h"

namespace tightrope::rules {
namespace {

constexpr std::array<std::string_view, 3> kBetterNames{"lower", "higher", "neither"};

FormulaError about_name(std::string problem) {
  return {0, 0, std::move(problem), ""};
}

std::optional<FormulaError> check_name(std::string_view name, std::string_view what) {
  if (is_formula_name(name)) return std::nullopt;
  return about_name(
      fmt::format("\"{}\" cannot be the name of a {}: write letters, digits and \"_\", and no word of the "
                  "formula language",
                  name, what));
}

template <class T>
const T* find_by_name(const std::vector<T>& all, std::string_view name) noexcept {
  const auto place = std::find_if(all.begin(), all.end(), [name](const T& one) { return one.name == name; });
  return place == all.end() ? nullptr : &*place;
}

}  // namespace

std::optional<Unit> check_value(std::string_view name) noexcept {
  if (name == kBudgetValue) return Unit::money;
  if (name == kBoundValue) return Unit::number;
  return std::nullopt;
}

std::string_view to_string(Better better) noexcept {
  return kBetterNames[static_cast<std::size_t>(better)];
}

std::optional<Better> parse_better(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kBetterNames.size(); ++i) {
    if (kBetterNames[i] == text) return static_cast<Better>(i);
  }
  return std::nullopt;
}

bool is_volume(const Kpi& kpi) noexcept {
  const bool sum = kpi.unit == Unit::count || kpi.unit == Unit::money || kpi.unit == Unit::duration ||
                   kpi.unit == Unit::number;
  return sum && !kpi.formula.is_quotient();
}

KpiLibrary::KpiLibrary() {
  for (const BuiltInMetric& built_in : built_in_metrics()) {
    metrics_.push_back({std::string(built_in.name), built_in.unit, built_in.additive});
    if (built_in.additive) add_volume_kpi(metrics_.back(), built_in.better, std::string(built_in.meaning));
  }
  for (const BuiltInKpi& built_in : built_in_kpis()) {
    [[maybe_unused]] const std::optional<FormulaError> error =
        add_kpi(std::string(built_in.name), built_in.formula, built_in.unit, built_in.better,
                std::string(built_in.meaning));
    assert(!error);
  }
}

void KpiLibrary::add_volume_kpi(const Metric& metric, Better better, std::string meaning) {
  std::variant<Formula, FormulaError> formula = compile(metric.name);
  assert(std::holds_alternative<Formula>(formula));
  kpis_.push_back(
      {metric.name, std::get<Formula>(std::move(formula)), metric.unit, better, std::move(meaning)});
}

std::optional<FormulaError> KpiLibrary::add_metric(Metric metric) {
  if (auto error = check_name(metric.name, "metric")) return error;
  if (metric.unit == Unit::truth) return about_name("a metric is a figure, not true or false");
  if (const Metric* known = find_metric(metric.name)) {
    if (*known == metric) return std::nullopt;
    return about_name(fmt::format("the metric \"{}\" is known already, as {}{}", metric.name,
                                  to_string(known->unit), known->additive ? "" : " that is not additive"));
  }
  if (const Kpi* known = find_kpi(metric.name)) {
    return about_name(
        fmt::format("\"{}\" is known already, as the KPI {}", metric.name, known->formula.text()));
  }
  metrics_.push_back(std::move(metric));
  if (metrics_.back().additive) add_volume_kpi(metrics_.back(), Better::neither, "");
  return std::nullopt;
}

std::optional<FormulaError> KpiLibrary::add_kpi(std::string name, std::string_view formula,
                                                std::optional<Unit> unit, Better better,
                                                std::string meaning) {
  if (auto error = check_name(name, "KPI")) return error;
  if (const Kpi* known = find_kpi(name)) {
    if (known->formula.text() == formula && known->better == better && (!unit || known->unit == *unit)) {
      return std::nullopt;
    }
    return about_name(fmt::format("the KPI \"{}\" is known already, as {}", name, known->formula.text()));
  }
  if (find_metric(name) != nullptr)
    return about_name(fmt::format("\"{}\" is known already, as a metric", name));
  std::variant<Formula, FormulaError> compiled = compile(formula);
  if (auto* error = std::get_if<FormulaError>(&compiled)) return std::move(*error);
  Formula& ready = std::get<Formula>(compiled);
  if (ready.unit() == Unit::truth) {
    return FormulaError{0, formula.size(), "a KPI is a figure; this is a condition, which is true or false",
                        ""};
  }
  if (unit && *unit != ready.unit() && ready.unit() != Unit::number) {
    return FormulaError{
        0, formula.size(),
        fmt::format("the formula gives {}, not {}", to_string(ready.unit()), to_string(*unit)), ""};
  }
  const Unit own_unit = unit.value_or(ready.unit());
  kpis_.push_back({std::move(name), std::move(ready), own_unit, better, std::move(meaning)});
  return std::nullopt;
}

const Metric* KpiLibrary::find_metric(std::string_view name) const noexcept {
  return find_by_name(metrics_, name);
}

const Kpi* KpiLibrary::find_kpi(std::string_view name) const noexcept {
  return find_by_name(kpis_, name);
}

std::vector<std::string> KpiLibrary::names() const {
  std::vector<std::string> names;
  for (const Metric& metric : metrics_) names.push_back(metric.name);
  for (const Kpi& kpi : kpis_) {
    if (find_metric(kpi.name) == nullptr) names.push_back(kpi.name);
  }
  return names;
}

std::variant<Formula, FormulaError> KpiLibrary::compile(std::string_view formula) const {
  Vocabulary vocabulary;
  vocabulary.find = [this](std::string_view name) -> std::optional<Name> {
    if (const Metric* metric = find_metric(name)) return Name{Name::Kind::metric, metric->unit};
    if (const Kpi* kpi = find_kpi(name)) return Name{Name::Kind::kpi, kpi->unit, &kpi->formula};
    if (const auto unit = check_value(name)) return Name{Name::Kind::value, *unit};
    return std::nullopt;
  };
  vocabulary.allows_rank = false;
  std::variant<Formula, FormulaError> compiled = compile_formula(formula, vocabulary);
  // The names serve suggestions only, and most formulas are right: they are listed once one is wrong.
  if (std::holds_alternative<Formula>(compiled)) return compiled;
  vocabulary.names = names();
  return compile_formula(formula, vocabulary);
}

Vocabulary KpiLibrary::vocabulary(std::vector<std::pair<std::string, Unit>> values) const {
  std::map<std::string, Name, std::less<>> known;
  for (const auto& [name, unit] : values) known.try_emplace(name, Name{Name::Kind::value, unit});
  for (const Metric& metric : metrics_) known.try_emplace(metric.name, Name{Name::Kind::metric, metric.unit});
  for (const Kpi& kpi : kpis_) known.try_emplace(kpi.name, Name{Name::Kind::kpi, kpi.unit});
  std::vector<std::string> names;
  for (const auto& [name, meaning] : known) names.push_back(name);
  const auto find = [known = std::move(known)](std::string_view name) -> std::optional<Name> {
    const auto place = known.find(name);
    return place == known.end() ? std::nullopt : std::optional(place->second);
  };
  return {find, std::move(names), true};
}

}  // namespace tightrope::rules
