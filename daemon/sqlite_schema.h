// The tables of tightrope.db, and how files of older versions become new ones. Described in journal.md.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "daemon/journal.h"
#include "daemon/sqlite.h"

namespace tightrope::daemon {

// Step n, from 0, makes version n + 1 out of version n. Steps are only ever added.
std::span<const char* const> journal_migrations();

// Refuses a file that is another program's, of a newer version, or damaged in its head; reads only.
std::optional<JournalError> check_journal(SqliteDatabase& database, const std::string& path);

// As that, then makes the file what this program writes: in WAL mode, of the newest version. All steps or
// none. Steps other than journal_migrations() are for tests.
std::optional<JournalError> prepare_journal(SqliteDatabase& database, const std::string& path,
                                            std::span<const char* const> migrations = journal_migrations());

}  // namespace tightrope::daemon
