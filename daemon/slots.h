// How many may do something at once.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>

namespace tightrope::daemon {

namespace asio = boost::asio;

// First come, first served. On one executor's thread; outlives those who wait and those who hold a slot.
class Slots {
 public:
  explicit Slots(std::size_t slots) : free_(slots) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // Gives the slot back when it goes.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(Slots* of) noexcept : of_(of) {}
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot();

   private:
    Slots* of_ = nullptr;
  };

  // Waits for its turn. Throws boost::system::system_error(operation_aborted) when cancelled.
  asio::awaitable<Slot> take();

  std::size_t free() const noexcept { return free_; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Waiter;
  void give_back();

  std::size_t free_;
  std::list<Waiter*> waiting_;
};

}  // namespace tightrope::daemon
