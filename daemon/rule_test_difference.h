// The readable difference between what a test of rules expected and what it got. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/rule_tests.h"

namespace tightrope::daemon {

// As people write a figure in a test: "41.19", "12.3%" where a percentage was expected, "none".
std::string as_written(double value, bool percent);

// Gathers what differs; what agrees leaves no trace.
class DifferenceTable {
 public:
  void text(const std::string& name, const std::string& expected, const std::string& got);
  // `tolerance` is a share of the expected figure. Compares nothing when none is expected.
  void figure(const std::string& name, const std::optional<config::ExpectedFigure>& expected, double got,
              double tolerance);
  // Each of the parts stands in the text.
  void contains(const std::string& name, const std::vector<std::string>& parts, const std::string& got);

  bool agrees_in_all() const noexcept { return rows_.empty(); }
  // Aligned, below a heading, not indented. REQUIRES: something differs.
  std::vector<std::string> lines() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // name, expected, got
};

}  // namespace tightrope::daemon
