#include "tests/support/log_capture.h"

#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace tightrope::testing {

class LogCapture::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), formatted.size());
    if (line.ends_with('\n')) line.pop_back();
    if (line.starts_with("ts=")) line.erase(0, line.find(' ') + 1);
    lines_.push_back(std::move(line));
  }
  void flush_() override {}

  std::vector<std::string> lines_;
};

LogCapture::LogCapture(daemon::LogLevel level) : sink_(std::make_shared<Sink>()) {
  daemon::set_up_logging({.level = level, .format = daemon::LogFormat::logfmt}, sink_);
}

LogCapture::~LogCapture() {
  daemon::set_up_logging({});
}

std::vector<std::string> LogCapture::lines() const {
  return sink_->lines();
}

bool LogCapture::contains(std::string_view part) const {
  const std::vector<std::string> all = lines();
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

}  // namespace tightrope::testing
