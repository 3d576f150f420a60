// The four lines of an alert, as a reader gets them. Rewrite with TIGHTROPE_UPDATE_GOLDEN=1.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon/example_alerts.h"
#include "tests/daemon/golden_file.h"

namespace tightrope {
namespace {

using namespace std::chrono_literals;
using rules::Alert;

std::string lines_of(const Alert& alert) {
  const rules::AlertText text = rules::describe(alert);
  return text.what + "\n" + text.costs + "\n" + text.why + "\n" + text.advice + "\n";
}

struct TextCase {
  const char* name;
  Alert alert;
};

std::vector<TextCase> cases() {
  std::vector<TextCase> all = {{"firing", testing::firing_cpa()},
                               {"resolved", testing::resolved_cpa()},
                               {"pace", testing::firing_pace()},
                               {"no_figures", testing::firing_without_figures()},
                               {"ratio", testing::firing_churn()}};
  Alert acknowledged = testing::firing_cpa();
  acknowledged.acknowledged_by = "mara";
  acknowledged.acknowledged_at = testing::kEvening + 5min;
  all.push_back({"acknowledged", acknowledged});

  Alert amended = testing::firing_cpa();
  amended.amendment = rules::Amendment{testing::kEvening + 26h, 41.2, 31, false};
  amended.verdict.value = 33.1;
  amended.verdict.gap_ratio = 0.034;
  all.push_back({"amended", amended});

  Alert unknown_now = testing::firing_cpa();
  unknown_now.verdict = rules::Verdict{};
  unknown_now.verdict.high = 32;
  all.push_back({"unknown_now", unknown_now});

  Alert immature = testing::firing_cpa();
  immature.verdict.maturity = 0.8249;
  immature.verdict.complete_value = 36.2;
  all.push_back({"immature", immature});
  immature.verdict.complete_value = 31.4;
  all.push_back({"immature_and_well_once_complete", immature});

  Alert certain = testing::firing_cpa();
  certain.verdict.sure = 0.99999;
  certain.verdict.since = rules::day_from_ymd(std::chrono::year(2026) / 11 / 20);
  all.push_back({"certain_since_today", certain});

  Alert unsure = testing::firing_cpa();
  unsure.verdict.sure = 0.41;
  unsure.verdict.results = 1;
  all.push_back({"unsure_on_one_result", unsure});

  Alert chance = testing::firing_cpa();
  chance.verdict.state = rules::VerdictState::on_target;
  chance.verdict.reason = rules::Reason::within_chance;
  chance.verdict.value = 33.1;
  chance.verdict.gap_ratio = 0.034;
  chance.verdict.stake_per_hour = 0;
  all.push_back({"within_chance_again", chance});

  Alert back = testing::firing_cpa();
  back.verdict.state = rules::VerdictState::watch;
  back.verdict.reason = rules::Reason::near_bound;
  back.verdict.value = 31.5;
  back.verdict.gap_ratio = -0.016;
  back.verdict.stake_per_hour = 0;
  all.push_back({"back_but_firing", back});

  Alert little = testing::firing_cpa();
  little.verdict.state = rules::VerdictState::watch;
  little.verdict.reason = rules::Reason::little_volume;
  little.verdict.stake_per_hour = 0;
  all.push_back({"little_volume", little});

  Alert gone = testing::resolved(testing::firing_cpa(), testing::kEvening + 50h);
  gone.verdict = rules::Verdict{};
  all.push_back({"target_removed", gone});

  Alert silent = gone;
  silent.verdict.high = 32;
  all.push_back({"figures_stopped_and_that_is_fine", silent});

  Alert none_seen = testing::firing_cpa();
  none_seen.verdict.value = rules::kUndefined;
  none_seen.verdict.results = 0;
  none_seen.verdict.gap_ratio = 65.67;
  none_seen.fired_on = none_seen.verdict;
  all.push_back({"not_one_came", none_seen});
  all.push_back({"not_one_came_at_first", testing::resolved(none_seen, testing::kEvening + 50h)});
  none_seen.verdict = gone.verdict;
  none_seen.verdict.high = 32;
  all.push_back({"not_one_came_when_last_known", none_seen});

  Alert far_off = testing::firing_cpa();
  far_off.verdict.value = 1'984;
  far_off.verdict.gap_ratio = 61;
  all.push_back({"far_off", far_off});

  Alert between = testing::firing_cpa();
  between.kpi = "avg_order_value";
  between.counted.clear();  // two sides are not judged by their days
  between.verdict.sure = rules::kUndefined;
  between.verdict.since.reset();
  between.verdict.low = 45;
  between.verdict.high = 60;
  between.driver = "cvr";
  between.reason.clear();
  between.recommendations[0].state = rules::RecommendationState::declined;
  all.push_back({"between", between});
  return all;
}

class AlertTextTest : public ::testing::TestWithParam<TextCase> {};

TEST_P(AlertTextTest, ReadsAsItsGoldenFile) {
  testing::expect_golden(std::string("text_") + GetParam().name + ".txt", lines_of(GetParam().alert));
}

INSTANTIATE_TEST_SUITE_P(All, AlertTextTest, ::testing::ValuesIn(cases()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(AlertTextTest, NamesWithLineBreaksStayOnTheirLine) {
  Alert alert = testing::firing_cpa();
  alert.dimensions[1].second = "brand\nDE\r\t2026";
  alert.reason = "first\nsecond";
  alert.recommendations[0].text = "Do this.\nThen that.";
  const rules::AlertText text = rules::describe(alert);
  for (const std::string& line : {text.what, text.costs, text.why, text.advice}) {
    EXPECT_EQ(line.find_first_of("\n\r\t"), std::string::npos) << line;
  }
  EXPECT_NE(text.what.find("brand DE 2026"), std::string::npos) << text.what;
}

TEST(AlertTextTest, RoasOf20PercentAgainst3ReadsAsTwoMultiples) {
  Alert alert = testing::firing_cpa();
  alert.kpi = "roas";
  alert.counted.clear();  // money
  alert.unit = rules::Unit::ratio;
  alert.verdict.value = 0.2;
  alert.verdict.low = 3;
  alert.verdict.high = rules::kUndefined;
  EXPECT_NE(rules::describe(alert).what.find("ROAS 0.20 over 7\xc2\xa0"
                                             "days, target at least 3.00,"),
            std::string::npos)
      << rules::describe(alert).what;
}

TEST(AlertTextTest, ItIsNeverCertainAndSaysNothingOfWhatItDoubts) {
  const auto what = [](double sure) {
    Alert alert = testing::firing_cpa();
    alert.verdict.sure = sure;
    return rules::with_plain_spaces(rules::describe(alert).what);
  };
  EXPECT_NE(what(1).find(", over 99.9 % sure, since"), std::string::npos) << what(1);
  EXPECT_NE(what(0.9979).find(", 99.7 % sure,"), std::string::npos) << what(0.9979);
  EXPECT_NE(what(0.9899).find(", 98 % sure,"), std::string::npos) << what(0.9899);
  EXPECT_EQ(what(0.49).find("sure"), std::string::npos) << what(0.49);
  EXPECT_NE(what(0.49).find("first seen Fri 20 Nov 21:04"), std::string::npos) << what(0.49);
}

TEST(AlertTextTest, TheDayOfTheAlertIsThatOfTheClient) {
  Alert alert = testing::firing_cpa();  // Fri 20 Nov 21:04
  const rules::Day friday = rules::day_from_ymd(std::chrono::year(2026) / 11 / 20);
  // In New York it is still Friday when it is Saturday by UTC, and in Tokyo Saturday already while it is
  // Friday.
  alert.pending_at = rules::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 2h);
  alert.verdict.since = friday;
  EXPECT_EQ(rules::describe(alert).what.find("since"), std::string::npos) << rules::describe(alert).what;
  alert.pending_at = rules::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 22h);
  alert.off_since = "Sat 21 Nov 07:00, Tokyo time";
  EXPECT_NE(rules::describe(alert).what.find("since Fri 20 Nov"), std::string::npos)
      << rules::describe(alert).what;
}

TEST(AlertTextTest, RestatementByACentIsNotMentioned) {
  Alert alert = testing::firing_cpa();
  alert.amendment = rules::Amendment{testing::kEvening + 26h, 63.94, 63.93, true};
  EXPECT_EQ(rules::describe(alert).why.find("Restated"), std::string::npos) << rules::describe(alert).why;
  alert.amendment->value_now = 57;
  EXPECT_NE(rules::describe(alert).why.find("Restated: it fired on"), std::string::npos);
  alert.amendment->value_now = 63.93;
  alert.amendment->would_have_fired = false;
  EXPECT_NE(rules::describe(alert).why.find("would not have fired"), std::string::npos);
}

TEST(AlertTextTest, CostOfAThirdOfACentIsNotShown) {
  Alert alert = testing::resolved_cpa();
  alert.fired_on.stake_per_hour = 0.001;
  EXPECT_EQ(rules::describe(alert).costs, "Off for 3\xc2\xa0h 20\xc2\xa0min, by 29\xc2\xa0% at first");
  alert = testing::firing_cpa();
  alert.verdict.stake_per_hour = 0.02;
  EXPECT_NE(rules::describe(alert).costs.find("less than 1\xc2\xa0"
                                              "EUR a day"),
            std::string::npos)
      << rules::describe(alert).costs;
}

TEST(AlertTextTest, AnAlertWithNothingKnownStillSaysWhatWhereAndWhy) {
  Alert alert;
  alert.objective = "growth";
  alert.kpi = "cpa";
  alert.window = "7d";
  alert.off_since = "Fri 20 Nov 21:04";
  alert.phase = rules::AlertPhase::firing;
  const rules::AlertText text = rules::describe(alert);
  EXPECT_EQ(text.what,
            "growth: CPA over 7\xc2\xa0"
            "days unknown, target not in force, first seen Fri 20 Nov 21:04");
  EXPECT_FALSE(text.costs.empty());
  EXPECT_FALSE(text.why.empty());
  EXPECT_EQ(text.advice, "");
}

}  // namespace
}  // namespace tightrope
