// Which handler answers a request: a table of rows.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/http/message.h"

namespace tightrope::daemon::http {

namespace asio = boost::asio;

// On the I/O thread. The request lives until the awaitable has ended.
using Handler = std::function<asio::awaitable<Response>(const Request&)>;

// Who may call, and what a body has to be.
enum class Access { anyone, authorized };  // anyone: also without the bearer token
enum class Body {
  none,
  json
};  // json: other content types are refused; none: a body is read and not looked at

struct Route {
  std::string method;   // "GET" answers HEAD too
  std::string pattern;  // "/api/v1/alerts/{id}/ack"
  std::string name;     // label `handler` of the HTTP metrics
  Handler function;
  Access access = Access::authorized;
  Body body = Body::none;
};

// Constant after construction.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  // The row, with the request's path_values filled in; or the answer when there is none: 404, or 405 with
  // Allow.
  std::variant<const Route*, Response> find(Request& request) const;

  const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // of each route: its segments
};

}  // namespace tightrope::daemon::http
