#include "daemon/rule_test_difference.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "daemon/commands/table.h"

namespace tightrope::daemon {
namespace {

bool agrees(const config::ExpectedFigure& expected, double got, double tolerance) {
  if (std::isnan(expected.value) || std::isnan(got)) return std::isnan(expected.value) && std::isnan(got);
  constexpr double kRounding = 1e-9;
  return std::abs(expected.value - got) <= std::abs(expected.value) * tolerance + kRounding;
}

}  // namespace

std::string as_written(double value, bool percent) {
  if (std::isnan(value)) return "none";
  return percent ? fmt::format("{:.4g}%", value * 100) : fmt::format("{:.6g}", value);
}

void DifferenceTable::text(const std::string& name, const std::string& expected, const std::string& got) {
  if (expected != got) rows_.push_back({name, expected, got});
}

void DifferenceTable::figure(const std::string& name, const std::optional<config::ExpectedFigure>& expected,
                             double got, double tolerance) {
  if (expected && !agrees(*expected, got, tolerance))
    rows_.push_back({name, expected->written, as_written(got, expected->written.ends_with('%'))});
}

void DifferenceTable::contains(const std::string& name, const std::vector<std::string>& parts,
                               const std::string& got) {
  for (const std::string& part : parts) {
    if (got.find(part) == std::string::npos)
      rows_.push_back({name, "..." + part + "...", got.empty() ? "(nothing)" : got});
  }
}

std::vector<std::string> DifferenceTable::lines() const {
  std::ostringstream table;
  commands::print_table(table, {"", "EXPECTED", "GOT"}, rows_);
  std::vector<std::string> lines;
  std::istringstream in(table.str());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace tightrope::daemon
