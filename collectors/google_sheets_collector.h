// Collector "google_sheets": one tab of a Google spreadsheet, by its export as comma-separated values.
#pragma once

#include <memory>

#include "collectors/collector.h"

namespace tightrope::collectors {

// Redirects are followed to docs.google.com, *.googleusercontent.com and the host of base_url only; one to a
// sign-in page is `unauthorized`. A cell that is still being computed is a temporary failure. REQUIRES:
// google_sheets is the kind of `source`.
std::unique_ptr<Collector> make_google_sheets_collector(const config::Source& source,
                                                        CollectorContext context);

}  // namespace tightrope::collectors
