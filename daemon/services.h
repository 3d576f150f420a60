// What the HTTP handlers may use of the daemon. All on the I/O thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/configuration.h"
#include "daemon/client_runtime.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/outbox.h"
#include "daemon/source_status.h"

namespace tightrope::daemon {

class Metrics;

class Services {
 public:
  virtual ~Services() = default;
  virtual Clock& clock() = 0;
  virtual Journal& journal() = 0;
  virtual Metrics& metrics() = 0;
  virtual const config::Configuration& configuration() const = 0;  // in force; replaced by reload()
  virtual std::vector<ClientRuntime*> clients() = 0;               // in configuration order
  virtual ClientRuntime* find_client(std::string_view name) = 0;   // or null
  virtual std::vector<SourceStatus> sources() const = 0;           // in configuration order
  virtual std::vector<OutboxBacklog> backlog() const = 0;          // of each integration, by name
  // Tells the status of a source that figures were pushed to it.
  virtual void pushed(std::string_view source, const Accepted& accepted, std::optional<rules::Day> newest) = 0;
  virtual bool ready() const = 0;  // recovered and started, and not stopping
  // Errors: the file is bad and nothing changed.
  virtual asio::awaitable<config::Errors> reload() = 0;
};

}  // namespace tightrope::daemon
