// Work on another executor that a coroutine waits for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

namespace tightrope::daemon {

namespace asio = boost::asio;

// Ends the wait; called once, on any thread.
using Finish = std::function<void()>;

// Runs `work` on `executor` and returns, on the coroutine's own executor, when it has called its `finish`. It
// cannot be cancelled: what `work` was given stays alive until then only if `work` owns it. REQUIRES: work
// throws nothing.
asio::awaitable<void> call_on(asio::any_io_executor executor, std::function<void(Finish)> work);

}  // namespace tightrope::daemon
