// One source at work: wait, collect with a deadline, hand over.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "collectors/collector.h"
#include "collectors/translation.h"
#include "config/sources.h"
#include "daemon/client_runtime.h"
#include "daemon/clock.h"
#include "daemon/poll_schedule.h"
#include "daemon/repeated_error.h"
#include "daemon/slots.h"
#include "daemon/source_status.h"
#include "rules/calendar.h"

namespace spdlog {
class logger;
}

namespace tightrope::daemon {

class ArrivalWatch;
class Metrics;

// What a poller works with. Borrowed; outlives it.
struct PollerContext {
  Clock& clock;
  Slots& slots;
  Metrics& metrics;
  // Gives a batch, in the client's terms, to its engine, with what it covers; success means it is durable and
  // applied.
  std::function<asio::awaitable<Taken<Accepted>>(rules::ObservationBatch, std::optional<rules::Coverage>)>
      hand_over;
  ArrivalWatch* watch = nullptr;  // looks at what arrives; null: nobody does
};

PollPolicy policy_of(const config::Source& source) noexcept;
// The status of a source before anything was heard of it.
SourceStatus first_status(const config::Source& source);
// When no success for so long makes a source stale.
Duration stale_after(const config::Source& source) noexcept;
// The end of the newest bucket of a batch that has a figure, or nothing.
std::optional<Timestamp> newest_end(const rules::ObservationBatch& batch, const rules::Calendar& calendar);

// On one executor's thread.
class Poller {
 public:
  // `status` is what is known of the source already: counters go on over a reload. The days asked for, and
  // those of the status, are days of the source's zone.
  Poller(config::Source source, std::unique_ptr<collectors::Collector> collector,
         collectors::Translation translation, PollerContext context, SourceStatus status);

  // Polls until it is cancelled. Once. The poller must live until it has ended.
  asio::awaitable<void> run();

  const config::Source& source() const noexcept { return source_; }
  const SourceStatus& status() const noexcept { return status_; }

 private:
  struct Failure {
    std::string reason;  // of a fixed set: it becomes a label
    std::string text;
    TryFailure to_schedule;
  };
  struct Figures {
    rules::Day first;  // that was asked for
    collectors::Collected collected;
  };
  using Tried = std::variant<Figures, Failure>;
  static Failure failure_of(const collectors::CollectError& error);

  asio::awaitable<void> poll();
  asio::awaitable<Tried> collect(Timestamp deadline);
  asio::awaitable<std::optional<Failure>> hand_over(Figures figures);
  asio::awaitable<void> look(const std::optional<Failure>& failure);
  void end(Timestamp began, const std::optional<Failure>& failure);

  const config::Source source_;
  const std::unique_ptr<collectors::Collector> collector_;
  const collectors::Translation translation_;
  PollerContext context_;
  const std::shared_ptr<spdlog::logger> log_;
  SourceStatus status_;
  RepeatedError repeated_;
  RepeatedError partial_;  // why answers are not whole
  RepeatedError outside_;  // whether figures were left out
  std::optional<PollSchedule> schedule_;
};

}  // namespace tightrope::daemon
