// A server with a few routes, on a thread of its own.
#pragma once

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
#include "tests/daemon/raw_http_client.h"
#include "tests/support/log_capture.h"

namespace tightrope::daemon::http {

using testing::LogCapture;
using testing::RawHttpClient;
using testing::RawResponse;

inline constexpr rules::Duration kShort{150};

inline asio::awaitable<Response> echo(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body =
      request.method + " " + (request.query.empty() ? "" : request.query.front().second) + " " + request.body;
  co_return response;
}

inline asio::awaitable<Response> break_down(const Request&) {
  throw std::runtime_error("the secret is 42");
  co_return Response();
}

class TwoPieces final : public Pieces {
 public:
  const std::vector<std::string_view>& parts() const noexcept override { return parts_; }

 private:
  std::vector<std::string_view> parts_{"one ", "two"};
};

inline asio::awaitable<Response> in_pieces(const Request&) {
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
    server_ = std::make_unique<HttpServer>(
        io_.get_executor(), Router(std::move(routes)), std::move(settings),
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

}  // namespace tightrope::daemon::http
