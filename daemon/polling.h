// All sources at work: a poller for each that is polled, the status of each that pushes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/rate_gate.h"
#include "collectors/tokens.h"
#include "collectors/transfer.h"
#include "config/configuration.h"
#include "daemon/client_runtime.h"
#include "daemon/clock.h"
#include "daemon/slots.h"
#include "daemon/source_status.h"

namespace tightrope::daemon {

class FindingStore;
class Metrics;

// On one executor's thread. Clock, metrics, transfer and token store are borrowed until its destruction.
class Polling {
 public:
  static constexpr std::size_t kMostPollsAtOnce = 64;

  // Takes a batch for one of the configuration's clients.
  using HandOver = std::function<asio::awaitable<Taken<Accepted>>(std::string client, rules::ObservationBatch,
                                                                  std::optional<rules::Coverage>)>;

  // `findings` is borrowed likewise, and may be null: then what is found is forgotten with a restart, and no
  // engine knows of it.
  Polling(asio::any_io_executor executor, Clock& clock, Metrics& metrics, collectors::Transfer& transfer,
          collectors::TokenStore& token_store, HandOver hand_over, FindingStore* findings = nullptr);
  ~Polling();  // REQUIRES: stop() has returned, or the executor runs no more

  // The sources in force. Those that did not change go on undisturbed; others are ended first, then the new
  // ones start. Rates that belong to no client go to all that are in force when they come, so a new client
  // has them at the next poll. `configuration` must live until this has returned.
  asio::awaitable<void> configure(const config::Configuration& configuration);
  // A token that is being fetched is waited for a while, for it may bring a new refresh token.
  asio::awaitable<void> stop();

  std::vector<SourceStatus> statuses() const;  // in configuration order
  // Figures were pushed to the source. Unknown names are ignored.
  void pushed(std::string_view source, const Accepted& accepted, std::optional<rules::Day> newest);

 private:
  struct Entry;
  std::unique_ptr<Entry> make(const config::Source& source, const config::Configuration& configuration) const;
  void start(Entry& entry);
  asio::awaitable<void> forget_findings();
  asio::awaitable<Taken<Accepted>> hand_to_all(rules::ObservationBatch batch);

  const asio::any_io_executor executor_;
  Clock& clock_;
  Metrics& metrics_;
  collectors::Transfer& transfer_;
  const HandOver hand_over_;
  FindingStore* const findings_;
  Slots slots_{kMostPollsAtOnce};
  // What sources share goes on over a reload.
  const std::unique_ptr<collectors::Tokens> tokens_;
  collectors::RateGates gates_;
  std::vector<std::unique_ptr<Entry>> entries_;  // in configuration order
  std::vector<std::string> clients_;             // likewise
};

}  // namespace tightrope::daemon
