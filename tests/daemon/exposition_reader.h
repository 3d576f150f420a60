// Reads what /metrics answers, as strictly as the formats are written down.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::testing {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value;
};
struct Family {
  std::string help;  // as written, escapes undone
  std::string type;
  std::vector<Sample> samples;
};
struct Exposition {
  std::map<std::string, Family> families;
  bool ended = false;               // "# EOF" came last
  std::vector<std::string> faults;  // each with its line

  // The one sample with these labels, among others; NaN and a failed test when there is none or more than
  // one.
  double value(const std::string& name, const std::map<std::string, std::string>& labels = {}) const;
  std::size_t count(const std::string& name, const std::map<std::string, std::string>& labels = {}) const;
};

enum class Dialect { text, openmetrics };
// Faults are: a family without HELP or TYPE, in two places, or declared twice; a sample that is not its
// family's; a name, label, escape or number that is not allowed; two equal samples; text that is not UTF-8;
// and in OpenMetrics also a missing end, or a counter without _total.
Exposition read_exposition(std::string_view text, Dialect dialect = Dialect::text);

// What `promtool check metrics` says about the text: "" when all is well. Nothing to say where promtool is
// missing.
struct Promtool {
  bool found = false;
  int status = 0;
  std::string output;
};
Promtool check_with_promtool(const std::string& text);

}  // namespace tightrope::testing
