#include "daemon/journalled_engine.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "daemon/logging.h"
#include "daemon/recovery.h"
#include "daemon/spellings.h"

namespace tightrope::daemon {
namespace {

// Waits for a write of the journal's own thread. For start-up only.
template <class Start>
std::optional<JournalError> wait_for(Start start) {
  auto promise = std::make_shared<std::promise<std::optional<JournalError>>>();
  auto future = promise->get_future();
  start([promise](std::optional<JournalError> error) { promise->set_value(std::move(error)); });
  return future.get();
}

}  // namespace

struct JournalledEngine::Appending {
  rules::Event event;
  std::optional<config::Client> adopted;  // of a StrategyChange
  Completion done;
};

JournalledEngine::JournalledEngine(asio::any_io_executor strand, Clock& clock, Journal& journal,
                                   std::string client, OnApplied on_applied)
    : strand_(std::move(strand)),
      clock_(clock),
      journal_(journal),
      client_(std::move(client)),
      on_applied_(std::move(on_applied)) {}

std::optional<JournalError> JournalledEngine::append_now(const rules::Event& event, Sequence& sequence) {
  JournalEvent stored{
      .sequence = 0, .client = client_, .at = rules::time_of(event), .payload = rules::encode(event)};
  return wait_for([&](auto done) {
    journal_.append(std::move(stored), [done, &sequence](std::optional<JournalError> error, Sequence given) {
      sequence = given;
      done(std::move(error));
    });
  });
}

std::optional<JournalError> JournalledEngine::note_first(Sequence first) {
  std::vector<RecordChange> note{
      {.table = std::string(kFirstEvents), .key = client_, .value = std::to_string(first)}};
  return wait_for([&](auto done) { journal_.write(std::move(note), done); });
}

JournalledEngine::Started JournalledEngine::recover(config::Client client) {
  auto outcome = recover_engine(journal_, client_);
  if (auto* error = std::get_if<JournalError>(&outcome)) return {.error = std::move(*error), .effects = {}};
  Recovered& recovered = std::get<Recovered>(outcome);
  Started started;
  engine_ = std::move(recovered.engine);
  document_ = std::move(recovered.document);
  newest_ = recovered.newest;
  saved_ = recovered.replayed == 0 ? recovered.applied : 0;
  Sequence applied = recovered.applied;
  if (!engine_ || document_ != client.document) {
    const rules::Event change = rules::StrategyChange{.at = stamp(), .document = client.document};
    if (auto error = append_now(change, applied)) return {.error = std::move(*error), .effects = {}};
    document_ = std::move(client.document);
    if (engine_) {
      started.effects = engine_->adopt(std::move(client.strategy), newest_);
    } else {
      recovered.first = applied;
      engine_.emplace(std::move(client.strategy));
      started.effects = engine_->apply(change);
    }
  }
  if (recovered.first != 0) {
    if (auto error = note_first(recovered.first)) return {.error = std::move(*error), .effects = {}};
  }
  open_names();
  applied_.store(applied, std::memory_order_release);
  newest_applied_.store(newest_.time_since_epoch().count());
  return started;
}

Timestamp JournalledEngine::stamp() noexcept {
  // The wall clock may be set back; what is learnt later is never stamped earlier.
  newest_ = std::max(newest_, clock_.now());
  return newest_;
}

void JournalledEngine::open_names() {
  const rules::Strategy& strategy = engine_->strategy();
  if (strategy.identity == names_.identity()) return;
  const bool first = names_.identity().empty();
  const std::vector<rules::Spelling> before = names_.spellings();
  names_ = rules::NameBook(strategy.identity);
  const rules::EntityTable& entities = engine_->entities();
  for (rules::EntityIndex i = 0; i < entities.size(); ++i) names_.know(entities[i]);
  for (const rules::Spelling& spelling : before) names_.remember(spelling);
  if (!first) return;
  if (const auto error = read_spellings(journal_, client_, strategy.dimensions, names_)) {
    logger("client")->warn("spellings that were met before are not shown client={} error={}", client_,
                           quoted(error->text));
  }
}

rules::ObservationBatch JournalledEngine::named(rules::ObservationBatch batch) {
  auto [under_names, fresh] = names_.name(std::move(batch));
  if (fresh.empty()) return std::move(under_names);
  logger("client")->info(
      "spellings met that are other names spellings={} client={} source={} such_as={} is={}", fresh.size(),
      client_, fresh.front().source, quoted(fresh.front().spelling), quoted(fresh.front().name));
  // For people: one that cannot be kept is met again after the next start.
  journal_.write(spelling_records(client_, engine_->strategy().dimensions, fresh),
                 [](const std::optional<JournalError>&) {});
  return std::move(under_names);
}

void JournalledEngine::decide(rules::Decision decision, Completion done) {
  decision.at = stamp();
  append(std::move(decision), std::nullopt, std::move(done));
}

void JournalledEngine::acknowledge(rules::Acknowledgement acknowledgement, Completion done) {
  acknowledgement.at = stamp();
  append(std::move(acknowledgement), std::nullopt, std::move(done));
}

void JournalledEngine::observe(rules::ObservationBatch batch, Learnt learnt,
                               std::optional<rules::Coverage> coverage, Completion done) {
  Outcome outcome;
  if (learnt == Learnt::now) {
    batch.learnt = stamp();
    // A poll reads them again and again: what the engine cannot hold would be journalled each time.
    outcome.outside = drop_unheld(batch);
  }
  batch = named(std::move(batch));
  // While figures are on their way, the engine still shows those before them: a restatement back to what it
  // shows would look like no change and be lost. Then everything is journalled, and what is gone stays until
  // the next poll: it may be on its way from another source.
  if (figures_under_way_ == 0) batch = engine_->changed(batch, coverage);
  if (batch.rows.empty()) return done(outcome);
  ++figures_under_way_;
  append(std::move(batch), std::nullopt,
         [outside = outcome.outside, done = std::move(done)](Outcome applied) {
           applied.outside += outside;
           done(applied);
         });
}

std::uint32_t JournalledEngine::drop_unheld(rules::ObservationBatch& batch) const {
  const rules::Day head = engine_->calendar().day_of(std::max(engine_->now(), batch.learnt)) + 1;
  const auto unheld = [head](const rules::ObservationBatch::Row& row) {
    const int held = row.bucket.whole_day() ? rules::Cube::kDays : rules::Cube::kHourDays;
    return row.bucket.day > head || head - row.bucket.day >= held;
  };
  return static_cast<std::uint32_t>(std::erase_if(batch.rows, unheld));
}

void JournalledEngine::tell(rules::SourceFindings findings, Completion done) {
  if (engine_->findings_of(findings.source) == findings.findings) return done(Outcome());
  findings.at = stamp();
  append(std::move(findings), std::nullopt, std::move(done));
}

void JournalledEngine::tick(Completion done) {
  const Timestamp at = stamp();
  if (engine_->next_wakeup() > at) return done(Outcome());
  append(rules::Tick{.at = at}, std::nullopt, std::move(done));
}

void JournalledEngine::adopt(config::Client client, Completion done) {
  if (client.document == document_) return done(Outcome());
  rules::StrategyChange change{.at = stamp(), .document = client.document};
  append(std::move(change), std::move(client), std::move(done));
}

void JournalledEngine::append(rules::Event event, std::optional<config::Client> adopted, Completion done) {
  ++under_way_;
  JournalEvent stored{
      .sequence = 0, .client = client_, .at = rules::time_of(event), .payload = rules::encode(event)};
  auto appending = std::make_shared<Appending>(
      Appending{.event = std::move(event), .adopted = std::move(adopted), .done = std::move(done)});
  journal_.append(std::move(stored), [self = shared_from_this(), appending](std::optional<JournalError> error,
                                                                            Sequence sequence) {
    auto deliver = [self, appending, error = std::move(error), sequence] {
      self->committed(*appending, error, sequence);
    };
    asio::post(self->strand_, std::move(deliver));
  });
}

void JournalledEngine::committed(Appending& appending, std::optional<JournalError> error, Sequence sequence) {
  const bool figures = std::holds_alternative<rules::ObservationBatch>(appending.event);
  if (figures) --figures_under_way_;
  Outcome outcome;
  if (error) {
    outcome.error = std::move(error);
  } else {
    const auto began = std::chrono::steady_clock::now();
    rules::Effects effects;
    if (appending.adopted) {
      document_ = std::move(appending.adopted->document);
      effects = engine_->adopt(std::move(appending.adopted->strategy), rules::time_of(appending.event));
      open_names();
    } else {
      effects = engine_->apply(appending.event);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    newest_applied_.store(
        std::max(newest_applied_.load(), rules::time_of(appending.event).time_since_epoch().count()));
    applied_.store(sequence, std::memory_order_release);
    outcome.changed = effects.cells_changed;
    outcome.restated = effects.cells_restated;
    outcome.outside = effects.cells_outside;
    outcome.refused = effects.refused;
    on_applied_(took.count(), std::move(effects), engine_->next_wakeup());
  }
  appending.done(outcome);
  finished();
}

void JournalledEngine::save(Journal::WriteDone done) {
  const Sequence upto = applied();
  if (upto == saved_) return done(std::nullopt);
  ++under_way_;
  Snapshot snapshot{
      .client = client_, .upto = upto, .at = newest(), .state = engine_->snapshot(), .document = document_};
  journal_.save(std::move(snapshot),
                [self = shared_from_this(), upto, done = std::move(done)](std::optional<JournalError> error) {
                  auto deliver = [self, upto, done, error = std::move(error)] {
                    if (!error) self->saved_ = upto;
                    done(error);
                    self->finished();
                  };
                  asio::post(self->strand_, std::move(deliver));
                });
}

void JournalledEngine::close(std::function<void()> idle) {
  closed_ = true;
  if (under_way_ == 0) return idle();
  idle_.push_back(std::move(idle));
}

void JournalledEngine::finished() {
  if (--under_way_ != 0) return;
  const auto waiting = std::exchange(idle_, {});
  for (const auto& idle : waiting) idle();
}

}  // namespace tightrope::daemon
