// A source at work against the simulator: the configuration's text, the connector it names, the daemon's
// poller, and a clock that moves only when nobody waits for an answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/rate_gate.h"
#include "collectors/tokens.h"
#include "collectors/translation.h"
#include "config/configuration.h"
#include "daemon/metrics.h"
#include "daemon/poller.h"
#include "daemon/slots.h"
#include "daemon/task_group.h"
#include "daemon/token_store.h"
#include "tests/config/scratch_folder.h"
#include "tests/support/manual_clock.h"
#include "tests/vendors/figures.h"
#include "tests/vendors/simulator.h"

namespace tightrope::vendors {

// What the collector handed over at one time.
struct HandedOver {
  rules::Timestamp at;
  rules::DayRange days;                  // that a poll of that time reads
  std::vector<std::string> differences;  // from the truth of that moment
  bool fault_had_fired = false;
};

class Drive {
 public:
  explicit Drive(std::unique_ptr<Vendor> vendor);
  ~Drive();
  Drive(const Drive&) = delete;
  Drive& operator=(const Drive&) = delete;

  // Reads the configuration and starts to poll. What is wrong with the configuration; "" when nothing is.
  std::string start();
  // As the daemon does when it is started again: a new collector and a new poller.
  void restart();
  // Lets time pass until the condition holds. False when so much virtual time has passed without it.
  bool run_until(const std::function<bool()>& condition, rules::Duration at_most);
  // Until another batch was handed over.
  bool next_batch(rules::Duration at_most);

  Simulator& simulator() noexcept { return simulator_; }
  const std::vector<HandedOver>& handed_over() const noexcept { return handed_over_; }
  const daemon::SourceStatus& status() const { return poller_->status(); }
  rules::Timestamp now() const noexcept { return clock_.now(); }
  rules::DayRange days_read() const;  // by a poll of now

 private:
  class VirtualTransfer;
  std::string configuration_text() const;
  void begin_polling();
  void stop_polling();
  boost::asio::awaitable<daemon::Taken<daemon::Accepted>> take(rules::ObservationBatch batch,
                                                               std::optional<rules::Coverage> coverage);

  boost::asio::io_context io_;
  testing::ManualClock clock_{kStart};
  Simulator simulator_;
  config::ScratchFolder folder_;
  std::optional<config::Configuration> configuration_;
  daemon::FileTokenStore token_store_{folder_.path() + "/storage"};
  std::unique_ptr<VirtualTransfer> transfer_;
  std::unique_ptr<collectors::Tokens> tokens_;  // these two end with a restart
  std::optional<collectors::RateGates> gates_;
  std::optional<collectors::Translation> translation_;
  daemon::Slots slots_{4};
  daemon::Metrics metrics_;
  std::unique_ptr<daemon::Poller> poller_;
  std::unique_ptr<daemon::TaskGroup> task_;
  ReceivedFigures figures_;
  std::vector<HandedOver> handed_over_;
};

}  // namespace tightrope::vendors
