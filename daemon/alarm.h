// Waiting for a moment that others may move.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "daemon/clock.h"

namespace tightrope::daemon {

// One waits, others set. All on one executor's thread.
class Alarm {
 public:
  Alarm(asio::any_io_executor executor, Clock& clock);
  ~Alarm();

  // Nothing: it does not ring until it is set again. A waiting ring() notices at once.
  void set(std::optional<Timestamp> due);
  // Returns once the moment set has come; at once when it has passed. Throws operation_aborted when
  // cancelled. One at a time.
  asio::awaitable<void> ring();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon
