#include "config/rule_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/key_table.h"
#include "scratch_folder.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStrategy =
    "strategy:\n"
    "  clients:\n"
    "    - name: acme\n"
    "      timezone: America/New_York\n"
    "      currency: EUR\n"
    "      objectives:\n"
    "        - name: o\n"
    "          targets: [{name: price, kpi: cpa, at_most: 10, per: campaign}]\n";

class RuleTestsTest : public ::testing::Test {
 protected:
  RuleTest only(const std::string& yaml) {
    const auto loaded = load_rule_tests(folder_.write("t.yaml", kStrategy + yaml));
    EXPECT_TRUE(loaded.tests) << format(loaded.errors);
    return loaded.tests ? loaded.tests->tests.at(0) : RuleTest{};
  }
  // "2026-11-02T04:59:59.999Z search/brand spend 2026-11-01=100", a line for each figure.
  static std::vector<std::string> figures(const RuleTest& test) {
    const auto calendar = rules::Calendar::open("America/New_York", std::chrono::Monday);
    std::vector<std::string> lines;
    for (const auto& step : test.steps) {
      const auto* batch = std::get_if<rules::ObservationBatch>(&step.what);
      if (batch == nullptr) continue;
      EXPECT_EQ(batch->learnt, step.at);
      for (const auto& row : batch->rows) {
        lines.push_back(rules::to_rfc3339(batch->learnt) + " " + to_string(batch->entities[row.entity]) +
                        " " + batch->metrics[row.metric] + " " + calendar->format(row.bucket) + "=" +
                        to_string(row.value));
      }
    }
    return lines;
  }

  ScratchFolder folder_;
};

TEST_F(RuleTestsTest, AFigureIsKnownAtTheLastMomentOfItsDay) {
  const auto test = only(
      "tests:\n"
      "  - name: t\n"
      "    start: 2026-11-01\n"
      "    observations: [{entity: search/brand, spend: 100 _ 90, conversions: 3}]\n"
      "    expect: [{at: 2026-11-03, no_alerts: true}]\n");
  EXPECT_EQ(figures(test),
            (std::vector<std::string>{"2026-11-02T04:59:59.999Z search/brand spend 2026-11-01=100",
                                      "2026-11-02T04:59:59.999Z search/brand conversions 2026-11-01=3",
                                      "2026-11-04T04:59:59.999Z search/brand spend 2026-11-03=90"}));
  ASSERT_TRUE(test.start);
  EXPECT_EQ(rules::to_rfc3339(*test.start), "2026-11-01T04:00:00Z");
}

TEST_F(RuleTestsTest, WhatIsKnownAtOneTimeIsOneBatchAndComesBeforeAnswers) {
  const auto test = only(
      "tests:\n"
      "  - name: t\n"
      "    acknowledge: {at: 2026-11-03T09:00, target: price, entity: search/a, by: ann}\n"
      "    observations:\n"
      "      - {channel: search, campaign: a, from: 2026-11-01, known_at: 2026-11-03T09:00, spend: 1x2}\n"
      "      - {entity: [search, b], from: 2026-11-01, known_at: 2026-11-03T09:00, spend: [2, 3]}\n"
      "    expect: [{at: 2026-11-03, no_alerts: true}]\n");
  ASSERT_EQ(test.steps.size(), 2u);
  EXPECT_EQ(figures(test), (std::vector<std::string>{"2026-11-03T14:00:00Z search/a spend 2026-11-01=1",
                                                     "2026-11-03T14:00:00Z search/a spend 2026-11-02=1",
                                                     "2026-11-03T14:00:00Z search/b spend 2026-11-01=2",
                                                     "2026-11-03T14:00:00Z search/b spend 2026-11-02=3"}));
  const auto& answer = std::get<TestAcknowledgement>(test.steps[1].what);
  EXPECT_EQ(answer.by, "ann");
  EXPECT_EQ(to_string(answer.entity), "search/a");
}

TEST_F(RuleTestsTest, HoursFollowEachOtherThroughANightOfTwentyFive) {
  const auto test = only(
      "tests:\n"
      "  - name: t\n"
      "    observations:\n"
      "      - {entity: search, from: 2026-11-01T00, spend: 1+1x4}\n"
      "      - {entity: social, from: 2026-11-01, hourly: true, spend: _x25 7}\n"
      "    expect: [{at: 2026-11-03, no_alerts: true}]\n");
  EXPECT_EQ(figures(test),
            (std::vector<std::string>{"2026-11-01T04:59:59.999Z search spend 2026-11-01T00=1",
                                      "2026-11-01T05:59:59.999Z search spend 2026-11-01T01-04:00=2",
                                      "2026-11-01T06:59:59.999Z search spend 2026-11-01T01-05:00=3",
                                      "2026-11-01T07:59:59.999Z search spend 2026-11-01T02=4",
                                      "2026-11-02T05:59:59.999Z social spend 2026-11-02T00=7"}));
}

TEST_F(RuleTestsTest, HoursBeginWithTheStartUnlessTheySayFromWhen) {
  const auto test = only(
      "tests:\n"
      "  - name: t\n"
      "    start: 2026-11-20T08:30\n"
      "    observations: [{entity: search, hourly: true, spend: 5 6}]\n"
      "    expect: [{at: 2026-11-20, no_alerts: true}]\n");
  EXPECT_EQ(figures(test),
            (std::vector<std::string>{"2026-11-20T13:59:59.999Z search spend 2026-11-20T08=5",
                                      "2026-11-20T14:59:59.999Z search spend 2026-11-20T09=6"}));
}

TEST_F(RuleTestsTest, ForeignMoneyAndRatesAreObservationsLikeOthers) {
  const auto test = only(
      "tests:\n"
      "  - name: t\n"
      "    start: 2026-11-01\n"
      "    observations: [{entity: search, spend@USD: 108}]\n"
      "    rates: {base: EUR, USD: 1.08, GBP: 0.85}\n"
      "    expect: [{at: 2026-11-03, no_alerts: true}]\n");
  EXPECT_EQ(figures(test),
            (std::vector<std::string>{"2026-11-02T04:59:59.999Z USD rate@EUR 2026-11-01=1.08",
                                      "2026-11-02T04:59:59.999Z GBP rate@EUR 2026-11-01=0.85",
                                      "2026-11-02T04:59:59.999Z search spend@USD 2026-11-01=108"}));
}

TEST_F(RuleTestsTest, OfAConfigurationOnlyTheStrategyIsRead) {
  folder_.write(
      "main.yaml",
      "include: [client.yaml]\n"
      "sources: [{name: ads, client: acme, connector: csv, with: {path: '${env:NOT_SET_ANYWHERE}'}}]\n"
      "receivers: [{name: r, slack: {webhook_url_file: /no/such/secret}}]\n");
  folder_.write("client.yaml", "clients: [{name: acme}]\n");
  const auto loaded = load_rule_tests(folder_.write(
      "tests/t.yaml",
      "config: ../main.yaml\ntests: [{name: t, expect: [{at: 2026-11-01, no_alerts: true}]}]\n"));
  ASSERT_TRUE(loaded.tests) << format(loaded.errors);
  ASSERT_EQ(loaded.tests->strategies.size(), 1u);
  EXPECT_EQ(loaded.tests->strategies[0].client, "acme");
}

TEST_F(RuleTestsTest, EveryReasonOfAVerdictCanBeExpected) {
  const auto choices = kExpectedVerdictKeys.find("reason")->choices;
  for (std::size_t i = 0; i < choices.size(); ++i)
    EXPECT_EQ(choices[i], to_string(static_cast<rules::Reason>(i)));
}

// Whether advice of a test names the playbook as recommended, and as not recommended.
struct Mentions {
  int recommended = 0;
  int withheld = 0;
};

void count(const ExpectedAdvice& advice, std::map<std::string, Mentions>& mentions) {
  for (auto& [name, mention] : mentions) {
    const auto among = [&name](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (advice.lead == name || among(advice.includes) || (advice.playbooks && among(*advice.playbooks)))
      ++mention.recommended;
    if (among(advice.excludes) || (advice.playbooks && !among(*advice.playbooks))) ++mention.withheld;
  }
}

TEST(LibraryTest, EveryPlaybookIsTestedWhereItAppliesAndWhereItMustNot) {
  const fs::path folder = fs::path(TIGHTROPE_SOURCE_DIR) / "config/playbooks/tests";
  std::map<std::string, Mentions> mentions;
  std::vector<RuleTests> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    auto loaded = load_rule_tests(entry.path().string());
    ASSERT_TRUE(loaded.tests) << format(loaded.errors);
    for (const auto& playbook : loaded.tests->strategies.at(0).playbooks) mentions[playbook.name];
    files.push_back(std::move(*loaded.tests));
  }
  for (const auto& file : files) {
    for (const auto& test : file.tests) {
      for (const auto& expectation : test.expectations) {
        for (const auto& advice : expectation.recommendations) count(advice, mentions);
      }
    }
  }
  EXPECT_GE(mentions.size(), 12u);
  for (const auto& [name, mention] : mentions) {
    EXPECT_GE(mention.recommended, 1) << name << " is never expected";
    EXPECT_GE(mention.withheld, 1) << name << " is never expected not to apply";
  }
}

}  // namespace
}  // namespace tightrope::config
