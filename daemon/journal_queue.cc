#include "daemon/journal_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tightrope::daemon {
namespace {

// What a request costs beside its bytes, so that many empty ones are bounded too.
constexpr std::uint64_t kOverhead = 128;
// Nothing sensible comes near, and stores have limits: SQLite takes values of up to 1 GB.
constexpr std::uint64_t kMostValue = 64u << 20;

struct Size {
  std::uint64_t bytes = 0;    // in all
  std::uint64_t largest = 0;  // of one value that is stored whole
};

Size size_of(const AppendRequest& request) {
  const std::uint64_t payload = request.event.payload.size();
  return {kOverhead + request.event.client.size() + payload, payload};
}
Size size_of(const WriteRequest& request) {
  Size size{kOverhead, 0};
  for (const RecordChange& change : request.changes) {
    const std::uint64_t value = change.value ? change.value->size() : 0;
    size.bytes += kOverhead + change.table.size() + change.key.size() + value;
    size.largest = std::max(size.largest, value);
  }
  return size;
}
Size size_of(const SaveRequest& request) {
  const Snapshot& snapshot = request.snapshot;
  // The state is stored in parts and has no largest size.
  return {kOverhead + snapshot.client.size() + snapshot.state.size() + snapshot.document.size(),
          snapshot.document.size()};
}
Size size_of(const PruneRequest&) {
  return {kOverhead, 0};
}

}  // namespace

void fail(QuickRequest& request, const JournalError& error) {
  if (auto* append = std::get_if<AppendRequest>(&request)) {
    append->done(error, 0);
  } else {
    std::get<WriteRequest>(request).done(error);
  }
}

void fail(SlowRequest& request, const JournalError& error) {
  std::visit([&](auto& each) { each.done(error); }, request);
}

template <class Request>
std::optional<JournalError> JournalQueue::push_into(Lane<Request>& lane, std::uint64_t most_bytes,
                                                    Request& request) {
  const Size size = std::visit([](const auto& each) { return size_of(each); }, request);
  if (size.largest > kMostValue) {
    return JournalError{JournalFailure::overloaded,
                        fmt::format("a value of {} bytes is larger than the journal takes, {} bytes",
                                    size.largest, kMostValue)};
  }
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return JournalError{JournalFailure::closed, "the journal is closed: the daemon is stopping"};
    if (lane.bytes > 0 && lane.bytes + size.bytes > most_bytes) {
      return JournalError{
          JournalFailure::overloaded,
          fmt::format("{} bytes already wait to be written, and at most {} may; try again later", lane.bytes,
                      most_bytes)};
    }
    lane.bytes += size.bytes;
    lane.waiting.push_back({std::move(request), size.bytes});
  }
  changed_.notify_one();
  return std::nullopt;
}

std::optional<JournalError> JournalQueue::push(QuickRequest& request) {
  return push_into(quick_, most_bytes_, request);
}
std::optional<JournalError> JournalQueue::push(SlowRequest& request) {
  return push_into(slow_, most_bytes_ * kSlowShare, request);
}

std::optional<JournalQueue::Batch> JournalQueue::take(InHand in_hand) {
  std::unique_lock lock(mutex_);
  const bool may_take_slow = in_hand != InHand::slow;
  const auto something = [&] { return !quick_.waiting.empty() || (may_take_slow && !slow_.waiting.empty()); };
  if (in_hand == InHand::nothing) changed_.wait(lock, [&] { return closed_ || something(); });
  if (closed_ && in_hand != InHand::slow && !something()) return std::nullopt;
  Batch batch;
  while (!quick_.waiting.empty()) {
    auto& next = quick_.waiting.front();
    if (!batch.quick.empty() && batch.quick_bytes + next.bytes > kMostGroupBytes) break;
    batch.quick_bytes += next.bytes;
    batch.quick.push_back(std::move(next.request));
    quick_.waiting.pop_front();
  }
  if (may_take_slow && !slow_.waiting.empty()) {
    slow_bytes_taken_ = slow_.waiting.front().bytes;
    batch.slow = std::move(slow_.waiting.front().request);
    slow_.waiting.pop_front();
  }
  return batch;
}

void JournalQueue::finished_quick(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  quick_.bytes -= bytes;
}

void JournalQueue::finished_slow() {
  const std::lock_guard lock(mutex_);
  slow_.bytes -= std::exchange(slow_bytes_taken_, 0);
}

void JournalQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

bool JournalQueue::quick_waits() const {
  const std::lock_guard lock(mutex_);
  return !quick_.waiting.empty();
}

std::uint64_t JournalQueue::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return quick_.bytes + slow_.bytes;
}

}  // namespace tightrope::daemon
