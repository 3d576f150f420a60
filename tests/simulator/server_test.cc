// Over a real loopback socket: what the API decides reaches the wire as it should.
#include "tests/simulator/server.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <thread>

namespace tightrope::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : server_(io_, "127.0.0.1", 0, [](const Request& request) { return reply_to(request); }) {
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServerTest() override {
    asio::post(io_, [this] { server_.stop(); });
    thread_.join();
  }

  static Reply reply_to(const Request& request) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.body = request.method + " " + request.target + " [" + request.authorization + "] " + request.body;
    reply.truncated = request.target == "/half";
    if (request.target == "/slow") reply.delay = std::chrono::milliseconds(5);
    if (request.target == "/teapot") {
      reply.status = 418;
      reply.headers.emplace_back("Retry-After", "3");
    }
    return reply;
  }

  // All that comes back until the server closes.
  std::string exchange(const std::string& sent) {
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), server_.port()));
    asio::write(socket, asio::buffer(sent));
    std::string got;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(got), error);
    return got;
  }

  asio::io_context io_{1};
  Server server_;
  std::thread thread_;
};

TEST_F(ServerTest, RequestAndReplyKeepTheirParts) {
  const std::string got = exchange(
      "POST /sink?a=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Length: 4\r\nConnection: "
      "close\r\n\r\nbody");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\nPOST /sink?a=1 [Bearer t] body")) << got;
}

TEST_F(ServerTest, AConnectionServesOneRequestAfterTheOther) {
  const std::string got = exchange(
      "GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto first = got.find("GET /first []");
  ASSERT_NE(first, std::string::npos) << got;
  EXPECT_NE(got.find("GET /second []", first), std::string::npos) << got;
}

TEST_F(ServerTest, StatusAndHeadersAreSent) {
  const std::string got = exchange("GET /teapot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 418 ")) << got;
  EXPECT_NE(got.find("Retry-After: 3\r\n"), std::string::npos) << got;
}

TEST_F(ServerTest, ATruncatedReplyPromisesMoreThanItSends) {
  const std::string got = exchange("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string whole = "GET /half [] ";
  EXPECT_NE(got.find("Content-Length: " + std::to_string(whole.size())), std::string::npos) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + whole.substr(0, whole.size() / 2))) << got;
}

TEST_F(ServerTest, ASlowReplyIsTheWholeReply) {
  const std::string got = exchange("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(got.ends_with("GET /slow [] ")) << got;
}

TEST_F(ServerTest, AnAddressThatIsTakenIsAnError) {
  asio::io_context io;
  EXPECT_THROW(Server(io, "127.0.0.1", server_.port(), [](const Request&) { return Reply(); }),
               boost::system::system_error);
}

}  // namespace
}  // namespace tightrope::simulator
