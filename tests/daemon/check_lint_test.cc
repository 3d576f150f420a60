// `tightrope check --lint` as people and editors see it. TIGHTROPE_UPDATE_GOLDEN=1 rewrites the expected
// text.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "golden_file.h"
#include "ran_command.h"

namespace tightrope::testing {
namespace {

namespace json = boost::json;

// Messages name files as they were given, so that they are the same in every checkout.
class CheckLintTest : public ::testing::Test {
 protected:
  CheckLintTest() : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(std::filesystem::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/config/lint");
  }
  ~CheckLintTest() override { std::filesystem::current_path(before_); }

  static Ran check(std::vector<std::string> words) {
    words.insert(words.begin(), "check");
    return tightrope(std::move(words));
  }

 private:
  std::filesystem::path before_;
};

TEST_F(CheckLintTest, TellsEveryFindingAtItsPlace) {
  const Ran ran = check({"--lint", "--notes", "strategy.yaml"});
  EXPECT_EQ(ran.code, 0);
  expect_golden("check_lint.txt", ran.err + ran.out);
}

TEST_F(CheckLintTest, WarningsAreFatalOnlyWhenAsked) {
  EXPECT_EQ(check({"--lint", "strategy.yaml"}).code, 0);
  EXPECT_EQ(check({"--lint-fatal", "strategy.yaml"}).code, 3);
  const Ran clean = check({"--lint-fatal", "clean.yaml"});
  EXPECT_EQ(clean.code, 0) << clean.err;
  EXPECT_EQ(clean.err, "");
  EXPECT_EQ(clean.out.substr(0, 18), "1 file checked, ok");
}

TEST_F(CheckLintTest, WithoutItOnlyTheReadersAreHeard) {
  const Ran ran = check({"strategy.yaml"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "2 files checked, ok\n");
  for (const char* kind : {"never", "contradiction", "opposite", "redundant", "outside"}) {
    EXPECT_EQ(ran.err.find(std::string("[") + kind), std::string::npos) << ran.err;
  }
  EXPECT_NE(ran.err.find("bounce_rate is not a factor of cpa"), std::string::npos) << ran.err;
}

TEST_F(CheckLintTest, NotesAreCountedAndShownWhenAsked) {
  const Ran quiet = check({"--lint", "strategy.yaml"});
  EXPECT_EQ(quiet.err.find(": note:"), std::string::npos);
  EXPECT_NE(quiet.out.find("(--notes shows them)"), std::string::npos) << quiet.out;
  const Ran loud = check({"--notes", "strategy.yaml"});
  EXPECT_NE(loud.err.find(": note:"), std::string::npos);
}

TEST_F(CheckLintTest, JsonHasThePlaceKindAndSubjects) {
  const Ran ran = check({"--lint", "--format=json", "strategy.yaml"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  const json::value told = json::parse(ran.out);
  EXPECT_EQ(told.at("errors").to_number<int>(), 0);
  EXPECT_GT(told.at("warnings").to_number<int>(), 10);
  const json::value* found = nullptr;
  for (const json::value& remark : told.at("remarks").as_array()) {
    if (remark.at("kind").as_string() == "opposite_playbooks") found = &remark;
  }
  ASSERT_NE(found, nullptr) << ran.out;
  EXPECT_EQ(found->at("file").as_string(), "playbooks.yaml");
  EXPECT_EQ(found->at("line").to_number<int>(), 13);
  EXPECT_EQ(found->at("level").as_string(), "warning");
  EXPECT_EQ(found->at("about").at(0).at("name").as_string(), "raise_bids");
  EXPECT_EQ(found->at("about").at(1).at("name").as_string(), "lower_bids");
}

TEST_F(CheckLintTest, AnErrorIsAFailureWhateverElseIsAsked) {
  EXPECT_EQ(check({"--lint-fatal", "none.yaml"}).code, 1);
  const Ran ran = check({"--lint-fatal", "--format=json", "none.yaml"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(json::parse(ran.out).at("errors").to_number<int>(), 1);
  EXPECT_EQ(check({"--format=xml", "clean.yaml"}).code, 2);
}

}  // namespace
}  // namespace tightrope::testing
