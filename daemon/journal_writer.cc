#include "daemon/journal_writer.h"

#include <spdlog/logger.h>

#include <chrono>
#include <utility>

#include "daemon/logging.h"

namespace tightrope::daemon {
namespace {

void succeed(QuickRequest& request, std::vector<Sequence>::const_iterator& next_sequence) {
  if (auto* append = std::get_if<AppendRequest>(&request)) {
    append->done(std::nullopt, *next_sequence++);
  } else {
    std::get<WriteRequest>(request).done(std::nullopt);
  }
}

}  // namespace

JournalWriter::JournalWriter(JournalStore& store, std::uint64_t most_queued_bytes)
    : store_(store), queue_(most_queued_bytes), thread_([this] { run(); }) {}

JournalWriter::~JournalWriter() {
  queue_.close();
  thread_.join();
}

void JournalWriter::push(QuickRequest request) {
  if (const auto error = queue_.push(request)) fail(request, *error);
}

void JournalWriter::push(SlowRequest request) {
  if (const auto error = queue_.push(request)) fail(request, *error);
}

void JournalWriter::run() {
  bool chores = true;  // a crash may have left some
  while (true) {
    const auto in_hand = slow_    ? JournalQueue::InHand::slow
                         : chores ? JournalQueue::InHand::chore
                                  : JournalQueue::InHand::nothing;
    auto batch = queue_.take(in_hand);
    if (!batch) break;
    if (batch->slow) slow_ = std::move(batch->slow);
    if (!batch->quick.empty()) commit(batch->quick, batch->quick_bytes);
    if (slow_) {
      finish_step(store_.step(*slow_, [this] { return queue_.quick_waits(); }));
      chores = true;
    } else if (chores) {
      chores = store_.do_chore();
    }
    auto failure = store_.maintain();
    const std::lock_guard lock(mutex_);
    maintenance_failure_ = std::move(failure);
  }
  store_.close();
}

void JournalWriter::commit(std::vector<QuickRequest>& group, std::uint64_t bytes) {
  std::vector<Sequence> sequences;
  const auto begin = std::chrono::steady_clock::now();
  const std::optional<JournalError> error = store_.commit(group, sequences);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  {
    const std::lock_guard lock(mutex_);
    commit_failure_ = error;
    stats_.last_commit_seconds = took.count();
    ++(error ? stats_.failed_commits_total : stats_.commits_total);
    for (const QuickRequest& request : group) {
      const auto* append = std::get_if<AppendRequest>(&request);
      if (error || !append) continue;
      ++stats_.events_total;
      stats_.bytes_total += append->event.payload.size();
    }
  }
  tell(error);
  // Given back before those who wait are told, as the first thing they do may be to write again.
  queue_.finished_quick(bytes);
  auto next_sequence = sequences.cbegin();
  for (QuickRequest& request : group) {
    if (error) {
      fail(request, *error);
    } else {
      succeed(request, next_sequence);
    }
  }
}

void JournalWriter::tell(const std::optional<JournalError>& error) {
  const bool failed = told_.failing();
  if (!told_.news(error ? error->text : std::string())) return;
  if (!error) {
    logger("journal")->info("the journal takes events again");
  } else if (failed) {
    logger("journal")->error("the journal still takes no events, for another reason error={}",
                             quoted(error->text));
  } else {
    logger("journal")->error("the journal takes no events, and nothing is accepted until it does error={}",
                             quoted(error->text));
  }
}

void JournalWriter::finish_step(const JournalStore::Step& step) {
  {
    const std::lock_guard lock(mutex_);
    slow_failure_ = step.error;
    ++(step.error ? stats_.failed_commits_total : stats_.commits_total);
  }
  if (!step.finished) return;
  SlowRequest finished = std::move(*slow_);
  slow_.reset();
  queue_.finished_slow();
  std::visit([&](auto& each) { each.done(step.error); }, finished);
}

JournalStats JournalWriter::stats() const {
  JournalStats stats;
  {
    const std::lock_guard lock(mutex_);
    stats = stats_;
    stats.refusing = commit_failure_;
    stats.failing = commit_failure_ ? commit_failure_ : slow_failure_ ? slow_failure_ : maintenance_failure_;
  }
  stats.queued_bytes = queue_.queued_bytes();
  stats.file_bytes = store_.file_bytes();
  return stats;
}

}  // namespace tightrope::daemon
