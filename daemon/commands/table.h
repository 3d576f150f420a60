// Rows of text in columns, for a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace tightrope::daemon::commands {

using Cells = std::vector<std::string>;
// The header, then the rows, each column as wide as its widest text (in characters, as far as UTF-8 tells),
// two spaces apart. REQUIRES: every row has as many cells as the header.
void print_table(std::ostream& out, const Cells& header, const std::vector<Cells>& rows);

// "3d 4h", "2h 5m", "45s".
std::string duration_text(double seconds);

}  // namespace tightrope::daemon::commands
