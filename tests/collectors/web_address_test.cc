#include "collectors/web_address.h"

#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

TEST(WebAddressTest, TellsSchemeHostAndPort) {
  const auto address = parse_web_address("HTTPS://API.Example.com/v1/report?day=1#top");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->scheme, "https");
  EXPECT_EQ(address->place(), "api.example.com:443");
  EXPECT_EQ(address->url.find('#'), std::string::npos);
  EXPECT_EQ(parse_web_address("http://[2001:db8::1]:8080/")->place(), "[2001:db8::1]:8080");
}

TEST(WebAddressTest, RefusesWhatIsNoHttpUrl) {
  for (const char* url : {"", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://",
                          "http:///path", "//example.com/", "http://example.com:99999/",
                          "http://example.com:0/", "http://a b/", "http://example.com/\r\nX: 1"}) {
    EXPECT_FALSE(parse_web_address(url)) << url;
  }
  EXPECT_FALSE(parse_web_address("http://example.com/" + std::string(20'000, 'a')));
}

TEST(WebAddressTest, EncodesWhatPeoplePaste) {
  EXPECT_EQ(parse_web_address("http://example.com/a b?q=grün|x")->url,
            "http://example.com/a%20b?q=gr%C3%BCn%7Cx");
}

TEST(WebAddressTest, AddsTheRootPath) {
  EXPECT_EQ(parse_web_address("http://example.com")->url, "http://example.com/");
}

TEST(WebAddressTest, ShowsNeitherQueryNorUserInfo) {
  EXPECT_EQ(parse_web_address("https://user:secret@example.com:8443/a/b?token=hush")->shown(),
            "https://example.com:8443/a/b");
  EXPECT_EQ(parse_web_address("http://example.com?token=hush")->shown(), "http://example.com/");
}

TEST(WebAddressTest, ResolvesReferencesAgainstTheBase) {
  const auto base = parse_web_address("https://example.com/v1/report?page=1");
  ASSERT_TRUE(base);
  EXPECT_EQ(resolve_reference(*base, "?page=2")->url, "https://example.com/v1/report?page=2");
  EXPECT_EQ(resolve_reference(*base, "/v2/next")->url, "https://example.com/v2/next");
  EXPECT_EQ(resolve_reference(*base, "../x")->url, "https://example.com/x");
  EXPECT_EQ(resolve_reference(*base, "//other.example/x")->url, "https://other.example/x");
  EXPECT_FALSE(resolve_reference(*base, "javascript:alert(1)"));
  EXPECT_FALSE(resolve_reference(*base, "ftp://example.com/"));
}

TEST(WebAddressTest, UserInfoDoesNotFollowToAnotherOrigin) {
  const auto base = parse_web_address("https://example.com/");
  EXPECT_EQ(resolve_reference(*base, "https://user:pw@other.example/x")->url, "https://other.example/x");
}

TEST(WebAddressTest, OriginIsSchemeHostAndPort) {
  const auto a = *parse_web_address("https://example.com/a");
  EXPECT_TRUE(a.same_origin(*parse_web_address("https://EXAMPLE.com:443/b")));
  EXPECT_FALSE(a.same_origin(*parse_web_address("http://example.com/a")));
  EXPECT_FALSE(a.same_origin(*parse_web_address("https://example.com:8443/a")));
  EXPECT_FALSE(a.same_origin(*parse_web_address("https://www.example.com/a")));
}

TEST(WebAddressTest, EncodesForQueriesAndBasicAuthentication) {
  EXPECT_EQ(percent_encode("a b&c=d/é~"), "a%20b%26c%3Dd%2F%C3%A9~");
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("user:pass\xff"), "dXNlcjpwYXNz/w==");
}

}  // namespace
}  // namespace tightrope::collectors
