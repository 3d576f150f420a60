// One client's engine at work: events go through the journal to the engine, effects come out.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "rules/engine.h"
#include "rules/name_book.h"

namespace tightrope::daemon {

// What became of a batch.
struct Accepted {
  std::uint32_t changed = 0;   // figures that were new or different
  std::uint32_t restated = 0;
  std::uint32_t outside = 0;
};

// Why something was not taken.
struct Refusal {
  enum class Kind { not_durable, overloaded, not_found, conflict, bad };
  Kind kind;
  std::string text;
};
template <class T>
using Taken = boost::system::result<T, Refusal>;

// The engine lives on a strand of the pool; the methods may be called from the I/O thread and return there. Every event is
// durable before it is applied, and is applied in the order of the journal. Time moves on by itself: whenever something
// falls due in the engine, a tick is journalled and applied.
class ClientRuntime {
 public:
  // On the I/O executor, in order. `events` is the number of journalled events that led to it (for the log).
  using OnChanges = std::function<void(const std::string& client, std::vector<rules::AlertChange>)>;
  using OnApplied = std::function<void(const std::string& client, double seconds, const rules::Effects&)>;

  ClientRuntime(asio::any_io_executor io, asio::any_io_executor pool, Clock& clock, Journal& journal, config::Client client,
                config::JournalSettings settings, OnChanges on_changes, OnApplied on_applied);
  ~ClientRuntime();  // REQUIRES: stop() has returned, or start() was never called

  // Blocking: newest snapshot, then the journal's tail; then the configured strategy if it is another. Call before start().
  // Alerts that are alive afterwards are in the engine; transitions of the replay are not reported again.
  std::optional<JournalError> recover();
  void start();                    // ticks and snapshots
  asio::awaitable<void> stop();    // waits for what is under way, takes a snapshot

  const std::string& name() const noexcept;

  // Only rows that change something are journalled; success means they are durable and applied. With a
  // coverage, figures that the batch's source gave and gives no more are taken back (Engine::changed), or at
  // the next time, when other figures of the client are on their way.
  asio::awaitable<Taken<Accepted>> observe(rules::ObservationBatch batch,
                                           std::optional<rules::Coverage> coverage = {});
  asio::awaitable<Taken<std::string>> decide(rules::Decision decision);            // the decision's recommendation id
  asio::awaitable<Taken<std::string>> acknowledge(rules::Acknowledgement acknowledgement);
  // All that is found of a source; journalled only where the engine knows something else. Its time is set here.
  asio::awaitable<Taken<Accepted>> tell(rules::SourceFindings findings);
  asio::awaitable<Taken<std::string>> adopt(config::Client client);                // a reload; a snapshot follows

  // Runs `read` on the engine's strand and returns when it has run. It must copy out what it needs and not keep
  // references. The caller's locals that it captures live on in the awaiting coroutine.
  asio::awaitable<void> view(std::function<void(const rules::Engine&)> read) const;

  // Likewise, with the names that its entities are known by.
  asio::awaitable<void> view_names(
      std::function<void(const rules::Engine&, const rules::NameBook&)> read) const;

  Sequence applied() const noexcept;            // the newest event applied; any thread
  Timestamp last_event_at() const noexcept;     // its time; any thread

 private:
  struct State;
  struct Loops;
  std::shared_ptr<State> state_;  // shared with handlers in flight
};

}  // namespace tightrope::daemon
