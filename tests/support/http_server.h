// A scripted HTTP/1.1 server on the loopback interface, for tests of what talks HTTP. It can misbehave on
// purpose.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tightrope::testing {

struct HttpRequest {
  std::string method;
  std::string target;                                        // path and query, as they came
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::string path() const { return target.substr(0, target.find('?')); }
  // "" when there is none.
  std::string header(std::string_view lower_case_name) const;
};

enum class HttpFault {
  none,
  cut_short,      // half of the body that was announced, and the connection is closed
  no_answer,      // the connection is closed without a byte
  never_answers,  // nothing is ever sent; the connection stays open
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  HttpFault fault = HttpFault::none;
};

// Answers each request by its handler, which runs on the server's threads, one call at a time. Connections
// are kept alive.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest& request)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();  // closes every connection
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  // "http://127.0.0.1:PORT" and the path after it.
  std::string url(std::string_view path = "") const;
  // Those that have arrived, answered or not.
  std::vector<HttpRequest> requests() const;
  // Returns when so many requests have arrived; false when that takes longer than half a minute.
  bool wait_for_requests(std::size_t count) const;

 private:
  void accept_all();
  void serve(int connection);
  HttpReply answer(const HttpRequest& request);

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  bool stopping_ = false;  // these four under mutex_
  std::set<int> connections_;
  std::vector<std::thread> servers_;
  std::vector<HttpRequest> requests_;
  std::mutex handling_;
  std::thread acceptor_;
};

}  // namespace tightrope::testing
