// The server against clients that are slow, greedy, rude or many.
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "daemon/http/server.h"
#include "tests/support/log_capture.h"
#include "tests/daemon/raw_http_client.h"

namespace tightrope::daemon::http {
namespace {

using testing::LogCapture;
using testing::RawHttpClient;
using testing::RawResponse;

constexpr rules::Duration kShort{150};

asio::awaitable<Response> echo(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + (request.query.empty() ? "" : request.query.front().second) + " " + request.body;
  co_return response;
}

asio::awaitable<Response> break_down(const Request&) {
  throw std::runtime_error("the secret is 42");
  co_return Response();
}

class TwoPieces final : public Pieces {
 public:
  const std::vector<std::string_view>& parts() const noexcept override { return parts_; }

 private:
  std::vector<std::string_view> parts_{"one ", "two"};
};

asio::awaitable<Response> in_pieces(const Request&) {
  Response response;
  response.pieces = std::make_shared<TwoPieces>();
  co_return response;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (server_) stop();
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

  void start(ServerSettings settings = {}) {
    std::vector<Route> routes{
        {"GET", "/echo", "echo", echo},
        {"POST", "/echo", "echo", echo, Access::authorized, Body::json},
        {"GET", "/open", "open", echo, Access::anyone},
        {"GET", "/broken", "broken", break_down},
        {"GET", "/pieces", "pieces", in_pieces},
        {"GET", "/held", "held", [this](const Request& request) { return hold(request); }},
    };
    server_ = std::make_unique<HttpServer>(io_.get_executor(), Router(std::move(routes)), std::move(settings),
                                           [this](std::string_view handler, int status, double seconds) {
                                             EXPECT_GE(seconds, 0);
                                             answered_.push_back(std::string(handler) + " " + std::to_string(status));
                                           });
    ASSERT_EQ(server_->listen("127.0.0.1:0"), std::nullopt);
    ASSERT_NE(server_->port(), 0);
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }

  // On the I/O thread, where the server's state may be looked at.
  template <class F>
  auto on_io(F what) {
    std::packaged_task<decltype(what())()> task(std::move(what));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

  void stop() {
    asio::co_spawn(io_, server_->stop(), asio::use_future).get();
    on_io([this] { server_.reset(); });
  }

  // A request that stays under way until release().
  asio::awaitable<Response> hold(const Request& request) {
    held_.set_value();
    co_await release_.async_wait(asio::as_tuple(asio::use_awaitable));
    Response response = co_await echo(request);
    co_return response;
  }
  void release() {
    on_io([this] { release_.cancel(); });
  }

  std::vector<std::string> answered() {
    return on_io([this] { return answered_; });
  }

  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::vector<std::string> answered_;
  std::promise<void> held_;
  asio::steady_timer release_{io_, asio::steady_timer::time_point::max()};
  std::thread thread_;
};

TEST_F(HttpServerTest, ConnectionIsKeptForTheNextRequest) {
  start();
  RawHttpClient client(server_->port());
  const auto first = client.get("/echo?a=one");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "GET one ");
  EXPECT_EQ(first->headers.at("connection"), "keep-alive");
  EXPECT_EQ(first->headers.at("cache-control"), "no-store");
  EXPECT_EQ(first->headers.at("x-content-type-options"), "nosniff");
  const auto second = client.post("/echo", "{}");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body, "POST  {}");
  EXPECT_EQ(answered(), (std::vector<std::string>{"echo 200", "echo 200"}));
}

TEST_F(HttpServerTest, RequestsSentAtOnceAreAnsweredInOrder) {
  start();
  RawHttpClient client(server_->port());
  const std::string one = "GET /echo?a=1 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string two = "GET /echo?a=2 HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_TRUE(client.send(one + two));
  EXPECT_EQ(client.receive()->body, "GET 1 ");
  EXPECT_EQ(client.receive()->body, "GET 2 ");
}

TEST_F(HttpServerTest, CloseIsAnsweredWithClose) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/echo", "Connection: close\r\n")->headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  start();
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("HEAD /echo?a=x HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto response = client.receive(true);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.at("content-length"), "7");
  EXPECT_EQ(client.get("/echo?a=y")->body, "GET y ");
}

TEST_F(HttpServerTest, PiecesAreOneBody) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/pieces")->body, "one two");
}

TEST_F(HttpServerTest, ChunkedBodyIsRead) {
  start();
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"));
  EXPECT_EQ(client.receive()->body, "POST  {\"a\":1}");
}

TEST_F(HttpServerTest, ClientThatAsksFirstIsToldToContinue) {
  start();
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                          "Content-Length: 2\r\n\r\n"));
  EXPECT_EQ(client.receive()->status, 100);
  ASSERT_TRUE(client.send("{}"));
  EXPECT_EQ(client.receive()->body, "POST  {}");
}

TEST_F(HttpServerTest, UnknownPathAndMethodAreJsonErrors) {
  start();
  RawHttpClient client(server_->port());
  const auto missing = client.get("/nowhere");
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->headers.at("content-type"), "application/json");
  EXPECT_EQ(missing->body, R"({"status":"error","errorType":"not_found","error":"there is nothing at this path"})");
  ASSERT_TRUE(client.send("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto wrong = client.receive();
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->headers.at("allow"), "GET, HEAD, POST");
  EXPECT_EQ(answered(), (std::vector<std::string>{"none 404", "none 405"}));
}

TEST_F(HttpServerTest, BadTargetIs400) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/echo?a=%zz")->status, 400);
  EXPECT_EQ(client.get("/echo?a=ok")->status, 200);
}

TEST_F(HttpServerTest, HandlerThatBreaksAnswers500AndKeepsItsSecrets) {
  const LogCapture log;
  start();
  RawHttpClient client(server_->port());
  const auto response = client.get("/broken?token=t0ken");
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.find("42"), std::string::npos);
  EXPECT_TRUE(log.contains("level=error component=http msg=\"a request failed\" handler=broken"));
  EXPECT_FALSE(log.contains("t0ken"));
  EXPECT_EQ(client.get("/echo?a=next")->status, 200);
}

TEST_F(HttpServerTest, GarbageIs400AndTheEnd) {
  start();
  for (const std::string& garbage : {std::string("hello\r\n\r\n"), std::string(2000, '\xff'), std::string("\0\0\0\0", 4),
                                     std::string("GET / HTTP/9.9\r\n\r\n"), std::string("GET  / HTTP/1.1\r\n\r\n"),
                                     std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n")}) {
    RawHttpClient client(server_->port());
    client.send(garbage);
    const auto response = client.receive();
    ASSERT_TRUE(response) << garbage;
    EXPECT_EQ(response->status, 400);
    EXPECT_TRUE(client.ends());
  }
}

TEST_F(HttpServerTest, HeaderBeyondTheLimitIs431) {
  start();
  RawHttpClient client(server_->port());
  const auto response = client.get("/echo", "X-Long: " + std::string(20'000, 'x') + "\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, HeaderWithinTheLimitIsTaken) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/echo", "X-Long: " + std::string(15'000, 'x') + "\r\n")->status, 200);
}

TEST_F(HttpServerTest, BodyBeyondTheLimitIs413AlsoForAClientThatSendsItAll) {
  start({.most_body_bytes = 1000});
  {
    RawHttpClient client(server_->port());
    EXPECT_EQ(client.post("/echo", std::string(1000, 'x'))->status, 200);
  }
  {
    RawHttpClient client(server_->port());
    const auto response = client.post("/echo", std::string(4'000'000, 'x'));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 413);
  }
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x')));
  EXPECT_EQ(client.receive()->status, 413);
}

TEST_F(HttpServerTest, SlowHeaderIs408) {
  start({.request_timeout = kShort});
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("GET /echo HTT"));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_NE(response->body.find(R"("errorType":"timeout")"), std::string::npos);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, SlowBodyIs408) {
  start({.request_timeout = kShort});
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  EXPECT_EQ(client.receive()->status, 408);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpServerTest, IdleConnectionIsClosedWithoutAWord) {
  start({.idle_timeout = kShort});
  RawHttpClient fresh(server_->port());
  EXPECT_TRUE(fresh.ends());
  RawHttpClient used(server_->port());
  EXPECT_EQ(used.get("/echo")->status, 200);
  EXPECT_TRUE(used.ends());
}

TEST_F(HttpServerTest, ClientThatLeavesInTheMiddleIsForgotten) {
  start();
  {
    RawHttpClient client(server_->port());
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  }
  RawHttpClient half(server_->port());
  ASSERT_TRUE(half.send("GET /echo HTTP/1.1\r\nHo"));
  half.finish_sending();
  EXPECT_FALSE(half.receive());
  RawHttpClient next(server_->port());
  EXPECT_EQ(next.get("/echo")->status, 200);
}

TEST_F(HttpServerTest, ConnectionBeyondTheBoundIsTurnedAway) {
  start({.most_connections = 2});
  RawHttpClient first(server_->port());
  EXPECT_EQ(first.get("/echo")->status, 200);
  RawHttpClient second(server_->port());
  EXPECT_EQ(second.get("/echo")->status, 200);
  RawHttpClient third(server_->port());
  const auto response = third.get("/echo");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->headers.at("retry-after"), "1");
  EXPECT_TRUE(third.ends());
  EXPECT_EQ(first.get("/echo", "Connection: close\r\n")->status, 200);
  EXPECT_TRUE(first.ends());
  RawHttpClient fourth(server_->port());
  EXPECT_EQ(fourth.get("/echo")->status, 200);
}

TEST_F(HttpServerTest, TokenIsAskedForBeforeTheBodyIsRead) {
  ServerSettings settings;
  settings.guard.bearer_token = config::Secret("s3cret");
  start(settings);
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"));
  const auto response = client.receive();  // not one byte of the body was sent
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->headers.at("www-authenticate"), "Bearer");
  RawHttpClient allowed(server_->port());
  EXPECT_EQ(allowed.get("/echo", "Authorization: Bearer s3cret\r\n")->status, 200);
  EXPECT_EQ(allowed.get("/open")->status, 200);
  EXPECT_EQ(allowed.get("/echo")->status, 401);
}

TEST_F(HttpServerTest, SettingsOfAReloadHoldForTheNextRequest) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/echo")->status, 200);
  on_io([this] {
    ServerSettings settings;
    settings.guard.bearer_token = config::Secret("new");
    server_->configure(settings);
  });
  EXPECT_EQ(client.get("/echo")->status, 401);
  EXPECT_EQ(client.get("/echo", "Authorization: Bearer new\r\n")->status, 200);
}

TEST_F(HttpServerTest, StopLetsTheRequestUnderWayEndAndClosesIdleOnes) {
  start();
  RawHttpClient idle(server_->port());
  EXPECT_EQ(idle.get("/echo")->status, 200);
  RawHttpClient busy(server_->port());
  ASSERT_TRUE(busy.send("GET /held?a=kept HTTP/1.1\r\nHost: h\r\n\r\n"));
  held_.get_future().get();
  std::future<void> stopped = asio::co_spawn(io_, server_->stop(), asio::use_future);
  EXPECT_TRUE(idle.ends());
  release();
  const auto response = busy.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "GET kept ");
  EXPECT_EQ(response->headers.at("connection"), "close");
  stopped.get();
  EXPECT_EQ(on_io([this] { return server_->connections(); }), 0u);
}

TEST_F(HttpServerTest, StopClosesAConnectionThatDoesNotEnd) {
  start({.stop_grace = kShort});
  RawHttpClient slow(server_->port());
  ASSERT_TRUE(slow.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  RawHttpClient other(server_->port());
  EXPECT_EQ(other.get("/echo")->status, 200);
  stop();
  EXPECT_TRUE(slow.ends());
}

TEST(HttpListenTest, AddressesThatCannotBeListenedOnAreExplained) {
  asio::io_context io;
  HttpServer server(io.get_executor(), Router({}), {}, {});
  for (const char* bad : {"", "9870", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "nowhere:9870", "::1:9870", "[127.0.0.1]:1",
                          "127.0.0.1:98x"}) {
    const auto error = server.listen(bad);
    ASSERT_TRUE(error) << bad;
    EXPECT_NE(error->find("is not an address with a port"), std::string::npos) << bad;
  }
  EXPECT_EQ(server.port(), 0);
  EXPECT_EQ(server.listen("localhost:0"), std::nullopt);
  HttpServer second(io.get_executor(), Router({}), {}, {});
  const auto taken = second.listen("127.0.0.1:" + std::to_string(server.port()));
  ASSERT_TRUE(taken);
  EXPECT_NE(taken->find("--web.listen-address"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::daemon::http
