#include "daemon/logging.h"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace tightrope::daemon {
namespace {

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const LogRecord record{.at = std::chrono::floor<std::chrono::milliseconds>(message.time),
                           .level = level_name(message.level),
                           .component = {message.logger_name.data(), message.logger_name.size()},
                           .text = {message.payload.data(), message.payload.size()}};
    const std::string line = format_ == LogFormat::json ? json_line(record) : logfmt_line(record);
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  LogFormat format_;
};

// Where all loggers write. Its target can be changed while they do.
class SwitchSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  SwitchSink() : target_(stderr_target(LogFormat::logfmt)) {}

  static std::shared_ptr<spdlog::sinks::sink> stderr_target(LogFormat format) {
    auto target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    target->set_formatter(std::make_unique<LineFormatter>(format));
    return target;
  }
  void write_to(std::shared_ptr<spdlog::sinks::sink> target) {
    const std::lock_guard lock(mutex_);
    target_ = std::move(target);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override { target_->log(message); }
  void flush_() override { target_->flush(); }

  std::shared_ptr<spdlog::sinks::sink> target_;
};

// The process has one stderr, and so one of these.
struct Loggers {
  std::mutex mutex;
  std::shared_ptr<SwitchSink> sink = std::make_shared<SwitchSink>();
  LogLevel level = LogLevel::info;
  std::map<std::string, std::shared_ptr<spdlog::logger>, std::less<>> by_component;
};

Loggers& loggers() {
  // Never destroyed, so that what ends late can still say so.
  static Loggers& all = *new Loggers;
  return all;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) noexcept {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warn") return LogLevel::warn;
  if (text == "error") return LogLevel::error;
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
  if (text == "logfmt") return LogFormat::logfmt;
  if (text == "json") return LogFormat::json;
  return std::nullopt;
}

void set_up_logging(LogOptions options, std::shared_ptr<spdlog::sinks::sink> sink) {
  if (sink) {
    sink->set_formatter(std::make_unique<LineFormatter>(options.format));
  } else {
    sink = SwitchSink::stderr_target(options.format);
  }
  Loggers& all = loggers();
  const std::lock_guard lock(all.mutex);
  all.level = options.level;
  all.sink->write_to(std::move(sink));
  for (const auto& [component, each] : all.by_component) each->set_level(to_spdlog(options.level));
}

std::shared_ptr<spdlog::logger> logger(std::string_view component) {
  Loggers& all = loggers();
  const std::lock_guard lock(all.mutex);
  if (const auto found = all.by_component.find(component); found != all.by_component.end())
    return found->second;
  auto made = std::make_shared<spdlog::logger>(std::string(component), all.sink);
  made->set_level(to_spdlog(all.level));
  all.by_component.emplace(std::string(component), made);
  return made;
}

}  // namespace tightrope::daemon
