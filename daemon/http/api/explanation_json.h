// A verdict explained, as JSON: the answer of /api/v1/explain, and of `tightrope explain --format=json`.
#pragma once

#include <cstddef>

#include "daemon/explained.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::http {

// Cells beyond `most_cells` are left out, and counted in "cellsLeftOut".
json::object explanation_json(const Explained& explained, std::size_t most_cells);

}  // namespace tightrope::daemon::http
