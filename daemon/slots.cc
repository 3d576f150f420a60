#include "daemon/slots.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tightrope::daemon {

// In the list until it was given a slot or goes.
struct Slots::Waiter {
  Waiter(Slots& waits_for, const asio::any_io_executor& executor)
      : of(waits_for), turn(executor, asio::steady_timer::time_point::max()) {
    place = of.waiting_.insert(of.waiting_.end(), this);
  }
  ~Waiter() {
    if (!given) {
      of.waiting_.erase(place);
    } else if (!taken) {
      of.give_back();
    }
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Slots& of;
  asio::steady_timer turn;  // never expires; cancelled when it is given a slot
  std::list<Waiter*>::iterator place;
  bool given = false;
  bool taken = false;
};

Slots::Slot::Slot(Slot&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}

Slots::Slot& Slots::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  if (of_) of_->give_back();
  of_ = std::exchange(other.of_, nullptr);
  return *this;
}

Slots::Slot::~Slot() {
  if (of_) of_->give_back();
}

asio::awaitable<Slots::Slot> Slots::take() {
  if (free_ > 0) {
    --free_;
    co_return Slot(this);
  }
  const auto executor = co_await asio::this_coro::executor;
  Waiter waiter(*this, executor);
  while (!waiter.given) {
    co_await waiter.turn.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  waiter.taken = true;
  co_return Slot(this);
}

void Slots::give_back() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Waiter* next = waiting_.front();
  waiting_.pop_front();
  next->given = true;
  next->turn.cancel();
}

}  // namespace tightrope::daemon
