// Work too long for the I/O thread.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>

namespace tightrope::daemon::http {

namespace asio = boost::asio;

// One thread of its own, and few jobs that wait for it. On the I/O thread, except for what jobs do.
class Background {
 public:
  static constexpr std::size_t kMostJobs = 8;  // running and waiting

  Background();
  ~Background();  // waits for the job that runs

  // Runs the job on the other thread and returns when it has ended; false when there are too many already, or
  // stop() was called. What the job throws is thrown here. A long job has to look at stopping().
  asio::awaitable<bool> run(std::function<void()> job);
  // Jobs should end soon; those that wait still run, and see it too.
  void stop() noexcept;
  const std::atomic<bool>& stopping() const noexcept;  // any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon::http
