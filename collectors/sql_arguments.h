// What is sent beside a query: its parameters' values.
#pragma once

#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/sql_query.h"
#include "config/sql_template.h"

namespace tightrope::collectors {

// In the query's order. {from} and {to} are days ("2026-11-01"), and {now} is what the session's wall clock
// shows ("2026-11-22 13:00:00"): that of the source's zone, or of `offset` ("+01:00") where it is not "".
// With a format they are as in fill_template(), {now} by the wall clock too.
std::vector<SqlArgument> sql_arguments(const config::SqlTemplate& query, const CollectRequest& request,
                                       const rules::Calendar& calendar, std::string_view offset);

}  // namespace tightrope::collectors
