// Figures over HTTP, as data describes it: http_json, and every vendor with a connector file.
#pragma once

#include <memory>

#include "collectors/collector.h"

namespace tightrope::collectors {

// REQUIRES: the source's kind is HttpSource.
std::unique_ptr<Collector> make_http_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
