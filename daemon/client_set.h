// The runtimes of all clients.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/configuration.h"
#include "daemon/client_runtime.h"
#include "daemon/clock.h"
#include "daemon/journal.h"

namespace tightrope::daemon {

// On the I/O thread, except where it says else. What it is given is borrowed.
class ClientSet {
 public:
  ClientSet(asio::any_io_executor io, asio::any_io_executor pool, Clock& clock, Journal& journal,
            ClientRuntime::OnChanges on_changes, ClientRuntime::OnApplied on_applied);
  ~ClientSet();  // REQUIRES: stop() has returned

  using Runtimes = std::vector<std::unique_ptr<ClientRuntime>>;
  // Recovers the clients on the pool, several at a time. Either all of them, not yet started, or the first
  // error.
  asio::awaitable<std::variant<Runtimes, JournalError>> recover(std::vector<config::Client> clients,
                                                                config::JournalSettings settings);
  // They are found from now on. REQUIRES: none of their names is taken.
  void enter(Runtimes recovered);
  void start(const std::vector<std::string>& names);
  // The client is found no more, and is stopped; it stays in memory until the end, because a request may
  // still use it. Returns the alerts it leaves; none of them changes any more.
  asio::awaitable<std::vector<rules::Alert>> retire(std::string name);
  asio::awaitable<void> stop();  // all that are left

  ClientRuntime* find(std::string_view name) const;  // or null

 private:
  const asio::any_io_executor io_, pool_;
  Clock& clock_;
  Journal& journal_;
  const ClientRuntime::OnChanges on_changes_;
  const ClientRuntime::OnApplied on_applied_;
  std::map<std::string, std::unique_ptr<ClientRuntime>, std::less<>> clients_;
  Runtimes retired_;
};

// A copy of the alerts that a client's engine knows.
asio::awaitable<std::vector<rules::Alert>> alerts_of(const ClientRuntime& client);

}  // namespace tightrope::daemon
