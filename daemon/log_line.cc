#include "daemon/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr std::size_t kMostText = 16 * 1024;
// Bounds the work on text that looks like fields all along and then does not end like one.
constexpr int kMostAttempts = 64;

bool is_key_start(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}
bool is_key_part(char c) {
  return is_key_start(c) || (c >= '0' && c <= '9') || c == '.';
}

// The length of `key=` at the text's beginning, 0 when there is none.
std::size_t key_length(std::string_view text) {
  if (text.empty() || !is_key_start(text.front())) return 0;
  const auto end = std::find_if_not(text.begin(), text.end(), is_key_part);
  if (end == text.end() || *end != '=') return 0;
  return static_cast<std::size_t>(end - text.begin()) + 1;
}

// Whether a field may end here: at the end of the text, or before another.
bool ends_field(std::string_view rest) {
  return rest.empty() || (rest.front() == ' ' && key_length(rest.substr(1)) > 0);
}

// Takes a value in quotes, its opening quote gone, from the front of `rest`.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) {
      value.push_back(rest[++i]);
    } else if (rest[i] == '"' && ends_field(rest.substr(i + 1))) {
      rest.remove_prefix(i + 1);
      return value;
    } else {
      value.push_back(rest[i]);
    }
  }
  return std::nullopt;
}

// All of `text` as fields, or nothing.
std::optional<std::vector<LogField>> parse_fields(std::string_view text) {
  std::vector<LogField> fields;
  while (true) {
    const std::size_t length = key_length(text);
    if (length == 0) return std::nullopt;
    LogField field{.key = std::string(text.substr(0, length - 1)), .value = {}};
    text.remove_prefix(length);
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      std::optional<std::string> value = take_quoted(text);
      if (!value) return std::nullopt;
      field.value = std::move(*value);
    } else {
      const std::size_t end = std::min(text.find(' '), text.size());
      field.value = text.substr(0, end);
      text.remove_prefix(end);
      if (!ends_field(text)) return std::nullopt;
    }
    fields.push_back(std::move(field));
    if (text.empty()) return fields;
    text.remove_prefix(1);
  }
}

// The character at the front of the text, and its length in bytes; nothing when the bytes are not UTF-8.
std::optional<std::pair<char32_t, std::size_t>> decode_front(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return std::pair{static_cast<char32_t>(first), std::size_t{1}};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return std::nullopt;
  char32_t c = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    c = (c << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  if (c < kLeast[length] || c > 0x10FFFF || surrogate) return std::nullopt;
  return std::pair{c, length};
}

// Control characters of both sets, line separators, and those that turn the direction of text around.
bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const auto front = decode_front(text);
    const std::size_t length = front ? front->second : 1;
    if (!front) {
      line += "\uFFFD";
    } else if (front->first == '"' || front->first == '\\') {
      line += '\\';
      line += static_cast<char>(front->first);
    } else if (front->first == '\n') {
      line += "\\n";
    } else if (front->first == '\t') {
      line += "\\t";
    } else if (front->first == '\r') {
      line += "\\r";
    } else if (is_unsafe(front->first)) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<std::uint32_t>(front->first));
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  line += '"';
}

void append_logfmt_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '=';
  });
  if (plain) {
    line += value;
  } else {
    append_quoted(line, value);
  }
}

std::string time_text(rules::Timestamp at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (at - seconds).count());
}

void avoid_reserved_keys(std::vector<LogField>& fields) {
  for (LogField& field : fields) {
    if (field.key == "ts" || field.key == "level" || field.key == "component" || field.key == "msg")
      field.key += '_';
  }
}

}  // namespace

LogText split_log_text(std::string_view text) {
  constexpr std::string_view kCut = " ... (cut)";
  if (text.size() > kMostText)
    return {.sentence = std::string(text.substr(0, kMostText)).append(kCut), .fields = {}};
  std::size_t start = 0;
  for (int attempt = 0; attempt < kMostAttempts && start < text.size();) {
    if (key_length(text.substr(start)) > 0) {
      ++attempt;
      if (auto fields = parse_fields(text.substr(start))) {
        return {.sentence = std::string(text.substr(0, start == 0 ? 0 : start - 1)),
                .fields = std::move(*fields)};
      }
    }
    const std::size_t space = text.find(' ', start);
    if (space == std::string_view::npos) break;
    start = space + 1;
  }
  return {.sentence = std::string(text), .fields = {}};
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
  return text;
}

std::string logfmt_line(const LogRecord& record) {
  LogText text = split_log_text(record.text);
  avoid_reserved_keys(text.fields);
  std::string line = fmt::format("ts={} level={} component=", time_text(record.at), record.level);
  append_logfmt_value(line, record.component);
  line += " msg=";
  append_quoted(line, text.sentence);
  for (const LogField& field : text.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_logfmt_value(line, field.value);
  }
  line += '\n';
  return line;
}

std::string json_line(const LogRecord& record) {
  LogText text = split_log_text(record.text);
  avoid_reserved_keys(text.fields);
  std::string line =
      fmt::format(R"({{"ts":"{}","level":"{}","component":)", time_text(record.at), record.level);
  append_quoted(line, record.component);
  line += ",\"msg\":";
  append_quoted(line, text.sentence);
  for (const LogField& field : text.fields) {
    line += ',';
    append_quoted(line, field.key);
    line += ':';
    append_quoted(line, field.value);
  }
  line += "}\n";
  return line;
}

}  // namespace tightrope::daemon
