// One test file per mistake in tests/testdata/config/bad_tests, each with the whole text that people see in a
// sibling `.expected`. With TIGHTROPE_UPDATE_GOLDEN=1 in the environment those are written anew; look at the
// difference before you keep it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "config/rule_tests.h"
#include "tests/support/golden_file.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/config/bad_tests";
}

class BadRuleTestFileTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { fs::current_path(folder()); }
};

TEST_P(BadRuleTestFileTest, IsToldExactly) {
  const auto loaded = load_rule_tests(GetParam() + ".yaml");
  const std::string told = format(loaded.errors);
  testing::expect_same_as_file(folder() / (GetParam() + ".expected"), told);
  EXPECT_FALSE(told.empty());
  EXPECT_FALSE(loaded.tests);
}

INSTANTIATE_TEST_SUITE_P(All, BadRuleTestFileTest, ::testing::ValuesIn(testing::yaml_cases(folder())),
                         [](const ::testing::TestParamInfo<std::string>& file) { return file.param; });

}  // namespace
}  // namespace tightrope::config
