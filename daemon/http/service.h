// Everything Tightrope answers over HTTP: the API, the metrics and the page, on one server.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/services.h"

namespace tightrope::daemon::http {

namespace asio = boost::asio;

struct HttpOptions {
  std::string listen_address = "127.0.0.1:9870";  // port 0 takes any free one
  std::string external_url;                       // --web.external-url, or ""
};

// On the I/O thread. `services` must outlive it.
class HttpService {
 public:
  HttpService(asio::any_io_executor io, Services& services, HttpOptions options);
  ~HttpService();  // REQUIRES: stop() has returned, or start() was never called

  // Binds the port; errors are for people. Until Services::ready() only /-/healthy, /-/ready, /metrics and
  // the page answer.
  std::optional<std::string> listen();
  std::uint16_t port() const noexcept;
  void start();
  // After a reload: limits and token of services.configuration().
  void configure();
  // Lets requests under way end for a few seconds, then closes. Returns when nothing of it runs any more.
  asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon::http
