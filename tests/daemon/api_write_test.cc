// What the API takes: figures, decisions, acknowledgements, a reload.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/http/gzip.h"
#include "daemon/http/json.h"
#include "rules/event.h"
#include "tests/daemon/api_world.h"

namespace tightrope::daemon::http {
namespace {

using testing::ApiWorld;
using testing::at;
using testing::text_at;

constexpr const char* kOne =
    R"({"source":"shop","observations":[{"bucket":"2026-11-20","channel":"search","campaign":"brand","metrics":{"spend":12.5,"conversions":3}}]})";

class ApiWriteTest : public ::testing::Test {
 protected:
  std::string error(std::string_view target, std::string body, int status = 400) {
    return text_at(world_.post(target, std::move(body), status), "/error");
  }
  std::size_t events() {
    std::size_t count = 0;
    world_.journal().read_events("acme", 0, [&](const JournalEvent&) { return ++count > 0; });
    return count;
  }
  // "search 2026-11-20T09 spend@USD 3": of the newest event.
  std::vector<std::string> newest_figures(std::string_view client = "acme") {
    std::string payload;
    world_.journal().read_events(client, 0, [&](const JournalEvent& event) {
      payload = event.payload;
      return true;
    });
    const auto event = rules::decode(payload);
    const auto* batch = event ? std::get_if<rules::ObservationBatch>(&*event) : nullptr;
    std::vector<std::string> lines;
    if (batch == nullptr) return lines;
    const auto utc = *rules::Calendar::open("UTC", std::chrono::Monday);
    for (const auto& row : batch->rows) {
      lines.push_back(to_string(batch->entities[row.entity]) + " " + utc.format(row.bucket) + " " +
                      batch->metrics[row.metric] + " " + to_string(row.value));
    }
    return lines;
  }
  std::string alert_id() { return text_at(world_.get("/api/v1/alerts"), "/data/alerts/0/id"); }
  std::string recommendation_id() {
    return text_at(world_.get("/api/v1/recommendations"), "/data/recommendations/0/id");
  }

  ApiWorld world_;
};

TEST_F(ApiWriteTest, PushIsDurableWhenItIsAnswered) {
  const std::size_t before = events();
  const json::value answer = world_.post("/api/v1/observations", kOne, 202);
  EXPECT_EQ(at(answer, "/data/figures").to_number<int>(), 2);
  EXPECT_EQ(at(answer, "/data/changed").to_number<int>(), 2);
  EXPECT_EQ(events(), before + 1);
  ASSERT_EQ(world_.pushes.size(), 1u);
  EXPECT_EQ(world_.pushes[0].source, "shop");
  EXPECT_EQ(world_.pushes[0].newest, rules::parse_day("2026-11-20"));
}

TEST_F(ApiWriteTest, FiguresArriveInTheClientsHoursAndUnderTheirCurrency) {
  const json::value answer = world_.post("/api/v1/observations", R"({"source":"us_shop","observations":[
      {"bucket":"2026-11-20T04","channel":"search","metrics":{"spend":3,"conversions":2}},
      {"bucket":"2026-11-19","channel":"search","currency":"GBP","metrics":{"spend":4}},
      {"bucket":"2026-11-19","channel":"search","currency":"EUR","metrics":{"spend":5}}]})",
                                         202);
  EXPECT_EQ(at(answer, "/data/figures").to_number<int>(), 4);
  EXPECT_EQ(newest_figures(), (std::vector<std::string>{
                                  "search 2026-11-20T09 spend@USD 3", "search 2026-11-20T09 conversions 2",
                                  "search 2026-11-19 spend@GBP 4", "search 2026-11-19 spend 5"}));
  ASSERT_EQ(world_.pushes.size(), 1u);
  EXPECT_EQ(world_.pushes[0].newest, rules::parse_day("2026-11-20"));
}

TEST_F(ApiWriteTest, RatesThatBelongToNobodyReachEveryClient) {
  const json::value answer = world_.post("/api/v1/observations", R"({"source":"bank","observations":[
      {"bucket":"2026-11-20","metrics":{"USD":1.08}},{"bucket":"2026-11-19","metrics":{"GBP":0.85}}]})",
                                         202);
  EXPECT_EQ(at(answer, "/data/figures").to_number<int>(), 2);
  for (const char* client : {"acme", "beta"})
    EXPECT_EQ(newest_figures(client),
              (std::vector<std::string>{"USD 2026-11-20 rate@EUR 1.08", "GBP 2026-11-19 rate@EUR 0.85"}))
        << client;
  ASSERT_EQ(world_.pushes.size(), 1u);
  EXPECT_EQ(world_.pushes[0].source, "bank");
  EXPECT_NE(error("/api/v1/observations",
                  R"({"source":"bank","observations":[{"bucket":"2026-11-20","metrics":{"spend":1}}]})")
                .find("not a currency"),
            std::string::npos);
}

TEST_F(ApiWriteTest, TheSameFiguresAgainChangeNothing) {
  world_.post("/api/v1/observations", kOne, 202);
  const std::size_t before = events();
  EXPECT_EQ(at(world_.post("/api/v1/observations", kOne, 202), "/data/changed").to_number<int>(), 0);
  EXPECT_EQ(events(), before);
}

TEST_F(ApiWriteTest, BadRowIsNamedAndNoneIsTaken) {
  const std::string text = error("/api/v1/observations", R"({"source":"shop","observations":[
      {"bucket":"2026-11-20","channel":"search","campaign":"brand","metrics":{"spend":12.5}},
      {"bucket":"2026-11-32","channel":"search","campaign":"brand","metrics":{"spend":12.5}}]})");
  EXPECT_NE(text.find("observations[1]"), std::string::npos) << text;
  EXPECT_TRUE(world_.pushes.empty());
  EXPECT_EQ(world_.get("/api/v1/verdicts?target=trial_cpa").at("data").at("verdicts").as_array().size(), 0u);
}

TEST_F(ApiWriteTest, SourceHasToExistAndToBePushedTo) {
  EXPECT_NE(error("/api/v1/observations", R"({"source":"nowhere","observations":[]})", 404).find("nowhere"),
            std::string::npos);
  EXPECT_NE(error("/api/v1/observations", R"({"source":"ads","observations":[]})", 409).find("csv"),
            std::string::npos);
  error("/api/v1/observations", "not json");
  error("/api/v1/observations", R"({"observations":[]})");
}

TEST_F(ApiWriteTest, CompressedPushIsTaken) {
  const std::string_view parts[]{kOne};
  const Response response =
      world_.call("POST", "/api/v1/observations", gzip(parts), {{"content-encoding", "gzip"}});
  EXPECT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(world_.call("POST", "/api/v1/observations", "not gzip", {{"content-encoding", "gzip"}}).status,
            400);
  EXPECT_EQ(world_.call("POST", "/api/v1/observations", kOne, {{"content-encoding", "br"}}).status, 415);
}

TEST_F(ApiWriteTest, CompressedBombIs413) {
  const std::string zeros(40'000'000, ' ');
  const std::string_view parts[]{zeros};
  EXPECT_EQ(world_.call("POST", "/api/v1/observations", gzip(parts), {{"content-encoding", "gzip"}}).status,
            413);
}

TEST_F(ApiWriteTest, AcknowledgementIsShownOnTheAlert) {
  world_.push_week("brand", 100, 2);
  const std::string id = alert_id();
  world_.post("/api/v1/alerts/" + id + "/ack", R"({"by":"mia"})");
  const json::value answer = world_.get("/api/v1/alerts");
  EXPECT_EQ(text_at(answer, "/data/alerts/0/acknowledgedBy"), "mia");
  EXPECT_EQ(text_at(answer, "/data/alerts/0/acknowledgedAt"), "2026-11-20T12:00:00Z");
}

TEST_F(ApiWriteTest, AcknowledgementNeedsANameAndAnAlert) {
  EXPECT_TRUE(error("/api/v1/alerts/x/ack", "{}").starts_with("by: "));
  EXPECT_TRUE(error("/api/v1/alerts/x/ack", R"({"by":7})").starts_with("by: "));
  EXPECT_TRUE(error("/api/v1/alerts/x/ack", R"({"by":"mia","at":"now"})").starts_with("at: "));
  error("/api/v1/alerts/x/ack", "[]");
  error("/api/v1/alerts/x/ack", R"({"by":"mia"})", 404);
}

TEST_F(ApiWriteTest, DecisionIsRemembered) {
  world_.push_week("brand", 100, 2);
  const std::string id = recommendation_id();
  world_.post("/api/v1/recommendations/" + id + "/decision",
              R"({"decision":"declined","reason":"too risky","by":"mia"})");
  EXPECT_EQ(
      world_.get("/api/v1/recommendations?state=open").at("data").at("recommendations").as_array().size(),
      0u);
  const json::value answer = world_.get("/api/v1/recommendations?state=declined");
  EXPECT_EQ(text_at(answer, "/data/recommendations/0/id"), id);
  EXPECT_EQ(text_at(answer, "/data/recommendations/0/reason"), "too risky");
  EXPECT_EQ(text_at(answer, "/data/recommendations/0/decidedBy"), "mia");
  EXPECT_EQ(text_at(answer, "/data/recommendations/0/entity/campaign"), "brand");
}

TEST_F(ApiWriteTest, LaterHasATime) {
  world_.push_week("brand", 100, 2);
  const std::string path = "/api/v1/recommendations/" + recommendation_id() + "/decision";
  EXPECT_TRUE(error(path, R"({"decision":"later"})").starts_with("until: "));
  EXPECT_TRUE(error(path, R"({"decision":"later","until":"2026-11-20T11:00:00Z"})").starts_with("until: "));
  EXPECT_TRUE(error(path, R"({"decision":"later","until":"soon"})").starts_with("until: "));
  EXPECT_TRUE(error(path, R"({"decision":"did","until":"2026-11-21"})").starts_with("until: "));
  world_.post(path, R"({"decision":"later","until":"2026-11-21"})");
  EXPECT_EQ(text_at(world_.get("/api/v1/recommendations"), "/data/recommendations/0/until"),
            "2026-11-21T00:00:00Z");
}

TEST_F(ApiWriteTest, DecisionMistakesNameTheField) {
  const std::string path = "/api/v1/recommendations/0123456789abcdef/decision";
  EXPECT_TRUE(error(path, "{}").starts_with("decision: "));
  EXPECT_TRUE(error(path, R"({"decision":"maybe"})").starts_with("decision: "));
  EXPECT_TRUE(error(path, R"({"decision":"did","who":"x"})").starts_with("who: "));
  EXPECT_TRUE(error(path, R"({"decision":"did","reason":")" + std::string(3000, 'x') + R"("})")
                  .starts_with("reason: "));
  error(path, R"({"decision":"did"})", 404);
}

TEST_F(ApiWriteTest, BadReloadTellsEveryErrorAndWhere) {
  config::Error error;
  error.where = {.file = "clients/acme.yaml", .line = 14, .column = 13};
  error.path = "clients[0].timezone";
  error.problem = "there is no time zone \"Mars\"";
  world_.reload_errors = {error};
  const json::value answer = world_.post("/-/reload", "", 400);
  EXPECT_EQ(text_at(answer, "/errorType"), "bad_data");
  EXPECT_EQ(text_at(answer, "/errors/0/file"), "clients/acme.yaml");
  EXPECT_EQ(text_at(answer, "/errors/0/line"), "14");
  EXPECT_NE(text_at(answer, "/error").find("clients/acme.yaml:14:13"), std::string::npos);
}

TEST_F(ApiWriteTest, ReloadWithWarningsIsGood) {
  EXPECT_EQ(world_.post("/-/reload", "").at("data").at("warnings").as_array().size(), 0u);
  config::Error warning;
  warning.level = config::ErrorLevel::warning;
  world_.reload_errors = {warning};
  EXPECT_EQ(world_.post("/-/reload", "").at("data").at("warnings").as_array().size(), 1u);
}

}  // namespace
}  // namespace tightrope::daemon::http
