// What the handlers of one group of endpoints need, and the table of all of them. Private to http/.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "collectors/translation.h"
#include "daemon/http/background.h"
#include "daemon/http/message.h"
#include "daemon/http/router.h"
#include "daemon/services.h"

namespace tightrope::daemon::http {

class Scraper;

// Outlives every handler. All on the I/O thread.
//
// After a co_await the configuration may be another one and a client may be gone: handlers keep names and
// values, and look clients up again.
struct Api {
  Services& services;
  Background& background;
  Scraper& scraper;
  // By source, of the configuration in force; opening one reads tables of zones from disk.
  std::map<std::string, collectors::Translation, std::less<>> translations;
};

// The names of the clients, in configuration order; only `name` unless "".
std::vector<std::string> client_names(const Api& api, const std::string& name);

asio::awaitable<Response> get_healthy(Api& api, const Request& request);
asio::awaitable<Response> get_ready(Api& api, const Request& request);
asio::awaitable<Response> post_reload(Api& api, const Request& request);
asio::awaitable<Response> get_metrics(Api& api, const Request& request);
asio::awaitable<Response> post_observations(Api& api, const Request& request);
asio::awaitable<Response> get_objectives(Api& api, const Request& request);
asio::awaitable<Response> get_verdicts(Api& api, const Request& request);
asio::awaitable<Response> get_digest(Api& api, const Request& request);
asio::awaitable<Response> get_series(Api& api, const Request& request);
asio::awaitable<Response> get_explanation(Api& api, const Request& request);
asio::awaitable<Response> get_alerts(Api& api, const Request& request);
asio::awaitable<Response> get_anomalies(Api& api, const Request& request);
asio::awaitable<Response> post_acknowledgement(Api& api, const Request& request);
asio::awaitable<Response> get_rules(Api& api, const Request& request);
asio::awaitable<Response> get_recommendations(Api& api, const Request& request);
asio::awaitable<Response> post_decision(Api& api, const Request& request);
asio::awaitable<Response> get_identity(Api& api, const Request& request);
asio::awaitable<Response> get_sources(Api& api, const Request& request);
asio::awaitable<Response> get_page(Api& api, const Request& request);
asio::awaitable<Response> get_page_style(Api& api, const Request& request);
asio::awaitable<Response> get_answers_script(Api& api, const Request& request);
asio::awaitable<Response> get_page_script(Api& api, const Request& request);

// Every path of interfaces.md that is answered. `api` must outlive the routes.
std::vector<Route> routes(Api& api);

}  // namespace tightrope::daemon::http
