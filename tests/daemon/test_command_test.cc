// `tightrope test`, as a user runs it: what it prints, what it writes for CI, and how it ends.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/junit.h"
#include "golden_file.h"
#include "ran_command.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

class TestCommandTest : public ::testing::Test {
 protected:
  // Messages name files as they were given, so that they are the same in every checkout.
  void SetUp() override { std::filesystem::current_path(TIGHTROPE_SOURCE_DIR "/tests/testdata/rule_tests"); }

  static Ran test(std::vector<std::string> words) {
    words.insert(words.begin(), "test");
    return tightrope(std::move(words));
  }

  static std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // A file with one test named `name`, whose single expectation is `expect`.
  std::string write(const std::string& name, const std::string& expect) {
    const std::string file = directory_ / "one.yaml";
    std::ofstream(file) << "strategy:\n  clients:\n    - name: acme\n      objectives:\n"
                           "        - name: o\n          targets: [{name: price, kpi: cpa, at_most: 10, "
                           "over: 1d}]\n"
                           "tests:\n  - name: '"
                        << name << "'\n    start: 2026-11-02\n"
                        << "    observations: [{spend: 50, conversions: 2}]\n"
                        << "    expect: [{at: 2026-11-02, " << expect << "}]\n";
    return file;
  }

  TemporaryDirectory directory_;
};

TEST_F(TestCommandTest, FailuresShowTheDifferenceAndTheFiguresBehindIt) {
  const Ran ran = test({"failing.yaml"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "");
  expect_golden("test_failures.txt", ran.out);
}

TEST_F(TestCommandTest, JunitHoldsEveryCase) {
  const std::string file = directory_ / "results.xml";
  const Ran ran = test({"--junit=" + file, "failing.yaml", "no_such_file.yaml"});
  EXPECT_EQ(ran.code, 1);
  expect_golden("test_failures.junit.xml", read(file));
}

TEST_F(TestCommandTest, WhatHoldsIsCountedAndNamedWhenAskedFor) {
  const Ran quiet = test({"failing.yaml", "--run=holds"});
  EXPECT_EQ(quiet.code, 0) << quiet.out;
  EXPECT_EQ(quiet.out, "1 passed, 0 failed, 4 left out by --run\n");
  const Ran verbose = test({"failing.yaml", "--run=^what holds", "--verbose"});
  EXPECT_EQ(verbose.code, 0);
  EXPECT_EQ(verbose.out,
            "ok    failing.yaml:59: what holds is not mentioned\n"
            "1 passed, 0 failed, 4 left out by --run\n");
}

TEST_F(TestCommandTest, RunningNothingIsNoSuccess) {
  const Ran none = test({"failing.yaml", "--run=nonsense"});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err, "--run: \"nonsense\" is in the name of none of the 5 tests\n");
  const Ran broken = test({"failing.yaml", "--run=("});
  EXPECT_EQ(broken.code, 2);
  EXPECT_NE(broken.err.find("is not a regular expression"), std::string::npos) << broken.err;
  EXPECT_EQ(test({}).code, 2);
}

TEST_F(TestCommandTest, AFileThatCannotBeUsedFailsAndTheOthersRun) {
  const Ran ran = test({"no_such_file.yaml", write("price", "no_alerts: true")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("no_such_file.yaml: error: cannot read"), std::string::npos) << ran.err;
  EXPECT_NE(ran.out.find("0 passed, 1 failed, 1 file could not be used\n"), std::string::npos) << ran.out;
}

TEST_F(TestCommandTest, JunitThatCannotBeWrittenIsAFailure) {
  const Ran ran = test({"failing.yaml", "--run=holds", "--junit=" + (directory_ / "no/such/folder.xml")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("cannot be written"), std::string::npos) << ran.err;
}

TEST_F(TestCommandTest, TheExampleOfTheManualPasses) {
  const std::string manual = read(TIGHTROPE_SOURCE_DIR "/config/README.md");
  const std::string fence = "```yaml\n";
  const std::size_t begin = manual.find(fence, manual.find("## Tests of rules")) + fence.size();
  const std::string file = directory_ / "example.yaml";
  std::ofstream(file) << manual.substr(begin, manual.find("```", begin) - begin);
  const Ran ran = test({file});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "1 passed, 0 failed\n");
}

struct Claim {
  const char* name;
  const char* expect;
  bool holds;
};

class ExpectationTest : public TestCommandTest, public ::testing::WithParamInterface<Claim> {};

// 50 for 2 is 25, against 10: fires at the last moment of 2 November.
TEST_P(ExpectationTest, HoldsOrDoesNot) {
  const Ran ran = test({write("claim", GetParam().expect)});
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.code, GetParam().holds ? 0 : 1) << ran.out;
}

INSTANTIATE_TEST_SUITE_P(
    All, ExpectationTest,
    ::testing::ValuesIn(std::vector<Claim>{
        {"Value", "verdicts: [{target: price, value: 25}]", true},
        {"ValueWithinHalfAPercent", "verdicts: [{target: price, value: 25.1}]", true},
        {"ValueBeyondHalfAPercent", "verdicts: [{target: price, value: 25.2}]", false},
        {"ValueWithinItsTolerance", "verdicts: [{target: price, value: 27, tolerance: 10%}]", true},
        {"ValueWithoutTolerance", "verdicts: [{target: price, value: 25.01, tolerance: 0}]", false},
        {"NoValue", "verdicts: [{target: price, value: none}]", false},
        {"NoLowerBound", "verdicts: [{target: price, low: none, high: 10}]", true},
        {"GapInPercent", "verdicts: [{target: price, gap: 150%}]", true},
        {"StakePerHour", "verdicts: [{target: price, stake_per_hour: 1.25}]", true},
        {"OtherStake", "verdicts: [{target: price, stake_per_hour: 2}]", false},
        {"Reason", "verdicts: [{target: price, reason: misses_target}]", true},
        {"OtherReason", "verdicts: [{target: price, reason: little_volume}]", false},
        {"TheAlert", "alerts: [{target: price, state: firing, severity: ticket, driver: none}]", true},
        {"NoAlerts", "no_alerts: true", false},
        {"EmptyListOfAlerts", "alerts: []", false},
        {"SomeAlert", "some_alerts: [{target: price, state: firing}]", true},
        {"PendingAlert", "alerts: [{target: price, state: pending}]", false},
        {"AcknowledgedAlert", "alerts: [{target: price, state: acknowledged}]", false},
        {"ResolvedAlert", "some_alerts: [{target: price, state: resolved}]", false},
        {"FiredAt", "alerts: [{target: price, state: firing, fired_at: 2026-11-02}]", true},
        {"FiredAtAnotherTime", "alerts: [{target: price, state: firing, fired_at: 2026-11-02T12:00}]", false},
        {"NothingRecommended", "recommendations: [{target: price, playbooks: []}]", true},
    }),
    [](const auto& claim) { return std::string(claim.param.name); });

TEST(JunitTest, WhatXmlCannotHoldIsReplaced) {
  using Outcome = daemon::JunitCase::Outcome;
  const std::string xml = daemon::junit_xml(
      {{"a&b.yaml", {{"<\"name\">", Outcome::failed, "1 < 2 \x01", "tab\t\xEF\xBF\xBE\xFF]]>"}}}});
  EXPECT_EQ(xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"tightrope test\" tests=\"1\" failures=\"1\" errors=\"0\" time=\"0\">\n"
            "  <testsuite name=\"a&amp;b.yaml\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" "
            "time=\"0\">\n"
            "    <testcase classname=\"a&amp;b.yaml\" name=\"&lt;&quot;name&quot;&gt;\" time=\"0\">\n"
            "      <failure message=\"1 &lt; 2 \xEF\xBF\xBD\">tab\t\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;</failure>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

}  // namespace
}  // namespace tightrope::testing
