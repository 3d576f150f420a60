#include <algorithm>

#include "daemon/http/api/api.h"

namespace tightrope::daemon::http {
namespace {

using Function = asio::awaitable<Response> (*)(Api&, const Request&);

asio::awaitable<Response> not_ready() {
  co_return unavailable("Tightrope is starting or stopping", 1);
}

Handler always(Api& api, Function function) {
  return [&api, function](const Request& request) { return function(api, request); };
}

// 503 until what was kept is recovered.
Handler when_ready(Api& api, Function function) {
  return [&api, function](const Request& request) {
    return api.services.ready() ? function(api, request) : not_ready();
  };
}

}  // namespace

std::vector<Route> routes(Api& api) {
  using enum Access;
  return {
      {"GET", "/-/healthy", "healthy", always(api, get_healthy), anyone},
      {"GET", "/-/ready", "ready", always(api, get_ready), anyone},
      {"POST", "/-/reload", "reload", when_ready(api, post_reload)},
      {"GET", "/metrics", "metrics", always(api, get_metrics)},
      {"POST", "/api/v1/observations", "observations", when_ready(api, post_observations), authorized,
       Body::json},
      {"GET", "/api/v1/objectives", "objectives", when_ready(api, get_objectives)},
      {"GET", "/api/v1/verdicts", "verdicts", when_ready(api, get_verdicts)},
      {"GET", "/api/v1/digest", "digest", when_ready(api, get_digest)},
      {"GET", "/api/v1/series", "series", when_ready(api, get_series)},
      {"GET", "/api/v1/explain", "explain", when_ready(api, get_explanation)},
      {"GET", "/api/v1/alerts", "alerts", when_ready(api, get_alerts)},
      {"GET", "/api/v1/anomalies", "anomalies", when_ready(api, get_anomalies)},
      {"POST", "/api/v1/alerts/{id}/ack", "ack", when_ready(api, post_acknowledgement), authorized,
       Body::json},
      {"GET", "/api/v1/rules", "rules", when_ready(api, get_rules)},
      {"GET", "/api/v1/recommendations", "recommendations", when_ready(api, get_recommendations)},
      {"POST", "/api/v1/recommendations/{id}/decision", "decision", when_ready(api, post_decision),
       authorized, Body::json},
      {"GET", "/api/v1/identity", "identity", when_ready(api, get_identity)},
      {"GET", "/api/v1/sources", "sources", when_ready(api, get_sources)},
      // The page holds no figures: it asks for the token itself, and shows them with it.
      {"GET", "/", "page", always(api, get_page), anyone},
      {"GET", "/page.css", "page", always(api, get_page_style), anyone},
      {"GET", "/answers.js", "page", always(api, get_answers_script), anyone},
      {"GET", "/page.js", "page", always(api, get_page_script), anyone},
  };
}

std::vector<std::string> client_names(const Api& api, const std::string& name) {
  std::vector<std::string> names;
  for (const config::Client& client : api.services.configuration().clients) {
    if (name.empty() || name == client.strategy.client) names.push_back(client.strategy.client);
  }
  return names;
}

}  // namespace tightrope::daemon::http
