// A journal in memory that can hold back and refuse what it is given.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal.h"

namespace tightrope::testing {

// On one thread. Writes end at once, unless `hold` is set: then when release() is called, in order.
class MemoryJournal final : public daemon::Journal {
 public:
  std::vector<daemon::JournalEvent> events;  // of all clients
  std::map<std::string, daemon::Snapshot> snapshots;
  std::map<std::pair<std::string, std::string>, std::string> records;
  std::string failing;  // not empty: every write fails with it
  bool hold = false;
  int failures = 0;
  std::vector<daemon::Timestamp> pruned_before;

  void release() {
    hold = false;
    for (auto& write : std::exchange(held_, {})) write();
  }
  // What it holds durably.
  struct Content {
    std::vector<daemon::JournalEvent> events;
    std::map<std::string, daemon::Snapshot> snapshots;
    std::map<std::pair<std::string, std::string>, std::string> records;
    daemon::Sequence last = 0;
  };
  Content content() const { return {events, snapshots, records, last_}; }
  void set_content(Content content) {
    events = std::move(content.events);
    snapshots = std::move(content.snapshots);
    records = std::move(content.records);
    last_ = content.last;
  }
  std::size_t held() const { return held_.size(); }

  void append(daemon::JournalEvent event, AppendDone done) override {
    run([this, event = std::move(event), done = std::move(done)]() mutable {
      if (const auto error = refusal()) return done(error, 0);
      event.sequence = ++last_;
      events.push_back(event);
      done(std::nullopt, event.sequence);
    });
  }
  void write(std::vector<daemon::RecordChange> changes, WriteDone done) override {
    run([this, changes = std::move(changes), done = std::move(done)] {
      if (const auto error = refusal()) return done(error);
      for (const auto& change : changes) {
        if (change.value) {
          records[{change.table, change.key}] = *change.value;
        } else {
          records.erase({change.table, change.key});
        }
      }
      done(std::nullopt);
    });
  }
  void save(daemon::Snapshot snapshot, WriteDone done) override {
    run([this, snapshot = std::move(snapshot), done = std::move(done)] {
      if (const auto error = refusal()) return done(error);
      snapshots[snapshot.client] = snapshot;
      done(std::nullopt);
    });
  }
  void prune(daemon::Timestamp before, WriteDone done) override {
    pruned_before.push_back(before);
    std::erase_if(events, [&](const daemon::JournalEvent& event) {
      const auto snapshot = snapshots.find(event.client);
      return event.at < before && snapshot != snapshots.end() && event.sequence <= snapshot->second.upto;
    });
    done(std::nullopt);
  }
  std::optional<daemon::JournalError> read_events(std::string_view client, daemon::Sequence after,
                                                  const OnEvent& on_event) override {
    for (const auto& event : events) {
      if (event.client == client && event.sequence > after && !on_event(event)) break;
    }
    return std::nullopt;
  }
  std::optional<daemon::JournalError> read_snapshot(std::string_view client,
                                                    std::optional<daemon::Snapshot>& snapshot) override {
    const auto found = snapshots.find(std::string(client));
    if (found != snapshots.end()) snapshot = found->second;
    return std::nullopt;
  }
  std::optional<daemon::JournalError> read_records(std::string_view table,
                                                   std::vector<daemon::Record>& found) override {
    for (const auto& [place, value] : records) {
      if (place.first == table) found.push_back({place.first, place.second, value});
    }
    return std::nullopt;
  }
  std::optional<daemon::JournalError> read_clients(std::vector<std::string>& clients) override {
    for (const auto& event : events) {
      if (std::ranges::find(clients, event.client) == clients.end()) clients.push_back(event.client);
    }
    return std::nullopt;
  }
  daemon::JournalStats stats() const override {
    daemon::JournalStats stats;
    stats.failing = stats.refusing = refused_;
    return stats;
  }

 private:
  void run(std::function<void()> write) {
    if (hold) {
      held_.push_back(std::move(write));
    } else {
      write();
    }
  }
  std::optional<daemon::JournalError> refusal() {
    refused_.reset();
    if (failing.empty()) return std::nullopt;
    ++failures;
    refused_ = daemon::JournalError{daemon::JournalFailure::full, failing};
    return refused_;
  }

  daemon::Sequence last_ = 0;
  std::optional<daemon::JournalError> refused_;  // what the latest write was told
  std::vector<std::function<void()>> held_;
};

}  // namespace tightrope::testing
