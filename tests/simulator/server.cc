#include "tests/simulator/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <set>
#include <utility>

namespace tightrope::simulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint64_t kMostBodyBytes = 16ull << 20;
constexpr std::chrono::seconds kIdle{60};

}  // namespace

class Server::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, const std::string& address, std::uint16_t port, Handler handler)
      : acceptor_(io, tcp::endpoint(asio::ip::make_address(address), port)), handler_(std::move(handler)) {}

  void accept();
  void stop();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  class Connection;
  tcp::acceptor acceptor_;
  Handler handler_;
  std::set<std::shared_ptr<Connection>> connections_;
  bool stopped_ = false;
};

// One request after the other, as HTTP/1.1 says. Lives as long as the listener lists it or an operation is
// pending.
class Server::Listener::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::weak_ptr<Listener> listener)
      : stream_(std::move(socket)), wait_(stream_.get_executor()), listener_(std::move(listener)) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kMostBodyBytes);
    stream_.expires_after(kIdle);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->close();
      self->answer();
    });
  }

  void close() {
    error_code ignored;  // it is going away whatever the system says
    wait_.cancel();
    stream_.socket().close(ignored);
    if (const auto listener = listener_.lock()) listener->connections_.erase(shared_from_this());
  }

 private:
  void answer() {
    const auto listener = listener_.lock();
    if (!listener) return close();
    const auto& message = parser_->get();
    Request request{std::string(message.method_string()), std::string(message.target()),
                    std::string(message[http::field::authorization]), message.body()};
    reply_ = listener->handler_(request);
    response_ = {};
    response_.version(message.version());
    response_.result(static_cast<unsigned>(reply_.status));
    response_.set(http::field::content_type, reply_.content_type);
    for (const auto& [name, value] : reply_.headers) response_.set(name, value);
    response_.keep_alive(message.keep_alive());
    response_.body() = std::move(reply_.body);
    response_.prepare_payload();
    if (reply_.delay.count() == 0) return write();
    stream_.expires_never();
    wait_.expires_after(reply_.delay);
    wait_.async_wait([self = shared_from_this()](error_code error) {
      if (error) return;
      self->write();
    });
  }

  void write() {
    stream_.expires_after(kIdle);
    if (reply_.truncated) return write_half();
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error || !self->response_.keep_alive()) return self->close();
      self->read();
    });
  }

  // The header promises the whole body.
  void write_half() {
    half_ = "HTTP/1.1 200 OK\r\nContent-Type: " + reply_.content_type +
            "\r\nContent-Length: " + std::to_string(response_.body().size()) + "\r\n\r\n" +
            response_.body().substr(0, response_.body().size() / 2);
    asio::async_write(stream_, asio::buffer(half_),
                      [self = shared_from_this()](error_code, std::size_t) { self->close(); });
  }

  beast::tcp_stream stream_;
  asio::steady_timer wait_;
  std::weak_ptr<Listener> listener_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Reply reply_;
  http::response<http::string_body> response_;
  std::string half_;
};

void Server::Listener::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (self->stopped_) return;
    if (!error) {
      const auto connection = std::make_shared<Connection>(std::move(socket), self);
      self->connections_.insert(connection);
      connection->read();
    }
    self->accept();
  });
}

void Server::Listener::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& connection : std::exchange(connections_, {})) connection->close();
}

Server::Server(asio::io_context& io, const std::string& address, std::uint16_t port, Handler handler)
    : listener_(std::make_shared<Listener>(io, address, port, std::move(handler))) {
  listener_->accept();
}

Server::~Server() {
  stop();
}

std::uint16_t Server::port() const noexcept {
  return listener_->port();
}

void Server::stop() {
  listener_->stop();
}

}  // namespace tightrope::simulator
