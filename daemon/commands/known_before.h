// What a journal knew of figures that are to be imported.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "daemon/journal.h"
#include "rules/event.h"

namespace tightrope::daemon::commands {

// Takes out the rows whose figure the journal holds already as it was known when they were learnt: so a file
// that is imported again appends nothing, however old its days are. A row that differs from what was known
// then stays, and so does one that was learnt only later. Blocking: reads the client's events once. Memory:
// an entry for each row. REQUIRES: the rows of each batch are of its day.
std::optional<JournalError> drop_known(Journal& journal, std::string_view client,
                                       std::map<rules::Day, rules::ObservationBatch>& days);

}  // namespace tightrope::daemon::commands
