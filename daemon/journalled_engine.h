// One client's engine and the journal before it: an event is applied once it is durable, in the order of the
// journal.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "rules/engine.h"
#include "rules/name_book.h"

namespace tightrope::daemon {

// What became of one event.
struct Outcome {
  std::optional<JournalError> error;  // not durable, so not applied
  std::uint32_t changed = 0;          // figures that were new or different
  std::uint32_t restated = 0;
  std::uint32_t outside = 0;
  std::string refused;  // why the engine did not take a decision or acknowledgement
};

// After recover(), everything is called on the strand, and everything that is called back is called there.
// Kept alive by the appends under way.
class JournalledEngine : public std::enable_shared_from_this<JournalledEngine> {
 public:
  using Completion = std::function<void(const Outcome&)>;
  // After each event applied, before its completion. `next_wakeup` is the engine's.
  using OnApplied = std::function<void(double seconds, rules::Effects effects, Timestamp next_wakeup)>;

  // `strand` runs one handler at a time, in order.
  JournalledEngine(asio::any_io_executor strand, Clock& clock, Journal& journal, std::string client,
                   OnApplied on_applied);

  // Blocking, before anything else: what the journal holds; then `client`'s strategy if it is another,
  // journalled. Gives what that change of strategy did.
  struct Started {
    std::optional<JournalError> error;
    rules::Effects effects;
  };
  Started recover(config::Client client);

  // REQUIRES: recover() gave no error.
  const rules::Engine& engine() const noexcept { return *engine_; }
  const rules::NameBook& names() const noexcept { return names_; }

  // The batch under the names that its entities have here; observe() does the same. Spellings that are new
  // are logged, and kept in the journal.
  rules::ObservationBatch named(rules::ObservationBatch batch);

  // Decisions and acknowledgements; their time is set here.
  void decide(rules::Decision decision, Completion done);
  void acknowledge(rules::Acknowledgement acknowledgement, Completion done);
  // The rows that change something. `learnt` is now, or as it stands for figures of the past that are
  // imported.
  enum class Learnt { now, as_given };
  // With a coverage, those that take back what the source gives no more come with them.
  void observe(rules::ObservationBatch batch, Learnt learnt, std::optional<rules::Coverage> coverage,
               Completion done);
  // What is found of a source, if the engine knows something else of it. Its time is set here.
  void tell(rules::SourceFindings findings, Completion done);
  // Time moves on, if anything has fallen due.
  void tick(Completion done);
  // Another strategy, if it is another.
  void adopt(config::Client client, Completion done);

  // Saves the engine's state, if anything was applied since it was last saved. `done` runs on the strand.
  void save(Journal::WriteDone done);
  // From now on nothing is taken. Calls back once nothing is under way.
  void close(std::function<void()> idle);

  Sequence applied() const noexcept { return applied_.load(std::memory_order_acquire); }     // any thread
  Timestamp newest() const noexcept { return Timestamp(Duration(newest_applied_.load())); }  // any thread

 private:
  struct Appending;
  Timestamp stamp() noexcept;
  void append(rules::Event event, std::optional<config::Client> adopted, Completion done);
  void committed(Appending& appending, std::optional<JournalError> error, Sequence sequence);
  void finished();
  // Takes out the rows that the engine could not hold, and says how many.
  std::uint32_t drop_unheld(rules::ObservationBatch& batch) const;
  // Of the strategy in force, once the engine runs under it.
  void open_names();
  std::optional<JournalError> append_now(const rules::Event& event, Sequence& sequence);
  std::optional<JournalError> note_first(Sequence first);

  const asio::any_io_executor strand_;
  Clock& clock_;
  Journal& journal_;
  const std::string client_;
  const OnApplied on_applied_;

  std::optional<rules::Engine> engine_;
  rules::NameBook names_;
  std::string document_;               // of the strategy in force
  Timestamp newest_{};                 // the time of the newest event that was handed to the journal
  std::size_t under_way_ = 0;          // appends and saves
  std::size_t figures_under_way_ = 0;  // appends of observations
  bool closed_ = false;
  Sequence saved_ = 0;
  std::vector<std::function<void()>> idle_;
  std::atomic<Sequence> applied_{0};
  std::atomic<Duration::rep> newest_applied_{0};
};

}  // namespace tightrope::daemon
