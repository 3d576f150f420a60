// The server against clients that are slow, greedy, rude or many.
#include <gtest/gtest.h>

#include "tests/daemon/http_server_fixture.h"

namespace tightrope::daemon::http {
namespace {

using HttpLimitsTest = HttpServerTest;

TEST_F(HttpLimitsTest, GarbageIs400AndTheEnd) {
  start();
  for (const std::string& garbage :
       {std::string("hello\r\n\r\n"), std::string(2000, '\xff'), std::string("\0\0\0\0", 4),
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

TEST_F(HttpLimitsTest, HeaderBeyondTheLimitIs431) {
  start();
  RawHttpClient client(server_->port());
  const auto response = client.get("/echo", "X-Long: " + std::string(20'000, 'x') + "\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpLimitsTest, HeaderWithinTheLimitIsTaken) {
  start();
  RawHttpClient client(server_->port());
  EXPECT_EQ(client.get("/echo", "X-Long: " + std::string(15'000, 'x') + "\r\n")->status, 200);
}

TEST_F(HttpLimitsTest, BodyBeyondTheLimitIs413AlsoForAClientThatSendsItAll) {
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
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                  std::string(2000, 'x')));
  EXPECT_EQ(client.receive()->status, 413);
}

TEST_F(HttpLimitsTest, SlowHeaderIs408) {
  start({.request_timeout = kShort});
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send("GET /echo HTT"));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_NE(response->body.find(R"("errorType":"timeout")"), std::string::npos);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpLimitsTest, SlowBodyIs408) {
  start({.request_timeout = kShort});
  RawHttpClient client(server_->port());
  ASSERT_TRUE(client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  EXPECT_EQ(client.receive()->status, 408);
  EXPECT_TRUE(client.ends());
}

TEST_F(HttpLimitsTest, IdleConnectionIsClosedWithoutAWord) {
  start({.idle_timeout = kShort});
  RawHttpClient fresh(server_->port());
  EXPECT_TRUE(fresh.ends());
  RawHttpClient used(server_->port());
  EXPECT_EQ(used.get("/echo")->status, 200);
  EXPECT_TRUE(used.ends());
}

TEST_F(HttpLimitsTest, ClientThatLeavesInTheMiddleIsForgotten) {
  start();
  {
    RawHttpClient client(server_->port());
    ASSERT_TRUE(client.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  }
  RawHttpClient half(server_->port());
  ASSERT_TRUE(half.send("GET /echo HTTP/1.1\r\nHo"));
  half.finish_sending();
  EXPECT_FALSE(half.receive());
  RawHttpClient next(server_->port());
  EXPECT_EQ(next.get("/echo")->status, 200);
}

TEST_F(HttpLimitsTest, ConnectionBeyondTheBoundIsTurnedAway) {
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

TEST_F(HttpLimitsTest, StopClosesAConnectionThatDoesNotEnd) {
  start({.stop_grace = kShort});
  RawHttpClient slow(server_->port());
  ASSERT_TRUE(slow.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"));
  RawHttpClient other(server_->port());
  EXPECT_EQ(other.get("/echo")->status, 200);
  stop();
  EXPECT_TRUE(slow.ends());
}

}  // namespace
}  // namespace tightrope::daemon::http
