// GET /metrics.
#include "daemon/http/api/api.h"
#include "daemon/http/api/scraper.h"
#include "daemon/http/negotiation.h"

namespace tightrope::daemon::http {

asio::awaitable<Response> get_metrics(Api& api, const Request& request) {
  const std::string* accept = request.header("accept");
  const std::string* encoding = request.header("accept-encoding");
  const MetricsFormat format = accept ? choose_metrics_format(*accept) : MetricsFormat::text;
  const bool gzip = encoding && accepts_gzip(*encoding);
  Response response = co_await api.scraper.scrape(format, gzip);
  co_return response;
}

}  // namespace tightrope::daemon::http
