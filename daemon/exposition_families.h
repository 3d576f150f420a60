// The KPI families by name, and those of them that count things of a whole client. Private to the exposition.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/exposition.h"
#include "rules/engine.h"

namespace tightrope::daemon {

struct FamilyInfo {
  std::string_view name;
  std::string_view help;
};
// All are gauges.
const FamilyInfo& info_of(KpiFamily family) noexcept;

// {name="value",...} and the space that SampleText::sample wants.
std::string label_set(std::initializer_list<std::pair<std::string_view, std::string_view>> list);

// Verdicts, stakes, alerts, recommendations, the aligned share of the spend, what is looked at, and how late
// figures come.
void write_counts(const rules::Engine& engine, KpiSamples& out);

}  // namespace tightrope::daemon
