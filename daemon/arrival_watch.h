// What is found in one source's figures, told once: in the log, in the metrics, and to the client's engine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/arrival_checks.h"
#include "config/sources.h"
#include "daemon/finding_store.h"
#include "rules/units.h"

namespace spdlog {
class logger;
}

namespace tightrope::daemon {

class Metrics;

// On one executor's thread. Borrows metrics and store; `store` may be null: then nothing outlives it.
class ArrivalWatch {
 public:
  ArrivalWatch(const config::Source& source, const rules::Dimensions& dimensions, Metrics& metrics,
               FindingStore* store);

  // What was known before a restart. Before anything else, or not at all.
  asio::awaitable<void> resume();
  // What was known under the source's configuration before.
  void go_on_from(const ArrivalWatch& before);

  // As ArrivalChecks. `today` is of the source's zone.
  void arrived(const collectors::Collected& collected, rules::Day today);
  void unreadable(std::string_view error, rules::Day today);
  // Tells what has changed since it was last told. What the engine could not take is told again next time.
  asio::awaitable<void> tell();

  // As last told.
  const std::vector<rules::SourceFinding>& findings() const noexcept { return logged_; }

 private:
  void log_changes();

  const std::string source_, client_;
  Metrics& metrics_;
  FindingStore* const store_;
  const std::shared_ptr<spdlog::logger> log_;
  collectors::ArrivalChecks checks_;
  std::vector<rules::SourceFinding> logged_;
  std::optional<std::vector<rules::SourceFinding>> told_;  // that the engine is known to know
  rules::Day today_ = rules::kFirstDay;
  rules::Day kept_ = rules::kFirstDay;  // on which the memory was last kept
};

}  // namespace tightrope::daemon
