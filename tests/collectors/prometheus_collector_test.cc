#include "collectors/prometheus_collector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/prometheus_answer.h"
#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using config::PrometheusPer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string success(std::string_view type, std::string_view result, std::string_view more = "") {
  return fmt::format(R"({{"status":"success","data":{{"resultType":"{}","result":{}}}{}}})", type, result,
                     more);
}

class PrometheusCollectorTest : public ::testing::Test {
 protected:
  PrometheusCollectorTest() {
    collecting.asked = days("2026-11-21", "2026-11-22");  // kNow is noon of the second
    source.name = "shop";
    prometheus.base_url = "http://prometheus:9090";
    prometheus.queries = {{"orders", "sum by (shop) (increase(orders_total[{window}]))"}};
    prometheus.labels = {{1, "shop"}};
    prometheus.constants = {{0, "site"}};
  }
  void will_answer(std::string body) {
    collecting.transfer.will_answer(200, std::move(body), {{"content-type", "application/json"}});
  }
  std::vector<std::string> figures() {
    source.kind = prometheus;
    return collecting.figures(source);
  }
  // Of one day, given one answer.
  std::vector<std::string> figures(std::string body) {
    collecting.asked = days("2026-11-21", "2026-11-21");
    will_answer(std::move(body));
    return figures();
  }
  std::string url(std::size_t request) const { return collecting.transfer.requests().at(request).url; }

  config::Source source;
  config::PrometheusSource prometheus;
  Collecting collecting;
};

TEST_F(PrometheusCollectorTest, AsksAtTheEndOfEachDayAndNow) {
  will_answer(success("vector", R"([{"metric":{"shop":"eu"},"value":[1795305600,"12"]},
                                    {"metric":{"shop":"us"},"value":[1795305600,"0.5"]}])"));
  will_answer(success("vector", R"([{"metric":{"shop":"eu"},"value":[1795348800.000,"3.25"]}])"));
  EXPECT_THAT(figures(), ElementsAre("site/eu 2026-11-21 orders 12", "site/us 2026-11-21 orders 0.5",
                                     "site/eu 2026-11-22 orders 3.25"));
  EXPECT_EQ(
      url(0),
      "http://prometheus:9090/api/v1/query?query=sum%20by%20%28shop%29%20%28increase%28orders_total%5B86400s"
      "%5D%29%29&time=1795305600");
  EXPECT_THAT(url(1), HasSubstr("5B43200s%5D"));
  EXPECT_THAT(url(1), HasSubstr("&time=1795348800"));
}

TEST_F(PrometheusCollectorTest, AsksForTheHoursOfADayAtOnceAndForTheRunningOneByItself) {
  prometheus.per = PrometheusPer::hour;
  collecting.asked = days("2026-11-22", "2026-11-22");
  will_answer(
      success("matrix", R"([{"metric":{"shop":"eu"},"values":[[1795309200,"1"],[1795348800,"12"]]}])"));
  EXPECT_THAT(figures(), ElementsAre("site/eu 2026-11-22T00 orders 1", "site/eu 2026-11-22T11 orders 12"));
  EXPECT_EQ(collecting.transfer.requests().size(), 1u);
  EXPECT_THAT(url(0), StartsWith("http://prometheus:9090/api/v1/query_range?query="));
  EXPECT_THAT(url(0), HasSubstr("5B3600s%5D"));
  EXPECT_THAT(url(0), HasSubstr("&start=1795309200&end=1795348800&step=3600"));
}

TEST_F(PrometheusCollectorTest, ASampleOfAnotherTimeIsAnError) {
  prometheus.per = PrometheusPer::hour;
  EXPECT_THAT(figures(success("matrix", R"([{"metric":{},"values":[[1795309500,"1"]]}])")),
              ElementsAre("error bad_data: orders: a sample is of a time that was not asked for"));
}

TEST_F(PrometheusCollectorTest, ValuesAreTextAndSomeAreNone) {
  EXPECT_THAT(figures(success("vector", R"([{"metric":{"shop":"a"},"value":[1795305600,"NaN"]},
                                            {"metric":{"shop":"b"},"value":[1795305600,"+Inf"]},
                                            {"metric":{"shop":"c"},"value":[1795305600,"-Inf"]},
                                            {"metric":{"shop":"d"},"value":[1795305600,"-1.5e-3"]},
                                            {"metric":{"shop":"e"},"value":[1795305600,"0"]}])")),
              ElementsAre("site/a 2026-11-21 orders missing", "site/b 2026-11-21 orders missing",
                          "site/c 2026-11-21 orders missing", "site/d 2026-11-21 orders -0.0015",
                          "site/e 2026-11-21 orders 0"));
}

TEST_F(PrometheusCollectorTest, SeriesOfOneEntityAreAddedAndALabelThatIsLackingIsNotReported) {
  EXPECT_THAT(figures(success("vector", R"([{"metric":{"shop":"a","pod":"1"},"value":[1795305600,"1"]},
                                            {"metric":{"shop":"a","pod":"2"},"value":[1795305600,"2"]},
                                            {"metric":{"pod":"3"},"value":[1795305600,"4"]},
                                            {"metric":{"shop":""},"value":[1795305600,"8"]}])")),
              ElementsAre("site/a 2026-11-21 orders 3", "site 2026-11-21 orders 12"));
}

TEST_F(PrometheusCollectorTest, AScalarIsOfTheConstantsAlone) {
  EXPECT_THAT(figures(success("scalar", R"([1795305600,"42"])")), ElementsAre("site 2026-11-21 orders 42"));
}

TEST_F(PrometheusCollectorTest, WithoutSeriesThereIsNoFigureAndNothingIsTakenBack) {
  EXPECT_THAT(figures(success("vector", "[]")), IsEmpty());
  will_answer(success("vector", "[]"));
  const auto result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->complete, std::nullopt);
}

TEST_F(PrometheusCollectorTest, DaysAreCompleteFromTheFirstWithAFigure) {
  collecting.asked = days("2026-11-20", "2026-11-22");
  will_answer(success("vector", "[]"));  // perhaps never kept so long
  will_answer(success("vector", R"([{"metric":{},"value":[1795305600,"1"]}])"));
  will_answer(success("vector", R"([{"metric":{},"value":[1795348800,"1"]}])"));
  source.kind = prometheus;
  const auto result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->complete, days("2026-11-21", "2026-11-22"));
  EXPECT_EQ(result->partial, "");
  EXPECT_EQ(result->requests, 3);
}

TEST_F(PrometheusCollectorTest, AWarningMeansThatFiguresMayLack) {
  for (const char* const more : {R"(,"warnings":["remote store down"])", R"(,"isPartial":true)"}) {
    collecting.asked = days("2026-11-21", "2026-11-21");
    will_answer(success("vector", R"([{"metric":{},"value":[1795305600,"1"]}])", more));
    source.kind = prometheus;
    const auto result = collecting.collect(source);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->complete, std::nullopt);
    EXPECT_THAT(result->partial, StartsWith("orders: "));
    EXPECT_EQ(result->batch.rows.size(), 1u);
  }
  will_answer(success("vector", R"([{"metric":{},"value":[1795305600,"1"]}])", R"(,"warnings":[])"));
  EXPECT_EQ(collecting.collect(source)->partial, "");
}

TEST_F(PrometheusCollectorTest, LongQueriesArePosted) {
  prometheus.queries[0].text += " or " + std::string(3000, 'x');
  figures(success("vector", "[]"));
  const auto& request = collecting.transfer.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://prometheus:9090/api/v1/query");
  EXPECT_THAT(request.body, StartsWith("query=sum%20by"));
  EXPECT_THAT(request.body, HasSubstr("&time=1795305600"));
  EXPECT_THAT(request.headers, ::testing::Contains(std::pair<std::string, std::string>(
                                   "Content-Type", "application/x-www-form-urlencoded")));
}

TEST_F(PrometheusCollectorTest, SaysWhoAsks) {
  prometheus.login = {"", config::Secret("tkn-1234")};
  figures(success("vector", "[]"));
  prometheus.login = {"ann", config::Secret("swordfish")};
  figures(success("vector", "[]"));
  const auto& requests = collecting.transfer.requests();
  EXPECT_EQ(requests.at(0).secret_headers.at(0).second.reveal(), "Bearer tkn-1234");
  EXPECT_EQ(requests.at(1).secret_headers.at(0).second.reveal(), "Basic YW5uOnN3b3JkZmlzaA==");
}

struct RefusalCase {
  const char* name;
  int status;
  const char* type;
  const char* body;
  const char* told;
};

class PrometheusRefusalTest : public PrometheusCollectorTest,
                              public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(PrometheusRefusalTest, IsToldByItsKind) {
  collecting.transfer.will_answer(GetParam().status, GetParam().body, {{"content-type", GetParam().type}});
  EXPECT_THAT(figures(), ElementsAre(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    All, PrometheusRefusalTest,
    ::testing::ValuesIn(std::vector<RefusalCase>{
        {"BadQuery", 400, "application/json",
         R"({"status":"error","errorType":"bad_data","error":"1:4: parse error: unclosed parenthesis"})",
         "error rejected: orders: HTTP 400 from prometheus:9090: 1:4: parse error: unclosed parenthesis"},
        {"FailsWhenRun", 422, "application/json",
         R"({"status":"error","errorType":"execution","error":"many-to-many matching not allowed"})",
         "error rejected: orders: HTTP 422 from prometheus:9090: many-to-many matching not allowed"},
        {"TimedOut", 503, "application/json",
         R"({"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"})",
         "error temporary: orders: HTTP 503 from prometheus:9090: query timed out in expression evaluation"},
        {"ProxyIsDown", 502, "text/html", "<html><body>Bad Gateway</body></html>",
         "error temporary: orders: HTTP 502 from prometheus:9090"},
        {"ProxyWantsAPassword", 401, "text/html", "<html>",
         "error unauthorized: orders: HTTP 401 from prometheus:9090"},
        {"SignInPage", 200, "text/html", "<!doctype html><html>",
         "error bad_data: orders: an HTML page came instead of JSON: is base_url right, and who has to sign "
         "in?"},
        {"AnotherApi", 200, "application/json", R"({"rows":[]})",
         "error bad_data: orders: the answer has no \"status\": \"success\": is base_url a Prometheus?"},
        {"AnErrorWith200", 200, "application/json", R"({"status":"error","error":"too many samples"})",
         "error bad_data: orders: the server says: too many samples"},
        {"AText", 200, "application/json",
         R"({"status":"success","data":{"resultType":"string","result":[1795305600,"x"]}})",
         "error bad_data: orders: the query gives a string, where figures are expected"},
        {"AHistogram", 200, "application/json",
         R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}})",
         "error bad_data: orders: a series is a histogram: ask for a quantile, a sum or a count of it"},
        {"NoPair", 200, "application/json",
         R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":["1"]}]}})",
         "error bad_data: orders: a sample is no pair of a time and a value"},
        {"NoNumber", 200, "application/json",
         R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}})",
         "error bad_data: orders: \"many\" is not a number, or too large"},
        {"CutShort", 200, "application/json", R"({"status":"success","data":{"resultType":"vector")",
         "error bad_data: orders: the answer is not JSON: "
         "JSON document ended early in the middle of an object or array."},
    }),
    [](const auto& each) { return std::string(each.param.name); });

// "2026-03-29 at 2026-03-29T22:00:00Z over 82800s"
std::vector<std::string> plan(PrometheusPer per, std::string_view first, std::string_view last,
                              std::string_view now, std::string_view zone) {
  const auto calendar = calendar_of(zone);
  std::vector<std::string> lines;
  for (const auto& one : plan_evaluations(per, days(first, last), *rules::parse_timestamp(now), calendar)) {
    lines.push_back(fmt::format("{} at {}{} over {}s", calendar.format(one.bucket),
                                rules::to_rfc3339(one.first),
                                one.range() ? " to " + rules::to_rfc3339(one.last) : "", one.window.count()));
  }
  return lines;
}

TEST(PrometheusPlanTest, DaysOfChangedClocksAreShorterOrLonger) {
  EXPECT_THAT(plan(PrometheusPer::day, "2026-03-28", "2026-03-29", "2026-04-01T00:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-03-28 at 2026-03-28T23:00:00Z over 86400s",
                          "2026-03-29 at 2026-03-29T22:00:00Z over 82800s"));
  EXPECT_THAT(plan(PrometheusPer::day, "2026-10-25", "2026-10-25", "2026-11-01T00:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-10-25 at 2026-10-25T23:00:00Z over 90000s"));
  EXPECT_THAT(plan(PrometheusPer::hour, "2026-10-25", "2026-10-25", "2026-11-01T00:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-10-25T00 at 2026-10-24T23:00:00Z to 2026-10-25T23:00:00Z over 3600s"));
}

TEST(PrometheusPlanTest, TodayIsAskedAboutAsOfNowAndTomorrowNotAtAll) {
  EXPECT_THAT(plan(PrometheusPer::day, "2026-11-22", "2026-11-24", "2026-11-22T12:00:00.700Z", "UTC"),
              ElementsAre("2026-11-22 at 2026-11-22T12:00:00Z over 43200s"));
  EXPECT_THAT(plan(PrometheusPer::hour, "2026-11-22", "2026-11-22", "2026-11-22T02:20:10.700Z", "UTC"),
              ElementsAre("2026-11-22T00 at 2026-11-22T01:00:00Z to 2026-11-22T02:00:00Z over 3600s",
                          "2026-11-22T02 at 2026-11-22T02:20:10Z over 1210s"));
  EXPECT_THAT(plan(PrometheusPer::hour, "2026-11-22", "2026-11-22", "2026-11-22T00:20:00Z", "UTC"),
              ElementsAre("2026-11-22T00 at 2026-11-22T00:20:00Z over 1200s"));
  EXPECT_THAT(plan(PrometheusPer::day, "2026-11-22", "2026-11-22", "2026-11-22T00:00:00Z", "UTC"), IsEmpty());
}

TEST(PrometheusPlanTest, HoursFollowTheZoneWhereItIsHalfAnHourOff) {
  EXPECT_THAT(plan(PrometheusPer::hour, "2026-11-20", "2026-11-20", "2026-11-22T00:00:00Z", "Asia/Kolkata"),
              ElementsAre("2026-11-20T00 at 2026-11-19T19:30:00Z to 2026-11-20T18:30:00Z over 3600s"));
  // Clocks are put back by half an hour there: the day has 24.5 hours.
  EXPECT_THAT(
      plan(PrometheusPer::hour, "2026-04-05", "2026-04-05", "2026-11-22T00:00:00Z", "Australia/Lord_Howe"),
      ElementsAre("2026-04-05T00 at 2026-04-04T14:00:00Z to 2026-04-05T13:00:00Z over 3600s",
                  "2026-04-05T23 at 2026-04-05T13:30:00Z over 1800s"));
}

}  // namespace
}  // namespace tightrope::collectors
