// A client that can be as rude as the network: bytes in, bytes out, on a blocking socket.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tightrope::testing {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// To 127.0.0.1. Everything gives up after 20 seconds, so that a server that hangs fails a test and does not
// stop it.
class RawHttpClient {
 public:
  explicit RawHttpClient(std::uint16_t port);
  ~RawHttpClient();
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  // False when the other side is gone.
  bool send(std::string_view bytes);
  // The next answer; nothing when the connection ended, or nothing whole came. `head`: no body follows.
  std::optional<RawResponse> receive(bool head = false);
  // True when the server ends the connection and sends nothing more.
  bool ends();
  void finish_sending();

  // A request and its answer.
  std::optional<RawResponse> get(std::string_view target, std::string_view extra_headers = "");
  std::optional<RawResponse> post(std::string_view target, std::string_view body,
                                  std::string_view extra_headers = "Content-Type: application/json\r\n");

 private:
  bool read_more();
  int socket_;
  std::string received_;
};

}  // namespace tightrope::testing
