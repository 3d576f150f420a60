#include "daemon/commands/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "daemon/utf8.h"

namespace tightrope::daemon::commands {
namespace {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

// The length of the control character in front, or 0. REQUIRES: text is UTF-8 and not empty.
std::size_t control_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;  // U+0080 to U+009F: one byte for "ESC [" and others
  const bool embeds = text.starts_with("\xe2\x80") && byte(2) >= 0xaa && byte(2) <= 0xae;  // U+202A to U+202E
  const bool isolates =
      text.starts_with("\xe2\x81") && byte(2) >= 0xa6 && byte(2) <= 0xa9;  // U+2066 to U+2069
  return embeds || isolates ? 3 : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string valid;
  append_utf8(valid, text);
  std::string shown;
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t control = control_length(rest);
    shown += control > 0 ? ' ' : rest[0];
    rest.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return shown;
}

void print_table(std::ostream& out, const Cells& header, const std::vector<Cells>& rows) {
  std::vector<Cells> shown = rows;
  for (Cells& row : shown) std::ranges::transform(row, row.begin(), printable);
  std::vector<std::size_t> widths;
  for (const std::string& cell : header) widths.push_back(characters(cell));
  for (const Cells& row : shown) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], characters(row[i]));
  }
  const auto print = [&](const Cells& row) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line += row[i];
      if (i + 1 < widths.size()) line.append(widths[i] - characters(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  };
  print(header);
  for (const Cells& row : shown) print(row);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, seconds));
  const long long days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60;
  if (days > 0) return hours > 0 ? fmt::format("{}d {}h", days, hours) : fmt::format("{}d", days);
  if (hours > 0) return minutes > 0 ? fmt::format("{}h {}m", hours, minutes) : fmt::format("{}h", hours);
  if (minutes > 0) return fmt::format("{}m", minutes);
  return fmt::format("{}s", whole);
}

}  // namespace tightrope::daemon::commands
