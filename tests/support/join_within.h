// Ends a test as the daemon ends: cancel, then join.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>

#include "daemon/task_group.h"

namespace tightrope::testing {

// Runs what is ready, without waiting for time to pass. True when every task of the group has then finished.
inline bool join_within(boost::asio::io_context& io, daemon::TaskGroup& tasks) {
  const auto joined = std::make_shared<bool>(false);
  boost::asio::co_spawn(io, tasks.join(), [joined](std::exception_ptr failure) { *joined = !failure; });
  io.restart();
  io.poll();
  return *joined && tasks.size() == 0;
}

}  // namespace tightrope::testing
