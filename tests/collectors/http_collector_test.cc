// What data can say of a vendor: requests, records, pages and reports that http_json alone does not need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/rate_gate.h"
#include "collectors/tokens.h"
#include "tests/collectors/collecting.h"
#include "tests/support/manual_clock.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HttpCollectorTest : public ::testing::Test {
 protected:
  HttpCollectorTest() {
    source.name = "ads";
    source.connector = "vendor";
    source.deadline = std::chrono::hours(1);
    http.request.url = "{base_url}/report";
    http.parameters = {{"base_url", "https://api.example.com"}};
    http.mapping = plain_mapping();
    http.mapping.metrics = {metric("spend", "spend")};
  }
  void will_answer(int status, std::string body, testing::FakeTransfer::Headers headers = {}) {
    headers.emplace_back("content-type", "application/json");
    transfer.will_answer(status, std::move(body), std::move(headers));
  }
  // The figures, or the one line "error KIND: TEXT". Time passes as somebody sleeps.
  std::vector<std::string> figures() {
    source.kind = http;
    const auto collector = make_collector(source, {.transfer = transfer,
                                                   .calendar = calendar,
                                                   .dimensions = dimensions,
                                                   .clock = &clock,
                                                   .tokens = tokens.get(),
                                                   .gates = &gates});
    std::optional<CollectResult> result;
    const CollectRequest request{asked, clock.now(), clock.now() + source.deadline};
    asio::co_spawn(io, collector->collect(request),
                   [&result](std::exception_ptr failed, CollectResult given) {
                     if (failed) std::rethrow_exception(failed);
                     result.emplace(std::move(given));
                   });
    for (int steps = 0; !result && steps < 1000; ++steps) {
      io.restart();
      io.poll();
      const auto next = clock.next_deadline();
      if (!result && next) clock.set(*next);
    }
    if (!result) return {"it hangs"};
    last = *result ? std::optional<rules::DayRange>((*result)->complete) : std::nullopt;
    if (!*result) {
      const CollectError& error = result->error();
      retry_after = error.retry_after;
      return {"error " + std::string(to_string(error.kind)) + ": " + error.text};
    }
    return lines((*result)->batch, calendar);
  }
  const TransferRequest& request(std::size_t i = 0) const { return transfer.requests().at(i); }
  static std::string secret(const TransferRequest& of, const std::string& name) {
    for (const auto& [key, value] : of.secret_headers) {
      if (key == name) return value.reveal();
    }
    return "none";
  }

  asio::io_context io;
  testing::FakeTransfer transfer;
  testing::ManualClock clock{kNow};
  std::unique_ptr<TokenStore> store = make_memory_token_store();
  std::unique_ptr<Tokens> tokens = make_tokens(transfer, clock, *store);
  RateGates gates{clock};
  rules::Calendar calendar = calendar_of("UTC");
  rules::Dimensions dimensions;
  rules::DayRange asked = days("2026-11-19", "2026-11-20");
  config::Source source;
  config::HttpSource http;
  std::optional<rules::DayRange> last;
  std::optional<rules::Duration> retry_after;
};

constexpr const char* kRow = R"([{"date":"2026-11-20","campaign":"brand","spend":"12.50"}])";

TEST_F(HttpCollectorTest, WhatCameFromTheEnvironmentIsShownToNobodyElse) {
  source.from_environment = {config::Secret("s3cr3t key")};
  http.request.headers = {{"X-Api-Key", "s3cr3t key"}, {"X-Plain", "yes"}};
  http.request.query = {{"key", "s3cr3t key"}};
  will_answer(403, R"({"message": "no such key: s3cr3t key, in /report?key=s3cr3t%20key"})");
  const std::vector<std::string> said = figures();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0], HasSubstr("403"));
  EXPECT_EQ(said[0].find("s3cr3t"), std::string::npos) << said[0];
  EXPECT_EQ(secret(request(), "X-Api-Key"), "s3cr3t key");  // a redirect to another host drops those
  EXPECT_EQ(secret(request(), "X-Plain"), "none");
}

TEST_F(HttpCollectorTest, ParametersAndSecretsGoWhereTheRequestNamesThem) {
  http.parameters["account"] = "12/3";
  http.parameters["manager"] = "";
  http.secrets.emplace("developer", config::Secret("hush-hush"));
  http.request.url = "{base_url}/{account}/report";
  http.request.headers = {
      {"X-Developer", "{developer}"}, {"X-Manager", "{manager}"}, {"X-Account", "{account}"}};
  http.request.query = {{"page", "{cursor}"}, {"account", "{account}"}};
  will_answer(200, kRow);
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-20 spend 12.5"));
  EXPECT_EQ(request().url, "https://api.example.com/12%2F3/report?account=12%2F3")
      << "empty names are left out";
  EXPECT_EQ(secret(request(), "X-Developer"), "hush-hush");
  for (const auto& [name, value] : request().headers) {
    EXPECT_NE(name, "X-Manager");
    EXPECT_NE(value, "hush-hush");
  }
}

TEST_F(HttpCollectorTest, AJsonBodyHasNumbersAndLeavesOutWhatIsEmpty) {
  http.request.method = "POST";
  http.request.body_kind = config::BodyKind::json;
  http.request.body =
      R"({"query":"WHERE day >= '{from}'","page":{"token":"{cursor}"},"number":"{page:number}","size":50})";
  will_answer(200, kRow);
  figures();
  EXPECT_EQ(request().body, R"({"query":"WHERE day >= '2026-11-19'","number":1,"size":50})");
}

TEST_F(HttpCollectorTest, AFormBodyIsEncodedAndSaysSo) {
  http.request.method = "POST";
  http.request.body_kind = config::BodyKind::form;
  http.request.form = {{"since", "{from}"}, {"fields", "a,b c"}, {"after", "{cursor}"}};
  will_answer(200, kRow);
  figures();
  EXPECT_EQ(request().body, "since=2026-11-19&fields=a%2Cb%20c");
}

TEST_F(HttpCollectorTest, ARawQueryIsSentAsItIs) {
  http.request.raw_query = "range=(start:(year:{from:%Y}))&urns=List(urn%3Ali%3A7)";
  http.request.query = {{"q", "a b"}};
  will_answer(200, kRow);
  figures();
  EXPECT_EQ(request().url,
            "https://api.example.com/report?range=(start:(year:2026))&urns=List(urn%3Ali%3A7)&q=a%20b");
}

TEST_F(HttpCollectorTest, OneRequestForSoManyDays) {
  http.most_days = 1;
  http.mapping.bucket_field.clear();
  http.mapping.bucket_is_asked = true;
  http.request.query = {{"day", "{from}"}};
  will_answer(200, R"([{"campaign":"brand","spend":1}])");
  will_answer(200, R"([{"campaign":"brand","spend":2}])");
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-19 spend 1", "/brand 2026-11-20 spend 2"));
  EXPECT_EQ(request(1).url, "https://api.example.com/report?day=2026-11-20");
  EXPECT_EQ(last, asked);
}

TEST_F(HttpCollectorTest, TooLargeIsAskedForInHalves) {
  http.request.query = {{"from", "{from}"}, {"to", "{to}"}};
  config::AnswerRule rule;
  rule.when.path = "/error/code";
  rule.when.is = {"1"};
  rule.means = config::AnswerMeaning::too_large;
  http.answers = {rule};
  will_answer(500, R"({"error":{"code":1,"message":"Please reduce the amount of data"}})");
  will_answer(200, R"([{"date":"2026-11-19","campaign":"brand","spend":1}])");
  will_answer(200, kRow);
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-19 spend 1", "/brand 2026-11-20 spend 12.5"));
  EXPECT_EQ(request(2).url, "https://api.example.com/report?from=2026-11-20&to=2026-11-20");
  asked = days("2026-11-20", "2026-11-20");
  will_answer(500, R"({"error":{"code":1,"message":"Please reduce the amount of data"}})");
  EXPECT_THAT(
      figures(),
      ElementsAre("error rejected: HTTP 500 from api.example.com:443: Please reduce the amount of data"));
}

TEST_F(HttpCollectorTest, ValuesAreFoundUnderTheNamesOfTheHeaders) {
  http.records.path = "/rows";
  http.records.zips = {{"/dimensionHeaders/*/name", "/dimensionValues/*/value"},
                       {"/metricHeaders/*/name", "/metricValues/*/value"}};
  http.mapping.bucket_field = "date";
  http.mapping.date_format = "%Y%m%d";
  http.mapping.dimensions = {{1, "sessionCampaignName"}};
  http.mapping.metrics = {metric("sessions", "sessions"), metric("revenue", "purchaseRevenue")};
  will_answer(200, R"({"dimensionHeaders":[{"name":"sessionCampaignName"},{"name":"date"}],
      "metricHeaders":[{"name":"purchaseRevenue"},{"name":"sessions"}],
      "rows":[{"dimensionValues":[{"value":"spring"},{"value":"20261120"}],
               "metricValues":[{"value":"99.5"},{"value":"12"}]}]})");
  EXPECT_THAT(figures(), ElementsAre("/spring 2026-11-20 sessions 12", "/spring 2026-11-20 revenue 99.5"));
}

TEST_F(HttpCollectorTest, ActionsAreChosenByTypeAndAbsentOnesAreZeroWhereTheVendorMeansThat) {
  http.parameters["action"] = "purchase";
  config::MetricField conversions = metric("conversions", "/actions[action_type={action}]/value");
  conversions.zero_if_absent = true;
  http.mapping.metrics = {metric("spend", "spend"), conversions};
  will_answer(200, R"([
    {"date":"2026-11-19","campaign":"a","spend":"1","actions":[{"action_type":"click","value":"9"},{"action_type":"purchase","value":"2"}]},
    {"date":"2026-11-20","campaign":"a","spend":"1"}])");
  EXPECT_THAT(figures(), ElementsAre("/a 2026-11-19 spend 1", "/a 2026-11-19 conversions 2",
                                     "/a 2026-11-20 spend 1", "/a 2026-11-20 conversions 0"));
}

TEST_F(HttpCollectorTest, RecordsCountAndMoneyHasTheCurrencyOfItsRecord) {
  config::MetricField orders;
  orders.metric = "orders";
  orders.counts_records = true;
  config::MetricField revenue = metric("revenue", "amount");
  revenue.unit = rules::Unit::money;
  revenue.minor_units = true;
  http.mapping.metrics = {orders, revenue};
  http.mapping.bucket_field = "created";
  http.mapping.date_format = "unix";
  http.mapping.whole_days = true;
  http.mapping.currency_field = "currency";
  http.mapping.dimensions = {};
  config::AnswerTest paid;
  paid.path = "status";
  paid.is = {"succeeded"};
  http.records.path = "/data";
  http.records.where = {paid};
  will_answer(200, R"({"data":[
    {"created":1795219200,"amount":5990,"currency":"eur","status":"succeeded"},
    {"created":1795219300,"amount":10,"currency":"eur","status":"succeeded"},
    {"created":1795219200,"amount":700,"currency":"jpy","status":"succeeded"},
    {"created":1795219200,"amount":1234,"currency":"bhd","status":"succeeded"},
    {"created":1795219200,"amount":9999,"currency":"eur","status":"failed"}]})");
  asked = days("2026-11-01", "2026-11-30");
  EXPECT_THAT(figures(), ElementsAre(" 2026-11-21 orders 4", " 2026-11-21 revenue@EUR 60",
                                     " 2026-11-21 revenue@JPY 700", " 2026-11-21 revenue@BHD 1.234"));
  will_answer(200, R"({"data":[{"created":1795219200,"amount":1,"currency":"euro","status":"succeeded"}]})");
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("record 1, field \"currency\": \"euro\" is not a currency")));
}

TEST_F(HttpCollectorTest, ADateMayBeAnObject) {
  http.mapping.bucket_field = "/range/start";
  will_answer(
      200,
      R"([{"range":{"start":{"year":2026,"month":11,"day":20}},"campaign":"a","spend":"31.2000000000000028"}])");
  EXPECT_THAT(figures(), ElementsAre("/a 2026-11-20 spend 31.2"));
}

TEST_F(HttpCollectorTest, TimeFromOneInstantToAnotherIsHoursOfItsDays) {
  http.records.path = "/*/time_entries";
  http.mapping.bucket_field.clear();
  http.mapping.metrics.clear();
  http.mapping.dimensions = {{1, "^/project_id"}};
  http.interval = config::IntervalField{"start", "stop", "hours"};
  calendar = calendar_of("Europe/Vienna");
  will_answer(200, R"([{"project_id":2,"time_entries":[
      {"start":"2026-11-19T22:30:00+01:00","stop":"2026-11-20T00:15:00+01:00"},
      {"start":"2026-11-20T08:00:00Z","stop":"2026-11-20T09:30:00Z"},
      {"start":"2026-11-20T10:00:00Z","stop":null}]}])");
  EXPECT_THAT(figures(), ElementsAre("/2 2026-11-19 hours 1.5", "/2 2026-11-20 hours 1.75"));
}

TEST_F(HttpCollectorTest, WhatBeginsTheEveningBeforeIsAskedForAsWell) {
  http.days_before = 1;
  http.request.query = {{"from", "{from}"}, {"to", "{to}"}};
  http.mapping.bucket_field.clear();
  http.mapping.metrics.clear();
  http.mapping.dimensions.clear();
  http.interval = config::IntervalField{"start", "stop", "hours"};
  will_answer(200, R"([{"start":"2026-11-18T22:00:00Z","stop":"2026-11-19T01:00:00Z"}])");
  EXPECT_THAT(figures(), ElementsAre(" 2026-11-19 hours 1"));
  EXPECT_EQ(request().url, "https://api.example.com/report?from=2026-11-18&to=2026-11-20");
  EXPECT_EQ(last, asked) << "and the day before is not whole";
}

TEST_F(HttpCollectorTest, PagesMayBeCountedAgainstANumberOfRecords) {
  http.request.query = {{"page", "{page}"}};
  http.pagination.kind = config::PaginationKind::page;
  http.pagination.page_size = 2;
  http.pagination.total_pointer = "/total";
  http.pagination.total_is_records = true;
  http.records.path = "/rows";
  will_answer(
      200,
      R"({"total":3,"rows":[{"date":"2026-11-19","campaign":"a","spend":1},{"date":"2026-11-19","campaign":"b","spend":1}]})");
  will_answer(200, R"({"total":3,"rows":[{"date":"2026-11-19","campaign":"c","spend":1}]})");
  EXPECT_EQ(figures().size(), 3u);
  EXPECT_EQ(transfer.answers_left(), 0u);
}

TEST_F(HttpCollectorTest, LinesOfJsonAreRecords) {
  http.records.format = config::AnswerFormat::ndjson;
  will_answer(200,
              "{\"date\":\"2026-11-19\",\"campaign\":\"a\",\"spend\":1}\r\n\n{\"date\":\"2026-11-20\","
              "\"campaign\":\"a\",\"spend\":2}");
  EXPECT_THAT(figures(), ElementsAre("/a 2026-11-19 spend 1", "/a 2026-11-20 spend 2"));
  will_answer(200, "{\"date\":\"2026-11-19\",\"campaign\":\"a\",\"spend\":1}\n{\"date\":\"2026-1");
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("line 2 is not JSON")));
}

TEST_F(HttpCollectorTest, CursorsStandInHeadersInLastRecordsAndBesideWhetherMoreFollows) {
  http.request.query = {{"row", "{cursor}"}};
  http.pagination.kind = config::PaginationKind::cursor;
  http.pagination.cursor_header = "x-next-row-number";
  will_answer(200, R"([{"date":"2026-11-19","campaign":"a","spend":1}])", {{"x-next-row-number", "51"}});
  will_answer(200, kRow);
  EXPECT_THAT(figures(), ElementsAre("/a 2026-11-19 spend 1", "/brand 2026-11-20 spend 12.5"));
  EXPECT_EQ(request(1).url, "https://api.example.com/report?row=51");

  http.pagination = {};
  http.pagination.kind = config::PaginationKind::cursor;
  http.pagination.cursor_last = "/id";
  http.pagination.more_pointer = "/has_more";
  http.records.path = "/data";
  will_answer(
      200,
      R"({"has_more":true,"data":[{"id":"x","date":"2026-11-19","campaign":"a","spend":1},{"id":"y","date":"2026-11-19","campaign":"b","spend":1}]})");
  will_answer(200, R"({"has_more":false,"data":[{"id":"z","date":"2026-11-19","campaign":"c","spend":1}]})");
  EXPECT_EQ(figures().size(), 3u);
  EXPECT_EQ(request(3).url, "https://api.example.com/report?row=y");
  will_answer(200, R"({"has_more":true,"data":[]})");
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("page 1: says that more follows, and not where")));
}

TEST_F(HttpCollectorTest, PagesAreCountedAgainstATotal) {
  http.request.query = {{"offset", "{offset}"}};
  http.pagination.kind = config::PaginationKind::offset;
  http.pagination.page_size = 2;
  http.pagination.total_pointer = "/rowCount";
  http.records.path = "/rows";
  will_answer(
      200,
      R"({"rowCount":3,"rows":[{"date":"2026-11-19","campaign":"a","spend":1},{"date":"2026-11-19","campaign":"b","spend":1}]})");
  will_answer(200, R"({"rowCount":3,"rows":[{"date":"2026-11-19","campaign":"c","spend":1}]})");
  EXPECT_EQ(figures().size(), 3u);
  will_answer(
      200,
      R"({"rowCount":3,"rows":[{"date":"2026-11-19","campaign":"a","spend":1},{"date":"2026-11-19","campaign":"b","spend":1}]})");
  will_answer(
      200,
      R"({"rowCount":3,"rows":[{"date":"2026-11-19","campaign":"c","spend":1},{"date":"2026-11-19","campaign":"d","spend":1}]})");
  EXPECT_EQ(figures().size(), 4u);
  will_answer(200, R"({"rowCount":3,"rows":[]})");
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("page 1: is empty, and 3 are announced")));
}

TEST_F(HttpCollectorTest, AShortWaitIsWaitedForAndALongOneReported) {
  will_answer(429, "{}", {{"retry-after", "7"}});
  will_answer(200, kRow);
  const rules::Timestamp before = clock.now();
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-20 spend 12.5"));
  EXPECT_EQ(clock.now() - before, std::chrono::seconds(7));
  will_answer(429, "{}", {{"retry-after", "600"}});
  EXPECT_THAT(figures(), ElementsAre("error throttled: HTTP 429 from api.example.com:443: {}"));
  EXPECT_EQ(retry_after, std::chrono::minutes(10));
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("error throttled: its account has to wait")))
      << "nobody asks before that, whatever the reason";
  EXPECT_EQ(retry_after, std::chrono::minutes(10));
  EXPECT_EQ(transfer.requests().size(), 3u);
}

TEST_F(HttpCollectorTest, ARefusedAccessTokenIsRenewedOnce) {
  http.auth.kind = config::AuthKind::oauth2_refresh;
  http.auth.token_url = "https://login.example.com/token";
  http.auth.client_id = "{id}";
  http.auth.client_secret = "{secret}";
  http.auth.refresh_token = "{refresh}";
  http.parameters["id"] = "client";
  http.secrets.emplace("secret", config::Secret("client-secret"));
  http.secrets.emplace("refresh", config::Secret("refresh-token"));
  will_answer(200, R"({"access_token":"first","expires_in":3600})");
  will_answer(401, R"({"error":{"message":"token first has expired"}})");
  will_answer(200, R"({"access_token":"second","expires_in":3600})");
  will_answer(200, kRow);
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-20 spend 12.5"));
  EXPECT_EQ(secret(request(1), "Authorization"), "Bearer first");
  EXPECT_EQ(secret(request(3), "Authorization"), "Bearer second");
  will_answer(401, "{}");
  will_answer(200, R"({"access_token":"third","expires_in":3600})");
  will_answer(401, R"({"error":{"message":"token third is not ours"}})");
  EXPECT_THAT(figures(), ElementsAre("error unauthorized: HTTP 401 from api.example.com:443"))
      << "a text with a token in it is not shown";
}

TEST_F(HttpCollectorTest, AReportIsMadeAskedForAndFetched) {
  config::ReportJob job;
  job.submit.method = "POST";
  job.submit.url = "{base_url}/submit";
  job.submit.body_kind = config::BodyKind::json;
  job.submit.body = R"({"from":"{from}"})";
  job.id = "/id";
  job.poll.url = "{base_url}/state/{job}";
  config::AnswerTest done;
  done.path = "/state";
  done.is = {"done"};
  job.done = {done};
  config::AnswerTest failed;
  failed.path = "/state";
  failed.is = {"failed"};
  job.failed = {failed};
  job.address = "/url";
  http.job = job;
  http.records.format = config::AnswerFormat::csv;
  will_answer(200, R"({"id":17})");
  will_answer(200, R"({"state":"running"})");
  will_answer(200, R"({"state":"done","url":"https://files.example.net/17.csv?sign=x"})");
  transfer.will_answer(200,
                       "\xef\xbb\xbf\"date\",\"campaign\",\"spend\"\n\"2026-11-20\",\"a\",\"1,234."
                       "50\"\n\"2026-11-20\",\"b\",\"--\"\n");
  http.auth.kind = config::AuthKind::bearer;
  http.auth.value = "{token}";
  http.secrets.emplace("token", config::Secret("hush-hush"));
  EXPECT_THAT(figures(), ElementsAre("/a 2026-11-20 spend 1234.5", "/b 2026-11-20 spend missing"));
  EXPECT_EQ(request(1).url, "https://api.example.com/state/17");
  EXPECT_EQ(secret(request(1), "Authorization"), "Bearer hush-hush");
  EXPECT_EQ(request(3).url, "https://files.example.net/17.csv?sign=x");
  EXPECT_EQ(secret(request(3), "Authorization"), "none") << "another host";
  EXPECT_EQ(last, asked);

  will_answer(200, R"({"id":18})");
  will_answer(200, R"({"state":"done","url":null})");
  EXPECT_THAT(figures(), IsEmpty()) << "no address, no rows";
  will_answer(200, R"({"id":19})");
  will_answer(200, R"({"state":"failed"})");
  EXPECT_THAT(figures(), ElementsAre("error temporary: the vendor could not make the report"));
  will_answer(200, R"({"id":20})");
  will_answer(200, R"({"state":"done","url":"http://files.example.net/17.csv"})");
  EXPECT_THAT(figures(), ElementsAre(HasSubstr("no https URL")));
  will_answer(200, R"({"other":20})");
  EXPECT_THAT(figures(), ElementsAre("error bad_data: the answer names no report at \"/id\""));
}

TEST_F(HttpCollectorTest, AnAnswerThatIsNotReadyYetIsAskedForAgainLater) {
  will_answer(202, "", {{"retry-after", "90"}});
  EXPECT_THAT(figures(), ElementsAre("error temporary: HTTP 202 from api.example.com:443; not ready yet"));
  EXPECT_EQ(retry_after, std::chrono::seconds(90));
  will_answer(202, R"({"message":"your report is being made"})");
  EXPECT_THAT(
      figures(),
      ElementsAre(
          "error temporary: HTTP 202 from api.example.com:443: your report is being made; not ready yet"));
  config::AnswerRule good;
  good.when.status_from = good.when.status_to = 202;
  good.means = config::AnswerMeaning::good;
  http.answers = {good};
  will_answer(202, kRow);
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-20 spend 12.5")) << "where a source says else";
}

// Submitted, asked for until it is done, downloaded.
config::ReportJob report_job() {
  config::ReportJob job;
  job.submit.url = "{base_url}/submit";
  job.id = "/id";
  job.poll.url = "{base_url}/state/{job}";
  config::AnswerTest done;
  done.path = "/done";
  job.done = {done};
  job.download.url = "{base_url}/rows/{job}";
  return job;
}

TEST_F(HttpCollectorTest, AReportThatIsBeingMadeMayAnswerSo) {
  http.job = report_job();
  will_answer(202, R"({"id":"7"})");
  will_answer(202, R"({"done":null})");
  will_answer(200, R"({"done":true})");
  will_answer(200, kRow);
  EXPECT_THAT(figures(), ElementsAre("/brand 2026-11-20 spend 12.5"));
}

TEST_F(HttpCollectorTest, AReportThatIsNeverReadyEnds) {
  config::ReportJob job = report_job();
  job.every = std::chrono::minutes(10);
  job.deadline = std::chrono::minutes(30);
  http.job = job;
  will_answer(200, R"({"id":"7"})");
  for (int i = 0; i < 4; ++i) will_answer(200, R"({"done":null})");
  EXPECT_THAT(figures(), ElementsAre("error temporary: the report was not ready after 30 minutes"));
}

}  // namespace
}  // namespace tightrope::collectors
