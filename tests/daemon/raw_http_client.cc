#include "tests/daemon/raw_http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace tightrope::testing {
namespace {

constexpr timeval kPatience{.tv_sec = 20, .tv_usec = 0};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RawHttpClient::RawHttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) throw std::runtime_error("no socket");
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error("cannot connect");
  }
}

RawHttpClient::~RawHttpClient() {
  close(socket_);
}

bool RawHttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawHttpClient::read_more() {
  char buffer[16 << 10];
  const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

std::optional<RawResponse> RawHttpClient::receive(bool head) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  RawResponse response;
  const std::string header = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  if (!header.starts_with("HTTP/1.1 ")) return std::nullopt;
  response.status = std::stoi(header.substr(9, 3));
  for (std::size_t at = header.find("\r\n") + 2; at < header.size();) {
    const std::size_t line_end = header.find("\r\n", at);
    const std::size_t colon = header.find(": ", at);
    if (colon < line_end)
      response.headers[lower(header.substr(at, colon - at))] = header.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  if (response.status == 100 || head) return response;
  const std::size_t size = std::stoul(response.headers.at("content-length"));
  while (received_.size() < size) {
    if (!read_more()) return std::nullopt;
  }
  response.body = received_.substr(0, size);
  received_.erase(0, size);
  return response;
}

bool RawHttpClient::ends() {
  char byte = 0;
  return received_.empty() && recv(socket_, &byte, 1, 0) == 0;
}

void RawHttpClient::finish_sending() {
  shutdown(socket_, SHUT_WR);
}

std::optional<RawResponse> RawHttpClient::get(std::string_view target, std::string_view extra_headers) {
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(extra_headers).append("\r\n");
  if (!send(request)) return std::nullopt;
  return receive();
}

std::optional<RawResponse> RawHttpClient::post(std::string_view target, std::string_view body,
                                               std::string_view extra_headers) {
  std::string request = "POST ";
  request.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(extra_headers);
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  if (!send(request)) return std::nullopt;
  return receive();
}

}  // namespace tightrope::testing
