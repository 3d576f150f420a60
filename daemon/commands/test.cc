// `tightrope test`: unit tests of rules.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "config/rule_tests.h"
#include "daemon/commands/command.h"
#include "daemon/junit.h"
#include "daemon/rule_test.h"

namespace tightrope::daemon::commands {
namespace {

struct TestOptions {
  std::vector<std::string> files;
  std::string junit;
  std::string run;  // "" is all
  bool verbose = false;
};

struct Totals {
  std::size_t passed = 0, failed = 0, left_out = 0, unusable_files = 0;
};

std::string failure_text(const config::RuleTest& test, const std::vector<RuleTestFailure>& failures) {
  std::string text = fmt::format("FAIL  {}:{}: {}\n", test.where.file, test.where.line, test.name);
  for (const RuleTestFailure& failure : failures) {
    text += fmt::format("  {}:{}: {}: {}\n", failure.where.file, failure.where.line, failure.local_time,
                        failure.problem);
    for (const std::string& line : failure.details) text += fmt::format("      {}\n", line);
  }
  return text;
}

class TestRunner {
 public:
  TestRunner(const TestOptions& options, const RE2& chosen, std::ostream& out, std::ostream& err)
      : options_(options), chosen_(chosen), out_(out), err_(err) {}

  void run(const std::string& file) {
    const config::LoadedRuleTests loaded = config::load_rule_tests(file);
    suites_.push_back({file, {}});
    if (!loaded.tests) {
      const std::string errors = config::format(loaded.errors);
      err_ << errors;
      suites_.back().cases.push_back(
          {"can be read", JunitCase::Outcome::not_run, errors.substr(0, errors.find('\n')), errors});
      ++totals_.unusable_files;
      return;
    }
    // Warnings about the strategy are the business of `tightrope check`.
    if (options_.verbose) err_ << config::format(loaded.errors);
    for (const config::RuleTest& test : loaded.tests->tests) {
      if (RE2::PartialMatch(test.name, chosen_)) {
        run(test, loaded.tests->strategies[test.client]);
      } else {
        ++totals_.left_out;
      }
    }
  }

  const Totals& totals() const noexcept { return totals_; }
  const std::vector<JunitSuite>& suites() const noexcept { return suites_; }

 private:
  void run(const config::RuleTest& test, const rules::Strategy& strategy) {
    const std::vector<RuleTestFailure> failures = run_rule_test(test, strategy);
    JunitCase& entry = suites_.back().cases.emplace_back();
    entry.name = test.name;
    if (failures.empty()) {
      ++totals_.passed;
      if (options_.verbose)
        out_ << fmt::format("ok    {}:{}: {}\n", test.where.file, test.where.line, test.name);
      return;
    }
    ++totals_.failed;
    entry.outcome = JunitCase::Outcome::failed;
    entry.message = fmt::format("{}: {}", failures.front().local_time, failures.front().problem);
    entry.text = failure_text(test, failures);
    out_ << entry.text;
  }

  const TestOptions& options_;
  const RE2& chosen_;
  std::ostream& out_;
  std::ostream& err_;
  Totals totals_;
  std::vector<JunitSuite> suites_;
};

bool write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good();
}

int run_tests(const TestOptions& options, std::ostream& out, std::ostream& err) {
  const RE2 chosen(options.run, RE2::Quiet);
  if (!chosen.ok()) {
    err << "--run: \"" << options.run << "\" is not a regular expression: " << chosen.error() << "\n";
    return kUsage;
  }
  TestRunner runner(options, chosen, out, err);
  for (const std::string& file : options.files) runner.run(file);
  const Totals& totals = runner.totals();
  if (!options.junit.empty() && !write_file(options.junit, junit_xml(runner.suites()))) {
    err << "--junit: " << options.junit << " cannot be written\n";
    return kFailure;
  }
  if (totals.left_out > 0 && totals.passed + totals.failed == 0 && totals.unusable_files == 0) {
    err << fmt::format("--run: \"{}\" is in the name of none of the {} tests\n", options.run,
                       totals.left_out);
    return kUsage;
  }
  out << fmt::format("{} passed, {} failed", totals.passed, totals.failed);
  if (totals.left_out > 0) out << fmt::format(", {} left out by --run", totals.left_out);
  if (totals.unusable_files > 0)
    out << fmt::format(", {} {} not be used", totals.unusable_files,
                       totals.unusable_files == 1 ? "file could" : "files could");
  out << "\n";
  return totals.failed == 0 && totals.unusable_files == 0 ? kGood : kFailure;
}

}  // namespace

void add_test(CommandLine& line) {
  Command command = line.command(
      "test", "Run unit tests of rules: figures in, expected verdicts, alerts and recommendations out");
  auto options = std::make_shared<TestOptions>();
  command.option("FILE", options->files, "Tests (YAML); each names the configuration that it is for")
      .required();
  command.option("--junit", options->junit, "Write the results to this file too, as JUnit XML");
  command.option("--run", options->run, "Only tests in whose name this regular expression is found");
  command.flag("--verbose,-v", options->verbose, "Name the tests that pass as well");
  command.footer(
      "config/README.md says how tests are written; `tightrope schema --of=test` is for editors.\n"
      "Exit codes: 0 all passed, 1 a test failed or a file cannot be used, 2 a wrong command line.");
  command.does([options](std::ostream& out, std::ostream& err) { return run_tests(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
