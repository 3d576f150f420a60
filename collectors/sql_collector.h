// Figures from a query on PostgreSQL, MariaDB or SQLite.
#pragma once

#include <memory>

#include "collectors/collector.h"
#include "config/sources.h"

namespace tightrope::collectors {

// REQUIRES: source.kind is a SqlSource.
std::unique_ptr<Collector> make_sql_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
