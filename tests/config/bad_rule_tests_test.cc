// One test file per mistake in tests/testdata/config/bad_tests, each with the whole text that people see in a
// sibling `.expected`. With TIGHTROPE_UPDATE_GOLDEN=1 in the environment those are written anew; look at the
// difference before you keep it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "config/rule_tests.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/config/bad_tests";
}

std::vector<std::string> files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadRuleTestFileTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { fs::current_path(folder()); }
};

TEST_P(BadRuleTestFileTest, IsToldExactly) {
  const auto loaded = load_rule_tests(GetParam() + ".yaml");
  const std::string told = format(loaded.errors);
  const fs::path golden = folder() / (GetParam() + ".expected");
  if (const char* update = std::getenv("TIGHTROPE_UPDATE_GOLDEN");
      update != nullptr && std::string(update) == "1") {
    std::ofstream(golden, std::ios::binary) << told;
  }
  std::ifstream in(golden, std::ios::binary);
  EXPECT_EQ(told, std::string(std::istreambuf_iterator<char>(in), {}));
  EXPECT_FALSE(told.empty());
  EXPECT_FALSE(loaded.tests);
}

INSTANTIATE_TEST_SUITE_P(All, BadRuleTestFileTest, ::testing::ValuesIn(files()),
                         [](const ::testing::TestParamInfo<std::string>& file) { return file.param; });

}  // namespace
}  // namespace tightrope::config
