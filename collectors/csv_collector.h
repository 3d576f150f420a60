// Collector "csv": a file, many files by a glob, or a URL.
#pragma once

#include <memory>

#include "collectors/collector.h"

namespace tightrope::collectors {

// Files are read a piece at a time, letting other work through between pieces. The files of a glob are read
// in the order of their names, and later ones restate earlier ones. A file that is not there (yet) is a
// temporary failure. REQUIRES: csv is the kind of `source`.
std::unique_ptr<Collector> make_csv_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
