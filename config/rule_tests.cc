// From a test file to its cases, or to everything that is wrong with it and with the strategy it names.
#include "config/rule_tests.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "config/readers.h"
#include "config/test_readers.h"

namespace tightrope::config {
namespace {

// The strategies of `config:` or `strategy:`. Nodes of the files are kept in `files`.
std::vector<rules::Strategy> read_tested(MappingReader& in, FileSet& files) {
  const auto config = in.get("config", Shape::text);
  const auto strategy = in.get("strategy", Shape::mapping);
  if (in.readable() && !in.has("config") && !in.has("strategy")) {
    in.at().error("names nothing to test", "write config: ../tightrope.yaml, or strategy: with clients");
  }
  if (config && strategy) strategy->at_key().error("\"config\" is given as well; keep one");
  if (config && config->raw()) files = read_included(*config, config->reading());
  const bool is_inline = strategy && !config && strategy->node().kind == NodeKind::mapping;
  if (is_inline) {
    if (const Entry* include = strategy->node().find("include"))
      files = read_included(strategy->child(*include), strategy->reading());
  }
  Sections sections = find_sections(files, in.at().reading());
  if (is_inline) add_sections(*strategy, sections);
  auto strategies = read_strategies(sections);
  const bool told = in.at().reading().problems.failed();
  if (strategies.empty() && !told)
    (config ? *config : *strategy).error("has no clients, so there is nothing to test");
  return strategies;
}

}  // namespace

std::string_view to_string(ExpectedAlertState state) noexcept {
  static constexpr std::array<std::string_view, 4> kNames{"pending", "firing", "acknowledged", "resolved"};
  return kNames[static_cast<std::size_t>(state)];
}

LoadedRuleTests load_rule_tests(const std::string& file) {
  Problems problems;
  Reading reading{problems, true, {}};
  LoadedRuleTests loaded;
  RuleTests read;
  FileSet files;
  if (const auto root = read_single_file(file, reading)) {
    MappingReader in(Cursor(reading, *root, ""), kTestFileKeys);
    read.strategies = read_tested(in, files);
    // Names are not looked for in a strategy with mistakes.
    const bool incomplete = problems.failed();
    Names names("test of this file");
    for (const auto& at : in.mappings("tests")) {
      read.tests.push_back(read_rule_test(at, read.strategies, incomplete));
      const RuleTest& test = read.tests.back();
      if (!test.name.empty()) names.claim(at.child(*at.node().find("name")), test.name);
    }
    if (in.readable() && in.has("tests") && read.tests.empty() && !problems.failed())
      in.at().child(*root->find("tests")).error("has no tests in it");
  }
  if (!problems.failed()) loaded.tests = std::move(read);
  loaded.errors = std::move(problems).take();
  return loaded;
}

}  // namespace tightrope::config
