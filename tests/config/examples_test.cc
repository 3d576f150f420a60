// Every configuration that the project ships is good.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "rules/lint.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(TIGHTROPE_SOURCE_DIR) / "config";
}

// The variables that examples name.
void set_environment() {
  ::setenv("AD_TABLE", "/data/ad_table.csv", 1);
  ::setenv("AGENCY_SLACK_WEBHOOK", "https://hooks.example.com/services/x", 1);
  ::setenv("NORTHWIND_TOKEN", "x", 1);
  ::setenv("WAREHOUSE_PASSWORD", "x", 1);
  ::setenv("SHOP_PASSWORD", "x", 1);
}

// Files to be loaded by themselves: those directly in examples/, and each folder's tightrope.yaml.
std::vector<fs::path> examples() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder() / "examples")) {
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
    if (fs::exists(entry.path() / "tightrope.yaml")) found.push_back(entry.path() / "tightrope.yaml");
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(ExamplesTest, LoadWithoutErrorOrWarning) {
  set_environment();
  const auto files = examples();
  ASSERT_GE(files.size(), 3u);
  for (const auto& file : files) {
    const auto loaded = load(file.string());
    EXPECT_TRUE(loaded.configuration) << format(loaded.errors);
    EXPECT_EQ(format(loaded.errors), "") << file;
  }
}

TEST(ExamplesTest, LintFindsNothingWrongWithThem) {
  set_environment();
  std::size_t checked = 0;
  for (const auto& file : examples()) {
    const auto loaded = load(file.string());
    ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
    std::vector<const rules::Strategy*> strategies;
    for (const auto& client : loaded.configuration->clients) strategies.push_back(&client.strategy);
    for (const auto& finding : rules::lint(strategies)) {
      EXPECT_TRUE(finding.is_note) << file << ": " << finding.about.front().name << ": " << finding.problem;
    }
    checked += strategies.size();
  }
  EXPECT_GE(checked, 5u);
}

TEST(ExamplesTest, AdTableComputesWhatTheFileLacks) {
  set_environment();
  const auto loaded = load((folder() / "examples/ad_table.yaml").string());
  ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
  const auto& source = loaded.configuration->sources.at(0);
  const auto& csv = std::get<CsvSource>(source.kind);
  EXPECT_EQ(csv.path, "/data/ad_table.csv");
  EXPECT_EQ(csv.mapping.date_format, "%d-%m-%Y");
  EXPECT_EQ(csv.mapping.bucket_field, "date");
  const auto spend = std::find_if(csv.mapping.metrics.begin(), csv.mapping.metrics.end(),
                                  [](const MetricField& field) { return field.metric == "spend"; });
  ASSERT_NE(spend, csv.mapping.metrics.end());
  ASSERT_TRUE(spend->computed);
  const std::vector<double> clicks_and_price{4, 0.5};
  EXPECT_EQ(spend->computed->inputs().at(0).name, "clicked");
  EXPECT_EQ(spend->computed->evaluate(clicks_and_price), 2);
  const auto& targets = loaded.configuration->clients.at(0).strategy.objectives.at(0).targets;
  ASSERT_EQ(targets.size(), 3u);
  EXPECT_EQ(targets[0].per.depth, 2);
}

TEST(ExamplesTest, InternationalHasAccountsInOtherCurrenciesAndZones) {
  const auto loaded = load((folder() / "examples/international.yaml").string());
  ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
  const auto& configuration = *loaded.configuration;
  ASSERT_TRUE(configuration.find_source("ecb")->rates);
  EXPECT_EQ(configuration.find_source("ecb")->client, "");
  EXPECT_EQ(configuration.find_source("us_search")->currency, "USD");
  EXPECT_EQ(configuration.find_source("us_search")->timezone, "America/New_York");
  EXPECT_EQ(configuration.find_source("uk_social")->currency, "GBP");
  const auto& strategy = configuration.find_client("halvard")->strategy;
  EXPECT_EQ(strategy.fiscal, (rules::Fiscal{26, 4}));
  const auto& sale = strategy.objectives.at(1);
  EXPECT_EQ(to_string(sale.budget->per), "2026-11-01..2026-12-24");
  EXPECT_EQ(sale.targets.at(0).pacing.profile, rules::Pacing::Profile::weekdays);
  EXPECT_EQ(sale.targets.at(0).guards, (std::vector<std::string>{"sale_price", "sale_return"}));
  EXPECT_EQ(sale.targets.at(3).exceptions.size(), 2u);
}

TEST(ExamplesTest, LibraryHasSoundPlaybooksForEveryArea) {
  std::size_t count = 0;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder() / "playbooks")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const auto loaded = load(entry.path().string());
    // Alone, the library has no client; that is the only thing there is to say.
    ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
    EXPECT_EQ(loaded.errors.size(), 1u) << format(loaded.errors);
  }
  EXPECT_GE(files, 7u);
  set_environment();
  const auto agency = load((folder() / "examples/agency/tightrope.yaml").string());
  ASSERT_TRUE(agency.configuration) << format(agency.errors);
  for (const auto& playbook : agency.configuration->clients.at(0).strategy.playbooks) {
    ++count;
    EXPECT_FALSE(playbook.source.empty()) << playbook.name;
    EXPECT_FALSE(playbook.owner.empty()) << playbook.name;
    EXPECT_TRUE(playbook.when || playbook.finding || !playbook.kpi.empty() || !playbook.driver.empty())
        << playbook.name << " would apply to every alert";
  }
  EXPECT_GE(count, 12u);
}

}  // namespace
}  // namespace tightrope::config
