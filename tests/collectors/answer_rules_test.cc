// The shapes in which vendors say that something is wrong, and how long to wait.
#include "collectors/answer_rules.h"

#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using config::AnswerMeaning;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AnswerRulesTest : public ::testing::Test {
 protected:
  config::HttpSource source;
  rules::Calendar calendar = calendar_of("America/New_York");
  TransferResponse response;
  rules::Timestamp now = *rules::parse_timestamp("2026-11-22T12:00:00Z");

  AnswerRulesTest() { response.status = 200; }
  config::AnswerRule& rule(AnswerMeaning means) {
    source.answers.emplace_back();
    source.answers.back().means = means;
    return source.answers.back();
  }
  config::UsageRule& usage_rule() {
    source.usage.emplace_back();
    return source.usage.back();
  }
  std::optional<AnswerRules::Judgement> judge(std::string_view body = "") {
    read(body);
    return std::get<AnswerRules>(compiled_).judge(response, root(), now);
  }
  std::optional<rules::Duration> usage(std::string_view body = "") {
    read(body);
    return std::get<AnswerRules>(compiled_).usage(response, root(), now);
  }

 private:
  void read(std::string_view body) {
    compiled_ = AnswerRules::compile(source, calendar);
    auto parsed = JsonTree::parse(body);
    tree_ = nullptr;
    if (auto* tree = std::get_if<std::unique_ptr<JsonTree>>(&parsed)) tree_ = std::move(*tree);
  }
  JsonValue root() const { return tree_ ? tree_->root() : JsonValue(); }

  std::variant<AnswerRules, std::string> compiled_ = std::string();
  std::unique_ptr<JsonTree> tree_;
};

TEST_F(AnswerRulesTest, AnErrorInsideA200IsToldByItsCode) {
  auto& throttled = rule(AnswerMeaning::throttled);
  throttled.when.path = "/code";
  throttled.when.is = {"40100", "40016"};
  throttled.wait.fixed = minutes(5);
  auto& other = rule(AnswerMeaning::rejected);
  other.when.path = "/code";
  other.when.is_not = {"0"};
  EXPECT_FALSE(judge(R"({"code":0})"));
  EXPECT_EQ(judge(R"({"code":40100})")->means, AnswerMeaning::throttled);
  EXPECT_EQ(judge(R"({"code":40100})")->wait, minutes(5));
  EXPECT_EQ(judge(R"({"code":40002})")->means, AnswerMeaning::rejected);
  EXPECT_FALSE(judge(R"({"data":1})")) << "is_not asks for something to be there";
  EXPECT_FALSE(judge("")) << "no JSON";
}

TEST_F(AnswerRulesTest, TheTextOfAMessageTellsWhichQuotaIsOut) {
  auto& hourly = rule(AnswerMeaning::throttled);
  hourly.when.status_from = hourly.when.status_to = 429;
  hourly.when.path = "/error/message";
  hourly.when.contains = "per Hour";
  hourly.wait.fixed = minutes(30);
  auto& daily = rule(AnswerMeaning::throttled);
  daily.when.status_from = daily.when.status_to = 429;
  daily.wait.midnight_in = "source";
  const std::string hour = R"({"error":{"message":"Exhausted property tokens for a project per hour."}})";
  response.status = 429;
  EXPECT_EQ(judge(hour)->wait, minutes(30));
  EXPECT_EQ(judge("{}")->wait, hours(17)) << "midnight in New York";
  response.status = 200;
  EXPECT_FALSE(judge(hour));
}

TEST_F(AnswerRulesTest, WaitsStandInHeadersAndBodiesInEveryForm) {
  auto& limited = rule(AnswerMeaning::throttled);
  limited.wait.header = "retry-after";
  const auto wait = [&](std::string value) {
    response.headers = {{"retry-after", std::move(value)}};
    return judge()->wait;
  };
  EXPECT_EQ(wait("2.5"), rules::Duration(2500));
  EXPECT_EQ(wait("Sun, 22 Nov 2026 12:01:00 GMT"), minutes(1));
  EXPECT_EQ(wait("1795348860"), minutes(1)) << "seconds since 1970";
  EXPECT_EQ(wait("2026-11-22T12:00:07Z"), seconds(7));
  EXPECT_EQ(wait("3.5s"), rules::Duration(3500));
  EXPECT_EQ(wait("soon"), std::nullopt);
  EXPECT_EQ(wait("-5"), seconds(0));
  EXPECT_EQ(wait("99999999"), hours(36)) << "no longer than that";
  limited.wait.otherwise = seconds(60);
  EXPECT_EQ(wait("soon"), seconds(60));
  EXPECT_EQ(wait("0"), seconds(60)) << "refused, and no wait: it is not known";
}

TEST_F(AnswerRulesTest, AHeaderMayBeJsonThatCountsMinutes) {
  auto& limited = rule(AnswerMeaning::throttled);
  limited.wait.header = "x-business-use-case-usage";
  limited.wait.path = "/*/*/estimated_time_to_regain_access";
  limited.wait.unit = minutes(1);
  response.headers = {
      {"x-business-use-case-usage",
       R"({"1":[{"estimated_time_to_regain_access":0},{"estimated_time_to_regain_access":7}]})"}};
  EXPECT_EQ(judge()->wait, minutes(7)) << "the longest";
}

TEST_F(AnswerRulesTest, PointsComeBackAtARate) {
  auto& limited = rule(AnswerMeaning::throttled);
  limited.when.path = "/errors/*/extensions/code";
  limited.when.is = {"THROTTLED"};
  limited.wait.points_requested = "/extensions/cost/requestedQueryCost";
  limited.wait.points_available = "/extensions/cost/throttleStatus/currentlyAvailable";
  limited.wait.points_rate = "/extensions/cost/throttleStatus/restoreRate";
  const auto judged = judge(R"({"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],
      "extensions":{"cost":{"requestedQueryCost":220,"throttleStatus":{"currentlyAvailable":20,"restoreRate":50}}}})");
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->wait, seconds(4));
}

TEST_F(AnswerRulesTest, UsageSlowsDownBeforeAnybodyIsRefused) {
  auto& bucket = usage_rule();
  bucket.header = "x-shopify-shop-api-call-limit";
  bucket.form = config::UsageRule::Form::fraction;
  bucket.bound = 0.8;
  bucket.wait.fixed = seconds(2);
  auto& percent = usage_rule();
  percent.header = "x-app-usage";
  percent.path = "/call_count";
  percent.form = config::UsageRule::Form::percent;
  percent.bound = 0.75;
  percent.wait.fixed = minutes(5);
  auto& left = usage_rule();
  left.header = "ratelimit-remaining";
  left.bound = 0;
  left.wait.header = "ratelimit-reset";
  EXPECT_EQ(usage(), std::nullopt);
  response.headers = {{"x-shopify-shop-api-call-limit", "31/40"}, {"x-app-usage", R"({"call_count":74})"}};
  EXPECT_EQ(usage(), std::nullopt);
  response.headers = {{"x-shopify-shop-api-call-limit", "32/40"}};
  EXPECT_EQ(usage(), seconds(2));
  response.headers = {{"x-app-usage", R"({"call_count":75})"}};
  EXPECT_EQ(usage(), minutes(5));
  response.headers = {{"ratelimit-remaining", "0"}, {"ratelimit-reset", "41"}};
  EXPECT_EQ(usage(), seconds(41));
  response.headers = {{"ratelimit-remaining", "1"}, {"ratelimit-reset", "41"}};
  EXPECT_EQ(usage(), std::nullopt);
}

TEST_F(AnswerRulesTest, AZoneThatIsNoneIsFound) {
  rule(AnswerMeaning::throttled).wait.midnight_in = "Mars/Olympus";
  EXPECT_EQ(std::get<std::string>(AnswerRules::compile(source, calendar)),
            "unknown time zone \"Mars/Olympus\"");
}

}  // namespace
}  // namespace tightrope::collectors
