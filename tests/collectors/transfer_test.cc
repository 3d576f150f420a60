#include "collectors/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/collectors/collecting.h"
#include "tests/support/http_server.h"

namespace tightrope::collectors {
namespace {

using ::testing::HasSubstr;
using testing::HttpFault;
using testing::HttpReply;
using testing::HttpServer;
using ::testing::Not;

TransferRequest get(const std::string& url) {
  TransferRequest request;
  request.url = url;
  request.allow_private_addresses = true;
  return request;
}

class TransferTest : public ::testing::Test {
 protected:
  TransferResult fetch(TransferRequest request) { return run(io, transfer->fetch(std::move(request))); }
  TransferFailure failure(TransferRequest request) {
    const auto result = fetch(std::move(request));
    if (result) throw std::runtime_error("answered with " + std::to_string(result->status));
    return result.error().kind;
  }
  asio::io_context io;
  std::unique_ptr<Transfer> transfer = make_curl_transfer(io.get_executor(), {});
};

TEST_F(TransferTest, FetchesAnAnswer) {
  HttpServer server([](const auto& request) {
    return HttpReply{request.method == "POST" ? 201 : 200,
                     {{"X-Thing", " some value "}},
                     "<" + request.body + ">",
                     HttpFault::none};
  });
  auto request = get(server.url("/v1?secret=1"));
  request.method = "POST";
  request.body = "hello";
  request.headers = {{"X-Mine", "a"}, {"X-Empty", ""}};
  request.secret_headers = {{"Authorization", config::Secret("Bearer hush")}};
  const auto result = fetch(request);
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->status, 201);
  EXPECT_EQ(result->body, "<hello>");
  ASSERT_NE(result->header("x-thing"), nullptr);
  EXPECT_EQ(*result->header("x-thing"), "some value");
  EXPECT_EQ(result->header("x-other"), nullptr);
  EXPECT_EQ(result->url, server.url("/v1"));
  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.target, "/v1?secret=1");
  EXPECT_EQ(seen.header("x-mine"), "a");
  EXPECT_EQ(seen.header("authorization"), "Bearer hush");
  EXPECT_EQ(seen.header("user-agent"), "tightrope/0.1");
  EXPECT_EQ(seen.header("content-type"), "") << "the body is no form";
  EXPECT_EQ(seen.header("expect"), "");
}

TEST_F(TransferTest, EveryMethodAndStatusIsAnAnswer) {
  HttpServer server([](const auto&) { return HttpReply{418, {}, "x", HttpFault::none}; });
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    auto request = get(server.url());
    request.method = method;
    const auto result = fetch(request);
    ASSERT_TRUE(result) << method << result.error().text;
    EXPECT_EQ(result->status, 418);
    EXPECT_EQ(result->body, std::string_view(method) == "HEAD" ? "" : "x");
    EXPECT_EQ(server.requests().back().method, method);
  }
}

TEST_F(TransferTest, UnpacksBodiesWithinTheBound) {
  HttpServer server([](const auto& request) {
    const std::size_t size = request.target == "/bomb" ? 20'000'000 : 1000;
    return HttpReply{200, {{"Content-Encoding", "gzip"}}, gzip(std::string(size, 'x')), HttpFault::none};
  });
  auto request = get(server.url("/small"));
  request.most_bytes = 1000;
  EXPECT_EQ(fetch(request)->body, std::string(1000, 'x'));
  request.url = server.url("/bomb");
  const auto bomb = fetch(request);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().kind, TransferFailure::too_large);
  EXPECT_THAT(bomb.error().text, HasSubstr("larger than 1000 bytes"));
}

TEST_F(TransferTest, HeadsAreBoundedToo) {
  HttpServer server([](const auto&) {
    HttpReply reply;
    for (int i = 0; i < 40; ++i) reply.headers.emplace_back("X-Long", std::string(10'000, 'x'));
    return reply;
  });
  EXPECT_EQ(failure(get(server.url())), TransferFailure::too_large);
}

TEST_F(TransferTest, BrokenAnswersAreErrors) {
  HttpServer server([](const auto& request) {
    return HttpReply{
        200, {}, "0123456789", request.target == "/cut" ? HttpFault::cut_short : HttpFault::no_answer};
  });
  EXPECT_EQ(failure(get(server.url("/cut"))), TransferFailure::broken);
  EXPECT_EQ(failure(get(server.url("/none"))), TransferFailure::broken);
}

TEST_F(TransferTest, ASilentServerTimesOut) {
  HttpServer server([](const auto&) { return HttpReply{200, {}, "", HttpFault::never_answers}; });
  auto request = get(server.url("/path?secret=1"));
  request.timeout = std::chrono::milliseconds(50);
  const auto result = fetch(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, TransferFailure::timeout);
  EXPECT_EQ(result.error().text,
            "127.0.0.1:" + std::to_string(server.port()) + ": no complete answer within 0.05 s");
}

TEST_F(TransferTest, TheTimeoutCoversAllRedirects) {
  HttpServer server([](const auto& request) {
    if (request.target == "/last") return HttpReply{200, {}, "", HttpFault::never_answers};
    return HttpReply{302, {{"Location", "/last"}}, "", HttpFault::none};
  });
  auto request = get(server.url("/first"));
  request.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(failure(request), TransferFailure::timeout);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(TransferTest, PrivateAddressesAreRefusedUnlessAllowed) {
  HttpServer server([](const auto&) { return HttpReply{}; });
  const std::string port = std::to_string(server.port());
  for (const std::string host :
       {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"}) {
    auto request = get("http://" + host + ":" + port + "/");
    request.allow_private_addresses = false;
    const auto result = fetch(request);
    ASSERT_FALSE(result) << host;
    EXPECT_EQ(result.error().kind, TransferFailure::refused_address) << host << ' ' << result.error().text;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TransferTest, AConnectionOpenedWithOtherRightsIsNotUsed) {
  HttpServer server([](const auto&) { return HttpReply{}; });
  ASSERT_TRUE(fetch(get(server.url())));
  auto request = get(server.url());
  request.allow_private_addresses = false;
  EXPECT_EQ(failure(request), TransferFailure::refused_address);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(TransferTest, ARedirectToAnotherSchemeIsNotFollowed) {
  HttpServer server([](const auto&) {
    return HttpReply{302, {{"Location", "file:///etc/passwd"}}, "", HttpFault::none};
  });
  EXPECT_EQ(failure(get(server.url())), TransferFailure::bad_url);
}

TEST_F(TransferTest, RedirectsToAnotherHostLoseCredentials) {
  HttpServer other([](const auto&) { return HttpReply{200, {}, "other", HttpFault::none}; });
  HttpServer server([&](const auto& request) {
    if (request.target.starts_with("/away"))
      return HttpReply{307, {{"Location", other.url("/in?x=1")}}, "", HttpFault::none};
    if (request.target == "/near") return HttpReply{302, {{"Location", "/here"}}, "", HttpFault::none};
    return HttpReply{200, {}, "here", HttpFault::none};
  });
  auto request = get(server.url("/away?access_token=in-the-query"));
  request.headers = {{"X-Plain", "p"}, {"Cookie", "c=1"}};
  request.secret_headers = {{"Authorization", config::Secret("Bearer hush")}};
  const auto away = fetch(request);
  ASSERT_TRUE(away) << away.error().text;
  EXPECT_EQ(away->body, "other");
  EXPECT_EQ(away->url, other.url("/in"));
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");
  EXPECT_EQ(other.requests().at(0).header("cookie"), "");
  EXPECT_EQ(other.requests().at(0).header("referer"), "") << "it would hold the query";
  EXPECT_EQ(other.requests().at(0).target, "/in?x=1");
  EXPECT_EQ(other.requests().at(0).header("x-plain"), "p");
  request.url = server.url("/near");
  EXPECT_EQ(fetch(request)->body, "here");
  EXPECT_EQ(server.requests().back().header("authorization"), "Bearer hush");
}

TEST_F(TransferTest, AProxyOfTheEnvironmentIsUsedAndItsAddressIsChecked) {
  HttpServer proxy([](const auto&) { return HttpReply{200, {}, "by proxy", HttpFault::none}; });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  auto request = get("http://ads.invalid/report");
  const auto result = fetch(request);
  request.allow_private_addresses = false;
  const auto refused = fetch(request);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->body, "by proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://ads.invalid/report");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, TransferFailure::refused_address);
}

TEST_F(TransferTest, RedirectsAreBounded) {
  HttpServer server([](const auto&) {
    return HttpReply{302, {{"Location", "/again"}}, "", HttpFault::none};
  });
  auto request = get(server.url());
  request.most_redirects = 3;
  EXPECT_EQ(failure(request), TransferFailure::too_many_redirects);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(TransferTest, RedirectsAreAnswersToThoseWhoDecideThemselves) {
  HttpServer server([](const auto&) {
    return HttpReply{307, {{"Location", "https://accounts.example/"}}, "", HttpFault::none};
  });
  auto request = get(server.url());
  request.follow_redirects = false;
  const auto answer = fetch(request);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 307);
  ASSERT_NE(answer->header("location"), nullptr);
  EXPECT_EQ(*answer->header("location"), "https://accounts.example/");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(TransferTest, NothingListensNowhereResolvesAndNoUrl) {
  std::uint16_t port = 0;
  {
    HttpServer gone([](const auto&) { return HttpReply{}; });
    port = gone.port();
  }
  EXPECT_EQ(failure(get("http://127.0.0.1:" + std::to_string(port) + "/")), TransferFailure::connect);
  EXPECT_EQ(failure(get("ftp://127.0.0.1/")), TransferFailure::bad_url);
  EXPECT_EQ(failure(get("not a url")), TransferFailure::bad_url);
}

TEST_F(TransferTest, HeadersCannotSmuggleLines) {
  auto request = get("http://127.0.0.1:1/");
  request.headers = {{"X-Mine", "a\r\nX-Other: b"}};
  EXPECT_EQ(failure(request), TransferFailure::bad_url);
  request.headers = {{"X Mine", "a"}};
  EXPECT_EQ(failure(request), TransferFailure::bad_url);
  request.headers.clear();
  request.secret_headers = {{"Authorization", config::Secret("hush\n")}};
  const auto result = fetch(request);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text, Not(HasSubstr("hush")));
}

TEST_F(TransferTest, CancellationEndsAFetchUnderWay) {
  HttpServer server([](const auto&) { return HttpReply{200, {}, "", HttpFault::never_answers}; });
  asio::cancellation_signal cancel;
  std::exception_ptr outcome;
  bool ended = false;
  asio::co_spawn(io, transfer->fetch(get(server.url())),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr failure, TransferResult) {
                   outcome = failure;
                   ended = true;
                 }));
  std::thread canceller([&] {
    ASSERT_TRUE(server.wait_for_requests(1));
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
  });
  io.run();
  canceller.join();
  ASSERT_TRUE(ended);
  ASSERT_TRUE(outcome);
  try {
    std::rethrow_exception(outcome);
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::operation_aborted);
  }
}

TEST_F(TransferTest, DestructionGivesUpWhatIsUnderWay) {
  HttpServer server([](const auto&) { return HttpReply{200, {}, "", HttpFault::never_answers}; });
  std::optional<TransferResult> outcome;
  asio::co_spawn(io, transfer->fetch(get(server.url())),
                 [&](std::exception_ptr failure, TransferResult result) {
                   if (!failure) outcome = std::move(result);
                 });
  std::thread destroyer([&] {
    ASSERT_TRUE(server.wait_for_requests(1));
    asio::post(io, [&] { transfer.reset(); });
  });
  io.run();
  destroyer.join();
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().kind, TransferFailure::cancelled);
}

TEST(TransferLifetimeTest, FramesMayDieWithTheirContext) {
  HttpServer server([](const auto&) { return HttpReply{200, {}, "", HttpFault::never_answers}; });
  {
    asio::io_context io;
    auto transfer = make_curl_transfer(io.get_executor(), {});
    asio::co_spawn(io, transfer->fetch(get(server.url())), [](std::exception_ptr, TransferResult) {});
    while (server.requests().empty()) io.run_one_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace tightrope::collectors
