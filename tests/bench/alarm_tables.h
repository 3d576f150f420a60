// The tables and the CSV of false_alarms.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/alarm_reference.h"

namespace tightrope::bench {

// One line of a table, measured or specified.
struct AlarmFigures {
  SpecifiedFigures figures{};
  std::optional<double> standard_error = std::nullopt;  // of the false alarms
  std::optional<double> days_on = std::nullopt;         // share of days on target
  std::optional<double> was_on = std::nullopt;          // share of campaigns, before the CPA changed
};

struct MeasuredScheme {
  std::string scheme;
  std::optional<double> confidence = std::nullopt;  // of the engine's that have one
  AlarmFigures all{};
  std::vector<AlarmFigures> tiers{};
};

// To stdout, beside what is specified. `horizon`: for how many days a change was looked at.
void print_tables(std::string_view setting, const std::vector<MeasuredScheme>& schemes, int horizon);

void write_csv_head(std::ostream& out);
// Figures that are unknown or infinite are empty.
void write_csv(std::ostream& out, std::string_view setting, const std::vector<MeasuredScheme>& schemes);

}  // namespace tightrope::bench
