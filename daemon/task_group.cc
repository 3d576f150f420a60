#include "daemon/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tightrope::daemon {
namespace {

struct Task {
  std::string name;
  asio::cancellation_signal signal;
};

bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct TaskGroup::State {
  State(asio::any_io_executor on, OnFailure failed)
      : executor(std::move(on)),
        on_failure(std::move(failed)),
        empty(executor, asio::steady_timer::time_point::max()) {}

  void finish(std::uint64_t id, std::exception_ptr failure) {
    const auto found = tasks.find(id);
    const std::shared_ptr<Task> task = found->second;
    tasks.erase(found);
    if (failure && !(cancelled && is_cancellation(failure)) && on_failure) on_failure(task->name, failure);
    if (tasks.empty()) empty.cancel();
  }

  // A coroutine that is cancelled before it was ever suspended makes Boost 1.81's co_spawn throw out of the
  // executor's run() and drop the completion handler; so every task is suspended once before it begins. (A
  // task may cancel its own group.)
  static asio::awaitable<void> begin(asio::any_io_executor executor, asio::awaitable<void> task) {
    co_await asio::post(executor, asio::use_awaitable);
    co_await std::move(task);
  }

  static asio::awaitable<void> join(std::shared_ptr<State> state) {
    // A cancelled wait goes round the loop, and the next co_await throws.
    while (!state->tasks.empty()) co_await state->empty.async_wait(asio::as_tuple(asio::use_awaitable));
  }

  asio::any_io_executor executor;
  OnFailure on_failure;
  asio::steady_timer empty;  // never expires; cancelled to wake those who join
  // Shared with a running cancel(): a task may end, and leave the map, while its signal is being emitted.
  std::map<std::uint64_t, std::shared_ptr<Task>> tasks;
  std::uint64_t last_id = 0;
  bool cancelled = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, OnFailure on_failure)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_failure))) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  const std::uint64_t id = ++state_->last_id;
  const auto entry = std::make_shared<Task>();
  entry->name = std::move(name);
  state_->tasks.emplace(id, entry);
  asio::co_spawn(
      state_->executor, State::begin(state_->executor, std::move(task)),
      asio::bind_cancellation_slot(entry->signal.slot(), [state = state_, id](std::exception_ptr failure) {
        state->finish(id, std::move(failure));
      }));
  if (state_->cancelled) entry->signal.emit(asio::cancellation_type::terminal);
}

std::size_t TaskGroup::size() const noexcept {
  return state_->tasks.size();
}

void TaskGroup::cancel() {
  if (std::exchange(state_->cancelled, true)) return;
  std::vector<std::shared_ptr<Task>> tasks;
  tasks.reserve(state_->tasks.size());
  for (const auto& [id, task] : state_->tasks) tasks.push_back(task);
  for (const auto& task : tasks) task->signal.emit(asio::cancellation_type::terminal);
}

bool TaskGroup::cancelled() const noexcept {
  return state_->cancelled;
}

asio::awaitable<void> TaskGroup::join() {
  return State::join(state_);
}

}  // namespace tightrope::daemon
