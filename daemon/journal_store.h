// What a writer needs of a store: transactions, and what is done between them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/journal.h"
#include "daemon/journal_queue.h"

namespace tightrope::daemon {

// On the writer's thread, except file_bytes(). After an error nothing of that call is kept, and the next call
// tries again.
class JournalStore {
 public:
  virtual ~JournalStore() = default;

  // One transaction, durable on return. `sequences` gets one number for each AppendRequest, in order.
  virtual std::optional<JournalError> commit(const std::vector<QuickRequest>& group,
                                             std::vector<Sequence>& sequences) = 0;

  struct Step {
    bool finished = true;  // always after an error
    std::optional<JournalError> error;
  };
  // One transaction of a slow request's; called with the same request until it is finished. It may be a
  // larger one as long as `hurry` says that nobody waits.
  using Hurry = std::function<bool()>;
  virtual Step step(const SlowRequest& request, const Hurry& hurry) = 0;
  // A little of what can wait, such as freeing space; false when there is nothing more, or it failed.
  virtual bool do_chore() = 0;
  // Called between transactions, when nobody waits for one.
  virtual std::optional<JournalError> maintain() = 0;
  // The last call.
  virtual void close() = 0;

  virtual std::uint64_t file_bytes() const = 0;  // any thread
};

}  // namespace tightrope::daemon
