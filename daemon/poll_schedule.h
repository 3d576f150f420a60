// When a source is polled, tried again and left alone: pure decisions, without a clock, a coroutine or a
// socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/source_status.h"
#include "rules/units.h"

namespace tightrope::daemon {

using rules::Duration;
using rules::Timestamp;

struct PollPolicy {
  Duration every{std::chrono::minutes(15)};
  double jitter = 0.1;                              // share of `every` by which a poll may come later
  int most_retries = 4;                             // within one poll
  Duration first_backoff{std::chrono::seconds(1)};  // before the first retry; doubled with each further one
  Duration longest_backoff{std::chrono::minutes(1)};
  Duration first_poll_within{
      std::chrono::seconds(2)};   // of the start, so that a new daemon soon knows something
  int failures_to_open = 5;       // polls failed in a row that open the breaker
  int longest_probe_factor = 10;  // probes are at most so many times `every` apart ...
  Duration longest_probe_wait{std::chrono::hours(1)};  // ... and this, but never closer than `every`
};

// Numbers that look random and are the same for the same seed: splitmix64.
class JitterSequence {
 public:
  explicit JitterSequence(std::uint64_t seed) noexcept : state_(seed) {}
  double next() noexcept;  // in [0, 1)

 private:
  std::uint64_t state_;
};
// A seed from a name, the same on every machine.
std::uint64_t seed_of(std::string_view name) noexcept;

// What one try of a poll failed of, as far as the schedule is concerned.
struct TryFailure {
  bool may_pass = false;                // trying again soon can help
  std::optional<Duration> retry_after;  // the server wants no request before
};

// The schedule of one source. Polls lie on a grid of `every`, each a little later by its own jitter, so that
// sources of one interval spread and a slow poll does not shift those after it. Each method takes the time it
// happens at.
//
// The breaker opens when polls keep failing. While it is open only single probes are sent, further and
// further apart; the first that succeeds closes it.
class PollSchedule {
 public:
  PollSchedule(PollPolicy policy, std::uint64_t seed, Timestamp start);

  // When the next poll begins. Never earlier than a server asked for.
  Timestamp next_poll() const noexcept { return next_poll_; }

  // A poll begins.
  void begin(Timestamp now) noexcept;
  // The poll's current try failed: when to try again within this poll, or nothing when the poll has failed. A
  // retry never begins at or after `deadline`, and a probe is never retried.
  std::optional<Timestamp> retry(Timestamp now, const TryFailure& failure, Timestamp deadline) noexcept;
  // The poll is over. A poll that was given up because of a throttled try keeps the wait the server asked
  // for.
  void succeeded(Timestamp now) noexcept;
  void failed(Timestamp now) noexcept;

  BreakerState breaker() const noexcept { return breaker_; }
  int failures_in_row() const noexcept { return failures_in_row_; }
  int tries() const noexcept { return tries_; }  // of the current poll, 1 for the first

 private:
  void plan(Timestamp now) noexcept;
  Duration probe_wait() const noexcept;

  PollPolicy policy_;
  JitterSequence jitter_;
  Timestamp grid_;  // of the current or latest poll
  Timestamp next_poll_;
  Timestamp allowed_{};  // the server wants nothing before
  BreakerState breaker_ = BreakerState::closed;
  int failures_in_row_ = 0;
  int tries_ = 0;
};

}  // namespace tightrope::daemon
