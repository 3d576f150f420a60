// Metrics (additive base figures) and KPIs (named formulas over them), built in and custom.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rules/formula.h"

namespace tightrope::rules {

struct Metric {
  std::string name;
  Unit unit = Unit::count;
  // False for reach, frequency, rank: never summed over days, campaigns or breakdowns.
  bool additive = true;
  friend bool operator==(const Metric&, const Metric&) = default;
};

// What a KPI can name of the check it is made for, beside figures: the entity's own bound, and the budget of
// its objective. A metric or KPI of that name hides them.
constexpr std::string_view kBoundValue = "bound";
constexpr std::string_view kBudgetValue = "budget";
std::optional<Unit> check_value(std::string_view name) noexcept;  // its unit; nothing for other names

enum class Better : std::uint8_t { lower, higher, neither };
std::string_view to_string(Better better) noexcept;
std::optional<Better> parse_better(std::string_view text) noexcept;

struct Kpi {
  std::string name;
  Formula formula;  // its inputs are metrics and check values: KPIs that it names are inlined
  Unit unit = Unit::ratio;
  Better better = Better::neither;
  std::string meaning;  // one line for people
  friend bool operator==(const Kpi&, const Kpi&) = default;
};

// A total such as conversions or spend: what grows with what is reported, and can be reached by the end of a
// period. A quotient does not.
bool is_volume(const Kpi& kpi) noexcept;

// A factor of a KPI: K = constant * product of (factor ^ exponent), e.g. cpa = cpc ^ 1 * cvr ^ -1. Each
// factor is itself a built-in KPI. For diagnosis (what moved a KPI), where the constant cancels.
struct Factor {
  std::string_view kpi;
  int exponent;
};
// The factors of a built-in KPI; empty when it has none.
std::span<const Factor> factors_of(std::string_view kpi) noexcept;

// What can be named in formulas: the built-in metrics and KPIs, then those of the configuration. A value.
class KpiLibrary {
 public:
  // With the built-in metrics and KPIs (kpi_library.cc). Every additive metric is also a KPI of that name,
  // for targets on volume.
  KpiLibrary();

  // Nothing when added, or when the very same is known already; else what is wrong: the name is taken by
  // another definition, or cannot be a name. Errors about a name have length 0.
  std::optional<FormulaError> add_metric(Metric metric);
  // Likewise; or the formula is wrong. It may name metrics and the KPIs known so far. A unit that is given
  // must be the formula's own, but a formula whose unit is a bare number takes any. A KPI is no condition:
  // its unit is never truth.
  std::optional<FormulaError> add_kpi(std::string name, std::string_view formula, std::optional<Unit> unit,
                                      Better better, std::string meaning);

  const Metric* find_metric(std::string_view name) const noexcept;  // borrowed until the next add
  const Kpi* find_kpi(std::string_view name) const noexcept;        // borrowed until the next add
  std::span<const Metric> metrics() const noexcept { return metrics_; }
  std::span<const Kpi> kpis() const noexcept { return kpis_; }

  // Metrics and KPIs, plus `values`, for a condition or a value of a playbook. KPIs are inputs there;
  // change() may be used. A value hides a metric or KPI of its name. Keeps its own copy of the names.
  Vocabulary vocabulary(std::vector<std::pair<std::string, Unit>> values = {}) const;

 private:
  void add_volume_kpi(const Metric& metric, Better better, std::string meaning);
  // A formula of a KPI: the KPIs it names are inlined.
  std::variant<Formula, FormulaError> compile(std::string_view formula) const;
  std::vector<std::string> names() const;

  std::vector<Metric> metrics_;
  std::vector<Kpi> kpis_;
};

}  // namespace tightrope::rules
