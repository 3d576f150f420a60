// The daemon's log: one line per event, to stderr, from one named logger per component. Include
// <spdlog/logger.h> where lines are written:
//   log->warn("poll failed, next try in {}s source={} error={}", 5, source, quoted(reason));
// A sentence, then key=value; text from outside goes through quoted(). A level says who acts: error, someone
// must; warn, it recovers by itself; info, the state changed; debug, each step.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "daemon/log_line.h"

namespace spdlog {
class logger;
namespace sinks {
class sink;
}
}  // namespace spdlog

namespace tightrope::daemon {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };
std::optional<LogLevel> parse_log_level(
    std::string_view text) noexcept;  // "debug", "info", "warn" or "error"
std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;  // "logfmt" or "json"

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::logfmt;
};

// From now on every logger, also those made before, writes so. Lines go to `sink`, or to stderr when it is
// null. Any thread; before the first call, loggers write to stderr as the defaults say.
void set_up_logging(LogOptions options, std::shared_ptr<spdlog::sinks::sink> sink = nullptr);

// The component's logger, always the same one. Any thread, and so is its use.
std::shared_ptr<spdlog::logger> logger(std::string_view component);

}  // namespace tightrope::daemon
