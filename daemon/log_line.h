// How a log line reads. Pure: text in, line out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::daemon {

struct LogField {
  std::string key;
  std::string value;
  friend bool operator==(const LogField&, const LogField&) = default;
};

// A log call's text is a sentence, then fields: `poll failed, next try in 5s source=acme error="no route to
// host"`.
struct LogText {
  std::string sentence;
  std::vector<LogField> fields;
  friend bool operator==(const LogText&, const LogText&) = default;
};

// The fields are the longest end of the text that reads as ` key=value key="value"` throughout; keys are
// lower-case letters, digits, `_` and `.`. Within quotes `\"` and `\\` stand for one character each, as
// `quoted` writes them; a quote that no further field and no end follows belongs to the value. Text of more
// than 16 KiB is cut.
LogText split_log_text(std::string_view text);

// A field's value in quotes, so that text from outside can neither end it nor begin another field.
std::string quoted(std::string_view value);
// Exact matches: where <iomanip> is included, argument-dependent lookup finds std::quoted for a std::string
// too.
inline std::string quoted(const std::string& value) {
  return quoted(std::string_view(value));
}
inline std::string quoted(std::string& value) {
  return quoted(std::string_view(value));
}
inline std::string quoted(const char* value) {
  return quoted(std::string_view(value));
}

struct LogRecord {
  rules::Timestamp at;
  std::string_view level;
  std::string_view component;
  std::string_view text;
};

// One line each, with its newline. Whatever the text holds, the line has no other control character (so no
// terminal is steered by it) and is valid UTF-8. A field named like one of the line's own gets a `_` after
// its name.
std::string logfmt_line(
    const LogRecord& record);  // ts=2026-11-20T08:00:00.123Z level=info component=poller msg="..." key=value
std::string json_line(
    const LogRecord& record);  // {"ts":"...","level":"...","component":"...","msg":"...","key":"value"}

}  // namespace tightrope::daemon
