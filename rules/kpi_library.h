// The table of built-in metrics and KPIs. Private to KpiLibrary.
#pragma once

#include <span>
#include <string_view>

#include "rules/kpi.h"

namespace tightrope::rules {

struct BuiltInMetric {
  std::string_view name;
  Unit unit;
  bool additive;
  Better better;  // as a KPI of its own
  std::string_view meaning;
};

struct BuiltInKpi {
  std::string_view name;
  std::string_view formula;  // over metrics and KPIs before it
  Unit unit;
  Better better;
  std::string_view meaning;
};

std::span<const BuiltInMetric> built_in_metrics() noexcept;
std::span<const BuiltInKpi> built_in_kpis() noexcept;

}  // namespace tightrope::rules
