#include "daemon/http/server.h"

#include <spdlog/logger.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include "daemon/http/connection.h"
#include "daemon/logging.h"
#include "daemon/task_group.h"

namespace tightrope::daemon::http {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Connections beyond the bound that are told so; further ones are closed without a word.
constexpr std::size_t kMostTurnedAway = 64;
// After an accept that failed, for want of file descriptors: those in use need time to close.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

std::string describe(std::exception_ptr failure) {
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown";
  }
}

// Nothing when the text is no address with a port.
std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string host(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string::npos) return std::nullopt;
  } else if (host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  // Elsewhere an empty host is every interface; here that has to be said, as whoever reaches the port may
  // decide.
  if (host == "localhost" || host.empty()) host = "127.0.0.1";
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return tcp::endpoint(address, port);
}

}  // namespace

std::string listen_address_problem(std::string_view address) {
  if (parse_endpoint(address)) return "";
  return "\"" + std::string(address) + "\" is not an address with a port; write 127.0.0.1:9870 or [::1]:9870";
}

struct HttpServer::State {
  State(asio::any_io_executor on, Router router, ServerSettings settings, OnAnswered on_answered)
      : executor(std::move(on)),
        acceptor(executor),
        pause(executor),
        context{.router = std::move(router),
                .settings = std::make_shared<const ServerSettings>(std::move(settings)),
                .on_answered = std::move(on_answered)},
        tasks(executor, [](const std::string& name, std::exception_ptr failure) {
          logger("http")->error("a connection broke task={} error={}", name,
                                quoted(describe(std::move(failure))));
        }) {}

  asio::awaitable<void> accept() {
    while (!context.stopping) {
      auto [error, socket] = co_await acceptor.async_accept(kTuple);
      if (context.stopping || error == asio::error::operation_aborted) co_return;
      if (error) {
        if (!std::exchange(accept_failing, true)) {
          logger("http")->error("connections cannot be accepted error={}", quoted(error.message()));
        }
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kTuple);
        continue;
      }
      if (std::exchange(accept_failing, false)) logger("http")->info("connections are accepted again");
      take(std::move(socket));
    }
  }

  using Connections = std::set<std::shared_ptr<Connection>>;

  // A connection's place among those of its kind, from before its coroutine first runs until it has ended.
  class Place {
   public:
    Place(Connections& among, std::shared_ptr<Connection> connection)
        : among_(among), connection_(std::move(connection)) {
      among_.insert(connection_);
    }
    ~Place() { among_.erase(connection_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    const std::shared_ptr<Connection>& connection() const noexcept { return connection_; }

   private:
    Connections& among_;
    std::shared_ptr<Connection> connection_;
  };

  void take(tcp::socket socket) {
    const bool room = serving.size() < context.settings->most_connections;
    if (!room && turned_away.size() >= kMostTurnedAway) return;
    auto connection = std::make_shared<Connection>(std::move(socket), context);
    if (room) {
      tasks.spawn("connection", serve(std::make_unique<Place>(serving, std::move(connection))));
    } else {
      tasks.spawn("turning away", turn_away(std::make_unique<Place>(turned_away, std::move(connection))));
    }
  }

  static asio::awaitable<void> serve(std::unique_ptr<Place> place) {
    co_await Connection::serve(place->connection());
  }

  static asio::awaitable<void> turn_away(std::unique_ptr<Place> place) {
    co_await Connection::turn_away(place->connection());
  }

  void close_all() {
    for (const auto& connection : serving) connection->close();
    for (const auto& connection : turned_away) connection->close();
  }

  asio::any_io_executor executor;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  ServerContext context;
  Connections serving;
  Connections turned_away;
  bool accept_failing = false;
  TaskGroup tasks;  // last: what it runs uses all of the above
};

HttpServer::HttpServer(asio::any_io_executor executor, Router router, ServerSettings settings,
                       OnAnswered on_answered)
    : state_(std::make_shared<State>(std::move(executor), std::move(router), std::move(settings),
                                     std::move(on_answered))) {}

HttpServer::~HttpServer() = default;

std::optional<std::string> HttpServer::listen(const std::string& address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return listen_address_problem(address);
  if (address.starts_with(':')) {
    logger("http")->info(
        "reached from this machine only; for all interfaces listen on 0.0.0.0{} address=127.0.0.1{}", address,
        address);
  }
  error_code error;
  tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return std::nullopt;
  error_code ignored;
  acceptor.close(ignored);
  std::string text = "cannot listen on " + address + ": " + error.message();
  if (error == asio::error::address_in_use)
    text += "; is another tightrope running? --web.listen-address takes another one";
  return text;
}

bool HttpServer::is_loopback() const noexcept {
  error_code error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  return !error && endpoint.address().is_loopback();
}

std::uint16_t HttpServer::port() const noexcept {
  error_code error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  return error ? 0 : endpoint.port();
}

void HttpServer::start() {
  state_->tasks.spawn("accepting", state_->accept());
}

void HttpServer::configure(ServerSettings settings) {
  state_->context.settings = std::make_shared<const ServerSettings>(std::move(settings));
}

asio::awaitable<void> HttpServer::stop() {
  State& state = *state_;
  state.context.stopping = true;
  error_code ignored;
  state.acceptor.close(ignored);
  state.pause.cancel();
  for (const auto& connection : state.serving) connection->close_if_idle();
  asio::steady_timer grace(state.executor);
  grace.expires_after(state.context.settings->stop_grace);
  grace.async_wait([weak = std::weak_ptr<State>(state_)](error_code error) {
    const auto alive = weak.lock();
    if (!error && alive) alive->close_all();
  });
  co_await state.tasks.join();
}

std::size_t HttpServer::connections() const noexcept {
  return state_->serving.size();
}

}  // namespace tightrope::daemon::http
