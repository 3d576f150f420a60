// One client at work on one thread: a journal in memory, a clock that moves when told, and time that passes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "daemon/client_runtime.h"
#include "memory_journal.h"
#include "tests/support/manual_clock.h"

namespace tightrope::testing {

// Of the text of a configuration; throws with its errors.
config::Configuration configuration_of(const std::string& yaml);

// A configuration with the client acme (zone UTC, EUR): at most `cpa` per conversion over 7 days per
// campaign, firing after `hold`, with a playbook that always applies.
std::string acme_yaml(int cpa = 40, const std::string& hold = "0s");

// A day's figures of a campaign of the channel search.
rules::ObservationBatch figures(const std::string& campaign, rules::Day day, int spend, int conversions);

class ClientWorld {
 public:
  explicit ClientWorld(const std::string& yaml = acme_yaml());
  ~ClientWorld();

  // A new runtime on the same journal, as after a crash of the one before (or a stop, if stop() was called).
  // Not started.
  std::optional<daemon::JournalError> recover(const std::string& yaml);
  // The same, started; throws when it cannot recover.
  void start(const std::string& yaml);
  void stop();
  void crash();

  daemon::ClientRuntime& client() { return *runtime_; }

  // Until everything waits for time or for the journal.
  void settle();
  // Time passes; whoever sleeps wakes at his moment.
  void pass(rules::Duration by);

  daemon::Taken<daemon::Accepted> observe(rules::ObservationBatch batch,
                                          std::optional<rules::Coverage> coverage = {});
  daemon::Taken<daemon::Accepted> tell(rules::SourceFindings findings);
  daemon::Taken<std::string> decide(rules::Decision decision);
  daemon::Taken<std::string> acknowledge(const std::string& alert, const std::string& by);
  daemon::Taken<std::string> adopt(const std::string& yaml);
  // Starts one without waiting; its answer is in `answers` once it has come.
  void observe_later(rules::ObservationBatch batch);

  std::vector<rules::Alert> alerts();
  std::string snapshot();
  rules::Timestamp now() const { return clock_.now(); }
  // For what works beside the client, on its thread and in its time.
  boost::asio::io_context& io() { return io_; }
  ManualClock& clock() { return clock_; }

  MemoryJournal journal;
  std::vector<rules::AlertChange> changes;  // as they were reported
  std::vector<daemon::Taken<daemon::Accepted>> answers;

 private:
  template <class T>
  T run(boost::asio::awaitable<T> work);

  boost::asio::io_context io_{1};
  ManualClock clock_;
  std::unique_ptr<daemon::ClientRuntime> runtime_;
};

}  // namespace tightrope::testing
