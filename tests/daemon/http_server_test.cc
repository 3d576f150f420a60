// The server with clients that behave.
#include <gtest/gtest.h>

#include "tests/daemon/http_server_fixture.h"

namespace tightrope::daemon::http {
namespace {

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
  const auto second = client.post("/echo", "{}", "Content-Type: application/json\r\nConnection: close\r\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body, "POST  {}");
  EXPECT_TRUE(client.ends());  // so that the answer is counted by now
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
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"));
  EXPECT_EQ(client.receive()->body, "POST  {\"a\":1}");
}

TEST_F(HttpServerTest, ClientThatAsksFirstIsToldToContinue) {
  start();
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
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
  EXPECT_EQ(missing->body,
            R"({"status":"error","errorType":"not_found","error":"there is nothing at this path"})");
  ASSERT_TRUE(client.send("DELETE /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  const auto wrong = client.receive();
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->headers.at("allow"), "GET, HEAD, POST");
  EXPECT_TRUE(client.ends());
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

TEST_F(HttpServerTest, TokenIsAskedForBeforeTheBodyIsRead) {
  ServerSettings settings;
  settings.guard.bearer_token = config::Secret("s3cret");
  start(settings);
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"));
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

TEST(HttpListenTest, AddressesThatCannotBeListenedOnAreExplained) {
  asio::io_context io;
  HttpServer server(io.get_executor(), Router({}), {}, {});
  for (const char* bad : {"", "9870", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "nowhere:9870",
                          "::1:9870", "[127.0.0.1]:1", "127.0.0.1:98x"}) {
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
