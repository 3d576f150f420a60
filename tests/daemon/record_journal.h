// A journal of records only, in memory, that fails and delays when told.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal.h"

namespace tightrope::testing {

// Answers at once, on the caller's thread, unless `hold` is set: then when release() is called.
class RecordJournal final : public daemon::Journal {
 public:
  std::map<std::pair<std::string, std::string>, std::string> records;  // by table and key
  std::vector<std::vector<daemon::RecordChange>> writes;               // those that succeeded
  std::string failing;                                                 // not empty: every write fails with it
  int failures = 0;
  bool hold = false;

  void release() {
    hold = false;
    auto ready = std::exchange(held_, {});
    for (auto& [changes, done] : ready) finish(std::move(changes), done);
  }
  // What a crash would leave of those still held: nothing.
  void lose_held() { held_.clear(); }

  std::vector<daemon::Record> table(const std::string& name) const {
    std::vector<daemon::Record> found;
    for (const auto& [place, value] : records) {
      if (place.first == name) found.push_back({place.first, place.second, value});
    }
    return found;
  }

  void write(std::vector<daemon::RecordChange> changes, WriteDone done) override {
    if (hold) {
      held_.emplace_back(std::move(changes), std::move(done));
    } else {
      finish(std::move(changes), done);
    }
  }

  void append(daemon::JournalEvent, AppendDone done) override { done(unused(), 0); }
  void save(daemon::Snapshot, WriteDone done) override { done(unused()); }
  void prune(daemon::Timestamp, WriteDone done) override { done(unused()); }
  std::optional<daemon::JournalError> read_events(std::string_view, daemon::Sequence,
                                                  const OnEvent&) override {
    return unused();
  }
  std::optional<daemon::JournalError> read_snapshot(std::string_view,
                                                    std::optional<daemon::Snapshot>&) override {
    return unused();
  }
  std::optional<daemon::JournalError> read_records(std::string_view name,
                                                   std::vector<daemon::Record>& found) override {
    found = table(std::string(name));
    return std::nullopt;
  }
  std::optional<daemon::JournalError> read_clients(std::vector<std::string>&) override { return unused(); }
  daemon::JournalStats stats() const override { return {}; }

 private:
  static daemon::JournalError unused() {
    return {daemon::JournalFailure::io, "this journal keeps records only"};
  }

  void finish(std::vector<daemon::RecordChange> changes, const WriteDone& done) {
    if (!failing.empty()) {
      ++failures;
      done(daemon::JournalError{daemon::JournalFailure::full, failing});
      return;
    }
    for (const daemon::RecordChange& change : changes) {
      if (change.value) {
        records[{change.table, change.key}] = *change.value;
      } else {
        records.erase({change.table, change.key});
      }
    }
    writes.push_back(std::move(changes));
    done(std::nullopt);
  }

  std::vector<std::pair<std::vector<daemon::RecordChange>, WriteDone>> held_;
};

}  // namespace tightrope::testing
