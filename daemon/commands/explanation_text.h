// A verdict explained, for a terminal.
#pragma once

#include <iosfwd>

#include "daemon/explained.h"

namespace tightrope::daemon::commands {

enum class CellsShown { few, all };  // few: only when they fit on a screen

void print_explanation(const Explained& explained, CellsShown cells, std::ostream& out);

}  // namespace tightrope::daemon::commands
