// The daemon in this process, on a thread of its own, as `tightrope run` has it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "daemon/app.h"

namespace tightrope::testing {

class RunningApp {
 public:
  // Starts; what keeps it from running is in problem().
  explicit RunningApp(daemon::AppOptions options)
      : app_(io_, std::move(options)), work_(io_.get_executor()), thread_([this] { io_.run(); }) {
    problem_ = run(app_.start());
  }
  ~RunningApp() {
    boost::asio::co_spawn(io_, app_.stop(), boost::asio::use_future).get();
    work_.reset();
    thread_.join();
  }
  RunningApp(const RunningApp&) = delete;
  RunningApp& operator=(const RunningApp&) = delete;

  const std::optional<std::string>& problem() const noexcept { return problem_; }
  daemon::App& app() noexcept { return app_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(app_.port()); }

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(io_, std::move(work), boost::asio::use_future).get();
  }

 private:
  boost::asio::io_context io_{1};
  daemon::App app_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
  std::optional<std::string> problem_;
};

}  // namespace tightrope::testing
