// One connector file per mistake in tests/testdata/config/bad_connectors, each with the whole text that
// people see in a sibling `.expected`. With TIGHTROPE_UPDATE_GOLDEN=1 in the environment those are written
// anew; look at the difference before you keep it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "config/connector.h"
#include "tests/support/golden_file.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/config/bad_connectors";
}

class BadConnectorTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { fs::current_path(folder()); }
};

TEST_P(BadConnectorTest, IsToldExactly) {
  EXPECT_TRUE(is_connector_file(GetParam() + ".yaml"));
  const std::string told = format(check_connector_file(GetParam() + ".yaml"));
  testing::expect_same_as_file(folder() / (GetParam() + ".expected"), told);
  EXPECT_FALSE(told.empty());
  EXPECT_EQ(told.find("pa55"), std::string::npos) << told;
}

INSTANTIATE_TEST_SUITE_P(All, BadConnectorTest, ::testing::ValuesIn(testing::yaml_cases(folder())),
                         [](const ::testing::TestParamInfo<std::string>& file) { return file.param; });

}  // namespace
}  // namespace tightrope::config
