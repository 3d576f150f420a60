#include "daemon/poll_schedule.h"

#include <algorithm>

namespace tightrope::daemon {
namespace {

// A wait from outside is a wish: beyond a day it is not believed.
constexpr Duration kLongestRetryAfter = std::chrono::hours(24);

Duration scaled(Duration duration, double factor) noexcept {
  return Duration(static_cast<Duration::rep>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

double JitterSequence::next() noexcept {
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t bits = state_;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

std::uint64_t seed_of(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char letter : name) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3u;
  }
  return hash;
}

PollSchedule::PollSchedule(PollPolicy policy, std::uint64_t seed, Timestamp start)
    : policy_(policy), jitter_(seed), grid_(start) {
  policy_.every = std::max(policy_.every, Duration(1));
  next_poll_ = start + scaled(std::min(policy_.every, policy_.first_poll_within), jitter_.next());
}

void PollSchedule::begin(Timestamp) noexcept {
  tries_ = 1;
  if (breaker_ == BreakerState::open) breaker_ = BreakerState::half_open;
}

std::optional<Timestamp> PollSchedule::retry(Timestamp now, const TryFailure& failure,
                                             Timestamp deadline) noexcept {
  if (failure.retry_after)
    allowed_ = std::max(allowed_, now + std::clamp(*failure.retry_after, Duration(0), kLongestRetryAfter));
  const bool probe = breaker_ == BreakerState::half_open;
  if (!failure.may_pass || probe || tries_ > policy_.most_retries) return std::nullopt;
  Duration backoff = policy_.first_backoff;
  for (int i = 1; i < tries_ && backoff < policy_.longest_backoff; ++i) backoff *= 2;
  backoff = std::min(backoff, policy_.longest_backoff);
  // Between half and all of it: those who failed together do not come back together.
  const Timestamp at = std::max(now + scaled(backoff, 0.5 + 0.5 * jitter_.next()), allowed_);
  if (at >= deadline) return std::nullopt;
  ++tries_;
  return at;
}

void PollSchedule::succeeded(Timestamp now) noexcept {
  breaker_ = BreakerState::closed;
  failures_in_row_ = 0;
  plan(now);
}

void PollSchedule::failed(Timestamp now) noexcept {
  ++failures_in_row_;
  if (failures_in_row_ >= policy_.failures_to_open) {
    breaker_ = BreakerState::open;
    next_poll_ = std::max(now + scaled(probe_wait(), 1 + policy_.jitter * jitter_.next()), allowed_);
    grid_ = next_poll_;
    return;
  }
  plan(now);
}

void PollSchedule::plan(Timestamp now) noexcept {
  // Polls that a slow one has overrun are left out and not made up for.
  const auto passed = now > grid_ ? (now - grid_) / policy_.every : 0;
  grid_ += policy_.every * (passed + 1);
  next_poll_ = std::max(grid_ + scaled(policy_.every, policy_.jitter * jitter_.next()), allowed_);
}

Duration PollSchedule::probe_wait() const noexcept {
  const Duration longest = std::max(
      policy_.every, std::min(policy_.every * policy_.longest_probe_factor, policy_.longest_probe_wait));
  Duration wait = policy_.every;
  for (int i = policy_.failures_to_open; i <= failures_in_row_ && wait < longest; ++i) wait *= 2;
  return std::min(wait, longest);
}

}  // namespace tightrope::daemon
