// Collector "http_json": a reporting API that answers with JSON, page by page.
#pragma once

#include <memory>

#include "collectors/collector.h"

namespace tightrope::collectors {

// Every page is read before anything is handed over; rows of one figure on different pages are parts of it.
// REQUIRES: http_json is the kind of `source`.
std::unique_ptr<Collector> make_http_json_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
