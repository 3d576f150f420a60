// The messages waiting for one integration, and what to do with the next: a pure function of state and time.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/backoff.h"
#include "daemon/receivers/receiver.h"
#include "rules/units.h"

namespace tightrope::daemon {

// How much may wait, and for how long.
struct OutboxLimits {
  std::size_t most_queued = 10'000;           // per integration; the oldest is dropped, with an error logged
  std::size_t most_queued_bytes = 64u << 20;  // likewise
  rules::Duration oldest{std::chrono::days(3)};  // given up after it
  rules::Duration first_backoff{std::chrono::seconds(1)};
  rules::Duration longest_backoff{std::chrono::minutes(5)};
  rules::Duration timeout{
      std::chrono::seconds(15)};  // of one try, for an integration that does not end by itself
};

// One message to one integration, rendered. Kept as bytes until it is delivered.
struct OutboxMessage {
  std::string notification_id;
  std::string receiver;     // the configured receiver's name
  std::string integration;  // oncall/slack[0]
  std::string body;
  rules::Timestamp made_at{};
  std::uint64_t order = 0;  // among those made at one time
  // What it says, for when it is lost: its group, and the ids of its alerts.
  std::string group_key = {};
  std::vector<std::string> alerts = {};
};
// Version 2: a version byte, then the fields as above, each as rules/codec.h writes them. Version 1 ended
// with `order`.
std::string encode(const OutboxMessage& message);
// Nothing when the bytes are not a whole message of a known version.
std::optional<OutboxMessage> decode_outbox_message(std::string_view bytes);
// The key of its record in the journal's table kOutboxTable.
std::string record_key(const OutboxMessage& message);
constexpr std::string_view kOutboxTable = "outbox";

// Messages are tried one after another, in order: a later one must not overtake ("resolved" before "firing").
class OutboxQueue {
 public:
  OutboxQueue(const OutboxLimits& limits, std::uint64_t jitter_seed);

  // Returns the messages dropped to make room, oldest first: usually none.
  std::vector<OutboxMessage> push(OutboxMessage message);

  struct Action {
    enum class Kind { idle, wait, attempt, too_old };
    Kind kind = Kind::idle;
    rules::Timestamp until{};  // of wait
  };
  // What to do with the front message. `attempt` stays the answer until settled() or drop_front().
  Action next(rules::Timestamp now) const;
  const OutboxMessage& front() const { return messages_.front(); }  // REQUIRES: not empty

  // What a try has come to.
  struct Settled {
    enum class Kind { delivered, refused, failing };  // failing: it stays, and is tried again
    Kind kind = Kind::failing;
    OutboxMessage message;           // for delivered and refused: taken off the queue
    bool log_failure = false;        // failing: the first time, or for another reason than before
    rules::Duration next_try_in{0};  // failing
    unsigned failures = 0;  // tries that failed before this; for delivered: the failing has ended if not 0
  };
  // REQUIRES: not empty. The front message is the one that was tried.
  Settled settled(const Delivery& delivery, rules::Timestamp now);
  OutboxMessage drop_front();  // REQUIRES: not empty
  // The next try is due at once: the configuration has changed.
  void hurry() { not_before_.reset(); }

  bool empty() const noexcept { return messages_.empty(); }
  std::size_t size() const noexcept { return messages_.size(); }
  unsigned failures() const noexcept { return failures_; }
  // A message that is being tried is not dropped for room.
  void set_in_flight(bool in_flight) noexcept { in_flight_ = in_flight; }

 private:
  OutboxMessage pop();

  OutboxLimits limits_;
  Backoff backoff_;
  std::deque<OutboxMessage> messages_;
  std::size_t bytes_ = 0;
  unsigned failures_ = 0;  // since the last delivery
  std::string failing_;    // why, as last logged
  std::optional<rules::Timestamp> not_before_;
  bool in_flight_ = false;
};

}  // namespace tightrope::daemon
