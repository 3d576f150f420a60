#include "daemon/client_runtime.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "daemon/alarm.h"
#include "daemon/engine_calls.h"
#include "daemon/journalled_engine.h"
#include "daemon/logging.h"
#include "daemon/repeated_error.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {
namespace {

constexpr Duration kFirstTickRetry = std::chrono::seconds(1);
constexpr Duration kLongestTickRetry = std::chrono::seconds(30);

Refusal refusal_of(const JournalError& error) {
  const bool overloaded = error.kind == JournalFailure::overloaded;
  return Refusal{.kind = overloaded ? Refusal::Kind::overloaded : Refusal::Kind::not_durable,
                 .text = error.text};
}

std::string text_of(const std::optional<JournalError>& error) {
  return error ? error->text : std::string();
}

Refusal refusal(Refusal::Kind kind, std::string text) {
  return Refusal{.kind = kind, .text = std::move(text)};
}

Taken<std::string> unknown(std::string_view what, const std::string& id) {
  return refusal(Refusal::Kind::not_found, "no " + std::string(what) + " has the id " + id);
}

}  // namespace

struct ClientRuntime::State {
  State(asio::any_io_executor on, asio::any_io_executor pool, Clock& time, Journal& store,
        config::Client with, config::JournalSettings how, OnChanges changes, OnApplied applied)
      : name(with.strategy.client),
        io(std::move(on)),
        strand(asio::make_strand(std::move(pool))),
        clock(time),
        journal(store),
        settings(how),
        on_changes(std::move(changes)),
        on_applied(std::move(applied)),
        log(logger("client")),
        configured(std::move(with)),
        wakeup(io, clock),
        tasks(io, [this](const std::string& task, std::exception_ptr failure) { failed(task, failure); }) {}

  void failed(const std::string& task, const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log->error("a task of the client ended, restart the daemon client={} task={} error={}", name, task,
                 quoted(error.what()));
    }
  }

  // On the I/O thread.
  void report(double seconds, rules::Effects& effects, Timestamp next_wakeup) {
    wakeup.set(next_wakeup);
    if (on_applied) on_applied(name, seconds, effects);
    for (const rules::Anomaly& anomaly : effects.anomalies) {
      log->info("worth a look: {} client={} objective={} kpi={} score={:.2f}", describe(anomaly), name,
                quoted(anomaly.objective), anomaly.kpi, anomaly.score);
    }
    if (effects.left_unwatched > 0) {
      log->warn("{} series of look_at are not watched, for {} are the most that a client has client={}",
                effects.left_unwatched, rules::Engine::kMostWatched, name);
    }
    if (!effects.alerts.empty() && on_changes) on_changes(name, std::move(effects.alerts));
  }

  const std::string name;
  const asio::any_io_executor io, strand;
  Clock& clock;
  Journal& journal;
  const config::JournalSettings settings;
  const OnChanges on_changes;
  const OnApplied on_applied;
  const std::shared_ptr<spdlog::logger> log;
  std::optional<config::Client> configured;  // until recover() takes it
  std::vector<rules::AlertChange> at_start;  // what the strategy adopted at start-up did, until start()
  std::shared_ptr<JournalledEngine> engine;
  // On the I/O thread.
  Alarm wakeup;
  TaskGroup tasks;
};

// The loops, with access to the private state.
struct ClientRuntime::Loops {
  static asio::awaitable<void> ticks(std::shared_ptr<State> state) {
    RepeatedError repeated;
    Duration pause = kFirstTickRetry;
    for (;;) {
      co_await state->wakeup.ring();
      EngineCall call = [engine = state->engine](JournalledEngine::Completion done) {
        engine->tick(std::move(done));
      };
      const Outcome outcome = co_await outcome_of(state->strand, std::move(call));
      if (repeated.news(text_of(outcome.error))) {
        if (outcome.error) {
          state->log->error(
              "time stands still for a client until the journal takes events again client={} error={}",
              state->name, quoted(outcome.error->text));
        } else {
          state->log->info("time moves on again client={}", state->name);
        }
      }
      if (!outcome.error) {
        pause = kFirstTickRetry;
        continue;
      }
      const Timestamp again = state->clock.now() + pause;
      pause = std::min(pause * 2, kLongestTickRetry);
      co_await state->clock.sleep_until(again);
    }
  }

  static asio::awaitable<void> snapshots(std::shared_ptr<State> state) {
    RepeatedError repeated;
    for (;;) {
      const Timestamp next = state->clock.now() + state->settings.snapshot_every;
      co_await state->clock.sleep_until(next);
      const std::optional<JournalError> error = co_await save_engine(state->strand, state->engine);
      if (repeated.news(text_of(error))) {
        if (error) {
          state->log->warn("no snapshot, a restart would replay more events client={} error={}", state->name,
                           quoted(error->text));
        } else {
          state->log->info("snapshots are taken again client={}", state->name);
        }
      }
      if (error) continue;
      const Timestamp before = state->clock.now() - state->settings.retention;
      co_await prune_journal(state->strand, state->journal, before);
    }
  }

  static asio::awaitable<void> save_adopted(std::shared_ptr<State> state) {
    const std::optional<JournalError> error = co_await save_engine(state->strand, state->engine);
    if (error)
      state->log->warn("no snapshot after the new strategy client={} error={}", state->name,
                       quoted(error->text));
  }

  static asio::awaitable<void> stop(std::shared_ptr<State> state) {
    state->tasks.cancel();
    co_await state->tasks.join();
    co_await close_engine(state->strand, state->engine);
    const std::optional<JournalError> error = co_await save_engine(state->strand, state->engine);
    if (error) {
      state->log->warn("no last snapshot, the next start replays more events client={} error={}", state->name,
                       quoted(error->text));
    }
  }

  static asio::awaitable<Taken<Accepted>> observe(std::shared_ptr<State> state, rules::ObservationBatch batch,
                                                  std::optional<rules::Coverage> coverage) {
    auto figures = std::make_shared<rules::ObservationBatch>(std::move(batch));
    EngineCall call = [engine = state->engine, figures, coverage](JournalledEngine::Completion done) {
      engine->observe(std::move(*figures), JournalledEngine::Learnt::now, coverage, std::move(done));
    };
    const Outcome outcome = co_await outcome_of(state->strand, std::move(call));
    Taken<Accepted> taken =
        Accepted{.changed = outcome.changed, .restated = outcome.restated, .outside = outcome.outside};
    if (outcome.error) taken = refusal_of(*outcome.error);
    co_return taken;
  }

  static asio::awaitable<Taken<Accepted>> tell(std::shared_ptr<State> state, rules::SourceFindings findings) {
    auto told = std::make_shared<rules::SourceFindings>(std::move(findings));
    EngineCall call = [engine = state->engine, told](JournalledEngine::Completion done) {
      engine->tell(std::move(*told), std::move(done));
    };
    const Outcome outcome = co_await outcome_of(state->strand, std::move(call));
    Taken<Accepted> taken = Accepted();
    if (outcome.error) taken = refusal_of(*outcome.error);
    co_return taken;
  }

  // For what the engine may refuse; `subject` is what the caller is given back.
  static asio::awaitable<Taken<std::string>> decided(std::shared_ptr<State> state, EngineCall call,
                                                     std::string subject) {
    const Outcome outcome = co_await outcome_of(state->strand, std::move(call));
    Taken<std::string> taken = std::move(subject);
    if (outcome.error) {
      taken = refusal_of(*outcome.error);
    } else if (!outcome.refused.empty()) {
      taken = refusal(Refusal::Kind::conflict, outcome.refused);
    }
    co_return taken;
  }

  static asio::awaitable<Taken<std::string>> decide(std::shared_ptr<State> state, rules::Decision decision) {
    const std::string id = decision.recommendation;
    std::function<bool(const rules::Engine&)> find = [id](const rules::Engine& engine) {
      return std::ranges::any_of(engine.alerts(), [&id](const rules::Alert& alert) {
        return std::ranges::find(alert.recommendations, id, &rules::Recommendation::id) !=
               alert.recommendations.end();
      });
    };
    const bool known = co_await engine_has(state->strand, state->engine, std::move(find));
    if (!known) co_return unknown("recommendation", id);
    EngineCall call = [engine = state->engine, decision](JournalledEngine::Completion done) {
      engine->decide(decision, std::move(done));
    };
    auto answer = decided(state, std::move(call), id);
    co_return co_await std::move(answer);
  }

  static asio::awaitable<Taken<std::string>> acknowledge(std::shared_ptr<State> state,
                                                         rules::Acknowledgement given) {
    const std::string id = given.alert;
    std::function<bool(const rules::Engine&)> find = [id](const rules::Engine& engine) {
      return engine.find_alert(id).has_value();
    };
    const bool known = co_await engine_has(state->strand, state->engine, std::move(find));
    if (!known) co_return unknown("alert", id);
    EngineCall call = [engine = state->engine, given](JournalledEngine::Completion done) {
      engine->acknowledge(given, std::move(done));
    };
    auto answer = decided(state, std::move(call), id);
    co_return co_await std::move(answer);
  }

  static asio::awaitable<Taken<std::string>> adopt(std::shared_ptr<State> state, config::Client client) {
    auto adopted = std::make_shared<config::Client>(std::move(client));
    EngineCall call = [engine = state->engine, adopted](JournalledEngine::Completion done) {
      engine->adopt(std::move(*adopted), std::move(done));
    };
    auto answer = decided(state, std::move(call), state->name);
    Taken<std::string> taken = co_await std::move(answer);
    if (taken) state->tasks.spawn("snapshot after a new strategy", save_adopted(state));
    co_return taken;
  }
};

ClientRuntime::ClientRuntime(asio::any_io_executor io, asio::any_io_executor pool, Clock& clock,
                             Journal& journal, config::Client client, config::JournalSettings settings,
                             OnChanges on_changes, OnApplied on_applied)
    : state_(std::make_shared<State>(std::move(io), std::move(pool), clock, journal, std::move(client),
                                     settings, std::move(on_changes), std::move(on_applied))) {
  JournalledEngine::OnApplied applied = [weak = std::weak_ptr<State>(state_), on = state_->io](
                                            double seconds, rules::Effects effects, Timestamp next_wakeup) {
    auto shared = std::make_shared<rules::Effects>(std::move(effects));
    auto report = [weak, seconds, shared, next_wakeup] {
      if (const auto state = weak.lock()) state->report(seconds, *shared, next_wakeup);
    };
    asio::post(on, std::move(report));
  };
  state_->engine =
      std::make_shared<JournalledEngine>(state_->strand, clock, journal, state_->name, std::move(applied));
}

ClientRuntime::~ClientRuntime() = default;

std::optional<JournalError> ClientRuntime::recover() {
  auto started = state_->engine->recover(std::move(*state_->configured));
  state_->configured.reset();
  if (started.error) return std::move(started.error);
  state_->at_start = std::move(started.effects.alerts);
  return std::nullopt;
}

void ClientRuntime::start() {
  // The engine is its strand's: events may arrive before the first look at it.
  auto look = [state = state_] {
    auto set = [state, next = state->engine->engine().next_wakeup()] { state->wakeup.set(next); };
    asio::post(state->io, std::move(set));
  };
  asio::post(state_->strand, std::move(look));
  if (state_->on_changes && !state_->at_start.empty())
    state_->on_changes(state_->name, std::exchange(state_->at_start, {}));
  state_->tasks.spawn("ticks", Loops::ticks(state_));
  state_->tasks.spawn("snapshots", Loops::snapshots(state_));
}

asio::awaitable<void> ClientRuntime::stop() {
  return Loops::stop(state_);
}

const std::string& ClientRuntime::name() const noexcept {
  return state_->name;
}

asio::awaitable<Taken<Accepted>> ClientRuntime::observe(rules::ObservationBatch batch,
                                                        std::optional<rules::Coverage> coverage) {
  return Loops::observe(state_, std::move(batch), coverage);
}
asio::awaitable<Taken<std::string>> ClientRuntime::decide(rules::Decision decision) {
  return Loops::decide(state_, std::move(decision));
}
asio::awaitable<Taken<std::string>> ClientRuntime::acknowledge(rules::Acknowledgement acknowledgement) {
  return Loops::acknowledge(state_, std::move(acknowledgement));
}
asio::awaitable<Taken<Accepted>> ClientRuntime::tell(rules::SourceFindings findings) {
  return Loops::tell(state_, std::move(findings));
}
asio::awaitable<Taken<std::string>> ClientRuntime::adopt(config::Client client) {
  return Loops::adopt(state_, std::move(client));
}
asio::awaitable<void> ClientRuntime::view(std::function<void(const rules::Engine&)> read) const {
  return read_engine(state_->strand, state_->engine, std::move(read));
}
asio::awaitable<void> ClientRuntime::view_names(
    std::function<void(const rules::Engine&, const rules::NameBook&)> read) const {
  // The engine is owned here, and so are its names.
  return read_engine(state_->strand, state_->engine,
                     [engine = state_->engine.get(), read = std::move(read)](const rules::Engine& state) {
                       read(state, engine->names());
                     });
}

Sequence ClientRuntime::applied() const noexcept {
  return state_->engine->applied();
}
Timestamp ClientRuntime::last_event_at() const noexcept {
  return state_->engine->newest();
}

}  // namespace tightrope::daemon
