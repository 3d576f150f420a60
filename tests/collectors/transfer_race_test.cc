// Many fetches at once, ended by whatever comes first. Worth the most under the address sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/collectors/collecting.h"
#include "tests/support/http_server.h"

namespace tightrope::collectors {
namespace {

using testing::HttpFault;
using testing::HttpReply;
using testing::HttpServer;

TEST(TransferRaceTest, ThreeHundredTimeoutsRaceWithTheirAnswers) {
  std::atomic<int> served{0};
  HttpServer server([&](const auto&) {
    // Every third stays silent; the others are answered at about the time they are given up.
    return HttpReply{200, {}, "ok", ++served % 3 == 0 ? HttpFault::never_answers : HttpFault::none};
  });
  asio::io_context io;
  auto transfer = make_curl_transfer(io.get_executor(), {50, 50});
  int answered = 0;
  int timed_out = 0;
  int other = 0;
  for (int i = 0; i < 300; ++i) {
    TransferRequest request;
    request.url = server.url("/" + std::to_string(i));
    request.allow_private_addresses = true;
    request.timeout = std::chrono::milliseconds(1 + i % 60);
    asio::co_spawn(io, transfer->fetch(request), [&](std::exception_ptr failure, TransferResult result) {
      const bool silent = !failure && !result && result.error().kind == TransferFailure::timeout;
      ++(failure ? other : result ? answered : silent ? timed_out : other);
    });
  }
  io.run();
  EXPECT_EQ(answered + timed_out, 300);
  EXPECT_EQ(other, 0);
  EXPECT_GT(timed_out, 0);
}

TEST(TransferRaceTest, CancellationsRaceWithAnswers) {
  HttpServer server([](const auto&) { return HttpReply{200, {}, "ok", HttpFault::none}; });
  asio::io_context io;
  auto transfer = make_curl_transfer(io.get_executor(), {20, 20});
  std::vector<asio::cancellation_signal> cancels(200);
  int ended = 0;
  for (std::size_t i = 0; i < cancels.size(); ++i) {
    TransferRequest request;
    request.url = server.url();
    request.allow_private_addresses = true;
    asio::co_spawn(
        io, transfer->fetch(request),
        asio::bind_cancellation_slot(cancels[i].slot(), [&, i](std::exception_ptr, TransferResult) {
          ++ended;
          // Each end cancels the next but one, in whatever state that is.
          if (i + 2 < cancels.size()) cancels[i + 2].emit(asio::cancellation_type::terminal);
        }));
  }
  io.run();
  EXPECT_EQ(ended, 200);
}

TEST(TransferRaceTest, MoreFetchesThanConnectionsQueue) {
  HttpServer server([](const auto& request) { return HttpReply{200, {}, request.target, HttpFault::none}; });
  asio::io_context io;
  auto transfer = make_curl_transfer(io.get_executor(), {4, 2});
  int right = 0;
  for (int i = 0; i < 100; ++i) {
    TransferRequest request;
    request.url = server.url("/" + std::to_string(i));
    request.allow_private_addresses = true;
    asio::co_spawn(io, transfer->fetch(request),
                   [&right, i](std::exception_ptr failure, TransferResult result) {
                     if (!failure && result && result->body == "/" + std::to_string(i)) ++right;
                   });
  }
  io.run();
  EXPECT_EQ(right, 100);
}

}  // namespace
}  // namespace tightrope::collectors
