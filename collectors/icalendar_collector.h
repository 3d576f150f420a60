// Collector "icalendar": a calendar by its address or in a file.
#pragma once

#include <memory>

#include "collectors/collector.h"

namespace tightrope::collectors {

// A calendar is read whole, so every day asked for is complete, unless the calendar has no event at all. No
// error shows the address, which often is the only secret. REQUIRES: icalendar is the kind of `source`.
std::unique_ptr<Collector> make_icalendar_collector(const config::Source& source, CollectorContext context);

}  // namespace tightrope::collectors
