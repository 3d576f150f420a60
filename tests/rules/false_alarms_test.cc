// What `confidence` promises, measured on a few campaigns. tests/bench/false_alarms measures it on many.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/rules/alarm_run.h"

namespace tightrope::rules::testing {
namespace {

constexpr double kConfidence = 0.99;
constexpr double kFalseAlarmsAYear = 365 * (1 - kConfidence);

AlarmPlan plan(std::string_view setting) {
  AlarmPlan plan;
  plan.setting = find_stream_setting(setting).value();
  plan.campaigns = 200;
  plan.looks_a_day = 4;
  plan.days_on_target = 120;
  plan.engine_schemes = {{.name = "sure", .confidence = kConfidence}};
  return plan;
}

class FalseAlarmsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FalseAlarmsTest, AreNoMoreThanTheConfidenceAllowsAtAnyVolume) {
  const AlarmPlan on_target = plan(GetParam());
  const auto logs = run(on_target);
  const FalseAlarms all = false_alarms(logs.front().histories(), on_target.days_on_target);
  EXPECT_LE(all.a_year + 4 * all.standard_error, kFalseAlarmsAYear);
  for (std::size_t tier = 0; tier < kTiers.size(); ++tier) {
    const FalseAlarms alarms = false_alarms(of_tier(logs.front(), tier), on_target.days_on_target);
    EXPECT_LE(alarms.a_year, kFalseAlarmsAYear) << kTiers[tier] << " conversions a day";
  }
}

TEST_P(FalseAlarmsTest, ACpaOfTwiceTheTargetIsSeen) {
  AlarmPlan changed = plan(GetParam());
  changed.days_on_target = 30;
  changed.days_changed = 40;
  changed.cpa_factor = 2;
  const auto logs = run(changed);
  const Detection all = detection(logs.front().histories());
  EXPECT_GE(all.within_14_days, 0.7);
  EXPECT_LE(all.median_delay, 8);
  // Nearly every campaign with 10 conversions a day or more.
  for (std::size_t tier = 2; tier < kTiers.size(); ++tier)
    EXPECT_GE(detection(of_tier(logs.front(), tier)).within_14_days, 0.9) << kTiers[tier];
}

INSTANTIATE_TEST_SUITE_P(All, FalseAlarmsTest,
                         ::testing::Values("reference", "poisson", "season", "autocorrelated", "late"),
                         [](const auto& setting) { return setting.param; });

// Or the tests above would say nothing.
TEST(FalseAlarmsTest, WithoutConfidenceTargetsCryWolf) {
  AlarmPlan on_target = plan("reference");
  on_target.engine_schemes = {{.name = "any miss"}};
  on_target.history_days = 7;
  on_target.days_on_target = 60;
  EXPECT_GT(false_alarms(run(on_target).front().histories(), on_target.days_on_target).a_year, 20);
}

TEST(CampaignStreamsTest, ConversionsAreWhatTheirCpaSays) {
  for (const StreamSetting& setting : stream_settings()) {
    SCOPED_TRACE(setting.name);
    CampaignStreams streams(setting, 500, 2, 3);
    constexpr int kDays = 98;  // whole weeks
    double seen = 0;
    double of_day = 0;
    for (int part = 0; part < 2 * (kDays + CampaignStreams::kDaysKept); ++part) {
      streams.advance(2);
      if (streams.look() != 1) continue;
      const int final = streams.day() - CampaignStreams::kDaysKept + 1;
      for (std::size_t i = 0; i < streams.size() && final >= 0 && final < kDays; ++i)
        seen += streams.conversions(i, final);
      for (std::size_t i = 0; i < streams.size() && streams.day() < kDays; ++i)
        of_day += streams.conversions(i, streams.day());
    }
    constexpr double kExpected = 100 * (1 + 3 + 10 + 30 + 100) * kDays / 2.0;
    EXPECT_NEAR(seen / kExpected, 1, 0.01);
    EXPECT_NEAR(of_day / kExpected, setting.conversions_late ? 0.44 : 1, 0.01);
  }
}

TEST(CampaignStreamsTest, MaturityIsTheShareThatIsSeen) {
  StreamSetting setting = find_stream_setting("late").value();
  setting.day_effect = StreamSetting::DayEffect::none;  // or days would differ by more than the share
  CampaignStreams streams(setting, 2000, 4, 5);
  std::array<double, CampaignStreams::kDaysKept> seen{};
  std::array<double, CampaignStreams::kDaysKept> share{};
  constexpr int kDays = 60;
  for (int part = 0; part < 4 * kDays - 2; ++part) streams.advance(1);  // in the middle of a day
  for (int age = 0; age < CampaignStreams::kDaysKept; ++age) {
    const auto place = static_cast<std::size_t>(age);
    for (std::size_t i = 0; i < streams.size(); ++i)
      seen[place] += streams.conversions(i, streams.day() - age);
    share[place] = streams.maturity(streams.day() - age) * (age == 0 ? streams.elapsed() : 1);
    EXPECT_NEAR(seen[place] / (400 * 144), share[place], 0.02) << age;
  }
}

}  // namespace
}  // namespace tightrope::rules::testing
