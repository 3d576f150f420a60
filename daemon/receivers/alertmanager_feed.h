// Alerts handed to Alertmanagers, which group, wait and repeat by themselves: API v2.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/receivers.h"
#include "daemon/clock.h"
#include "daemon/outbox.h"
#include "daemon/receivers/receiver.h"

namespace tightrope::daemon {

// Nothing is kept on disk: while an alert fires it is sent again anyway, and after a restart every alert the
// engine knows is fed anew, resolved ones of the last 15 minutes included. Each Alertmanager has a queue and
// a coroutine of its own, so a dead one delays nobody. All on the executor's thread.
class AlertmanagerFeed {
 public:
  // Events are reported as the outbox reports its own: `delivered` once for each request that carried news
  // (not for those that only repeat), `failed_try` when an Alertmanager did not take one. `jitter_seed`
  // spreads retries. Clock and transfer are borrowed until stop() has returned.
  AlertmanagerFeed(asio::any_io_executor executor, Clock& clock, collectors::Transfer& transfer,
                   MessageLinks links, Outbox::OnEvent on_event, std::uint64_t jitter_seed);
  ~AlertmanagerFeed();  // REQUIRES: stop() has returned, or the executor runs no more

  // The Alertmanagers in force: one for each URL of each receiver. Those that stay keep their alerts; others
  // are forgotten. After a change of routes or receivers, feed every alert again.
  void configure(const std::vector<config::Receiver>& receivers);
  // The alert's newest state, and the receivers that it is routed to (Dispatcher::receivers_of).
  // Alertmanagers of other receivers are no longer told of it.
  void update(const rules::Alert& alert, const std::vector<std::string>& receivers);
  // Alerts that some Alertmanager of the receiver is told of, added over its Alertmanagers.
  std::size_t alerts(std::string_view receiver) const;
  // Ends what is under way. The Alertmanagers resolve by themselves what nobody tells them any more.
  asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon
