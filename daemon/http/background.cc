#include "daemon/http/background.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tightrope::daemon::http {
namespace {

// Named and by value: a capturing lambda as a coroutine would outlive its captures.
asio::awaitable<void> perform(std::function<void()> job) {
  job();
  co_return;
}

class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

struct Background::State {
  std::size_t jobs = 0;
  std::atomic<bool> stopping = false;
  asio::thread_pool pool{1};
};

Background::Background() : state_(std::make_unique<State>()) {}

Background::~Background() {
  stop();
  state_->pool.join();
}

asio::awaitable<bool> Background::run(std::function<void()> job) {
  if (state_->jobs >= kMostJobs || state_->stopping) co_return false;
  const Counted counted(state_->jobs);
  asio::awaitable<void> work = perform(std::move(job));
  co_await asio::co_spawn(state_->pool, std::move(work), asio::use_awaitable);
  co_return true;
}

void Background::stop() noexcept {
  state_->stopping = true;
}

const std::atomic<bool>& Background::stopping() const noexcept {
  return state_->stopping;
}

}  // namespace tightrope::daemon::http
