// The spellings that a client's sources were met with, kept for people over a restart. Which name an entity
// has does not depend on them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/journal.h"
#include "rules/name_book.h"

namespace tightrope::daemon {

inline constexpr std::string_view kSpellings = "spellings";

// Key: the client, the dimension, the name that is kept, the spelling and the source, as a JSON array. Value:
// when it was first met, in milliseconds since 1970.
std::vector<RecordChange> spelling_records(std::string_view client, const rules::Dimensions& dimensions,
                                           const std::vector<rules::Spelling>& spellings);

// Tells the book those of its client. Blocking. What cannot be read, and dimensions that there are no more,
// are left out.
std::optional<JournalError> read_spellings(Journal& journal, std::string_view client,
                                           const rules::Dimensions& dimensions, rules::NameBook& names);

}  // namespace tightrope::daemon
