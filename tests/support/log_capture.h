// The log lines of a test, as an operator would read them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/logging.h"

namespace tightrope::testing {

// While it lives, all loggers write to it, as logfmt. Afterwards they write to stderr again. Any thread.
class LogCapture {
 public:
  explicit LogCapture(daemon::LogLevel level = daemon::LogLevel::debug);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // In order, without the time and the newline: `level=warn component=poller msg="poll failed" source=acme`.
  std::vector<std::string> lines() const;
  bool contains(std::string_view part) const;  // in some line

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
};

}  // namespace tightrope::testing
