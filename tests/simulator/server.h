// The simulator's HTTP/1.1 listener.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/simulator/api.h"

namespace tightrope::simulator {

// Serves one handler on one address until it is destroyed. Everything happens on the thread that runs the
// context, which must not run any more when the server is destroyed.
class Server {
 public:
  using Handler = std::function<Reply(const Request&)>;

  // Port 0 takes a free one. Throws boost::system::system_error when the address cannot be bound.
  Server(boost::asio::io_context& io, const std::string& address, std::uint16_t port, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;
  void stop();  // accepts no more, and ends the connections there are

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;
};

}  // namespace tightrope::simulator
