// A thread for calls that block, awaited by a coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>

namespace tightrope::collectors {

// One job at a time. Its destructor waits for the thread, so that nothing outlives what the job works on.
class SideThread {
 public:
  SideThread() : thread_(1) {}

  // Runs the job there, and comes back when it has ended, in every case: what it works on may stand in the
  // frame of the caller. When the caller is cancelled, or at `until`, `interrupt` is called, once and on the
  // caller's thread, to make the job end soon. Throws operation_aborted when it was cancelled, and what the
  // job threw.
  boost::asio::awaitable<void> run(std::function<void()> job, std::function<void()> interrupt,
                                   std::chrono::steady_clock::time_point until);

 private:
  boost::asio::thread_pool thread_;
};

}  // namespace tightrope::collectors
