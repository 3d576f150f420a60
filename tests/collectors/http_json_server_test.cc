// The collector of JSON APIs against a real server that misbehaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"
#include "tests/support/http_server.h"

namespace tightrope::collectors {
namespace {

using config::PaginationKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpFault;
using testing::HttpReply;
using testing::HttpServer;

std::string page(const std::string& day, int spend, const std::string& rest = "") {
  return R"({"data":[{"date":")" + day + R"(","campaign":"a","spend":)" + std::to_string(spend) +
         R"(,"clicks":1}])" + rest + "}";
}

class HttpJsonServerTest : public ::testing::Test {
 protected:
  std::vector<std::string> figures(HttpServer& server, config::Pagination pagination) {
    config::HttpSource http;
    http.request.url = server.url("/report");
    http.records.path = "/data";
    http.mapping = plain_mapping();
    http.mapping.metrics = {metric("spend", "spend")};
    http.pagination = std::move(pagination);
    http.auth.kind = config::AuthKind::bearer;
    http.auth.value = "{token}";
    http.secrets.emplace("token", config::Secret("hush-hush"));
    config::Source source;
    source.name = "ads";
    source.allow_private_addresses = true;
    source.deadline = deadline;
    source.kind = http;
    asio::io_context io;
    const auto transfer = make_curl_transfer(io.get_executor(), {});
    const auto calendar = calendar_of("UTC");
    const rules::Dimensions dimensions;
    const auto collector = make_collector(source, {*transfer, calendar, dimensions});
    const auto result = run(io, collector->collect({days("2026-11-01", "2026-11-30"), kNow}));
    if (!result) return {"error " + std::string(to_string(result.error().kind)) + ": " + result.error().text};
    return lines(result->batch, calendar);
  }
  static config::Pagination link() {
    config::Pagination pagination;
    pagination.kind = PaginationKind::link;
    return pagination;
  }
  rules::Duration deadline{std::chrono::seconds(30)};
};

TEST_F(HttpJsonServerTest, FollowsLinks) {
  HttpServer server([](const auto& request) {
    if (request.target == "/report")
      return HttpReply{200, {{"Link", "<?page=2>; rel=\"next\""}}, page("2026-11-20", 1), HttpFault::none};
    return HttpReply{200, {}, page("2026-11-21", 2), HttpFault::none};
  });
  EXPECT_THAT(figures(server, link()), ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-21 spend 2"));
  EXPECT_EQ(server.requests().at(1).target, "/report?page=2");
  EXPECT_EQ(server.requests().at(1).header("authorization"), "Bearer hush-hush");
}

TEST_F(HttpJsonServerTest, FollowsOffsetsToTheShortPage) {
  config::Pagination pagination;
  pagination.kind = PaginationKind::offset;
  pagination.parameter = "start";
  pagination.size_parameter = "limit";
  pagination.page_size = 1;
  HttpServer server([](const auto& request) {
    if (request.target == "/report?limit=1&start=2")
      return HttpReply{200, {}, R"({"data":[]})", HttpFault::none};
    return HttpReply{200,
                     {},
                     page(request.target == "/report?limit=1&start=0" ? "2026-11-20" : "2026-11-21", 1),
                     HttpFault::none};
  });
  EXPECT_THAT(figures(server, pagination), ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-21 spend 1"));
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(HttpJsonServerTest, DoesNotFollowALinkToAnotherHost) {
  HttpServer other([](const auto&) { return HttpReply{200, {}, page("2026-11-21", 2), HttpFault::none}; });
  HttpServer server([&](const auto&) {
    return HttpReply{
        200, {{"Link", "<" + other.url("/report") + ">; rel=next"}}, page("2026-11-20", 1), HttpFault::none};
  });
  EXPECT_THAT(figures(server, link()).front(), HasSubstr("leads to another host"));
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(HttpJsonServerTest, AFailureOnALaterPageLeavesNothing) {
  for (const HttpFault fault : {HttpFault::none, HttpFault::cut_short, HttpFault::no_answer}) {
    HttpServer server([&](const auto& request) {
      if (request.target == "/report")
        return HttpReply{200, {{"Link", "<?page=2>; rel=next"}}, page("2026-11-20", 1), HttpFault::none};
      return HttpReply{fault == HttpFault::none ? 500 : 200, {}, page("2026-11-21", 2), fault};
    });
    EXPECT_THAT(figures(server, link()), ElementsAre(HasSubstr("error temporary: ")));
  }
}

TEST_F(HttpJsonServerTest, ALoopOfLinksEnds) {
  HttpServer server([](const auto& request) {
    return HttpReply{200,
                     {{"Link", request.target == "/report" ? "</b>; rel=next" : "</report>; rel=next"}},
                     page("2026-11-20", 1),
                     HttpFault::none};
  });
  EXPECT_THAT(figures(server, link()),
              ElementsAre("error bad_data: page 2: leads back to a page read before: a loop"));
}

TEST_F(HttpJsonServerTest, ASlowPageEndsWithTheDeadline) {
  deadline = std::chrono::milliseconds(50);
  HttpServer server([](const auto&) { return HttpReply{200, {}, "", HttpFault::never_answers}; });
  EXPECT_THAT(figures(server, {}), ElementsAre(HasSubstr("error temporary: 127.0.0.1")));
}

TEST_F(HttpJsonServerTest, ARedirectElsewhereTakesNoTokenAlong) {
  HttpServer other([](const auto&) { return HttpReply{200, {}, page("2026-11-20", 1), HttpFault::none}; });
  HttpServer server([&](const auto&) {
    return HttpReply{302, {{"Location", other.url("/moved")}}, "", HttpFault::none};
  });
  EXPECT_THAT(figures(server, {}), ElementsAre("/a 2026-11-20 spend 1"));
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");
}

}  // namespace
}  // namespace tightrope::collectors
