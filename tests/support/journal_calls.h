// A journal's writes as calls that wait, and its reads as values.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal.h"

namespace tightrope::daemon {
// How a failed expectation shows an error.
inline void PrintTo(const JournalError& error, std::ostream* out) {
  *out << error.text;
}
}  // namespace tightrope::daemon

namespace tightrope::testing {

struct Appended {
  std::optional<daemon::JournalError> error;
  daemon::Sequence sequence = 0;
};
Appended append(daemon::Journal& journal, daemon::JournalEvent event);
std::optional<daemon::JournalError> write(daemon::Journal& journal,
                                          std::vector<daemon::RecordChange> changes);
std::optional<daemon::JournalError> save(daemon::Journal& journal, daemon::Snapshot snapshot);
std::optional<daemon::JournalError> prune(daemon::Journal& journal, rules::Timestamp before);

// These throw std::runtime_error with the journal's text when reading fails.
std::vector<daemon::JournalEvent> events_of(daemon::Journal& journal, std::string_view client,
                                            daemon::Sequence after = 0);
std::optional<daemon::Snapshot> snapshot_of(daemon::Journal& journal, std::string_view client);
std::vector<daemon::Record> records_of(daemon::Journal& journal, std::string_view table);

// Bytes that look random, the same for the same seed: they do not pack.
std::string noise(std::size_t size, std::uint64_t seed);

}  // namespace tightrope::testing
