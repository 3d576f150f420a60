#include "tests/simulator/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "tests/simulator/scenario.h"

namespace tightrope::simulator {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Instant kStart(Day(std::chrono::year(2026) / 11 / 20) + hours(15));

World demo_world() {
  auto loaded = load_scenario("demo");
  return build_world(5, std::get<Scenario>(loaded), kStart, days(60));
}

class ApiTest : public ::testing::Test {
 protected:
  Reply get(const std::string& target, const std::string& authorization = "Bearer demo-token") {
    return api_.handle({"GET", target, authorization, ""}, kStart);
  }
  Reply post(const std::string& target, const std::string& body) {
    return api_.handle({"POST", target, "", body}, kStart);
  }
  static json::array records(const Reply& reply) { return json::parse(reply.body).at("records").as_array(); }

  World world_ = demo_world();
  Api api_{world_, {}};
};

constexpr const char* kWeek = "/v1/report?account=northwind&from=2026-11-14&to=2026-11-20";

TEST_F(ApiTest, AReportNeedsTheToken) {
  EXPECT_EQ(get(kWeek, "").status, 401);
  EXPECT_EQ(get(kWeek, "Bearer other").status, 401);
  EXPECT_EQ(get(kWeek).status, 200);
}

TEST_F(ApiTest, AReportShowsWhatTheWorldReportsNow) {
  const Account& account = *world_.find_account("northwind");
  const auto expected = world_.report(account, Day(std::chrono::year(2026) / 11 / 14),
                                      Day(std::chrono::year(2026) / 11 / 20), Granularity::day, kStart);
  const json::array got = records(get(kWeek));
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].at("campaign").as_string(), expected[i].campaign->name);
    EXPECT_EQ(got[i].at("clicks").to_number<std::int64_t>(), expected[i].figures.clicks);
    EXPECT_EQ(got[i].at("spend_micros").as_string(), std::to_string(expected[i].figures.spend_micros));
  }
}

TEST_F(ApiTest, HoursAreReportedOnRequest) {
  const json::array got = records(get(std::string(kWeek) + "&granularity=hour&page_size=10000"));
  EXPECT_EQ(got.front().at("date").as_string(), "2026-11-14T00");
  EXPECT_GT(got.size(), 500U);
}

// However it is turned, the pages together are the report.
std::vector<std::string> keys(const json::array& records) {
  std::vector<std::string> keys;
  for (const json::value& record : records) {
    keys.push_back(std::string(record.at("date").as_string()) + "/" +
                   std::string(record.at("campaign").as_string()));
  }
  return keys;
}

TEST_F(ApiTest, PagesByCursorTogetherAreTheReport) {
  const auto whole = keys(records(get(kWeek)));
  std::vector<std::string> together;
  std::string cursor;
  int pages = 0;
  do {
    const Reply reply = get(std::string(kWeek) + "&page_size=8&cursor=" + cursor);
    ASSERT_EQ(reply.status, 200);
    const auto page = keys(records(reply));
    EXPECT_LE(page.size(), 8U);
    together.insert(together.end(), page.begin(), page.end());
    const json::value next = json::parse(reply.body).at("next_cursor");
    cursor = next.is_null() ? "" : std::string(next.as_string());
    ++pages;
  } while (!cursor.empty());
  EXPECT_GT(pages, 3);
  EXPECT_EQ(together, whole);
}

TEST_F(ApiTest, PagesByNumberAndByOffsetAreTheSame) {
  const auto whole = keys(records(get(kWeek)));
  const auto second = keys(records(get(std::string(kWeek) + "&page_size=8&page=2")));
  EXPECT_EQ(second, std::vector<std::string>(whole.begin() + 8, whole.begin() + 16));
  EXPECT_EQ(keys(records(get(std::string(kWeek) + "&page_size=8&offset=8"))), second);
  EXPECT_TRUE(records(get(std::string(kWeek) + "&page_size=8&page=99")).empty());
}

TEST_F(ApiTest, AllPagesOfACursorShowOneInstant) {
  const std::string target = std::string(kWeek) + "&page_size=30";
  const json::value first = json::parse(get(target).body);
  const std::string cursor(first.at("next_cursor").as_string());
  const std::string next = target + "&cursor=" + cursor;
  const Reply now = api_.handle({"GET", next, "Bearer demo-token", ""}, kStart);
  const Reply later = api_.handle({"GET", next, "Bearer demo-token", ""}, kStart + hours(3));
  EXPECT_EQ(now.body, later.body);
}

struct BadRequest {
  const char* name;
  const char* target;
  int status;
  const char* text;
};

class BadRequestTest : public ApiTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequestTest, IsAnsweredWithTheReason) {
  const Reply reply = get(GetParam().target);
  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_THAT(reply.body, HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRequestTest,
    ::testing::Values(
        BadRequest{"UnknownAccount", "/v1/report?account=nobody", 404, "there is no such account"},
        BadRequest{"NoDate", "/v1/report?account=northwind&from=2026-02-30", 400,
                   R"(\"from\" is not a date)"},
        BadRequest{"BackwardRange", "/v1/report?account=northwind&from=2026-11-02&to=2026-11-01", 400,
                   "lies before"},
        BadRequest{"TooLong", "/v1/report?account=northwind&from=2024-11-02&to=2026-11-01", 400,
                   "more than 400 days"},
        BadRequest{"ForeignCursor", "/v1/report?account=northwind&cursor=zzz", 400, "the cursor is not one"},
        BadRequest{"PageZero", "/v1/report?account=northwind&page=0", 400, "number from 1"},
        BadRequest{"HugePage", "/v1/report?account=northwind&page_size=99999", 400, "from 1 to 10000"},
        BadRequest{"UnknownGranularity", "/v1/report?account=northwind&granularity=minute", 400,
                   "day or hour"},
        BadRequest{"UnknownPath", "/v2/report", 404, "there is nothing at /v2/report"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ApiTest, TheCsvHasTheFiguresOfTheReport) {
  const json::array expected = records(get(kWeek));
  const Reply csv = get("/v1/export.csv?account=northwind&from=2026-11-14&to=2026-11-20&key=demo-key", "");
  ASSERT_EQ(csv.status, 200);
  std::istringstream lines(csv.body);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "Date,Channel,Campaign,Impressions,Clicks,Cost,Conversions,Revenue\r");
  for (const json::value& record : expected) {
    std::getline(lines, line);
    const std::string prefix = std::string(record.at("date").as_string()) + "," +
                               std::string(record.at("channel").as_string()) + "," +
                               std::string(record.at("campaign").as_string()) + "," +
                               std::to_string(record.at("impressions").as_int64()) + "," +
                               std::to_string(record.at("clicks").as_int64()) + ",";
    EXPECT_THAT(line, StartsWith(prefix));
    const double cost = std::stod(line.substr(prefix.size()));
    EXPECT_NEAR(cost, std::stod(std::string(record.at("spend_micros").as_string())) / 1e6, 1e-6);
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(ApiTest, TheEuropeanCsvHasSemicolonsCommasAndItsOwnDates) {
  const Reply csv =
      get("/v1/export.csv?account=solara&from=2026-11-14&to=2026-11-14&key=demo-key&dialect=eu", "");
  EXPECT_THAT(csv.body,
              StartsWith("Date;Channel;Campaign;Impressions;Clicks;Cost;Conversions;Revenue\r\n14.11.2026;"));
  EXPECT_EQ(csv.body.find('.', csv.body.find("14.11.2026;") + 10),
            csv.body.find(".11.2026", csv.body.find("14.11.2026;") + 10));
}

TEST_F(ApiTest, TheCsvNeedsItsKey) {
  EXPECT_EQ(get("/v1/export.csv?account=northwind&key=no", "").status, 401);
}

TEST_F(ApiTest, TheTruthIsWhatTheReportBecomes) {
  const std::string range = "account=solara&from=2026-11-17&to=2026-11-19";
  const Reply late = api_.handle({"GET", "/v1/report?" + range, "Bearer demo-token", ""}, kStart + days(30));
  EXPECT_EQ(records(get("/truth?" + range, "")), records(late));
  EXPECT_NE(records(get("/truth?" + range, "")), records(get("/v1/report?" + range)));
}

TEST_F(ApiTest, AnIncidentThatIsPostedShowsAndRecovers) {
  const auto tracked = [&](Instant from) {
    const Account& account = *world_.find_account("solara");
    return world_.sum(account, account.campaigns[0], from, from + days(2), kInTheEnd).conversions;
  };
  ASSERT_GT(tracked(kStart), 0);
  EXPECT_EQ(post("/incidents", R"({"kind":"tracking_break","campaign":"trial-crm"})").status, 201);
  EXPECT_EQ(tracked(kStart), 0);
  const Reply list = get("/incidents");
  EXPECT_THAT(list.body, HasSubstr("tracking_break"));
  EXPECT_EQ(post("/incidents", R"({"kind":"recover","campaign":"trial-crm"})").body, "{\"ended\":1}\n");
  EXPECT_GT(tracked(kStart), 0);
}

TEST_F(ApiTest, AnIncidentMayHaveBegunSomeDaysAgo) {
  EXPECT_EQ(post("/incidents", R"({"kind":"spend_stop","campaign":"whitening","from":"-3d"})").status, 201);
  EXPECT_EQ(post("/incidents", R"({"kind":"spend_stop","campaign":"recall","from":"-2d@09:30"})").status,
            201);
  const auto& staged = world_.incidents().all();
  ASSERT_GE(staged.size(), 2u);
  EXPECT_EQ(staged[staged.size() - 2].from, kStart - days(3));
  EXPECT_EQ(staged.back().from, kStart - days(2) - hours(5) - std::chrono::minutes(30)) << "in London";
}

TEST_F(ApiTest, IncidentsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(post("/incidents", "[]").status, 400);
  EXPECT_EQ(post("/incidents", R"({"kind":"earthquake","campaign":"trial-crm"})").status, 400);
  EXPECT_EQ(post("/incidents", R"({"kind":"cpc_jump","campaign":"nothing"})").status, 404);
  EXPECT_EQ(post("/incidents", R"({"kind":"cpc_jump","campaign":"trial-crm","factor":-1})").status, 400);
  EXPECT_EQ(post("/incidents", R"({"kind":"cpc_jump","campaign":"trial-crm","from":"yesterday"})").status,
            400);
}

TEST_F(ApiTest, FaultsAreTakenOneByOneInTheirOrder) {
  EXPECT_EQ(post("/faults", R"({"kind":"500","count":2})").status, 201);
  EXPECT_EQ(post("/faults", R"({"kind":"429","seconds":7})").status, 201);
  EXPECT_EQ(post("/faults", R"({"kind":"expired_token"})").status, 201);
  EXPECT_EQ(get("/faults").body, "{\"waiting\":4}\n");
  EXPECT_EQ(get(kWeek).status, 500);
  EXPECT_EQ(get(kWeek).status, 500);
  const Reply throttled = get(kWeek);
  EXPECT_EQ(throttled.status, 429);
  EXPECT_THAT(throttled.headers, ElementsAre(std::pair<std::string, std::string>("Retry-After", "7")));
  EXPECT_EQ(get(kWeek).status, 401);
  EXPECT_EQ(get(kWeek).status, 200);
}

TEST_F(ApiTest, FaultsOfTheWireLeaveTheStatusAlone) {
  post("/faults", R"({"kind":"slow","seconds":2.5})");
  post("/faults", R"({"kind":"truncate"})");
  post("/faults", R"({"kind":"malformed"})");
  EXPECT_EQ(get(kWeek).delay, std::chrono::milliseconds(2500));
  EXPECT_TRUE(get(kWeek).truncated);
  boost::system::error_code error;
  json::parse(get(kWeek).body, error);
  EXPECT_TRUE(error);
}

TEST_F(ApiTest, FaultsAreBoundedAndCanBeCleared) {
  EXPECT_EQ(post("/faults", R"({"kind":"500","count":10000})").status, 201);
  EXPECT_EQ(post("/faults", R"({"kind":"500"})").status, 400);
  EXPECT_EQ(post("/faults", R"({"kind":"odd"})").status, 400);
  EXPECT_EQ(api_.handle({"DELETE", "/faults", "", ""}, kStart).status, 200);
  EXPECT_EQ(get(kWeek).status, 200);
}

TEST_F(ApiTest, TheSinkShowsWhatItReceived) {
  EXPECT_EQ(post("/sink/oncall", R"({"status":"firing"})").status, 200);
  EXPECT_EQ(post("/sink", "plain text").status, 200);
  const json::value sunk = json::parse(get("/sink").body);
  const json::array& messages = sunk.at("messages").as_array();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].at("path").as_string(), "/sink/oncall");
  EXPECT_EQ(messages[0].at("body").at("status").as_string(), "firing");
  EXPECT_EQ(messages[0].at("at").as_string(), "2026-11-20T15:00:00Z");
  EXPECT_EQ(messages[1].at("body").as_string(), "plain text");
  EXPECT_EQ(api_.handle({"DELETE", "/sink", "", ""}, kStart).status, 200);
  EXPECT_EQ(get("/sink").body, "{\"messages\":[]}\n");
}

TEST_F(ApiTest, TheClockIsMovedAheadAndNeverBack) {
  EXPECT_EQ(post("/clock", R"({"advance_seconds":3600})").body, "{\"now\":\"2026-11-20T16:00:00Z\"}\n");
  EXPECT_EQ(api_.advanced(), hours(1));
  EXPECT_EQ(post("/clock", R"({"advance_seconds":-1})").status, 400);
  EXPECT_EQ(api_.advanced(), hours(1));
}

TEST_F(ApiTest, AccountsAreListedWithTheirCampaigns) {
  const json::value listed = json::parse(get("/v1/accounts").body);
  ASSERT_EQ(listed.at("accounts").as_array().size(), 3U);
  EXPECT_EQ(listed.at("accounts").as_array()[0].at("currency").as_string(), "USD");
}

}  // namespace
}  // namespace tightrope::simulator
