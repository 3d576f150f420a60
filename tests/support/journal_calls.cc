#include "tests/support/journal_calls.h"

#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

namespace tightrope::testing {

using daemon::Journal;
using daemon::JournalError;
using daemon::JournalEvent;
using daemon::Record;
using daemon::Sequence;
using daemon::Snapshot;

namespace {

void require(const std::optional<JournalError>& error) {
  if (error) throw std::runtime_error(error->text);
}

// Starts a write, and waits for its end.
template <class Start>
std::optional<JournalError> wait_for(Start start) {
  // Shared, as set_value() may still be at work when the wait is over.
  const auto promise = std::make_shared<std::promise<std::optional<JournalError>>>();
  start([promise](std::optional<JournalError> error) { promise->set_value(std::move(error)); });
  return promise->get_future().get();
}

}  // namespace

Appended append(Journal& journal, JournalEvent event) {
  const auto promise = std::make_shared<std::promise<Appended>>();
  journal.append(std::move(event), [promise](std::optional<JournalError> error, Sequence sequence) {
    promise->set_value({std::move(error), sequence});
  });
  return promise->get_future().get();
}

std::optional<JournalError> write(Journal& journal, std::vector<daemon::RecordChange> changes) {
  return wait_for([&](Journal::WriteDone done) { journal.write(std::move(changes), std::move(done)); });
}

std::optional<JournalError> save(Journal& journal, Snapshot snapshot) {
  return wait_for([&](Journal::WriteDone done) { journal.save(std::move(snapshot), std::move(done)); });
}

std::optional<JournalError> prune(Journal& journal, rules::Timestamp before) {
  return wait_for([&](Journal::WriteDone done) { journal.prune(before, std::move(done)); });
}

std::vector<JournalEvent> events_of(Journal& journal, std::string_view client, Sequence after) {
  std::vector<JournalEvent> events;
  require(journal.read_events(client, after, [&](const JournalEvent& event) {
    events.push_back(event);
    return true;
  }));
  return events;
}

std::optional<Snapshot> snapshot_of(Journal& journal, std::string_view client) {
  std::optional<Snapshot> snapshot;
  require(journal.read_snapshot(client, snapshot));
  return snapshot;
}

std::vector<Record> records_of(Journal& journal, std::string_view table) {
  std::vector<Record> records;
  require(journal.read_records(table, records));
  return records;
}

std::string noise(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, '\0');
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ull + 0x632BE59BD9B4E019ull;
  for (char& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace tightrope::testing
