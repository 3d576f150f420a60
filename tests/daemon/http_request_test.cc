// From the bytes of a request line to a row of the table, and what is refused on the way.
#include <gtest/gtest.h>

#include "daemon/http/cursor.h"
#include "daemon/http/guard.h"
#include "daemon/http/parameters.h"
#include "daemon/http/request_target.h"
#include "daemon/http/router.h"

namespace tightrope::daemon::http {
namespace {

using Segments = std::vector<std::string>;

RequestTarget good(std::string_view text) {
  auto parsed = parse_request_target(text);
  const auto* target = std::get_if<RequestTarget>(&parsed);
  EXPECT_NE(target, nullptr) << text;
  return target ? *target : RequestTarget{};
}

bool is_bad(std::string_view text) {
  return std::holds_alternative<BadTarget>(parse_request_target(text));
}

TEST(RequestTargetTest, PathIsSplitBeforeItIsDecoded) {
  EXPECT_EQ(good("/").segments, Segments());
  EXPECT_EQ(good("/-/healthy").segments, (Segments{"-", "healthy"}));
  EXPECT_EQ(good("/a%2Fb/c%20d").segments, (Segments{"a/b", "c d"}));
  EXPECT_EQ(good("/a/").segments, (Segments{"a", ""}));
}

TEST(RequestTargetTest, QueryIsDecodedInOrder) {
  const Fields expected{{"client", "acme & co"}, {"empty", ""}, {"bare", ""}, {"x", "a+b=c"}};
  EXPECT_EQ(good("/x?client=acme+%26+co&empty=&bare&x=a%2Bb=c").query, expected);
}

TEST(RequestTargetTest, OtherFormsAndBadEscapesAreRefused) {
  for (const std::string_view text : {"", "*", "http://host/x", "x", "/%", "/%zz", "/a%00b", "/a%0ab",
                                      "/a/../b", "/%2e%2E/b", "/x?a=%", "/x?a=%00", "/a b"}) {
    EXPECT_TRUE(is_bad(text)) << text;
  }
}

TEST(RequestTargetTest, TooManyParametersAreRefused) {
  std::string text = "/x?";
  for (std::size_t i = 0; i < kMostParameters; ++i) text += "a=1&";
  EXPECT_FALSE(is_bad(text));
  EXPECT_TRUE(is_bad(text + "b=1&c=1"));
}

asio::awaitable<Response> nothing() {
  co_return Response();
}

Route row(std::string method, std::string pattern, std::string name, Access access = Access::authorized,
          Body body = Body::none) {
  return Route{std::move(method),
               std::move(pattern),
               std::move(name),
               [](const Request&) { return nothing(); },
               access,
               body};
}

Request request(std::string method, std::string_view target, Fields headers = {}) {
  Request result;
  result.method = std::move(method);
  RequestTarget parsed = good(target);
  result.segments = std::move(parsed.segments);
  result.query = std::move(parsed.query);
  result.headers = std::move(headers);
  return result;
}

class RouterTest : public ::testing::Test {
 protected:
  std::variant<const Route*, Response> find(std::string method, std::string_view target) {
    request_ = request(std::move(method), target);
    return router_.find(request_);
  }
  std::string name(std::string method, std::string_view target) {
    const auto found = find(std::move(method), target);
    const auto* route = std::get_if<const Route*>(&found);
    return route ? (*route)->name : std::to_string(std::get<Response>(found).status);
  }

  Router router_{{row("GET", "/", "page"), row("GET", "/api/alerts", "alerts"),
                  row("POST", "/api/alerts/{id}/ack", "ack"), row("DELETE", "/api/silences", "unsilence"),
                  row("GET", "/api/silences", "silences")}};
  Request request_;
};

TEST_F(RouterTest, MethodAndPathChooseTheRow) {
  EXPECT_EQ(name("GET", "/"), "page");
  EXPECT_EQ(name("GET", "/api/alerts?state=firing"), "alerts");
  EXPECT_EQ(name("HEAD", "/api/alerts"), "alerts");
  EXPECT_EQ(name("DELETE", "/api/silences"), "unsilence");
}

TEST_F(RouterTest, VariableTakesOneDecodedSegment) {
  EXPECT_EQ(name("POST", "/api/alerts/a%2Fb/ack"), "ack");
  EXPECT_EQ(request_.path_value("id"), "a/b");
  EXPECT_EQ(name("POST", "/api/alerts//ack"), "404");
  EXPECT_EQ(name("POST", "/api/alerts/a/b/ack"), "404");
}

TEST_F(RouterTest, UnknownPathIs404) {
  for (const std::string_view target : {"/api", "/api/alerts/", "/API/alerts", "//", "/api/alerts/x"}) {
    EXPECT_EQ(name("GET", target), "404") << target;
  }
}

TEST_F(RouterTest, OtherMethodIs405AndSaysWhatIsAllowed) {
  const auto found = find("PUT", "/api/silences");
  const Response& response = std::get<Response>(found);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (Fields{{"Allow", "DELETE, GET, HEAD"}}));
  EXPECT_NE(response.body.find(R"("errorType":"bad_data")"), std::string::npos);
}

int guarded(const Request& request, const Route& route, const GuardSettings& settings) {
  const std::optional<Response> refused = refuse(request, route, settings);
  return refused ? refused->status : 200;
}

TEST(GuardTest, TokenIsNeededWhereOneIsConfigured) {
  const GuardSettings settings{.bearer_token = config::Secret("s3cret"), .external_host = ""};
  const Route route = row("GET", "/x", "x");
  EXPECT_EQ(guarded(request("GET", "/x"), route, {}), 200);
  EXPECT_EQ(guarded(request("GET", "/x"), route, settings), 401);
  EXPECT_EQ(guarded(request("GET", "/x", {{"authorization", "Bearer s3cret"}}), route, settings), 200);
  EXPECT_EQ(guarded(request("GET", "/x", {{"authorization", "bearer  s3cret "}}), route, settings), 200);
  for (const char* wrong :
       {"Bearer s3cre", "Bearer s3crets", "Bearer S3cret", "Basic s3cret", "Bearer ", "s3cret", "Bearer"}) {
    EXPECT_EQ(guarded(request("GET", "/x", {{"authorization", wrong}}), route, settings), 401) << wrong;
  }
  const std::optional<Response> refused = refuse(request("GET", "/x"), route, settings);
  EXPECT_EQ(refused->headers, (Fields{{"WWW-Authenticate", "Bearer"}}));
  EXPECT_EQ(refused->body.find("s3cret"), std::string::npos);
}

TEST(GuardTest, HealthNeedsNoToken) {
  const GuardSettings settings{.bearer_token = config::Secret("s3cret"), .external_host = ""};
  EXPECT_EQ(guarded(request("GET", "/x"), row("GET", "/x", "x", Access::anyone), settings), 200);
}

TEST(GuardTest, ConstantTimeComparisonIsEquality) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcabc"));
  EXPECT_FALSE(equal_in_constant_time("abcabc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", ""));
}

struct OriginCase {
  const char* name;
  const char* host;
  const char* origin;  // null: a program
  const char* external;
  int status;
};
class GuardOriginTest : public ::testing::TestWithParam<OriginCase> {};

TEST_P(GuardOriginTest, DecidesWhetherAPageMayAct) {
  const OriginCase& c = GetParam();
  Fields headers{{"host", c.host}};
  if (c.origin) headers.emplace_back("origin", c.origin);
  const GuardSettings settings{.bearer_token = {}, .external_host = c.external};
  EXPECT_EQ(guarded(request("POST", "/x", headers), row("POST", "/x", "x"), settings), c.status);
}

INSTANTIATE_TEST_SUITE_P(All, GuardOriginTest,
                         ::testing::ValuesIn(std::vector<OriginCase>{
                             {"ProgramSendsNoOrigin", "tightrope.lan:9870", nullptr, "", 200},
                             {"OwnPageByAddress", "127.0.0.1:9870", "http://127.0.0.1:9870", "", 200},
                             {"OwnPageByAddressV6", "[::1]:9870", "http://[::1]:9870", "", 200},
                             {"OwnPageAtLocalhost", "localhost:9870", "http://localhost:9870", "", 200},
                             {"OwnPageAtDefaultPort", "127.0.0.1", "http://127.0.0.1", "", 200},
                             {"AnotherSite", "127.0.0.1:9870", "https://evil.example", "", 403},
                             {"AnotherPortOfThisMachine", "127.0.0.1:9870", "http://127.0.0.1:3000", "", 403},
                             {"SandboxedPage", "127.0.0.1:9870", "null", "", 403},
                             {"NameThatWasPointedHere", "evil.example:9870", "http://evil.example:9870", "",
                              403},
                             {"ExternalAddress", "tightrope.example.com", "https://tightrope.example.com",
                              "tightrope.example.com", 200},
                             {"ExternalAddressBehindProxy", "127.0.0.1:9870", "https://tightrope.example.com",
                              "tightrope.example.com", 200},
                             {"AnotherSiteWithExternalAddress", "tightrope.example.com",
                              "https://evil.example", "tightrope.example.com", 403},
                             {"NoHostAtAll", "", "http://127.0.0.1:9870", "", 403},
                         }),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(GuardTest, ReadingIsOpenToAnyOrigin) {
  const Request page = request("GET", "/x", {{"host", "127.0.0.1"}, {"origin", "https://evil.example"}});
  EXPECT_EQ(guarded(page, row("GET", "/x", "x"), {}), 200);
}

TEST(GuardTest, JsonRouteWantsJson) {
  const Route route = row("POST", "/x", "x", Access::authorized, Body::json);
  EXPECT_EQ(guarded(request("POST", "/x", {{"content-type", "application/json"}}), route, {}), 200);
  EXPECT_EQ(guarded(request("POST", "/x", {{"content-type", "Application/JSON ; charset=utf-8"}}), route, {}),
            200);
  EXPECT_EQ(guarded(request("POST", "/x", {{"content-type", "text/plain"}}), route, {}), 415);
  EXPECT_EQ(guarded(request("POST", "/x", {{"content-type", "application/jsonp"}}), route, {}), 415);
  EXPECT_EQ(guarded(request("POST", "/x"), route, {}), 415);
}

TEST(GuardTest, HostOfAUrlHasNoDefaultPortAndNoUser) {
  EXPECT_EQ(host_of("https://Tightrope.Example.com/path"), "tightrope.example.com");
  EXPECT_EQ(host_of("https://h:443"), "h");
  EXPECT_EQ(host_of("http://h:80/"), "h");
  EXPECT_EQ(host_of("http://u:p@h:8080"), "h:8080");
  EXPECT_EQ(host_of("ftp://h"), "");
  EXPECT_EQ(host_of("null"), "");
  EXPECT_EQ(host_of(""), "");
}

std::string mistake_of(const Parameters& parameters) {
  const std::optional<Response> refused = parameters.refusal();
  return refused ? refused->body : "";
}

TEST(ParametersTest, MistakesNameTheParameter) {
  const Request r = request("GET", "/x?limit=ten&when=yesterday");
  Parameters limit(r, {"limit", "when"});
  EXPECT_EQ(limit.number("limit", 1, 100, 7), 7u);
  EXPECT_NE(mistake_of(limit).find("limit: is not a number from 1 to 100"), std::string::npos);
  Parameters time(r, {"limit", "when"});
  EXPECT_EQ(time.time("when"), std::nullopt);
  EXPECT_NE(mistake_of(time).find("when: is not a time"), std::string::npos);
  Parameters missing(r, {"limit", "when", "client"});
  missing.required("client");
  EXPECT_NE(mistake_of(missing).find("client: is required"), std::string::npos);
}

TEST(ParametersTest, UnknownAndRepeatedOnesAreRefused) {
  EXPECT_NE(mistake_of(Parameters(request("GET", "/x?clinet=a"), {"client"}))
                .find("clinet: there is no such parameter"),
            std::string::npos);
  EXPECT_NE(mistake_of(Parameters(request("GET", "/x?client=a&client=b"), {"client"}))
                .find("client: is given twice"),
            std::string::npos);
  EXPECT_EQ(mistake_of(Parameters(request("GET", "/x?other=a"), {"client"}, Parameters::Others::ignored)),
            "");
}

TEST(ParametersTest, NumbersHaveBothEnds) {
  const Request r = request("GET", "/x?a=1&b=100&c=0&d=101&e=-1&f=+5&g=5x");
  const auto read = [&](std::string_view name) {
    Parameters parameters(r, {"a", "b", "c", "d", "e", "f", "g"});
    const std::size_t value = parameters.number(name, 1, 100, 7);
    return parameters.refusal() ? 0 : value;
  };
  EXPECT_EQ(read("a"), 1u);
  EXPECT_EQ(read("b"), 100u);
  for (const std::string_view name : {"c", "d", "e", "f", "g"}) EXPECT_EQ(read(name), 0u) << name;
}

TEST(CursorTest, ComesBackAsItWas) {
  const CursorKey key{"acme", "trial cpa", "", "Größe/ü", std::string("\0\n", 2)};
  EXPECT_EQ(decode_cursor(encode_cursor(key)), key);
}

TEST(CursorTest, AnythingElseIsNone) {
  for (const std::string_view text : {"", "0", "zz", "05", "ff", "0101", "01016100", "AB"}) {
    EXPECT_EQ(decode_cursor(text), std::nullopt) << text;
  }
  EXPECT_EQ(decode_cursor(encode_cursor(CursorKey(40, "x"))), std::nullopt);
  EXPECT_EQ(decode_cursor(std::string(100'000, '0')), std::nullopt);
}

}  // namespace
}  // namespace tightrope::daemon::http
