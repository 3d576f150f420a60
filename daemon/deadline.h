// An end to waiting: the work's result, or DeadlinePassed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "daemon/clock.h"

namespace tightrope::daemon {

// The work was cancelled because it took too long. What it was must be said by who catches it.
class DeadlinePassed : public std::runtime_error {
 public:
  DeadlinePassed() : std::runtime_error("deadline passed") {}
};

// Suspended once before it begins, for the reason that TaskGroup gives.
template <class T>
asio::awaitable<T> begin_afresh(asio::any_io_executor executor, asio::awaitable<T> work) {
  co_await asio::post(executor, asio::use_awaitable);
  if constexpr (std::is_void_v<T>) {
    co_await std::move(work);
  } else {
    T value = co_await std::move(work);
    co_return std::move(value);
  }
}

// Runs `work` and ends with whichever is first: its result, what it throws, or DeadlinePassed. In every case
// the work has ended when this returns: late work is cancelled and waited for, and what it still gave is
// dropped. Not `work || sleep`: that waits for one *success*, so a refused connection would be reported, much
// later, as a timeout. T is void or default-constructible. `clock` must outlive the coroutine.
template <class T>
asio::awaitable<T> with_deadline(Clock& clock, Timestamp deadline, asio::awaitable<T> work) {
  const auto executor = co_await asio::this_coro::executor;
  auto working = asio::co_spawn(executor, begin_afresh<T>(executor, std::move(work)), asio::deferred);
  auto sleeping = asio::co_spawn(executor, clock.sleep_until(deadline), asio::deferred);
  auto both = asio::experimental::make_parallel_group(std::move(working), std::move(sleeping));
  if constexpr (std::is_void_v<T>) {
    auto [order, work_error, sleep_error] =
        co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 1 && !sleep_error) throw DeadlinePassed();
    if (work_error) std::rethrow_exception(work_error);
  } else {
    auto [order, work_error, value, sleep_error] =
        co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 1 && !sleep_error) throw DeadlinePassed();
    if (work_error) std::rethrow_exception(work_error);
    co_return std::move(value);
  }
}

}  // namespace tightrope::daemon
