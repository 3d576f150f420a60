#include "collectors/redirects.h"

#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

class RedirectsTest : public ::testing::Test {
 protected:
  RedirectsTest() {
    request_.method = "POST";
    request_.url = "https://api.example.com/v1";
    request_.body = "{}";
    request_.headers = {{"Content-Type", "application/json"}, {"Cookie", "a=b"}, {"Accept", "*/*"}};
    request_.secret_headers = {{"Authorization", config::Secret("Bearer hush")}};
  }
  std::variant<NotARedirect, Redirected, TransferError> after(int status, const std::string& location) {
    TransferResponse response;
    response.status = status;
    if (!location.empty()) response.headers.emplace_back("location", location);
    return next_request(*parse_web_address(request_.url), request_, response);
  }
  TransferRequest request_;
};

TEST_F(RedirectsTest, AnOrdinaryAnswerIsNone) {
  EXPECT_TRUE(std::holds_alternative<NotARedirect>(after(200, "https://elsewhere.example/")));
  EXPECT_TRUE(std::holds_alternative<NotARedirect>(after(304, "https://elsewhere.example/")));
  EXPECT_TRUE(std::holds_alternative<NotARedirect>(after(302, "")));
}

TEST_F(RedirectsTest, SeeOtherTurnsAPostIntoAGet) {
  for (const int status : {301, 302, 303}) {
    const auto next = after(status, "/v2");
    const auto& redirected = std::get<Redirected>(next);
    EXPECT_EQ(redirected.request.method, "GET");
    EXPECT_EQ(redirected.request.body, "");
    EXPECT_EQ(redirected.request.url, "https://api.example.com/v2");
    EXPECT_EQ(redirected.request.headers.size(), 2u) << "without Content-Type";
    EXPECT_EQ(redirected.request.secret_headers.size(), 1u);
  }
}

TEST_F(RedirectsTest, TemporaryAndPermanentOnesRepeatTheRequest) {
  for (const int status : {307, 308}) {
    const auto next = after(status, "/v2");
    EXPECT_EQ(std::get<Redirected>(next).request.method, "POST");
    EXPECT_EQ(std::get<Redirected>(next).request.body, "{}");
  }
}

TEST_F(RedirectsTest, CredentialsStayWithTheirOrigin) {
  for (const char* elsewhere : {"https://other.example/", "http://api.example.com/",
                                "https://api.example.com:8443/", "//sub.api.example.com/"}) {
    const auto next = after(307, elsewhere);
    const TransferRequest& request = std::get<Redirected>(next).request;
    EXPECT_TRUE(request.secret_headers.empty()) << elsewhere;
    for (const auto& [name, value] : request.headers) EXPECT_NE(name, "Cookie") << elsewhere;
  }
}

TEST_F(RedirectsTest, ABodyWithCredentialsStaysWithItsOrigin) {
  request_.secret_body = true;
  const auto away = after(307, "https://other.example/?x=1");
  ASSERT_TRUE(std::holds_alternative<TransferError>(away));
  EXPECT_EQ(
      std::get<TransferError>(away).text,
      "api.example.com:443 redirects to other.example:443, and a request with credentials is not repeated "
      "there");
  const auto near = after(307, "/v2");
  EXPECT_EQ(std::get<Redirected>(near).request.body, "{}");
  const auto without_body = after(303, "https://other.example/");
  EXPECT_EQ(std::get<Redirected>(without_body).request.body, "");
}

TEST_F(RedirectsTest, AnotherSchemeIsAnError) {
  const auto next = after(302, "file:///etc/passwd");
  EXPECT_EQ(std::get<TransferError>(next).kind, TransferFailure::bad_url);
}

}  // namespace
}  // namespace tightrope::collectors
