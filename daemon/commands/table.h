// Rows of text in columns, for a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::daemon::commands {

// Text from outside as a terminal may have it: names are what somebody typed into a vendor's form. Each
// control character becomes a space, and so does each that changes the direction of what follows it; what is
// not UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

using Cells = std::vector<std::string>;
// The header, then the rows, each column as wide as its widest text (in characters, as far as UTF-8 tells),
// two spaces apart. Cells need not be printable() yet. REQUIRES: every row has as many cells as the header.
void print_table(std::ostream& out, const Cells& header, const std::vector<Cells>& rows);

// "3d 4h", "2h 5m", "45s".
std::string duration_text(double seconds);

}  // namespace tightrope::daemon::commands
