// The HTTP/1.1 server: one port, bounded in every way.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/guard.h"
#include "daemon/http/router.h"
#include "rules/units.h"

namespace tightrope::daemon::http {

struct ServerSettings {
  std::uint32_t most_header_bytes = 16u << 10;  // beyond it: 431
  std::uint64_t most_body_bytes = 16ull << 20;  // as sent; beyond it: 413
  std::uint32_t most_connections = 512;         // beyond it: 503, and closed
  rules::Duration request_timeout{
      std::chrono::seconds(30)};  // to receive a request (beyond it: 408), and again to send the answer
  rules::Duration idle_timeout{
      std::chrono::seconds(75)};                        // between requests of a connection; then it is closed
  rules::Duration stop_grace{std::chrono::seconds(5)};  // stop() lets requests under way end for so long
  GuardSettings guard = {};
};

// After each answer: the route's name ("none" when no route answered), the status, and the seconds from the
// request's last byte to the answer's last.
using OnAnswered = std::function<void(std::string_view handler, int status, double seconds)>;

// What is wrong with an address to listen on, for people; "" when it is "127.0.0.1:9870", "[::1]:9870",
// "localhost:9870" or ":9870", which is the first.
std::string listen_address_problem(std::string_view address);

// On one executor's thread. What is written to the log never holds a query, a header or a body.
class HttpServer {
 public:
  // The routes' functions must stay callable until stop() has returned.
  HttpServer(asio::any_io_executor executor, Router router, ServerSettings settings, OnAnswered on_answered);
  ~HttpServer();  // REQUIRES: stop() has returned, or start() was never called

  // Takes what listen_address_problem() has nothing against; port 0 takes any free one. An error is for
  // people.
  std::optional<std::string> listen(const std::string& address);
  bool is_loopback() const noexcept;    // reached from this machine only; false before listen()
  std::uint16_t port() const noexcept;  // that it listens on; 0 before listen()
  // REQUIRES: listen() went well.
  void start();
  // Settings for requests that begin from now on.
  void configure(ServerSettings settings);
  // No new connections, requests under way may end, idle connections are closed. Returns when all are gone.
  asio::awaitable<void> stop();

  std::size_t connections() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the timer of stop()
};

}  // namespace tightrope::daemon::http
