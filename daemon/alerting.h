// From alerts to receivers: routes, groups, the outbox, and the Alertmanagers that are fed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/transfer.h"
#include "config/configuration.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/outbox.h"
#include "rules/engine.h"

namespace tightrope::daemon {

// What the store holds of earlier runs.
struct StoredAlerting {
  std::vector<Record> notified;  // table kNotifiedTable
  std::vector<Record> outbox;    // table kOutboxTable
};

// On one executor's thread. What it is given is borrowed until stop() has returned.
class Alerting {
 public:
  Alerting(asio::any_io_executor executor, Clock& clock, Journal& journal, collectors::Transfer& transfer,
           std::string external_url, Outbox::OnEvent on_event);
  ~Alerting();  // REQUIRES: stop() has returned, or the executor runs no more

  // Why these routes cannot be used, or nothing. Changes nothing.
  static std::optional<std::string> problem(const config::Configuration& configuration);

  // The receivers and routes in force. `stored` is what the journal holds now. Feed every alert that is known
  // with know() afterwards, then call dispatch(). REQUIRES: problem() says nothing.
  void configure(const config::Configuration& configuration, const StoredAlerting& stored);
  void know(const std::vector<rules::Alert>& alerts);
  // Logs the changes, and tells whom they concern as soon as the routes say; what is due now goes out now.
  void changed(const std::vector<rules::AlertChange>& changes);
  void dispatch();
  // Alerts of a client that is no longer configured, as it left them: nobody will ever see them recover.
  // Those that fire are resolved and told like any other change; pending ones are forgotten.
  void end(std::vector<rules::Alert> alerts);

  // After know(): the ids of alerts that receivers believe to fire, and of which nothing is known. For end().
  std::set<std::string> told_and_unknown() const;

  // Messages that are not yet delivered.
  std::size_t queued() const;
  std::vector<OutboxBacklog> backlog() const;  // of each integration in force; not of Alertmanagers
  // What is not delivered stays in the store.
  asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon
