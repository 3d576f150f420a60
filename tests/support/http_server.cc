#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

namespace tightrope::testing {
namespace {

// Bytes of one connection, with those that were read too far kept for the next request.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  // Up to the empty line, which is left out. False when the peer is gone.
  bool read_head(std::string& head) {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return false;
    }
    head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    return true;
  }

  bool read_body(std::size_t size, std::string& body) {
    while (buffer_.size() < size) {
      if (!read_more()) return false;
    }
    body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void wait_until_closed() {
    while (read_more()) buffer_.clear();
  }

 private:
  bool read_more() {
    std::array<char, 16 << 10> bytes{};
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::string buffer_;
};

HttpRequest parse_head(std::string_view head) {
  HttpRequest request;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const std::size_t target = first.find(' ') + 1;
  request.method = first.substr(0, target - 1);
  request.target = first.substr(target, first.rfind(' ') - target);
  for (std::size_t at = first.size() + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    const std::size_t colon = line.find(':');
    std::string name(line.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    request.headers.emplace_back(std::move(name), value == std::string_view::npos ? "" : line.substr(value));
    at = end + 2;
  }
  return request;
}

std::string render(const HttpReply& reply, bool without_body) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " Scripted\r\n";
  for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
  if (reply.status != 204 && reply.status != 304)
    text += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  text += "\r\n";
  if (without_body) return text;
  return text +
         (reply.fault == HttpFault::cut_short ? reply.body.substr(0, reply.body.size() / 2) : reply.body);
}

}  // namespace

std::string HttpRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  // Tests talk to this server directly, whatever the environment says.
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 512) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& server : servers_) server.join();  // none is added any more
  ::close(listener_);
}

std::string HttpServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool HttpServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, std::chrono::seconds(30), [&] { return requests_.size() >= count; });
}

void HttpServer::accept_all() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(connection);
      return;
    }
    connections_.insert(connection);
    servers_.emplace_back([this, connection] { serve(connection); });
  }
}

void HttpServer::serve(int socket) {
  Connection connection(socket);
  std::string head;
  while (connection.read_head(head)) {
    HttpRequest request = parse_head(head);
    std::size_t length = 0;
    const std::string announced = request.header("content-length");
    std::from_chars(announced.data(), announced.data() + announced.size(), length);
    if (!connection.read_body(length, request.body)) break;
    const HttpReply reply = answer(request);
    if (reply.fault == HttpFault::never_answers) connection.wait_until_closed();
    if (reply.fault == HttpFault::never_answers || reply.fault == HttpFault::no_answer) break;
    if (!connection.write(render(reply, request.method == "HEAD")) || reply.fault == HttpFault::cut_short)
      break;
  }
  const std::lock_guard lock(mutex_);
  connections_.erase(socket);
  ::close(socket);
}

HttpReply HttpServer::answer(const HttpRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  arrived_.notify_all();
  const std::lock_guard lock(handling_);
  return handler_(request);
}

}  // namespace tightrope::testing
