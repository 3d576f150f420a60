// The messages waiting for one integration, and what to do with the next: a pure function of state and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/backoff.h"
#include "daemon/outbox_message.h"
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

// So many groups failed, one after another and with nothing taken in between: it is the receiver, not one of
// its messages. More of those that have failed while others were taken: they say less.
constexpr unsigned kDownAfterGroups = 3;
constexpr unsigned kDownAfterGroupsAtFault = 20;

// One try at a time. Messages of one group go out in order: a later one must not overtake ("resolved" before
// "firing"). Groups do not wait for one another: one whose message fails backs off by itself and goes to the
// end of the line, so that it delays others by one try at most.
//
// When the receiver seems to be down (kDownAfterGroups), there is one try, of the group that is next in line,
// each time the integration's own back-off has passed. The first message that is answered ends that, and
// every group that failed meanwhile is tried at once. One that then fails again is at fault itself: it is not
// hurried any more until one of its messages is answered.
//
// After an outage nobody is told every state that a group went through. A message that waits is superseded
// when a newer one of its group shows every alert that it shows: each shows them as they were when it was
// made, so the newer one says all of it. An alert that the newer one no longer shows (its end was told since,
// or there is no room for it) keeps the older one waiting. So whoever was told of a beginning is told of the
// end, and what began and ended meanwhile is told as ended. The newer one takes over the older one's place in
// the line. What is being tried is superseded when that has failed.
//
// A Retry-After is the receiver's word on itself and holds for all groups; for its own group only where that
// is at fault.
class OutboxQueue {
 public:
  OutboxQueue(const OutboxLimits& limits, std::uint64_t jitter_seed);
  OutboxQueue(const OutboxQueue&) = delete;  // groups are pointed to
  OutboxQueue& operator=(const OutboxQueue&) = delete;

  // The messages that left the queue, oldest first: usually none.
  struct Pushed {
    std::vector<OutboxMessage> superseded;
    std::vector<OutboxMessage> dropped;  // to make room. Never the one being tried, nor the newest
  };
  Pushed push(OutboxMessage message);

  struct Action {
    enum class Kind { idle, wait, attempt, too_old };
    Kind kind = Kind::idle;
    rules::Timestamp until{};  // of wait
  };
  // What to do next; idle while a message is being tried. too_old: drop_oldest().
  Action next(rules::Timestamp now) const;
  // The message to try now. Valid until settled(). REQUIRES: next(now) is `attempt`.
  const OutboxMessage& start(rules::Timestamp now);

  // What a try has come to.
  struct Settled {
    enum class Kind { delivered, refused, failing };  // failing: it stays, and is tried again
    Kind kind = Kind::failing;
    OutboxMessage message;           // failing: a copy without the body; else taken off the queue
    bool log_failure = false;        // failing: the first time, or for another reason than before
    bool group_at_fault = false;     // failing: while others of the integration are taken
    rules::Duration next_try_in{0};  // failing
    unsigned failures = 0;  // tries that failed before this; for delivered: the failing has ended if not 0
    std::vector<OutboxMessage> superseded = {};  // failing: the one tried, when a newer one says all of it
  };
  // REQUIRES: start() was called, and this not since.
  Settled settled(const Delivery& delivery, rules::Timestamp now);
  OutboxMessage drop_oldest();  // REQUIRES: not empty
  // Every group is due at once, and none is at fault: the configuration has changed.
  void hurry();

  bool empty() const noexcept { return messages_.empty(); }
  std::size_t size() const noexcept { return messages_.size(); }
  // When the oldest message was made, or the oldest of those that it superseded; nothing when empty.
  std::optional<rules::Timestamp> waiting_since() const;

 private:
  // In the line: of a message when it came, or of a group when it failed. Each is given once.
  using Place = std::uint64_t;
  struct Waiting {
    OutboxMessage message;
    rules::Timestamp since;
  };
  struct Group {
    std::string key;
    std::deque<Place> messages;  // never empty
    Place turn = 0;
    std::optional<rules::Timestamp> not_before;  // while it backs off
    unsigned failures = 0;                       // since the last answer to it
    std::uint64_t failed_after = 0;              // answers_ when it last failed
    bool at_fault = false;
    std::string failing;  // why, as last seen
  };

  void join_line(Group& group);
  void leave_line(Group& group);
  Group* next_in_line(rules::Timestamp now) const;
  OutboxMessage remove(Place place);
  std::vector<OutboxMessage> supersede(Group& group, Place newer);
  OutboxMessage answered(Group& group);
  void failed(Group& group, const Delivery& delivery, rules::Timestamp now, Settled& settled);
  bool receiver_down() const;

  OutboxLimits limits_;
  Backoff backoff_;
  Place next_place_ = 0;
  std::map<Place, Waiting> messages_;
  std::size_t bytes_ = 0;
  std::map<std::string, Group> groups_;                                          // by group key
  std::map<Place, Group*> ready_;                                                // by turn
  std::set<std::pair<rules::Timestamp, std::pair<Place, Group*>>> backing_off_;  // by not_before, then turn
  Group* in_flight_ = nullptr;  // whose first message is being tried

  // Of the integration as a whole.
  std::uint64_t answers_ = 0;     // messages delivered or refused
  unsigned failed_groups_ = 0;    // since the last answer; not those at fault
  unsigned failed_at_fault_ = 0;  // likewise
  unsigned failures_ = 0;         // tries since the last answer; not of groups at fault
  std::string failing_;           // why, as last seen
  unsigned probes_failed_ = 0;    // tries since it seems to be down
  std::optional<rules::Timestamp> not_before_;
};

}  // namespace tightrope::daemon
