// A clock that moves only when told, so that an hour of back-off takes microseconds and nothing sleeps.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "collectors/clock.h"

namespace tightrope::testing {

// All on one thread, except now(). The executors of those that sleep must outlive them, as always; the clock
// need not.
class ManualClock final : public collectors::Clock {
 public:
  explicit ManualClock(rules::Timestamp start);

  rules::Timestamp now() const noexcept override;
  boost::asio::awaitable<void> sleep_until(rules::Timestamp deadline) override;

  // Moves on and wakes what is due, the earliest first; they run when their executor next does (`io.poll()`).
  void advance(rules::Duration by);
  // Sets the clock, forwards or back, as somebody might set the wall clock; wakes what is due then.
  void set(rules::Timestamp to);

  std::size_t sleepers() const noexcept;
  std::optional<rules::Timestamp> next_deadline() const;  // the earliest that somebody sleeps until

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tightrope::testing
