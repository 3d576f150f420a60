#include "rules/tracking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rules/demand.h"
#include "rules/verdict.h"

namespace tightrope::rules {
namespace {

constexpr double kScatter = 0.1;

ResultsRun run(double clicks, std::vector<double> conversions, double rate = 0.05) {
  std::vector<ResultsDay> days;
  for (const double brought : conversions)
    days.push_back({.traffic = clicks, .results = brought, .day_variance = kScatter});
  return results_run(rate, days);
}

TEST(TrackingTest, NoResultsWhereManyWereDueAreBrokenTracking) {
  const ResultsRun own = run(300, {0, 0, 0});
  EXPECT_DOUBLE_EQ(own.due, 45);
  EXPECT_EQ(judge_results(own, {}, 2), Breakage::alone);
  EXPECT_EQ(tracking_sentence(Breakage::alone, own, {}, "clicks", "", {}, {}),
            "No conversions on 900 clicks, where about 45 were due: has the tracking broken?");
}

TEST(TrackingTest, FewDueProveNothing) {
  EXPECT_EQ(judge_results(run(40, {0, 0, 0}), {}, 2), Breakage::none);  // 6 due
}

TEST(TrackingTest, AWorsePageStillBringsAThird) {
  EXPECT_EQ(judge_results(run(400, {7, 6, 7}), {}, 2), Breakage::none);  // 20 of 60
  EXPECT_EQ(judge_results(run(400, {2, 2, 2}), {}, 2), Breakage::alone);
  // 2 of 13 may be a page that brings half.
  EXPECT_EQ(judge_results(run(87, {1, 0, 1}), {}, 2), Breakage::none);
}

TEST(TrackingTest, UnfinishedDaysAskForLess) {
  std::vector<ResultsDay> days{{.traffic = 300, .results = 0, .arrived = 0.2, .day_variance = kScatter}};
  const ResultsRun own = results_run(0.05, days);
  EXPECT_DOUBLE_EQ(own.due, 3);
  EXPECT_EQ(judge_results(own, {}, 1), Breakage::none);
}

TEST(TrackingTest, MissingFiguresAreNotZero) {
  std::vector<ResultsDay> days{{.traffic = 300, .results = kUndefined, .day_variance = kScatter}};
  EXPECT_EQ(results_run(0.05, days).due, 0);
}

TEST(TrackingTest, MostCampaignsAtOnceAreTheTagAndOneAloneMayBeItsPage) {
  const ResultsRun own = run(300, {0, 0, 0});
  const ClientResults most{.campaigns = 6,
                           .collapsed = 5,
                           .whole = run(800, {5, 6, 5}),
                           .silent = {.due = 105, .seen = 1, .traffic = 2100}};
  EXPECT_EQ(judge_results(own, most, 2), Breakage::everywhere);
  EXPECT_EQ(
      tracking_sentence(Breakage::everywhere, own, most, "clicks", " in three days", {}, {}),
      "1 conversion on 2 100 clicks in three days in 5 of 6 campaigns, where about 105 were due: has the "
      "tracking broken?");
  const ClientResults others{.campaigns = 6, .collapsed = 1, .whole = run(2000, {85, 90, 80}), .silent = own};
  EXPECT_EQ(judge_results(own, others, 2), Breakage::only_here);
  EXPECT_EQ(
      tracking_sentence(Breakage::only_here, own, others, "clicks", "", {}, {}),
      "No conversions on 900 clicks, where about 45 were due, while other campaigns bring theirs: tracking "
      "or landing page?");
}

TEST(TrackingTest, ASmallCampaignIsHeldAgainstTheWholeClient) {
  const ResultsRun own = run(40, {0, 0, 0});
  const ClientResults most{.campaigns = 30, .collapsed = 28, .whole = run(1200, {2, 1, 0}), .silent = own};
  EXPECT_EQ(judge_results(own, most, 2), Breakage::everywhere);
}

TEST(TrackingTest, SmallCampaignsThatAreSilentByChanceAreNotTheTag) {
  const ResultsRun own = run(40, {0, 0, 0});
  const ClientResults chance{.campaigns = 20, .collapsed = 11, .whole = run(200, {9, 10, 9}), .silent = own};
  EXPECT_EQ(judge_results(own, chance, 2), Breakage::none);
}

TEST(TrackingTest, AnotherSourceTellsWhoIsRight) {
  const ResultsRun own = run(300, {0, 0, 0});
  EXPECT_EQ(tracking_sentence(Breakage::alone, own, {}, "clicks", "",
                              Witness{"orders", run(300, {13, 14, 12})}, {}),
            "No conversions on 900 clicks, where about 45 were due, and orders go on (39): the tracking has "
            "broken");
  EXPECT_EQ(
      tracking_sentence(Breakage::alone, own, {}, "clicks", "", {}, Witness{"orders", run(300, {1, 0, 0})}),
      "No conversions on 900 clicks, where about 45 were due, and orders stopped as well: landing page or "
      "offer, hardly the tracking");
  EXPECT_EQ(tracking_sentence(Breakage::alone, own, {}, "clicks", "", {},
                              Witness{"sessions", run(300, {0, 0, 0}, 0.9)}),
            "No conversions on 900 clicks, where about 45 were due, and no visits came of clicks: is the "
            "page down, "
            "or its tag lost?");
}

std::vector<EvidenceDay> week(double seen, double expected) {
  return std::vector<EvidenceDay>(7, {.seen = seen, .expected = expected, .day_variance = kScatter});
}

const DemandFigures kFewerToReach{.total = {500, 305},
                                  .exposure = {84000, 50400},
                                  .eligible = {kUndefined, kUndefined},
                                  .click_rate = {0.05, 0.0505},
                                  .result_rate = {0.12, 0.12}};

TEST(DemandTest, ImpressionsFallAndRatesHold) {
  EXPECT_TRUE(demand_fell(kFewerToReach, week(7200, 12000)));
  EXPECT_EQ(demand_sentence(kFewerToReach, "impressions"),
            "Demand fell: impressions down 40 % (84 000 to 50 400), CTR and CVR steady");
}

TEST(DemandTest, ARateThatFallsAsWellIsNoLackOfDemand) {
  DemandFigures figures = kFewerToReach;
  figures.result_rate = {0.12, 0.08};
  figures.total = {500, 200};
  EXPECT_FALSE(demand_fell(figures, week(7200, 12000)));
}

TEST(DemandTest, AdsShownLessForRankOrBudgetAreNoLackOfDemand) {
  DemandFigures figures = kFewerToReach;
  figures.eligible = {100000, 98000};
  EXPECT_FALSE(demand_fell(figures, week(7200, 12000)));
  figures.eligible = {100000, 61000};
  EXPECT_TRUE(demand_fell(figures, week(7200, 12000)));
}

TEST(DemandTest, TheScatterOfDaysIsNone) {
  DemandFigures figures = kFewerToReach;
  figures.exposure = {84000, 72000};
  figures.total = {500, 430};
  EXPECT_FALSE(demand_fell(figures, week(10285, 12000)));
  EXPECT_FALSE(
      demand_fell(kFewerToReach,
                  std::vector<EvidenceDay>(1, {.seen = 7200, .expected = 12000, .day_variance = kScatter})));
}

TEST(DemandTest, WithoutImpressionsVisitsTell) {
  const DemandFigures visits{.total = {100, 58},
                             .exposure = {5000, 3000},
                             .eligible = {kUndefined, kUndefined},
                             .click_rate = {kUndefined, kUndefined},
                             .result_rate = {0.02, 0.0195}};
  EXPECT_TRUE(demand_fell(visits, week(428, 714)));
  EXPECT_EQ(demand_sentence(visits, "sessions"),
            "Demand fell: sessions down 40 % (5 000 to 3 000), CVR steady");
}

}  // namespace
}  // namespace tightrope::rules
