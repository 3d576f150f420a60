#include "config/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace tightrope::config {
namespace {

constexpr std::string_view kIndent = "   ";

// Blanks as wide as the characters before the column; tabs stay tabs, so that the caret stands below its
// column. Nothing when the line ends before it.
bool append_caret(std::string& out, std::string_view line, int column) {
  std::string blanks;
  int at = 1;
  std::size_t i = 0;
  while (i < line.size() && at < column) {
    blanks += line[i] == '\t' ? '\t' : ' ';
    do ++i;
    while (i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0u) == 0x80u);
    ++at;
  }
  if (at < column) return false;
  out += fmt::format("{}{}^\n", kIndent, blanks);
  return true;
}

// Errors quote what was written, and a terminal would obey the control characters in it (U+0000 to U+001F,
// U+007F to U+009F).
void hide_controls(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool second_set =
        byte == 0xC2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0u) == 0x80;
    if (second_set) {
      text.replace(i, 2, "?");
    } else if (byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t')) {
      text[i] = '?';
    }
  }
}

}  // namespace

std::string format(const Error& error) {
  std::string out = error.where.file;
  if (error.where.line > 0) out += fmt::format(":{}:{}", error.where.line, error.where.column);
  out += error.level == ErrorLevel::error     ? ": error: "
         : error.level == ErrorLevel::warning ? ": warning: "
                                              : ": note: ";
  if (!error.path.empty()) out += error.path + ": ";
  out += error.problem + "\n";
  if (!error.line.empty() && error.where.line > 0) {
    // Indentation is dropped: it says nothing here and pushes the text off small screens.
    const auto column = static_cast<std::size_t>(std::max(error.where.column, 1));
    const auto first = std::min({error.line.find_first_not_of(" \t"), column - 1, error.line.size()});
    const std::string_view line = std::string_view(error.line).substr(first);
    out += fmt::format("{}{}\n", kIndent, line);
    append_caret(out, line, error.where.column - static_cast<int>(first));
  }
  if (!error.hint.empty()) out += fmt::format("{}{}\n", kIndent, error.hint);
  hide_controls(out);
  return out;
}

std::string format(const Errors& errors) {
  std::string out;
  for (const auto& error : errors) out += format(error);
  return out;
}

}  // namespace tightrope::config
