// The thread that writes a journal: takes what waits, commits it as one, and tells those who asked.
#pragma once

#include <memory>
#include <mutex>
#include <thread>

#include "daemon/journal_queue.h"
#include "daemon/journal_store.h"
#include "daemon/repeated_error.h"

namespace tightrope::daemon {

class JournalWriter {
 public:
  // `store` is open, and stays the owner's, for longer than the writer.
  JournalWriter(JournalStore& store, std::uint64_t most_queued_bytes);
  ~JournalWriter();  // writes what waits, then closes the store
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // Any thread. A request that is refused (overloaded, closed) is told so before this returns, on the calling
  // thread; one that is taken is told on the writer's.
  void push(QuickRequest request);
  void push(SlowRequest request);
  JournalStats stats() const;  // any thread

 private:
  void run();
  void commit(std::vector<QuickRequest>& group, std::uint64_t bytes);
  void tell(const std::optional<JournalError>& error);
  void finish_step(const JournalStore::Step& step);

  JournalStore& store_;
  JournalQueue queue_;
  std::optional<SlowRequest> slow_;  // the writer's thread only, like the next
  RepeatedError told_;               // of commits: what the log was last told

  mutable std::mutex mutex_;  // protects what follows
  JournalStats stats_;
  // Kept apart, as one may succeed while another fails: a small append where there is no room for a snapshot.
  std::optional<JournalError> commit_failure_;
  std::optional<JournalError> slow_failure_;
  std::optional<JournalError> maintenance_failure_;

  std::thread thread_;  // last, as it uses the others
};

}  // namespace tightrope::daemon
