#include "tests/simulator/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tightrope::simulator {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kSmall = R"(
accounts:
  - id: shop
    currency: EUR
    timezone: Europe/Berlin
    campaigns:
      - {name: boots, channel: search, impressions_per_day: 1000, ctr: 0.1, cpc: 1, cvr: 0.1, aov: 50}
)";

TEST(ScenarioTest, RelativeTimesCountFromTheStart) {
  EXPECT_EQ(parse_relative_time("-36h"), (RelativeTime{-hours(36), std::nullopt}));
  EXPECT_EQ(parse_relative_time("+10m"), (RelativeTime{minutes(10), std::nullopt}));
  EXPECT_EQ(parse_relative_time("45s"), (RelativeTime{seconds(45), std::nullopt}));
  EXPECT_EQ(parse_relative_time("-2d"), (RelativeTime{-days(2), std::nullopt}));
}

TEST(ScenarioTest, ATimeOfDayIsOnTheCalendar) {
  EXPECT_EQ(parse_relative_time("-2d@09:30"), (RelativeTime{-days(2), hours(9) + minutes(30)}));
}

TEST(ScenarioTest, OtherTimesAreRefused) {
  for (const char* text : {"", "-", "d", "2", "-2w", "--2d", "+-2d", "-2d@9:30", "-2d@24:00", "-2d@09:60",
                           "-2h@09:00", "1.5h"}) {
    EXPECT_FALSE(parse_relative_time(text)) << text;
  }
}

TEST(ScenarioTest, AnIncidentByTheCalendarBeginsAtThatTimeInTheAccountsZone) {
  auto parsed = parse_scenario(
      std::string(kSmall) +
      "incidents:\n  - {kind: cpc_jump, account: shop, campaign: boots, from: \"-1d@00:00\"}\n");
  ASSERT_TRUE(std::holds_alternative<Scenario>(parsed)) << std::get<std::string>(parsed);
  const Instant start(Day(std::chrono::year(2026) / 11 / 20) + hours(23) +
                      minutes(30));  // the 21st in Berlin
  World world = build_world(1, std::get<Scenario>(parsed), start, days(30));
  ASSERT_EQ(world.incidents().all().size(), 1U);
  EXPECT_EQ(world.incidents().all()[0].from, Day(std::chrono::year(2026) / 11 / 19) + hours(23));
  EXPECT_EQ(world.incidents().all()[0].factor, usual_factor(IncidentKind::cpc_jump));
}

struct MistakeCase {
  const char* name;
  const char* yaml;
  const char* problem;
};

class ScenarioMistakeTest : public ::testing::TestWithParam<MistakeCase> {};

TEST_P(ScenarioMistakeTest, IsToldWithItsLine) {
  const auto parsed = parse_scenario(GetParam().yaml);
  ASSERT_TRUE(std::holds_alternative<std::string>(parsed));
  EXPECT_THAT(std::get<std::string>(parsed), HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    All, ScenarioMistakeTest,
    ::testing::Values(MistakeCase{"NoAccount", "incidents: []", "there is no account"},
                      MistakeCase{"UnknownKey",
                                  "accounts:\n  - {id: a, currency: EUR, timezone: UTC, campaings: []}",
                                  "line 2: \"campaings\" is not a known key"},
                      MistakeCase{"UnknownZone",
                                  "accounts:\n  - {id: a, currency: EUR, timezone: Mars/Olympus}",
                                  "line 2: \"Mars/Olympus\" is not a known time zone"},
                      MistakeCase{"MissingName",
                                  "accounts:\n  - id: a\n    currency: EUR\n    timezone: UTC\n    "
                                  "campaigns:\n      - {channel: x}",
                                  "line 6: \"name\" is missing"},
                      MistakeCase{"RateAboveOne",
                                  "accounts:\n  - id: a\n    currency: EUR\n    timezone: UTC\n    "
                                  "campaigns:\n      - {name: n, channel: x, ctr: 3}",
                                  "line 6: \"ctr\" is not a number from 0 to 1"},
                      MistakeCase{"UnknownCampaign",
                                  "accounts:\n  - {id: a, currency: EUR, timezone: UTC}\n"
                                  "incidents:\n  - {kind: spend_stop, account: a, campaign: b, from: 0s}",
                                  "line 4: there is no campaign \"b\" in an account \"a\""},
                      MistakeCase{"BrokenYaml", "accounts: [", "line 1"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ScenarioTest, TheDemoHasThreeAccountsOnFourChannelsAndTwoIncidents) {
  const auto loaded = load_scenario("demo");
  ASSERT_TRUE(std::holds_alternative<Scenario>(loaded)) << std::get<std::string>(loaded);
  const Scenario& demo = std::get<Scenario>(loaded);
  std::set<std::string> channels;
  std::size_t campaigns = 0;
  for (const Account& account : demo.accounts) {
    campaigns += account.campaigns.size();
    for (const Campaign& campaign : account.campaigns) channels.insert(campaign.channel);
  }
  EXPECT_EQ(demo.accounts.size(), 3U);
  EXPECT_GE(campaigns, 12U);
  EXPECT_EQ(channels, (std::set<std::string>{"search", "social", "email", "display"}));
  EXPECT_EQ(demo.incidents.size(), 2U);
}

TEST(ScenarioTest, TheCalmScenarioHasTheAccountsOfTheDemoAndNoIncident) {
  const auto demo = load_scenario("demo");
  const auto calm = load_scenario("calm");
  ASSERT_TRUE(std::holds_alternative<Scenario>(demo));
  ASSERT_TRUE(std::holds_alternative<Scenario>(calm));
  EXPECT_EQ(std::get<Scenario>(calm).accounts.size(), std::get<Scenario>(demo).accounts.size());
  EXPECT_TRUE(std::get<Scenario>(calm).incidents.empty());
}

TEST(ScenarioTest, AFileThatIsNotThereIsNamed) {
  const auto loaded = load_scenario("/nonexistent/world.yaml");
  ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
  EXPECT_THAT(std::get<std::string>(loaded), HasSubstr("/nonexistent/world.yaml: cannot be read"));
}

}  // namespace
}  // namespace tightrope::simulator
