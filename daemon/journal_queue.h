// What waits to be written: bounded, and handed to the writer in groups. Knows no store.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "daemon/journal.h"

namespace tightrope::daemon {

struct AppendRequest {
  JournalEvent event;
  Journal::AppendDone done;
};
struct WriteRequest {
  std::vector<RecordChange> changes;
  Journal::WriteDone done;
};
// Quick ones share a transaction, in the order in which they came.
using QuickRequest = std::variant<AppendRequest, WriteRequest>;

struct SaveRequest {
  Snapshot snapshot;
  Journal::WriteDone done;
};
struct PruneRequest {
  Timestamp before;
  Journal::WriteDone done;
};
// Slow ones take several small transactions each, one request after the other, between groups of quick ones:
// so that a push never waits for a snapshot of hundreds of megabytes.
using SlowRequest = std::variant<SaveRequest, PruneRequest>;

void fail(QuickRequest& request, const JournalError& error);
void fail(SlowRequest& request, const JournalError& error);

// Any thread pushes; one takes.
class JournalQueue {
 public:
  // The most bytes of quick ones that wait or are being written, and kSlowShare times as many of slow ones:
  // all clients may save at once when the daemon stops. One that would not fit at all is still taken when it
  // is alone.
  static constexpr std::uint64_t kSlowShare = 8;
  explicit JournalQueue(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // Takes the request, or says why not and leaves it as it is.
  std::optional<JournalError> push(QuickRequest& request);
  std::optional<JournalError> push(SlowRequest& request);

  // What the writer is busy with besides; it is handed no second slow request.
  enum class InHand {
    nothing,
    chore,  // something that may be left undone
    slow,   // a slow request
  };
  struct Batch {
    std::vector<QuickRequest> quick;  // up to kMostGroupBytes, at least one if any waits
    std::uint64_t quick_bytes = 0;    // to be given back to finished_quick()
    std::optional<SlowRequest> slow;
  };
  static constexpr std::uint64_t kMostGroupBytes = 8u << 20;
  // Waits until there is something to do; at once when something is in hand. Nothing once it is closed and
  // empty and no slow request is in hand.
  std::optional<Batch> take(InHand in_hand);
  void finished_quick(std::uint64_t bytes);
  void finished_slow();

  bool quick_waits() const;

  // Later pushes are refused with `closed`; what waits can still be taken.
  void close();
  std::uint64_t queued_bytes() const;

 private:
  template <class Request>
  struct Lane {
    struct Waiting {
      Request request;
      std::uint64_t bytes;
    };
    std::deque<Waiting> waiting;
    std::uint64_t bytes = 0;  // of those that wait and those that are being written
  };
  template <class Request>
  std::optional<JournalError> push_into(Lane<Request>& lane, std::uint64_t most_bytes, Request& request);

  const std::uint64_t most_bytes_;
  mutable std::mutex mutex_;  // protects what follows
  std::condition_variable changed_;
  Lane<QuickRequest> quick_;
  Lane<SlowRequest> slow_;
  std::uint64_t slow_bytes_taken_ = 0;  // of the slow request in hand
  bool closed_ = false;
};

}  // namespace tightrope::daemon
