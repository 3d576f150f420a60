// Checks the reference vectors of the statistics:
//
//     statistics_vectors [DIR]
//
// reads every JSON file of DIR that holds cases, in the order of their names, and checks each case through
// the functions of rules/. A line per failing case says what was expected and what came; the last line
// counts. Ends with 1 if any failed or none was found. Without DIR the folder is the one that
// TIGHTROPE_STATISTICS names, else the one beside the project; where neither is there is nothing to check: it
// says so and ends with 77.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/rules/vector_case.h"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace tightrope::rules::vectors;

constexpr int kSkipped = 77;

struct Count {
  int passed = 0;
  int failed = 0;
};

Checks all_checks() {
  Checks checks;
  add_budget_checks(checks);
  add_diagnosis_checks(checks);
  add_dispersion_checks(checks);
  add_evidence_checks(checks);
  add_false_discovery_checks(checks);
  add_maturity_checks(checks);
  add_outcome_checks(checks);
  add_pacing_checks(checks);
  return checks;
}

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What is wrong with a case; "" when nothing is.
std::string problem_of(const json::object& entry, const Checks& checks) {
  try {
    VectorCase one(entry);
    const auto check = checks.find(one.kind());
    if (check == checks.end()) return "nothing checks this kind";
    check->second(one);
    if (one.differences().empty()) return "";
    const Difference& first = one.differences().front();
    std::string text = fmt::format("{}: expected {}, got {}", first.what, first.expected, first.got);
    if (one.differences().size() > 1) text += fmt::format(" (and {} more)", one.differences().size() - 1);
    return text;
  } catch (const std::exception& failure) {
    return fmt::format("cannot be read: {}", failure.what());
  }
}

std::string text_of(const json::object& entry, std::string_view name) {
  const json::value& member = optional_member(entry, name);
  return member.is_string() ? std::string(member.as_string()) : "?";
}

// A JSON file without cases is something else and is left alone.
void check_file(const fs::path& file, const Checks& checks, Count& count) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  json::error_code error;
  const json::value document = json::parse(text.str(), error);
  if (error) {
    ++count.failed;
    fmt::print("{}: is not JSON: {}\n", file.filename().string(), error.message());
    return;
  }
  const json::value* cases = document.is_object() ? document.as_object().if_contains("cases") : nullptr;
  if (cases == nullptr || !cases->is_array()) return;
  for (const json::value& entry : cases->as_array()) {
    const json::object empty;
    const json::object& object = entry.is_object() ? entry.as_object() : empty;
    const std::string problem = problem_of(object, checks);
    if (problem.empty()) {
      ++count.passed;
      continue;
    }
    ++count.failed;
    fmt::print("{}: {} ({}): {}\n", file.filename().string(), text_of(object, "id"), text_of(object, "kind"),
               problem);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    fmt::print(stderr, "usage: statistics_vectors [DIR]\n");
    return 2;
  }
  const char* named = argc == 2 ? argv[1] : std::getenv("TIGHTROPE_STATISTICS");
  const fs::path beside = fs::path(TIGHTROPE_SOURCE_DIR) / "../shared/data/statistics";
  const fs::path folder = named != nullptr ? fs::path(named) : beside;
  if (named == nullptr && !fs::is_directory(beside)) {
    fmt::print("skipped: set TIGHTROPE_STATISTICS to the folder with the reference vectors\n");
    return kSkipped;
  }
  Count count;
  try {
    const Checks checks = all_checks();
    for (const fs::path& file : json_files(folder)) check_file(file, checks, count);
  } catch (const std::exception& failure) {
    fmt::print("{}\n", failure.what());
    ++count.failed;
  }
  fmt::print("{} passed, {} failed\n", count.passed, count.failed);
  return count.failed == 0 && count.passed > 0 ? 0 : 1;
}
