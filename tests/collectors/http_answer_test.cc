#include "collectors/http_answer.h"

#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

TransferResponse answer(int status, std::string body = "",
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
  TransferResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  response.url = "https://api.example.com/v1";
  return response;
}

CollectError error_of(const TransferResponse& response, std::vector<std::string> secrets = {}) {
  return answer_error(response, secrets, kNow)
      .value_or(CollectError{FailureKind::bad_data, "none", std::nullopt});
}

TEST(HttpAnswerTest, SuccessIsNoError) {
  EXPECT_FALSE(answer_error(answer(200), {}, kNow));
  EXPECT_FALSE(answer_error(answer(204), {}, kNow));
  EXPECT_EQ(answer_error(answer(202), {}, kNow)->kind, FailureKind::temporary);
}

TEST(HttpAnswerTest, StatusesTellHowToGoOn) {
  const std::vector<std::pair<int, FailureKind>> cases{
      {429, FailureKind::throttled}, {500, FailureKind::temporary},    {502, FailureKind::temporary},
      {503, FailureKind::temporary}, {401, FailureKind::unauthorized}, {403, FailureKind::unauthorized},
      {400, FailureKind::rejected},  {404, FailureKind::rejected},     {304, FailureKind::rejected},
      {408, FailureKind::temporary}};
  for (const auto& [status, kind] : cases) EXPECT_EQ(error_of(answer(status)).kind, kind) << status;
  EXPECT_EQ(error_of(answer(503, "", {{"retry-after", "5"}})).kind, FailureKind::throttled);
}

TEST(HttpAnswerTest, RetryAfterIsSecondsOrADate) {
  using std::chrono::seconds;
  EXPECT_EQ(error_of(answer(429, "", {{"retry-after", "120"}})).retry_after, seconds(120));
  EXPECT_EQ(parse_retry_after("Sun, 22 Nov 2026 12:01:30 GMT", kNow), seconds(90));
  EXPECT_EQ(parse_retry_after("Sun, 22 Nov 2026 11:00:00 GMT", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("999999999", kNow), seconds(86'400));
  EXPECT_EQ(parse_retry_after("-5", kNow), seconds(0));
  EXPECT_FALSE(parse_retry_after("soon", kNow));
  EXPECT_FALSE(parse_retry_after("", kNow));
  EXPECT_FALSE(parse_retry_after("Sun, 99 Nov 2026 12:01:30 GMT", kNow));
}

TEST(HttpAnswerTest, QuotesTheMessageOfTheServer) {
  EXPECT_EQ(error_of(answer(400, R"({"error":{"code":7,"message":"bad\nfield \u001b[31m"}})",
                            {{"content-type", "application/json"}}))
                .text,
            "HTTP 400 from api.example.com:443: bad field ?[31m");
  EXPECT_EQ(error_of(answer(400, "  plain\r\n words ", {{"content-type", "text/plain"}})).text,
            "HTTP 400 from api.example.com:443: plain words");
  const auto text = error_of(answer(400, std::string(1000, 'x'), {{"content-type", "text/plain"}})).text;
  EXPECT_EQ(text, "HTTP 400 from api.example.com:443: " + std::string(200, 'x') + "...");
}

TEST(HttpAnswerTest, QuotesNoHtmlAndNoBinary) {
  EXPECT_EQ(error_of(answer(502, "<html>Bad gateway</html>", {{"content-type", "text/html"}})).text,
            "HTTP 502 from api.example.com:443");
  EXPECT_EQ(error_of(answer(502, "\x01\x02", {{"content-type", "application/octet-stream"}})).text,
            "HTTP 502 from api.example.com:443");
}

TEST(HttpAnswerTest, QuotesNothingThatHoldsASecret) {
  EXPECT_EQ(error_of(answer(401, R"({"message":"token abc-secret is expired"})"), {"abc-secret"}).text,
            "HTTP 401 from api.example.com:443");
  EXPECT_EQ(error_of(answer(401, R"({"message":"token abc\u002dsecret is expired"})"), {"abc-secret"}).text,
            "HTTP 401 from api.example.com:443");
}

TEST(HttpAnswerTest, FailuresOfTransfersHaveTheirKinds) {
  EXPECT_EQ(transfer_failure({TransferFailure::refused_address, "x"}).kind, FailureKind::rejected);
  EXPECT_EQ(transfer_failure({TransferFailure::resolve, "x"}).kind, FailureKind::temporary);
  EXPECT_EQ(transfer_failure({TransferFailure::too_large, "x"}).kind, FailureKind::bad_data);
}

}  // namespace
}  // namespace tightrope::collectors
