// An engine rebuilt from what the journal holds: the newest snapshot, then the events after it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/configuration.h"
#include "daemon/journal.h"
#include "rules/engine.h"

namespace tightrope::daemon {

struct Recovered {
  // Empty when the journal has nothing of the client.
  std::optional<rules::Engine> engine;
  std::string document;        // the strategy it runs under
  Sequence first = 0;          // the client's first event, when all were replayed; else 0
  Sequence applied = 0;        // the last event in it
  Timestamp newest{};          // the latest time of an event in it
  std::uint64_t replayed = 0;  // events after the snapshot
};

// Reads only, so that it may run beside the daemon that writes. Blocking. When the snapshot cannot be read
// (it was taken by another version), everything is replayed from the first event, provided that none was
// dropped.
std::variant<Recovered, JournalError> recover_engine(Journal& journal, std::string_view client);

// What one event did to an engine that is being rebuilt, or why it cannot be applied. The first event of a
// client is the strategy it starts with.
std::variant<rules::Effects, std::string> replay_event(Recovered& into, const rules::Event& event);

// Where the first event of each client is noted: key is the client, value the sequence as text. It tells
// whether the events that a journal holds are all there ever were.
inline constexpr std::string_view kFirstEvents = "first_event";
// Nothing into `first` when none was noted.
std::optional<JournalError> first_event_noted(Journal& journal, std::string_view client,
                                              std::optional<Sequence>& first);

}  // namespace tightrope::daemon
