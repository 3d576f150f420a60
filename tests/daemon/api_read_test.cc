// What the API shows of verdicts, objectives, series, alerts, rules and sources.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "daemon/http/json.h"
#include "tests/daemon/api_world.h"
#include "tests/daemon/memory_journal.h"
#include "tests/support/log_capture.h"

namespace tightrope::daemon::http {
namespace {

using testing::ApiWorld;
using testing::at;
using testing::text_at;

class ApiReadTest : public ::testing::Test {
 protected:
  std::size_t size(const json::value& answer, std::string_view pointer) {
    return at(answer, pointer).as_array().size();
  }
  std::string error(std::string_view target) { return text_at(world_.get(target, 400), "/error"); }

  ApiWorld world_;
};

TEST_F(ApiReadTest, VerdictsHaveTheirNumbers) {
  world_.push_week("brand", 100, 2);
  const json::value answer = world_.get("/api/v1/verdicts?target=trial_cpa");
  EXPECT_EQ(text_at(answer, "/status"), "success");
  ASSERT_EQ(size(answer, "/data/verdicts"), 1u);
  EXPECT_EQ(text_at(answer, "/data/verdicts/0/entity/campaign"), "brand");
  EXPECT_EQ(text_at(answer, "/data/verdicts/0/state"), "off_target");
  EXPECT_EQ(at(answer, "/data/verdicts/0/value").to_number<double>(), 50);
  EXPECT_EQ(at(answer, "/data/verdicts/0/high").to_number<double>(), 40);
  EXPECT_TRUE(at(answer, "/data/verdicts/0/low").is_null());
  EXPECT_EQ(at(answer, "/data/verdicts/0/gapRatio").to_number<double>(), 0.25);
  EXPECT_TRUE(at(answer, "/data/next").is_null());
}

TEST_F(ApiReadTest, VerdictsSayHowSureTheyAreAndOnWhat) {
  world_.push_week("brand", 400, 5);
  const json::value verdict = at(world_.get("/api/v1/verdicts?target=trial_cpa"), "/data/verdicts/0");
  EXPECT_GT(at(verdict, "/sure").to_number<double>(), 0.5);
  EXPECT_LT(at(verdict, "/sure").to_number<double>(), 1);
  EXPECT_EQ(text_at(verdict, "/since"), "2026-11-14");
  EXPECT_LT(at(verdict, "/valueLow").to_number<double>(), 80);
  EXPECT_GT(at(verdict, "/valueHigh").to_number<double>(), 80);
  EXPECT_EQ(at(verdict, "/results").to_number<double>(), 35);
  EXPECT_EQ(at(verdict, "/maturity").to_number<double>(), 1);
  EXPECT_TRUE(at(verdict, "/completeValue").is_null());
  // Of what is met nothing of the kind is said.
  world_.push_week("brand", 100, 5);
  const json::value met = at(world_.get("/api/v1/verdicts?target=trial_cpa"), "/data/verdicts/0");
  for (const char* key : {"/sure", "/since", "/valueLow", "/valueHigh", "/results", "/completeValue"})
    EXPECT_TRUE(at(met, key).is_null()) << key;
}

TEST_F(ApiReadTest, TheDigestListsWhatLuckHardlyExplains) {
  for (int day = 10; day <= 20; ++day) {
    world_.push_day(day, "dear", 800, 10);
    world_.push_day(day, "good", 400, 10);
  }
  const json::value answer = world_.get("/api/v1/digest?client=acme");
  ASSERT_EQ(size(answer, "/data/clients"), 1u);
  const json::value acme = at(answer, "/data/clients/0");
  EXPECT_EQ(at(acme, "/falseShare").to_number<double>(), 0.1);
  EXPECT_EQ(at(acme, "/candidates").to_number<int>(), 3);  // two campaigns, and the volume
  ASSERT_EQ(size(acme, "/entries"), 1u);
  EXPECT_EQ(text_at(acme, "/entries/0/entity/campaign"), "dear");
  EXPECT_EQ(text_at(acme, "/entries/0/valueText"), "80.00 EUR");
  EXPECT_EQ(text_at(acme, "/entries/0/boundText"), "at most 40.00 EUR");
  EXPECT_GE(at(acme, "/entries/0/eValue").to_number<double>(), at(acme, "/threshold").to_number<double>());
  EXPECT_LT(at(acme, "/entries/0/listedFrom").to_number<double>(), 0.1);
  const json::value strict = world_.get("/api/v1/digest?client=acme&false_share=1e-12");
  EXPECT_EQ(size(strict, "/data/clients/0/entries"), 0u);
  EXPECT_TRUE(at(strict, "/data/clients/0/threshold").is_null());
  EXPECT_EQ(size(world_.get("/api/v1/digest"), "/data/clients"), 2u);
  EXPECT_TRUE(error("/api/v1/digest?client=nobody").starts_with("client: "));
  EXPECT_TRUE(error("/api/v1/digest?false_share=0").starts_with("false_share: "));
  EXPECT_TRUE(error("/api/v1/digest?false_share=10%25").starts_with("false_share: "));
}

TEST_F(ApiReadTest, SourcesAndSeriesSayHowLateFiguresCome) {
  SourceStatus shop;
  shop.name = "shop";
  shop.client = "acme";
  world_.source_statuses = {shop};
  world_.push_day(20, "brand", 400, 100);
  EXPECT_EQ(size(world_.get("/api/v1/sources"), "/data/sources/0/maturity"), 0u) << "nothing was learnt yet";
  world_.manual_clock().advance(std::chrono::hours(24));
  world_.push_day(20, "brand", 400, 200);
  world_.manual_clock().advance(std::chrono::hours(24));
  world_.push_day(22, "brand", 400, 100);
  const json::value maturity = at(world_.get("/api/v1/sources"), "/data/sources/0/maturity");
  ASSERT_EQ(maturity.as_array().size(), 2u);
  for (const json::value& metric : maturity.as_array()) {
    const bool late = text_at(metric, "/metric") == "conversions";
    EXPECT_EQ(at(metric, "/shareByAgeDays/0").to_number<double>() < 0.9, late) << json::serialize(metric);
    EXPECT_EQ(at(metric, "/shareByAgeDays/14").to_number<double>(), 1);
    EXPECT_EQ(at(metric, "/learntFrom").to_number<double>(), late ? 100 : 400);
  }
  const json::value series = world_.get("/api/v1/series?client=acme&kpi=cpa&from=2026-11-20&to=2026-11-22");
  EXPECT_EQ(at(series, "/data/points/0/maturity").to_number<double>(), 1);
  EXPECT_LT(at(series, "/data/points/2/maturity").to_number<double>(), 0.9);
  EXPECT_TRUE(at(world_.get("/api/v1/series?client=acme&kpi=roas&from=2026-11-20&to=2026-11-20"),
                 "/data/points/0/maturity")
                  .is_null())
      << "nobody ever gave revenue";
}

TEST_F(ApiReadTest, VerdictsAreFiltered) {
  world_.push_week("brand", 100, 2);
  world_.push_week("generic", 60, 2);
  EXPECT_EQ(size(world_.get("/api/v1/verdicts?state=off_target"), "/data/verdicts"), 1u);
  EXPECT_EQ(
      size(world_.get("/api/v1/verdicts?client=acme&objective=trials&target=trial_cpa"), "/data/verdicts"),
      2u);
  EXPECT_EQ(size(world_.get("/api/v1/verdicts?objective=trials&target=trial_volume"), "/data/verdicts"), 1u);
}

TEST_F(ApiReadTest, MistakesInTheQueryNameTheParameter) {
  EXPECT_TRUE(error("/api/v1/verdicts?client=acmee").starts_with("client: "));
  EXPECT_TRUE(error("/api/v1/verdicts?objective=x").starts_with("objective: "));
  EXPECT_TRUE(error("/api/v1/verdicts?client=beta&target=trial_cpa").starts_with("target: "));
  EXPECT_TRUE(error("/api/v1/verdicts?state=bad").starts_with("state: "));
  EXPECT_TRUE(error("/api/v1/verdicts?limit=0").starts_with("limit: "));
  EXPECT_TRUE(error("/api/v1/verdicts?limit=10001").starts_with("limit: "));
  EXPECT_TRUE(error("/api/v1/verdicts?cursor=xyz").starts_with("cursor: "));
  EXPECT_TRUE(error("/api/v1/verdicts?taget=x").starts_with("taget: "));
  EXPECT_TRUE(error("/api/v1/alerts?state=open").starts_with("state: "));
  EXPECT_TRUE(error("/api/v1/recommendations?state=firing").starts_with("state: "));
  EXPECT_TRUE(error("/api/v1/sources?client=x").starts_with("client: "));
  EXPECT_TRUE(error("/api/v1/objectives?client=x").starts_with("client: "));
  EXPECT_TRUE(error("/api/v1/rules?type=other").starts_with("type: "));
}

TEST_F(ApiReadTest, PagesOfVerdictsShowEachOnceAlsoWhileNewOnesArrive) {
  for (const char* name : {"a", "b", "c", "d", "e"}) world_.push_week(name, 50, 2);
  std::multiset<std::string> seen;
  std::string cursor;
  for (int pages = 0; pages < 20; ++pages) {
    const json::value answer =
        world_.get("/api/v1/verdicts?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_LE(size(answer, "/data/verdicts"), 2u);
    const json::value verdicts = at(answer, "/data/verdicts");
    for (const json::value& verdict : verdicts.as_array()) {
      seen.insert(text_at(verdict, "/client") + " " + text_at(verdict, "/target") + " " +
                  json::serialize(at(verdict, "/entity")));
    }
    if (pages == 0) world_.push_week("late", 50, 2);
    if (at(answer, "/data/next").is_null()) break;
    cursor = text_at(answer, "/data/next");
  }
  // Five campaigns, the late one, the volume of the objective, and beta's one target.
  for (const std::string& one : seen) EXPECT_EQ(seen.count(one), 1u) << one;
  EXPECT_EQ(seen.count(R"(acme trial_cpa {"channel":"search","campaign":"late"})"), 1u);
  EXPECT_EQ(seen.count("acme trial_volume {}"), 1u);
  EXPECT_GE(seen.size(), 7u);
}

TEST_F(ApiReadTest, ObjectivesAreATreeWhoseParentsShowTheWorstBelow) {
  world_.push_week("brand", 100, 2);
  world_.post(
      "/api/v1/observations",
      R"({"source":"shop","observations":[{"bucket":"2026-11-20","channel":"social","campaign":"x","metrics":{"spend":50}}]})",
      202);
  const json::value answer = world_.get("/api/v1/objectives?client=acme");
  ASSERT_EQ(size(answer, "/data/clients/0/objectives"), 1u);
  const json::value growth = at(answer, "/data/clients/0/objectives/0");
  EXPECT_EQ(text_at(growth, "/name"), "growth");
  EXPECT_EQ(text_at(growth, "/status"), "off_target");
  EXPECT_EQ(text_at(growth, "/ownStatus"), "null");
  EXPECT_EQ(text_at(growth, "/children/0/name"), "trials");
  EXPECT_EQ(text_at(growth, "/children/0/budget/per"), "month");
  EXPECT_EQ(at(growth, "/children/0/spend").to_number<double>(), 700);
  EXPECT_GT(at(growth, "/children/0/stakePerHour").to_number<double>(), 0);
  EXPECT_EQ(text_at(growth, "/children/0/targets/0/text"), "at most 40.00 EUR");
  EXPECT_EQ(text_at(growth, "/children/0/targets/0/per"), "campaign");
  EXPECT_EQ(text_at(answer, "/data/clients/0/unalignedCount"), "1");
  EXPECT_EQ(text_at(answer, "/data/clients/0/unaligned/0/entity/channel"), "social");
  EXPECT_EQ(at(answer, "/data/clients/0/unaligned/0/spend").to_number<double>(), 50);
  EXPECT_NEAR(at(answer, "/data/clients/0/spendAlignedRatio").to_number<double>(), 700.0 / 750, 1e-12);
}

TEST_F(ApiReadTest, ObjectivesPageByClient) {
  const json::value first = world_.get("/api/v1/objectives?limit=1");
  EXPECT_EQ(text_at(first, "/data/clients/0/client"), "acme");
  const json::value second = world_.get("/api/v1/objectives?limit=1&cursor=" + text_at(first, "/data/next"));
  EXPECT_EQ(text_at(second, "/data/clients/0/client"), "beta");
  EXPECT_TRUE(at(second, "/data/next").is_null());
}

TEST_F(ApiReadTest, AlertsHaveTheShapeOfPrometheusAndTheFourLines) {
  world_.push_week("brand", 100, 2);
  const json::value answer = world_.get("/api/v1/alerts?state=firing&client=acme&unknown_to_us=1");
  ASSERT_EQ(size(answer, "/data/alerts"), 1u);
  const json::value alert = at(answer, "/data/alerts/0");
  EXPECT_EQ(text_at(alert, "/labels/alertname"), "trial_cpa");
  EXPECT_EQ(text_at(alert, "/labels/severity"), "page");
  EXPECT_EQ(text_at(alert, "/labels/campaign"), "brand");
  EXPECT_EQ(text_at(alert, "/state"), "firing");
  EXPECT_EQ(text_at(alert, "/value"), "5e+01");
  EXPECT_EQ(text_at(alert, "/activeAt"), "2026-11-20T12:00:00Z");
  EXPECT_EQ(text_at(alert, "/annotations/summary"), text_at(alert, "/text/what"));
  EXPECT_NE(text_at(alert, "/text/what")
                .find("50.00\xc2\xa0"
                      "EUR"),
            std::string::npos);
  EXPECT_EQ(text_at(alert, "/recommendations/0/playbook"), "lower_bids");
  EXPECT_EQ(text_at(alert, "/recommendations/0/text"), "Lower bids of brand by 20 %.");
  EXPECT_TRUE(at(alert, "/acknowledgedBy").is_null());
}

TEST_F(ApiReadTest, ResolvedAlertsAreShownOnlyWhenAskedFor) {
  world_.push_week("brand", 100, 2);
  world_.push_week("brand", 60, 2);
  EXPECT_EQ(size(world_.get("/api/v1/alerts"), "/data/alerts"), 0u);
  const json::value answer = world_.get("/api/v1/alerts?state=resolved");
  ASSERT_EQ(size(answer, "/data/alerts"), 1u);
  EXPECT_FALSE(at(answer, "/data/alerts/0/resolvedAt").is_null());
}

TEST_F(ApiReadTest, AlertsPage) {
  for (const char* name : {"a", "b", "c"}) world_.push_week(name, 100, 2);
  std::set<std::string> seen;
  std::string query = "/api/v1/alerts?limit=2";
  const json::value first = world_.get(query);
  const json::value second = world_.get(query + "&cursor=" + text_at(first, "/data/next"));
  for (const json::value& page : {first, second}) {
    const json::value alerts = at(page, "/data/alerts");
    for (const json::value& alert : alerts.as_array()) seen.insert(text_at(alert, "/id"));
  }
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_TRUE(at(second, "/data/next").is_null());
}

TEST_F(ApiReadTest, RulesAreGroupsOfAlertingRules) {
  world_.push_week("brand", 100, 2);
  const json::value answer = world_.get("/api/v1/rules?type=alert&exclude_alerts=false");
  ASSERT_EQ(size(answer, "/data/groups"), 2u);  // growth has no targets of its own
  EXPECT_EQ(text_at(answer, "/data/groups/0/name"), "acme/trials");
  const json::value rule = at(answer, "/data/groups/0/rules/0");
  EXPECT_EQ(text_at(rule, "/type"), "alerting");
  EXPECT_EQ(text_at(rule, "/name"), "trial_cpa");
  EXPECT_EQ(text_at(rule, "/state"), "firing");
  EXPECT_EQ(text_at(rule, "/health"), "ok");
  EXPECT_EQ(text_at(rule, "/query"), R"(tightrope_kpi_gap_ratio{client="acme",target="trial_cpa"} > 0)");
  EXPECT_EQ(size(rule, "/alerts"), 1u);
  EXPECT_EQ(text_at(answer, "/data/groups/1/rules/0/state"), "inactive");
  EXPECT_EQ(text_at(answer, "/data/groups/1/rules/0/health"), "unknown");
  EXPECT_EQ(size(world_.get("/api/v1/rules?type=record"), "/data/groups"), 0u);
  const json::value page = world_.get("/api/v1/rules?group_limit=1");
  EXPECT_EQ(size(page, "/data/groups"), 1u);
  const json::value rest =
      world_.get("/api/v1/rules?group_next_token=" + text_at(page, "/data/groupNextToken"));
  EXPECT_EQ(text_at(rest, "/data/groups/0/name"), "beta/sales");
}

TEST_F(ApiReadTest, SeriesHasAPointADayAndTheTargetLine) {
  world_.push_week("brand", 100, 2);
  const json::value answer = world_.get(
      "/api/v1/series?client=acme&target=trial_cpa&entity=channel=search,campaign=brand"
      "&from=2026-11-13&to=2026-11-20");
  ASSERT_EQ(size(answer, "/data/points"), 8u);
  EXPECT_EQ(text_at(answer, "/data/points/0/day"), "2026-11-13");
  EXPECT_TRUE(at(answer, "/data/points/0/value").is_null());
  EXPECT_EQ(at(answer, "/data/points/7/value").to_number<double>(), 50);
  EXPECT_EQ(at(answer, "/data/points/7/high").to_number<double>(), 40);
  EXPECT_TRUE(at(answer, "/data/points/7/low").is_null());
  EXPECT_EQ(text_at(answer, "/data/objective"), "trials");
  EXPECT_EQ(text_at(answer, "/data/unit"), "money");
}

TEST_F(ApiReadTest, SeriesDefaultsToThirtyDaysOfTheWholeClient) {
  world_.push_week("brand", 100, 2);
  world_.push_week("generic", 60, 2);
  const json::value answer = world_.get("/api/v1/series?client=acme&kpi=spend");
  ASSERT_EQ(size(answer, "/data/points"), 30u);
  EXPECT_EQ(at(answer, "/data/points/29/value").to_number<double>(), 160);
  const json::value one = world_.get(
      "/api/v1/"
      "series?client=acme&kpi=spend&entity=%7B%22channel%22:%22search%22,%22campaign%22:%22generic%22%7D");
  EXPECT_EQ(at(one, "/data/points/29/value").to_number<double>(), 60);
}

TEST_F(ApiReadTest, SeriesTakesTheEntityAsExplainWantsIt) {
  world_.push_week("brand", 100, 2);
  world_.push_week("generic", 60, 2);
  const std::string spend = "/api/v1/series?client=acme&kpi=spend&entity=";
  EXPECT_EQ(at(world_.get(spend + "search/brand"), "/data/points/29/value").to_number<double>(), 100);
  EXPECT_EQ(at(world_.get(spend + "search"), "/data/points/29/value").to_number<double>(), 160);
  EXPECT_EQ(text_at(world_.get(spend + "search/brand"), "/data/entity/campaign"), "brand");
}

TEST_F(ApiReadTest, SeriesMistakesNameTheParameter) {
  const std::string base = "/api/v1/series?client=acme";
  EXPECT_TRUE(error("/api/v1/series?kpi=cpa").starts_with("client: "));
  EXPECT_TRUE(error(base).starts_with("kpi: "));
  EXPECT_TRUE(error(base + "&kpi=cpaa").starts_with("kpi: "));
  EXPECT_TRUE(error(base + "&kpi=roas&target=trial_cpa").starts_with("kpi: "));
  EXPECT_TRUE(error(base + "&target=x").starts_with("target: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&objective=x").starts_with("objective: "));
  EXPECT_TRUE(error(base + "&objective=growth&target=trial_cpa").starts_with("objective: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&entity=search/a/b/c/d/e/f/g/h").starts_with("entity: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&entity=channel=a,b").starts_with("entity: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&entity=planet=mars").starts_with("entity: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&entity=channel=a,channel=b").starts_with("entity: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&entity=%7Bx").starts_with("entity: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&from=today").starts_with("from: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&from=2026-11-20&to=2026-11-19").starts_with("from: "));
  EXPECT_TRUE(error(base + "&kpi=cpa&as_of=2027-01-01").starts_with("as_of: "));
}

TEST_F(ApiReadTest, SeriesAsOfAnEarlierTimeShowsWhatWasKnownThen) {
  const std::string query =
      "/api/v1/series?client=acme&kpi=cpa&entity=channel=search,campaign=brand&from=2026-11-20&to=2026-11-20";
  world_.push_week("brand", 100, 2);
  world_.manual_clock().advance(std::chrono::hours(2));
  world_.push_week("brand", 100, 4);
  EXPECT_EQ(at(world_.get(query), "/data/points/0/value").to_number<double>(), 25);
  const json::value then = world_.get(query + "&as_of=2026-11-20T13:00:00Z");
  EXPECT_EQ(at(then, "/data/points/0/value").to_number<double>(), 50);
  EXPECT_EQ(text_at(then, "/data/asOf"), "2026-11-20T13:00:00Z");
  EXPECT_EQ(at(world_.get(query + "&as_of=2026-11-20T14:00:00Z"), "/data/points/0/value").to_number<double>(),
            25);
  const json::value before = world_.get(query + "&as_of=2026-11-20T11:00:00Z");
  EXPECT_TRUE(size(before, "/data/points") == 0 || at(before, "/data/points/0/value").is_null());
  // A day means its end, and today means now.
  EXPECT_EQ(at(world_.get(query + "&as_of=2026-11-20"), "/data/points/0/value").to_number<double>(), 25);
}

TEST_F(ApiReadTest, ExplainShowsEveryFigureAndWhenItWasLearnt) {
  const std::string query =
      "/api/v1/explain?client=acme&target=trial_cpa&entity=channel=search,campaign=brand";
  world_.push_week("brand", 100, 2);
  world_.manual_clock().advance(std::chrono::hours(2));
  world_.push_week("brand", 100, 4);
  const json::value now = world_.get(query);
  EXPECT_EQ(at(now, "/data/verdict/value").to_number<double>(), 25);
  EXPECT_EQ(text_at(now, "/data/valueSteps/1"), "= 700.00 / 28");
  EXPECT_EQ(at(now, "/data/bound/high").to_number<double>(), 40);
  EXPECT_EQ(text_at(now, "/data/inputs/1/metric"), "conversions");
  ASSERT_EQ(size(now, "/data/inputs/1/cells"), 7u);
  const json::value cell = at(now, "/data/inputs/1/cells/0");
  EXPECT_EQ(text_at(cell, "/bucket"), "2026-11-14");
  EXPECT_EQ(text_at(cell, "/entity/campaign"), "brand");
  EXPECT_EQ(at(cell, "/value").to_number<double>(), 4);
  EXPECT_EQ(text_at(cell, "/learnt"), "2026-11-20T14:00:00Z");
  EXPECT_EQ(text_at(cell, "/source"), "shop");
  EXPECT_TRUE(at(cell, "/restated").as_bool());
  EXPECT_EQ(at(cell, "/before/0/value").to_number<double>(), 2);
  EXPECT_EQ(text_at(cell, "/before/0/learnt"), "2026-11-20T12:00:00Z");
  // Today is not over: its figure grew.
  EXPECT_FALSE(at(now, "/data/inputs/1/cells/6/restated").as_bool());
  EXPECT_TRUE(at(now, "/data/journal/whole").as_bool());

  const json::value then = world_.get(query + "&as_of=2026-11-20T13:00:00Z");
  EXPECT_EQ(at(then, "/data/verdict/value").to_number<double>(), 50);
  EXPECT_EQ(text_at(then, "/data/asOf"), "2026-11-20T13:00:00Z");
  EXPECT_EQ(text_at(then, "/data/alert"), "firing");
  EXPECT_EQ(size(then, "/data/inputs/1/cells/0/before"), 0u);
  EXPECT_EQ(text_at(then, "/data/stake/kind"), "overspent");
  const json::value today = world_.get(query + "&as_of=2026-11-20");
  EXPECT_EQ(at(today, "/data/verdict/value").to_number<double>(), 25);
  EXPECT_EQ(text_at(world_.get("/api/v1/explain?client=acme&target=trial_volume"), "/data/verdict/state"),
            "on_target");
}

TEST_F(ApiReadTest, ManyQuestionsForExplanationsAreAnsweredOrRefusedAtOnce) {
  world_.push_week("brand", 100, 2);
  const auto answers = world_.call_together(
      "/api/v1/explain?client=acme&target=trial_cpa&entity=channel=search,campaign=brand&as_of=2026-11-20",
      Background::kMostJobs + 4);
  std::size_t answered = 0;
  for (const Response& answer : answers) {
    EXPECT_TRUE(answer.status == 200 || answer.status == 503) << answer.status;
    answered += answer.status == 200 ? 1 : 0;
  }
  EXPECT_GE(answered, Background::kMostJobs);
}

TEST_F(ApiReadTest, MistakesInAQuestionForAnExplanationNameTheNearest) {
  world_.push_week("brand", 100, 2);
  const std::string base = "/api/v1/explain?client=acme&target=trial_cpa";
  EXPECT_EQ(error("/api/v1/explain?client=acmee&target=trial_cpa"),
            "client: there is no client \"acmee\"; did you mean \"acme\"?");
  EXPECT_EQ(error("/api/v1/explain?client=acme&target=trial_cap"),
            "target: there is no target \"trial_cap\"; did you mean \"trial_cpa\"?");
  EXPECT_EQ(
      error(base + "&entity=channel=search,campaign=brnd"),
      "entity: there is no entity of the target trial_cpa \"search/brnd\"; did you mean \"search/brand\"?");
  EXPECT_TRUE(error(base).starts_with("entity: is required"));
  EXPECT_TRUE(error(base + "&entity=chanel=search").starts_with("entity: "));
  EXPECT_TRUE(error("/api/v1/explain?client=acme").starts_with("target: "));
  const std::string brand = base + "&entity=channel=search,campaign=brand";
  EXPECT_TRUE(error(brand + "&as_of=2027-01-01").starts_with("as_of: lies in the future"));
  EXPECT_TRUE(error(brand + "&as_of=noon").starts_with("as_of: "));
  EXPECT_EQ(error(brand + "&as_of=2026-11-20T11:00:00Z"), "as_of: nothing was known of the entity then");
}

TEST_F(ApiReadTest, AnAmendmentIsWithItsAlert) {
  world_.push_week("brand", 100, 2);
  world_.manual_clock().advance(std::chrono::hours(36));
  world_.push_week("brand", 100, 4);
  const json::value answer = world_.get("/api/v1/alerts?state=resolved");
  ASSERT_EQ(size(answer, "/data/alerts"), 1u);
  const json::value amendment = at(answer, "/data/alerts/0/amendment");
  EXPECT_EQ(at(amendment, "/valueBefore").to_number<double>(), 50);
  // By hand: six days restated to 4, and the day it fired on as it was then.
  EXPECT_DOUBLE_EQ(at(amendment, "/valueNow").to_number<double>(), 700.0 / 26);
  EXPECT_FALSE(at(amendment, "/wouldHaveFired").as_bool());
  EXPECT_EQ(text_at(amendment, "/at"), "2026-11-22T00:00:00Z");
}

// A campaign's impressions of each day, as ever, and then unlike all before: known at 06:00 of the day after.
class WorthALookTest : public ApiReadTest {
 protected:
  void push_impressions(rules::Day first, rules::Day last, int impressions) {
    json::array rows;
    for (rules::Day day = first; day <= last; day = day + 1) {
      rows.push_back({{"bucket", rules::to_string(day)},
                      {"channel", "search"},
                      {"campaign", "brand"},
                      {"metrics", {{"impressions", impressions}}}});
    }
    world_.post("/api/v1/observations",
                json::serialize(json::object{{"source", "shop"}, {"observations", std::move(rows)}}), 202);
  }
  void find_one() {
    const rules::Day today = *rules::parse_day("2026-11-20");
    push_impressions(today - 80, today - 1, 1000);
    world_.manual_clock().advance(std::chrono::hours(1));
    push_impressions(today, today, 31'000);
    EXPECT_EQ(size(world_.get("/api/v1/anomalies"), "/data/anomalies"), 0u);
    world_.manual_clock().advance(std::chrono::hours(18));
    push_impressions(today + 1, today + 1, 7);
  }
};

TEST_F(WorthALookTest, AnomaliesHaveTheirNumbersAndAWordForPeople) {
  find_one();
  const json::value answer = world_.get("/api/v1/anomalies?client=acme");
  ASSERT_EQ(size(answer, "/data/anomalies"), 1u);
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/text"),
            "impressions of search/brand was 31 000 on Fri 20 Nov, usually about 1 000");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/client"), "acme");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/objective"), "growth");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/kpi"), "impressions");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/entity/campaign"), "brand");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/bucket"), "2026-11-20");
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/foundAt"), "2026-11-21T06:00:00Z");
  EXPECT_EQ(at(answer, "/data/anomalies/0/value").to_number<double>(), 31'000);
  EXPECT_EQ(at(answer, "/data/anomalies/0/usual").to_number<double>(), 1000);
  EXPECT_EQ(text_at(answer, "/data/anomalies/0/unit"), "count");
  EXPECT_GE(at(answer, "/data/anomalies/0/score").to_number<double>(), 0.6);
  EXPECT_TRUE(at(answer, "/data/leftUnwatched").as_object().empty());
  EXPECT_TRUE(at(answer, "/data/next").is_null());
  EXPECT_EQ(size(world_.get("/api/v1/anomalies?client=beta"), "/data/anomalies"), 0u);
  EXPECT_EQ(size(world_.get("/api/v1/alerts"), "/data/alerts"), 0u);
  EXPECT_TRUE(error("/api/v1/anomalies?client=x").starts_with("client: "));
  EXPECT_TRUE(error("/api/v1/anomalies?kind=x").starts_with("kind: "));
}

TEST_F(WorthALookTest, EachIsLoggedOnce) {
  const testing::LogCapture log(LogLevel::info);
  find_one();
  world_.get("/api/v1/anomalies");
  std::size_t lines = 0;
  for (const std::string& line : log.lines()) lines += line.find("worth a look: ") != std::string::npos;
  EXPECT_EQ(lines, 1u);
  EXPECT_TRUE(log.contains(
      "worth a look: impressions of search/brand was 31 000 on Fri 20 Nov, usually about 1 000"));
}

TEST_F(ApiReadTest, SourcesShowTheirAgeAndTheirTrouble) {
  SourceStatus ads;
  ads.name = "ads";
  ads.client = "acme";
  ads.connector = "csv";
  ads.last_attempt = world_.clock().now();
  ads.last_error = "no such file";
  ads.last_error_reason = "bad_data";
  ads.failures_in_row = 3;
  ads.breaker = BreakerState::open;
  ads.newest_end = world_.clock().now() - std::chrono::hours(3);
  SourceStatus shop;
  shop.name = "shop";
  shop.client = "acme";
  shop.connector = "push";
  shop.pushed = true;
  world_.source_statuses = {ads, shop};
  const json::value answer = world_.get("/api/v1/sources");
  EXPECT_EQ(text_at(answer, "/data/sources/0/lastError"), "no such file");
  EXPECT_EQ(text_at(answer, "/data/sources/0/breaker"), "open");
  EXPECT_EQ(at(answer, "/data/sources/0/dataAgeSeconds").to_number<double>(), 10800);
  EXPECT_TRUE(at(answer, "/data/sources/1/dataAgeSeconds").is_null());
  EXPECT_TRUE(at(answer, "/data/sources/1/everySeconds").is_null());
  EXPECT_TRUE(at(answer, "/data/sources/1/lastError").is_null());
  const json::value page = world_.get("/api/v1/sources?limit=1");
  EXPECT_EQ(
      text_at(world_.get("/api/v1/sources?cursor=" + text_at(page, "/data/next")), "/data/sources/0/name"),
      "shop");
}

TEST_F(ApiReadTest, SourcesOfAClientAreItsOwnAndThoseOfNobody) {
  SourceStatus acme, beta, rates;
  acme.name = "ads";
  acme.client = "acme";
  beta.name = "beta_shop";
  beta.client = "beta";
  rates.name = "ecb";
  world_.source_statuses = {acme, beta, rates};
  const json::value answer = world_.get("/api/v1/sources?client=acme");
  ASSERT_EQ(size(answer, "/data/sources"), 2u);
  EXPECT_EQ(text_at(answer, "/data/sources/0/name"), "ads");
  EXPECT_EQ(text_at(answer, "/data/sources/1/name"), "ecb");
}

TEST_F(ApiReadTest, AJournalThatTakesNothingIsNotReadyUntilItDoes) {
  testing::MemoryJournal journal;
  world_.shown_journal = &journal;
  journal.failing = "the disk is full";
  journal.append({}, [](const std::optional<JournalError>&, Sequence) {});
  const Response refused = world_.call("GET", "/-/ready");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "Tightrope is not ready.\njournal: the disk is full\n");
  // Nobody pushes to what is not ready, so asking finds out by itself that there is room again.
  journal.failing.clear();
  EXPECT_EQ(world_.call("GET", "/-/ready").status, 503);
  EXPECT_EQ(world_.call("GET", "/-/ready").body, "Tightrope is ready.\n");
  world_.shown_journal = nullptr;
}

TEST_F(ApiReadTest, HealthReadinessAndThePage) {
  EXPECT_EQ(world_.call("GET", "/-/healthy").status, 200);
  EXPECT_EQ(world_.call("GET", "/-/ready").status, 200);
  world_.is_ready = false;
  EXPECT_EQ(world_.call("GET", "/-/healthy").status, 200);
  EXPECT_EQ(world_.call("GET", "/-/ready").status, 503);
  EXPECT_EQ(world_.call("GET", "/api/v1/alerts").status, 503);
  EXPECT_EQ(world_.call("GET", "/metrics").status, 200);
  const Response page = world_.call("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.body.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(world_.call("GET", "/page.js").body.starts_with("\"use strict\";"));
  EXPECT_TRUE(world_.call("GET", "/answers.js").body.starts_with("\"use strict\";"));
  EXPECT_EQ(world_.call("GET", "/page.css").content_type, "text/css; charset=utf-8");
}

}  // namespace
}  // namespace tightrope::daemon::http
