#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpJsonTest : public ::testing::Test {
 protected:
  HttpJsonTest() {
    source.name = "ads";
    http.request.url = "https://api.example.com/v1/report?account=1";
    http.records.path = "/data";
    http.mapping = plain_mapping();
  }
  std::vector<std::string> figures(std::string body) {
    collecting.transfer.will_answer(200, std::move(body), {{"content-type", "application/json"}});
    return figures();
  }
  std::optional<rules::DayRange> complete(std::string body) {
    collecting.transfer.will_answer(200, std::move(body), {{"content-type", "application/json"}});
    source.kind = http;
    const CollectResult result = collecting.collect(source);
    if (!result) throw std::runtime_error(result.error().text);
    return result->complete;
  }
  std::vector<std::string> figures() {
    source.kind = http;
    return collecting.figures(source);
  }
  const TransferRequest& request(std::size_t i = 0) const { return collecting.transfer.requests().at(i); }
  std::string header(const TransferRequest& of, const std::string& name) const {
    for (const auto& [key, value] : of.headers) {
      if (key == name) return value;
    }
    return "";
  }
  config::Source source;
  config::HttpSource http;
  Collecting collecting;
};

TEST_F(HttpJsonTest, ReadsRecords) {
  EXPECT_THAT(figures(R"({"data":[{"date":"2026-11-20","campaign":"brand","spend":12.5,"clicks":"1,003"},)"
                      R"({"date":"2026-11-21","campaign":7123456789012345678,"spend":null}]})"),
              ElementsAre("/brand 2026-11-20 spend 12.5", "/brand 2026-11-20 clicks 1003",
                          "/7123456789012345678 2026-11-21 spend missing",
                          "/7123456789012345678 2026-11-21 clicks missing"));
}

TEST_F(HttpJsonTest, FieldsMayLieDeepAndBeInSmallUnits) {
  http.records.path = "";
  http.mapping.bucket_field = "/dimensionValues/0/value";
  http.mapping.date_format = "%Y%m%d";
  http.mapping.dimensions = {{0, "/dimensionValues/1/value"}};
  http.mapping.metrics = {metric("spend", "/metrics/cost_micros", 0.000001)};
  EXPECT_THAT(
      figures(
          R"([{"dimensionValues":[{"value":20261120},{"value":" search "}],"metrics":{"cost_micros":"99999999999999999"}}])"),
      ElementsAre("search 2026-11-20 spend 99999999999.999999"));
}

TEST_F(HttpJsonTest, RecordsMayBeArraysBatchesOrOneObject) {
  http.mapping.bucket_field = "/0";
  http.mapping.dimensions = {};
  http.mapping.metrics = {metric("spend", "/1")};
  http.records.path = "/*/rows";
  EXPECT_THAT(figures(R"([{"rows":[["2026-11-20",1]]},{"none":0},{"rows":[["2026-11-21",2]]}])"),
              ElementsAre(" 2026-11-20 spend 1", " 2026-11-21 spend 2"));
  http.records.path = "/today";
  http.mapping = plain_mapping();
  EXPECT_THAT(figures(R"({"today":{"date":"2026-11-20","campaign":"a","spend":1,"clicks":2}})"),
              ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-20 clicks 2"));
}

TEST_F(HttpJsonTest, NoRecordsAreNoFigures) {
  for (const char* body : {R"({"data":[]})", R"({"data":null})", R"({"data":[],"error":null})"}) {
    EXPECT_THAT(figures(body), ElementsAre()) << body;
  }
  http.records.path = "/data/*/rows";
  for (const char* body : {R"({"data":[]})", R"({"data":null})", R"({"data":[{"rows":null}]})"}) {
    EXPECT_THAT(figures(body), ElementsAre()) << body;
  }
  http.records.path = "/data";
  http.records.may_be_absent = true;
  for (const char* body : {R"({"rowCount":0})", R"({"error":null})", R"({"errors":[]})", "{}", "[]"}) {
    EXPECT_THAT(figures(body), ElementsAre()) << body;
  }
  collecting.transfer.will_answer(204, "");
  EXPECT_THAT(figures(), ElementsAre());
}

TEST_F(HttpJsonTest, APathToTheRecordsThatLeadsNowhereIsAnErrorThatSaysWhere) {
  const std::string remedy = "; if it is left out when there are none, write records: {path: ";
  const auto problem = [&](const char* path, const char* body) {
    http.records.path = path;
    const auto found = figures(body);
    return found.size() == 1 ? found.front() : "no error";
  };
  EXPECT_EQ(
      problem("/dta", R"({"data":[{"date":"2026-11-20"}],"paging":{}})"),
      "error bad_data: no records at \"/dta\": the answer has no \"dta\"; did you mean \"data\"?; it has "
      "\"data\", \"paging\"" +
          remedy + "\"/dta\", may_be_absent: true}");
  EXPECT_EQ(problem("/data/row", R"({"data":{"rows":[],"total":3}})"),
            "error bad_data: no records at \"/data/row\": \"/data\" has no \"row\"; did you mean \"rows\"?; "
            "\"/data\" has \"rows\", \"total\"" +
                remedy + "\"/data/row\", may_be_absent: true}");
  EXPECT_EQ(
      problem("/ads/*/rows", R"({"ads":[{"row":[]},{"row":[]}]})"),
      "error bad_data: no records at \"/ads/*/rows\": \"/ads/0\" has no \"rows\"; did you mean \"row\"?; "
      "\"/ads/0\" has \"row\"" +
          remedy + "\"/ads/*/rows\", may_be_absent: true}");
  EXPECT_THAT(problem("/data", "{}"), HasSubstr("the answer has no \"data\"; it is empty;"));
  EXPECT_THAT(problem("/data", R"([{"date":"2026-11-20"}])"), HasSubstr("the answer has no \"data\"; if it"));
  EXPECT_THAT(problem("/data/rows", R"({"data":7})"), HasSubstr("\"/data\" has no \"rows\"; if it"));
}

TEST_F(HttpJsonTest, AnAnswerIsCompleteForTheDaysItWasAskedForAndElseForThoseItHas) {
  const std::string body =
      R"({"data":[{"date":"2026-11-12","campaign":"brand","spend":1},{"date":"2026-11-10","campaign":"brand"}]})";
  EXPECT_EQ(complete(body), days("2026-11-10", "2026-11-12"));
  http.request.query = {{"since", "{from:%Y%m%d}"}};
  EXPECT_EQ(complete(body), collecting.asked);
  http.request.query.clear();
  http.request.body_kind = config::BodyKind::text;
  http.request.body = R"({"from": "{from}"})";
  EXPECT_EQ(complete(body), collecting.asked);
  EXPECT_EQ(complete(R"({"data":[]})"), std::nullopt) << "an outage looks the same";
}

TEST_F(HttpJsonTest, TheRequestIsFilledIn) {
  http.request.method = "POST";
  http.request.query = {{"since", "{from}"}, {"fields", "a,b&c"}};
  http.request.headers = {{"X-Until", "{to:%d.%m.%Y}"}};
  http.request.body_kind = config::BodyKind::text;
  http.request.body = R"({"range":"{from:%Y%m%d}","page":{page}})";
  http.auth.kind = config::AuthKind::bearer;
  http.auth.value = "{token}";
  http.secrets.emplace("token", config::Secret("hush-hush"));
  source.deadline = std::chrono::seconds(7);
  source.most_bytes = 4321;
  figures("{}");
  EXPECT_EQ(request().url, "https://api.example.com/v1/report?account=1&since=2026-11-01&fields=a%2Cb%26c");
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().body, R"({"range":"20261101","page":1})");
  EXPECT_EQ(header(request(), "X-Until"), "30.11.2026");
  EXPECT_EQ(header(request(), "Content-Type"), "application/json");
  EXPECT_EQ(header(request(), "Accept"), "application/json");
  EXPECT_EQ(header(request(), "Authorization"), "") << "secrets travel apart";
  ASSERT_EQ(request().secret_headers.size(), 1u);
  EXPECT_EQ(request().secret_headers[0].second.reveal(), "Bearer hush-hush");
  EXPECT_EQ(request().timeout, std::chrono::seconds(7));
  EXPECT_EQ(request().most_bytes, 4321u);
}

TEST_F(HttpJsonTest, CredentialsGoAsTheSourceSays) {
  http.auth.kind = config::AuthKind::basic;
  http.auth.user = "user";
  http.auth.value = "{password}";
  http.secrets.emplace("password", config::Secret("pass"));
  figures("{}");
  EXPECT_EQ(request(0).secret_headers.at(0).second.reveal(), "Basic dXNlcjpwYXNz");
  http.auth = {};
  http.auth.kind = config::AuthKind::header;
  http.auth.name = "X-Api-Key";
  http.auth.value = "{token}";
  http.secrets.emplace("token", config::Secret("hush-hush"));
  figures("{}");
  EXPECT_EQ(request(1).secret_headers.at(0).first, "X-Api-Key");
  EXPECT_EQ(request(1).secret_headers.at(0).second.reveal(), "hush-hush");
  http.auth = {};
  figures("{}");
  EXPECT_TRUE(request(2).secret_headers.empty());
}

TEST_F(HttpJsonTest, PagesAreOneDocument) {
  http.pagination.kind = config::PaginationKind::cursor;
  http.pagination.cursor_pointer = "/next";
  http.pagination.parameter = "after";
  collecting.transfer.will_answer(
      200, R"({"next":"x y","data":[{"date":"2026-11-20","campaign":"a","spend":1,"clicks":1}]})");
  collecting.transfer.will_answer(
      200, R"({"data":[{"date":"2026-11-20","campaign":"a","spend":2,"clicks":null}]})");
  source.kind = http;
  const auto result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_THAT(lines(result->batch, collecting.calendar),
              ElementsAre("/a 2026-11-20 spend 3", "/a 2026-11-20 clicks 1"));
  EXPECT_EQ(result->requests, 2);
  EXPECT_EQ(result->rows_read, 2u);
  EXPECT_EQ(request(1).url, "https://api.example.com/v1/report?account=1&after=x%20y");
}

TEST_F(HttpJsonTest, TheCursorOfAPostGoesIntoItsBody) {
  http.request.method = "POST";
  http.request.body_kind = config::BodyKind::text;
  http.request.body = R"({"after":"{cursor}"})";
  http.pagination.kind = config::PaginationKind::cursor;
  http.pagination.cursor_pointer = "/next";
  const auto page = [](const std::string& day, const std::string& next) {
    return R"({"data":[{"date":")" + day + R"(","campaign":"a","spend":1,"clicks":1}],"next":)" + next + "}";
  };
  collecting.transfer.will_answer(200, page("2026-11-20", R"("b\"c")"));
  collecting.transfer.will_answer(200, page("2026-11-21", "null"));
  EXPECT_EQ(figures().size(), 4u);
  EXPECT_EQ(request(0).body, R"({"after":""})");
  EXPECT_EQ(request(1).body, R"({"after":"b\"c"})");
  EXPECT_EQ(request(1).url, http.request.url) << "and not into the query";
}

TEST_F(HttpJsonTest, APageThatFailsVoidsTheWhole) {
  http.pagination.kind = config::PaginationKind::cursor;
  http.pagination.cursor_pointer = "/next";
  const std::string first =
      R"({"next":"b","data":[{"date":"2026-11-20","campaign":"a","spend":1,"clicks":1}]})";
  collecting.transfer.will_answer(200, first);
  collecting.transfer.will_answer(500, "");
  EXPECT_THAT(figures(), ElementsAre("error temporary: HTTP 500 from api.example.com:443"));
  collecting.transfer.will_answer(200, first);
  collecting.transfer.will_answer(200, R"({"data":[{"date":"2026-11-20","campaign":"a","spend":"x"}]})");
  EXPECT_THAT(figures(),
              ElementsAre("error bad_data: page 2: record 1, field \"spend\": \"x\" is not a number"));
  collecting.transfer.will_answer(200, first);
  collecting.transfer.will_fail(TransferFailure::broken, "api.example.com:443: cut short");
  EXPECT_THAT(figures(), ElementsAre("error temporary: api.example.com:443: cut short"));
}

TEST_F(HttpJsonTest, ThrottlingTellsWhenToComeBack) {
  collecting.transfer.will_answer(429, R"({"message":"slow down"})",
                                  {{"retry-after", "30"}, {"content-type", "application/json"}});
  source.kind = http;
  const auto result = collecting.collect(source);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, FailureKind::throttled);
  EXPECT_EQ(result.error().retry_after, std::chrono::seconds(30));
  EXPECT_EQ(result.error().text, "HTTP 429 from api.example.com:443: slow down");
}

TEST_F(HttpJsonTest, SecretsNeverReachAnError) {
  http.auth.kind = config::AuthKind::basic;
  http.auth.user = "user";
  http.auth.value = "{password}";
  http.secrets.emplace("password", config::Secret("hush-hush"));
  collecting.transfer.will_answer(401, "no such token hush-hush", {{"content-type", "text/plain"}});
  EXPECT_THAT(figures(), ElementsAre(Not(HasSubstr("hush"))));
  collecting.transfer.will_answer(401, "bad Basic dXNlcjpodXNoLWh1c2g=", {{"content-type", "text/plain"}});
  EXPECT_THAT(figures(), ElementsAre("error unauthorized: HTTP 401 from api.example.com:443"));
}

struct BadJson {
  const char* name;
  const char* body;
  const char* error;
};
class BadJsonTest : public HttpJsonTest, public ::testing::WithParamInterface<BadJson> {};

TEST_P(BadJsonTest, NamesRecordAndField) {
  EXPECT_THAT(figures(GetParam().body), ElementsAre(std::string("error bad_data: ") + GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadJsonTest,
    ::testing::ValuesIn(std::vector<BadJson>{
        {"Empty", "", "the answer is not JSON: empty"},
        {"LinesOfJson", "{\"data\":[]}\n{\"data\":[]}\n",
         "the answer is not JSON: text after the end of the document; if each line is a record, write "
         "records: "
         "{format: ndjson}"},
        {"TwoDocumentsInALine", "{\"data\":[]}{}",
         "the answer is not JSON: text after the end of the document"},
        {"HtmlPage", "<html>Sign in</html>", "an HTML page came instead of JSON"},
        {"ErrorWithStatus200", R"({"error":{"message":"quota used up"}})",
         "the answer is an error: quota used up"},
        {"ErrorsWithStatus200", R"({"errors":[{"detail":"no"}],"data":null})", "the answer is an error: no"},
        {"NoArray", R"({"data":5})", "\"/data\" leads to no array of records"},
        {"NoRecord", R"({"data":[{"date":"2026-11-20","campaign":"a"},5]})",
         "record 2 is neither an object nor an array"},
        {"NoDate", R"({"data":[{"day":"2026-11-20","campaign":"a","spend":1}]})",
         "record 1, field \"date\": is missing; the record has \"day\", \"campaign\", \"spend\""},
        {"BadDate", R"({"data":[{"date":"20.11.","campaign":"a","spend":1}]})",
         "record 1, field \"date\": \"20.11.\" is not a date of the format %Y-%m-%d"},
        {"DateIsAnObject", R"({"data":[{"date":{"year":2026},"campaign":"a","spend":1}]})",
         "record 1, field \"date\": not a date"},
        {"NoDimension", R"({"data":[{"date":"2026-11-20","campain":"a","spend":1}]})",
         "record 1, field \"campaign\": is missing; did you mean \"campain\"?; the record has \"date\", "
         "\"campain\", \"spend\""},
        {"NestedDimension", R"({"data":[{"date":"2026-11-20","campaign":["a"],"spend":1}]})",
         "record 1, field \"campaign\": an object or array, where a name is expected"},
        {"MetricIsAnObject", R"({"data":[{"date":"2026-11-20","campaign":"a","spend":{"amount":1}}]})",
         "record 1, field \"spend\": an object or array, where a number is expected"},
        {"MetricIsTrue", R"({"data":[{"date":"2026-11-20","campaign":"a","spend":true}]})",
         "record 1, field \"spend\": true or false, where a number is expected"},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(HttpJsonTest, PushedSourcesHaveNoCollector) {
  source.kind = config::PushSource{};
  const rules::Dimensions dimensions;
  EXPECT_EQ(make_collector(source, {collecting.transfer, collecting.calendar, dimensions}), nullptr);
}

}  // namespace
}  // namespace tightrope::collectors
