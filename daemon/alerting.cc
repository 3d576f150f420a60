#include "daemon/alerting.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/alarm.h"
#include "daemon/alert_log.h"
#include "daemon/logging.h"
#include "daemon/poll_schedule.h"
#include "daemon/receivers/alertmanager_feed.h"
#include "daemon/routing/dispatch.h"
#include "daemon/routing/route_tree.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {

struct Alerting::State {
  State(asio::any_io_executor executor, Clock& time, Journal& journal, collectors::Transfer& over,
        std::string url, const Outbox::OnEvent& on_event)
      : clock(time),
        transfer(over),
        links{.external_url = std::move(url)},
        log(logger("alert")),
        outbox(executor, time, journal, OutboxLimits(), on_event, seed_of("outbox")),
        feed(executor, time, over, links, on_event, seed_of("alertmanager")),
        due(executor, time),
        tasks(executor,
              [this](const std::string& task, std::exception_ptr failure) { failed(task, failure); }) {
    outbox.on_lost([this](const OutboxMessage& message) { lost(message); });
  }

  // Who did not get a message is told again: else what fires would stay silent until it is repeated.
  void lost(const OutboxMessage& message) {
    if (!dispatcher) return;
    const auto kept = dispatcher->lost(message.receiver, message.group_key, message.integration,
                                       message.alerts, clock.now());
    if (kept) outbox.remember(*kept);
    due.set(dispatcher->next_due());
  }

  void failed(const std::string& task, const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log->error("groups are told no more, restart the daemon task={} error={}", task, quoted(error.what()));
    }
  }

  static asio::awaitable<void> watch(State& state) {
    for (;;) {
      co_await state.due.ring();
      state.dispatch();
    }
  }

  void know(const rules::Alert& alert) {
    if (!dispatcher) return;
    dispatcher->update(alert, clock.now());
    feed.update(alert, dispatcher->receivers_of(alert));
  }

  void dispatch() {
    if (!dispatcher) return due.set(std::nullopt);
    for (Dispatched& dispatched : dispatcher->take_due(clock.now())) {
      const Notification& message = dispatched.notification;
      log->info("notification receiver={} reason={} firing={} resolved={} id={} group={}",
                quoted(message.receiver), quoted(dispatched.reason), message.firing.size(),
                message.resolved.size(), message.id, quoted(message.group_key));
      outbox.take(std::move(dispatched));
    }
    const std::vector<std::string> forgotten = dispatcher->take_forgotten();
    if (!forgotten.empty()) outbox.forget(forgotten);
    due.set(dispatcher->next_due());
  }

  Clock& clock;
  collectors::Transfer& transfer;
  const MessageLinks links;
  const std::shared_ptr<spdlog::logger> log;
  Outbox outbox;
  AlertmanagerFeed feed;
  std::optional<Dispatcher> dispatcher;  // none while there is no route
  std::vector<std::string> receivers;
  Alarm due;
  TaskGroup tasks;
};

Alerting::Alerting(asio::any_io_executor executor, Clock& clock, Journal& journal,
                   collectors::Transfer& transfer, std::string external_url, Outbox::OnEvent on_event)
    : state_(std::make_unique<State>(std::move(executor), clock, journal, transfer, std::move(external_url),
                                     on_event)) {
  state_->tasks.spawn("dispatch", State::watch(*state_));
}

Alerting::~Alerting() = default;

std::optional<std::string> Alerting::problem(const config::Configuration& configuration) {
  if (!configuration.route) return std::nullopt;
  return RouteTree::problem(*configuration.route);
}

void Alerting::configure(const config::Configuration& configuration, const StoredAlerting& stored) {
  State& state = *state_;
  std::vector<Outbox::ReceiverIntegrations> integrations;
  state.receivers.clear();
  for (const config::Receiver& receiver : configuration.receivers) {
    state.receivers.push_back(receiver.name);
    integrations.emplace_back(receiver.name, make_integrations(receiver, state.transfer, state.links));
  }
  // Without routes nobody is told anything.
  state.feed.configure(configuration.route ? configuration.receivers : std::vector<config::Receiver>());
  if (!configuration.route) {
    state.dispatcher.reset();
  } else if (state.dispatcher) {
    state.dispatcher->reload(*configuration.route, state.clock.now());
  } else {
    std::vector<NotifiedGroup> remembered;
    for (const Record& record : stored.notified) {
      if (auto group = decode_notified_group(record.value)) {
        remembered.push_back(std::move(*group));
      } else {
        state.log->warn("what was told of a group cannot be read, it may be told again key={}",
                        quoted(record.key));
      }
    }
    state.dispatcher.emplace(*configuration.route, std::move(remembered));
  }
  // After the routes: stored messages that are given up now have to be told again.
  state.outbox.configure(std::move(integrations), stored.outbox);
}

void Alerting::know(const std::vector<rules::Alert>& alerts) {
  for (const rules::Alert& alert : alerts) state_->know(alert);
}

void Alerting::changed(const std::vector<rules::AlertChange>& changes) {
  for (const rules::AlertChange& change : changes) {
    state_->know(change.alert);
  }
  state_->dispatch();
  // After the dispatch: the message does not wait for the log.
  for (const rules::AlertChange& change : changes) log_change(*state_->log, change);
}

void Alerting::dispatch() {
  state_->dispatch();
}

void Alerting::end(std::vector<rules::Alert> alerts) {
  const Timestamp now = state_->clock.now();
  std::vector<rules::AlertChange> changes;
  for (rules::Alert& alert : alerts) {
    if (alert.phase == rules::AlertPhase::firing || alert.phase == rules::AlertPhase::pending)
      changes.push_back(rules::ended(std::move(alert), "The client is no longer configured.", now));
  }
  if (!changes.empty()) changed(changes);
}

std::set<std::string> Alerting::told_and_unknown() const {
  return state_->dispatcher ? state_->dispatcher->told_and_unknown() : std::set<std::string>();
}

std::size_t Alerting::queued() const {
  std::size_t queued = 0;
  for (const std::string& receiver : state_->receivers) queued += state_->outbox.queued(receiver);
  return queued;
}

std::vector<OutboxBacklog> Alerting::backlog() const {
  return state_->outbox.backlog();
}

asio::awaitable<void> Alerting::stop() {
  state_->tasks.cancel();
  co_await state_->tasks.join();
  co_await state_->feed.stop();
  co_await state_->outbox.stop();
}

}  // namespace tightrope::daemon
