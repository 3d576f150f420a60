// Messages on their way. A message is durable before it is tried, tried until the receiver takes it, refuses
// it or it is too old, and then erased. One queue per integration: a dead receiver delays nobody else; and in
// it one line per group: a message that a receiver cannot take delays its own group only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/outbox_queue.h"
#include "daemon/receivers/receiver.h"
#include "daemon/routing/dispatch.h"

namespace tightrope::daemon {

// What happened to a message, for metrics and the log.
struct OutboxEvent {
  // superseded: a newer message says all of it, so nothing is lost.
  enum class Kind { delivered, failed_try, refused, too_old, dropped, superseded };
  Kind kind;
  std::string receiver;  // the configured receiver's name
  std::string integration;
  Duration latency{0};  // since the notification was made
  std::string text;
};

// What waits for an integration, durable or not yet.
struct OutboxBacklog {
  std::string receiver;
  std::string integration;
  std::size_t messages = 0;
  Duration oldest{0};  // for how long the oldest has waited, or one that it superseded; 0 when there is none
};

// At least once: a crash between a delivery and the erasure of its message (0.1 s later at most) sends it
// again, under the same notification id. On one executor's thread. stop() before destruction; clock and
// journal are borrowed until then.
class Outbox {
 public:
  using OnEvent = std::function<void(const OutboxEvent&)>;
  // `jitter_seed` spreads retries; equal seeds give equal waits.
  Outbox(asio::any_io_executor executor, Clock& clock, Journal& journal, OutboxLimits limits,
         OnEvent on_event, std::uint64_t jitter_seed);
  ~Outbox();

  // Called when a message to an integration in force is given up, before it is erased from the store.
  using OnLost = std::function<void(const OutboxMessage&)>;
  void on_lost(OnLost told);

  // A receiver's name and its integrations.
  using ReceiverIntegrations = std::pair<std::string, std::vector<std::unique_ptr<Integration>>>;
  // The integrations in force; what waits for a retry is tried at once. Messages to one that is gone are
  // dropped and logged. At the first call `stored` is the journal's table kOutboxTable, and its messages are
  // taken up again; later it is ignored.
  void configure(std::vector<ReceiverIntegrations> receivers, const std::vector<Record>& stored);
  // Stores the messages of a dispatch and what was told in one transaction, then sends. If the store fails,
  // tries again until it holds: a message is never lost because a disk was full for a while. Returns at once.
  void take(Dispatched dispatched);
  // Stores what is remembered of a group anew, no later than whatever is erased or taken after it.
  void remember(const NotifiedGroup& group);
  // Erases what was told of groups that are gone (Dispatcher::take_forgotten), after everything taken before.
  void forget(const std::vector<std::string>& notified_keys);
  // Messages not yet delivered to the receiver, over all its integrations.
  std::size_t queued(std::string_view receiver) const;
  // Of each integration in force, by name.
  std::vector<OutboxBacklog> backlog() const;
  // Takes nothing more; ends tries under way (their messages stay stored) and waits for what is being stored;
  // what could not be stored is tried once more.
  asio::awaitable<void> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the journal's answers on their way
};

}  // namespace tightrope::daemon
