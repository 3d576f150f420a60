// What is sent beside a query: its parameters' values.
#pragma once

#include <vector>

#include "collectors/collector.h"
#include "collectors/sql_query.h"
#include "config/sql_template.h"

namespace tightrope::collectors {

// In the query's order. {from} and {to} are days ("2026-11-01"), and {now} is what the wall clock of the
// source's zone shows ("2026-11-22 13:00:00"), for that is the zone of the session; with a format they are as
// in fill_template(), {now} by the wall clock too.
std::vector<SqlArgument> sql_arguments(const config::SqlTemplate& query, const CollectRequest& request,
                                       const rules::Calendar& calendar);

}  // namespace tightrope::collectors
