// Owns the coroutines it starts.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace tightrope::daemon {

namespace asio = boost::asio;

// All on one executor's thread. REQUIRES: join() has returned before destruction, or the executor runs no
// more; and the executor's context outlives the group.
class TaskGroup {
 public:
  // What a task's failure means is the owner's to say: it is called with the task's name and what was thrown.
  // Cancellation is no failure; an "aborted" that nobody here asked for is one. It may spawn and cancel, and
  // must not throw.
  using OnFailure = std::function<void(const std::string& name, std::exception_ptr)>;
  TaskGroup(asio::any_io_executor executor, OnFailure on_failure);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // The task starts when the executor next runs, never within this call. `name` is for people; it need not be
  // unique. In a cancelled group the task is cancelled too, and does not start.
  void spawn(std::string name, asio::awaitable<void> task);
  std::size_t size() const noexcept;  // tasks that have not finished
  // All of them, and all that are spawned later: a cancelled group stays cancelled. Idempotent. Returns at
  // once.
  void cancel();
  bool cancelled() const noexcept;
  // Returns when all have finished, at once when there are none. Several may wait. Throws
  // boost::system::system_error(operation_aborted) when the waiting itself is cancelled.
  asio::awaitable<void> join();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the completion handlers of its tasks
};

}  // namespace tightrope::daemon
