#include "daemon/commands/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace tightrope::daemon::commands {
namespace {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

}  // namespace

void print_table(std::ostream& out, const Cells& header, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header) widths.push_back(characters(cell));
  for (const Cells& row : rows) {
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
  for (const Cells& row : rows) print(row);
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
