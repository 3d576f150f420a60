#include "daemon/http/service.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "daemon/http/api/api.h"
#include "daemon/http/api/scraper.h"
#include "daemon/http/background.h"
#include "daemon/http/server.h"
#include "daemon/logging.h"
#include "daemon/metrics.h"

namespace tightrope::daemon::http {
namespace {

ServerSettings settings_of(const config::HttpSettings& http, const std::string& external_url) {
  ServerSettings settings;
  settings.most_body_bytes = http.most_body_bytes;
  settings.most_connections = http.most_connections;
  settings.request_timeout = http.request_timeout;
  settings.guard.bearer_token = http.bearer_token;
  settings.guard.external_host = host_of(external_url);
  return settings;
}

}  // namespace

struct HttpService::State {
  State(asio::any_io_executor io, Services& with, HttpOptions how)
      : services(with),
        options(std::move(how)),
        scraper(io, services, background),
        api{.services = services, .background = background, .scraper = scraper, .translations = {}},
        server(io, Router(routes(api)), settings_of(services.configuration().http, options.external_url),
               [this](std::string_view handler, int status, double seconds) {
                 services.metrics().http_answered(handler, status, seconds);
               }) {}

  // Once for as long as it is so.
  void warn_of_strangers() {
    const bool open = !server.is_loopback() && services.configuration().http.bearer_token.empty();
    if (open && !warned) {
      logger("http")->warn(
          "everybody who reaches this port can read all figures and answer alerts; set "
          "http.bearer_token_file, or "
          "listen on 127.0.0.1 behind a proxy address={}",
          quoted(options.listen_address));
    }
    warned = open;
  }

  Services& services;
  HttpOptions options;
  bool warned = false;
  Background background;
  Scraper scraper;
  Api api;
  HttpServer server;
};

HttpService::HttpService(asio::any_io_executor io, Services& services, HttpOptions options)
    : state_(std::make_unique<State>(std::move(io), services, std::move(options))) {}

HttpService::~HttpService() = default;

std::optional<std::string> HttpService::listen() {
  auto problem = state_->server.listen(state_->options.listen_address);
  if (!problem) state_->warn_of_strangers();
  return problem;
}

std::uint16_t HttpService::port() const noexcept {
  return state_->server.port();
}

void HttpService::start() {
  state_->server.start();
}

void HttpService::configure() {
  state_->server.configure(settings_of(state_->services.configuration().http, state_->options.external_url));
  state_->api.translations.clear();
  state_->warn_of_strangers();
}

asio::awaitable<void> HttpService::stop() {
  state_->background.stop();
  co_await state_->server.stop();
}

}  // namespace tightrope::daemon::http
