// One connection: requests in, answers out, each within its limits. Private to http/.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/http/router.h"
#include "daemon/http/server.h"

namespace tightrope::daemon::http {

// What all connections share. On the I/O thread.
struct ServerContext {
  Router router;
  std::shared_ptr<const ServerSettings>
      settings;  // replaced by a reload; a request keeps those it began with
  OnAnswered on_answered;
  bool stopping = false;
};

// Owned by the coroutine that serves it, and by whoever has to close it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `context` must outlive the coroutines below.
  Connection(asio::ip::tcp::socket socket, ServerContext& context);

  // Answers requests until one side has enough.
  static asio::awaitable<void> serve(std::shared_ptr<Connection> self);
  // Says 503 and closes.
  static asio::awaitable<void> turn_away(std::shared_ptr<Connection> self);

  void close_if_idle();
  void close();

 private:
  struct Buffer;   // what was read and is not consumed yet
  struct Arrived;  // a request, or why there is none
  enum class OnExpiry { stop_reading, close };

  // Of the operations that follow, until set again or cleared.
  void set_deadline(rules::Duration from_now, OnExpiry then);
  void clear_deadline();
  void expire(OnExpiry then);

  asio::awaitable<bool> serve_one();  // false: the connection is done
  asio::awaitable<bool> wait_for_bytes();
  asio::awaitable<void> receive(Arrived& arrived);
  asio::awaitable<Response> answer(const Route& route, const Request& request);
  asio::awaitable<bool> send(const Response& response, bool head, bool keep_alive);
  asio::awaitable<void> drain();

  asio::ip::tcp::socket socket_;
  ServerContext& context_;
  std::shared_ptr<const ServerSettings> settings_;
  std::shared_ptr<Buffer> buffer_;
  std::string peer_;
  asio::steady_timer deadline_;
  std::uint64_t deadline_number_ =
      0;  // tells a deadline that was replaced while its timer was already on its way
  bool expired_ = false;
  bool busy_ = false;    // from a request's first byte to its answer's last
  bool unread_ = false;  // the other side may still be sending what nobody will read
};

}  // namespace tightrope::daemon::http
