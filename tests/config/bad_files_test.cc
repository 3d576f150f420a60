// One file per mistake in tests/testdata/config/bad, each with the whole text that people see in a sibling
// `.expected`. With TIGHTROPE_UPDATE_GOLDEN=1 in the environment those are written anew; look at the
// difference before you keep it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "config/configuration.h"
#include "tests/support/golden_file.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/config/bad";
}

class BadFileTest : public ::testing::TestWithParam<std::string> {
 protected:
  // Messages name files as they were given, so that they are the same in every checkout.
  void SetUp() override { fs::current_path(folder()); }
};

TEST_P(BadFileTest, IsToldExactly) {
  const auto loaded = load(GetParam() + ".yaml");
  const std::string told = format(loaded.errors);
  testing::expect_same_as_file(folder() / (GetParam() + ".expected"), told);
  EXPECT_FALSE(told.empty());
  const bool only_warnings = std::all_of(loaded.errors.begin(), loaded.errors.end(), [](const Error& error) {
    return error.level == ErrorLevel::warning;
  });
  EXPECT_EQ(loaded.configuration.has_value(), only_warnings);
  EXPECT_EQ(GetParam().starts_with("warning_"), only_warnings);
}

TEST_P(BadFileTest, ShowsNoSecret) {
  const auto told = format(load(GetParam() + ".yaml").errors);
  EXPECT_EQ(told.find("pa55"), std::string::npos) << told;
  EXPECT_EQ(told.find("swordfish"), std::string::npos) << told;
}

INSTANTIATE_TEST_SUITE_P(All, BadFileTest, ::testing::ValuesIn(testing::yaml_cases(folder())),
                         [](const ::testing::TestParamInfo<std::string>& file) { return file.param; });

}  // namespace
}  // namespace tightrope::config
