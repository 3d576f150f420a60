#include "daemon/outbox.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <map>
#include <tuple>

#include "daemon/alarm.h"
#include "daemon/deadline.h"
#include "daemon/logging.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {
namespace {

// Erasures are gathered for so long, so that a flood of deliveries does not become a flood of commits.
constexpr Duration kEraseAfter = std::chrono::milliseconds(100);
constexpr std::size_t kMostErasures = 512;
constexpr Duration kFirstStoreRetry = std::chrono::milliseconds(100);
constexpr Duration kLongestStoreRetry = std::chrono::seconds(10);
// Dispatches waiting for a store that fails. What is dropped then is told again after a restart.
constexpr std::size_t kMostUnstored = 10'000;
// For alarms: whatever the clock says, even if it is set back meanwhile.
constexpr Timestamp kAtOnce{};

// One integration, its queue, and the coroutine that works it off.
struct Lane {
  Lane(asio::any_io_executor executor, Clock& clock, const OutboxLimits& limits, std::uint64_t seed)
      : queue(limits, seed), alarm(std::move(executor), clock) {}

  std::string receiver;
  std::shared_ptr<Integration> integration;  // shared with a try under way while a reload replaces it
  OutboxQueue queue;
  Alarm alarm;
  bool gone = false;
};

bool is_for(const Dispatched& dispatched, const std::string& integration) {
  const auto has = [&integration](const std::vector<std::string>& some) {
    return std::find(some.begin(), some.end(), integration) != some.end();
  };
  return (dispatched.only.empty() || has(dispatched.only)) && !has(dispatched.but);
}

// A dispatch on its way into the journal.
struct Unstored {
  std::vector<RecordChange> changes;
  std::vector<OutboxMessage> messages;
};

}  // namespace

struct Outbox::State : std::enable_shared_from_this<Outbox::State> {
  State(asio::any_io_executor runs_on, Clock& time, Journal& store, OutboxLimits how_much, OnEvent observer,
        std::uint64_t jitter_seed)
      : executor(runs_on),
        clock(time),
        journal(store),
        limits(how_much),
        on_event(std::move(observer)),
        seed(jitter_seed),
        log(logger("outbox")),
        store_due(runs_on, time),
        written(runs_on, time),
        tasks(std::move(runs_on),
              [this](const std::string& name, std::exception_ptr failure) { failed(name, failure); }) {}

  asio::any_io_executor executor;
  Clock& clock;
  Journal& journal;
  OutboxLimits limits;
  OnEvent on_event;
  OnLost on_lost;
  std::uint64_t seed;
  std::shared_ptr<spdlog::logger> log;

  std::map<std::string, std::shared_ptr<Lane>> lanes;  // by integration; shared with their coroutines
  std::uint64_t next_order = 0;
  bool configured = false;
  bool stopping = false;

  // The store: one write at a time, so that what was told of a group is never overwritten by something older.
  std::deque<Unstored> unstored;
  std::vector<Unstored> being_stored;
  std::vector<std::string> erasures;   // record keys
  std::optional<Timestamp> erase_due;  // set while there are erasures
  bool writing = false;
  unsigned store_failures = 0;
  std::string store_failing;
  std::optional<Timestamp> store_retry;  // set while backing off
  Alarm store_due;                       // rings when a write may be worth starting
  Alarm written;                         // rings for stop() when a write has ended

  TaskGroup tasks;

  void failed(const std::string& name, std::exception_ptr failure);
  void tell(OutboxEvent::Kind kind, const OutboxMessage& message, std::string text);
  void add(const std::string& receiver, std::unique_ptr<Integration> integration,
           std::map<std::string, std::shared_ptr<Lane>>& kept);
  void take_up(const std::vector<Record>& stored);
  void enqueue(OutboxMessage message);
  void give_up(const OutboxMessage& message, OutboxEvent::Kind kind, const std::string& why);
  void drop_superseded(const std::vector<OutboxMessage>& messages);
  void erase(const OutboxMessage& message);
  void settle(Lane& lane, const Delivery& delivery);

  void start_write();
  void reschedule_store();
  void write_ended(std::vector<std::string> erased, std::optional<JournalError> error);
  // Calls `visit` with each message that is not in its lane yet.
  template <class Visit>
  void each_unstored(Visit visit) const {
    for (const Unstored& each : being_stored)
      std::for_each(each.messages.begin(), each.messages.end(), visit);
    for (const Unstored& each : unstored) std::for_each(each.messages.begin(), each.messages.end(), visit);
  }

  static asio::awaitable<void> work(State& state, std::shared_ptr<Lane> lane);
  static asio::awaitable<void> try_once(State& state, std::shared_ptr<Lane> lane);
  static asio::awaitable<void> keep_storing(State& state);
  static asio::awaitable<void> finish(std::shared_ptr<State> state);
};

void Outbox::State::failed(const std::string& name, std::exception_ptr failure) {
  std::string what = "unknown";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  log->error(
      "the outbox stopped working on a queue, its messages stay stored until a restart queue={} error={}",
      quoted(name), quoted(what));
}

void Outbox::State::tell(OutboxEvent::Kind kind, const OutboxMessage& message, std::string text) {
  const Duration latency = std::max(clock.now() - message.made_at, Duration(0));
  on_event(OutboxEvent{.kind = kind,
                       .receiver = message.receiver,
                       .integration = message.integration,
                       .latency = latency,
                       .text = std::move(text)});
}

void Outbox::State::give_up(const OutboxMessage& message, OutboxEvent::Kind kind, const std::string& why) {
  log->error("a notification is lost receiver={} integration={} notification={} reason={}",
             quoted(message.receiver), quoted(message.integration), message.notification_id, quoted(why));
  tell(kind, message, why);
  if (on_lost && lanes.count(message.integration) != 0) on_lost(message);
}

void Outbox::State::drop_superseded(const std::vector<OutboxMessage>& messages) {
  for (const OutboxMessage& message : messages) {
    log->debug("superseded by a newer message of the group receiver={} integration={} notification={}",
               quoted(message.receiver), quoted(message.integration), message.notification_id);
    tell(OutboxEvent::Kind::superseded, message, {});
    erase(message);
  }
}

void Outbox::State::erase(const OutboxMessage& message) {
  erasures.push_back(record_key(message));
  if (!erase_due) erase_due = clock.now() + kEraseAfter;
  if (erasures.size() >= kMostErasures && !store_retry) {
    start_write();
  } else {
    reschedule_store();
  }
}

void Outbox::State::add(const std::string& receiver, std::unique_ptr<Integration> integration,
                        std::map<std::string, std::shared_ptr<Lane>>& kept) {
  const std::string name = integration->name();
  const auto known = lanes.find(name);
  const bool running = known != lanes.end();
  std::shared_ptr<Lane> lane;
  if (running) {
    lane = known->second;
    lanes.erase(known);
  } else {
    lane = std::make_shared<Lane>(executor, clock, limits, seed + kept.size());
  }
  lane->receiver = receiver;
  lane->integration = std::move(integration);
  lane->queue.hurry();
  kept[name] = lane;
  if (running) {
    lane->alarm.set(kAtOnce);
  } else {
    tasks.spawn(name, work(*this, lane));
  }
}

void Outbox::State::take_up(const std::vector<Record>& stored) {
  std::vector<OutboxMessage> messages;
  for (const Record& record : stored) {
    if (record.table != kOutboxTable) continue;
    if (auto message = decode_outbox_message(record.value)) {
      messages.push_back(std::move(*message));
    } else {
      log->error(
          "a stored notification cannot be read, perhaps a newer version wrote it; it is left as it is "
          "key={}",
          quoted(record.key));
    }
  }
  std::sort(messages.begin(), messages.end(), [](const OutboxMessage& a, const OutboxMessage& b) {
    return std::tie(a.made_at, a.order, a.notification_id) < std::tie(b.made_at, b.order, b.notification_id);
  });
  if (!messages.empty()) log->info("taking up stored notifications messages={}", messages.size());
  for (OutboxMessage& message : messages) enqueue(std::move(message));
}

// Into its lane; the message is stored already.
void Outbox::State::enqueue(OutboxMessage message) {
  const auto found = lanes.find(message.integration);
  if (found == lanes.end()) {
    give_up(message, OutboxEvent::Kind::dropped, "the integration is no longer configured");
    erase(message);
    return;
  }
  Lane& lane = *found->second;
  const OutboxQueue::Pushed pushed = lane.queue.push(std::move(message));
  drop_superseded(pushed.superseded);
  for (const OutboxMessage& dropped : pushed.dropped) {
    give_up(dropped, OutboxEvent::Kind::dropped, "too many notifications wait for this receiver");
    erase(dropped);
  }
  // Woken only when it waits for work: setting the alarm to now while it backs off would spoil the back-off.
  if (lane.queue.next(clock.now()).kind != OutboxQueue::Action::Kind::wait) lane.alarm.set(kAtOnce);
}

// Takes the next message one step further, or waits.
asio::awaitable<void> Outbox::State::work(State& state, std::shared_ptr<Lane> lane) {
  using Kind = OutboxQueue::Action::Kind;
  while (!lane->gone) {
    const OutboxQueue::Action action = lane->queue.next(state.clock.now());
    if (action.kind == Kind::idle || action.kind == Kind::wait) {
      lane->alarm.set(action.kind == Kind::wait ? std::optional<Timestamp>(action.until) : std::nullopt);
      co_await lane->alarm.ring();
    } else if (action.kind == Kind::too_old) {
      const OutboxMessage message = lane->queue.drop_oldest();
      state.give_up(message, OutboxEvent::Kind::too_old, "it could not be delivered for too long");
      state.erase(message);
    } else {
      co_await try_once(state, lane);
    }
  }
}

asio::awaitable<void> Outbox::State::try_once(State& state, std::shared_ptr<Lane> lane) {
  // A reload may replace the integration meanwhile; the try ends with the one it began with.
  const std::shared_ptr<Integration> integration = lane->integration;
  const OutboxMessage& message = lane->queue.start(state.clock.now());
  std::string body = message.body;
  std::string id = message.notification_id;
  Delivery delivery;
  try {
    auto sending = integration->send(std::move(body), std::move(id));
    auto in_time =
        with_deadline<Delivery>(state.clock, state.clock.now() + state.limits.timeout, std::move(sending));
    delivery = co_await std::move(in_time);
  } catch (const DeadlinePassed&) {
    delivery.text = "no answer in time";
  } catch (const std::exception&) {
    if (state.tasks.cancelled()) throw;
    // A bug in one integration must not stop its queue, nor lose what is in it.
    delivery.text = "the try ended in an internal error";
  }
  if (!lane->gone) state.settle(*lane, delivery);
}

void Outbox::State::settle(Lane& lane, const Delivery& delivery) {
  const OutboxQueue::Settled settled = lane.queue.settled(delivery, clock.now());
  const OutboxMessage& message = settled.message;
  if (settled.kind == OutboxQueue::Settled::Kind::failing) {
    if (settled.log_failure) {
      log->warn(
          "delivery failed{}, trying again in {} ms receiver={} integration={} group={} notification={} "
          "error={}",
          settled.group_at_fault ? " while other groups are taken" : "", settled.next_try_in.count(),
          quoted(message.receiver), quoted(message.integration), quoted(message.group_key),
          message.notification_id, quoted(delivery.text));
    }
    tell(OutboxEvent::Kind::failed_try, message, delivery.text);
    drop_superseded(settled.superseded);
    return;
  }
  if (settled.kind == OutboxQueue::Settled::Kind::refused) {
    give_up(message, OutboxEvent::Kind::refused, "refused: " + delivery.text);
  } else {
    if (settled.failures > 0) {
      log->info("deliveries succeed again receiver={} integration={} failed_tries={}",
                quoted(message.receiver), quoted(message.integration), settled.failures);
    }
    log->debug("delivered receiver={} integration={} notification={}", quoted(message.receiver),
               quoted(message.integration), message.notification_id);
    tell(OutboxEvent::Kind::delivered, message, {});
  }
  erase(message);
}

// Everything that waits for the store goes in one transaction; the answer comes on the journal's thread.
void Outbox::State::start_write() {
  if (writing || (unstored.empty() && erasures.empty())) return;
  std::vector<RecordChange> changes;
  being_stored.assign(std::make_move_iterator(unstored.begin()), std::make_move_iterator(unstored.end()));
  unstored.clear();
  for (const Unstored& each : being_stored)
    changes.insert(changes.end(), each.changes.begin(), each.changes.end());
  std::vector<std::string> erased = std::exchange(erasures, {});
  for (const std::string& key : erased) changes.push_back({std::string(kOutboxTable), key, std::nullopt});
  erase_due.reset();
  store_retry.reset();
  writing = true;
  reschedule_store();
  journal.write(std::move(changes), [self = weak_from_this(), runs_on = executor,
                                     erased = std::move(erased)](std::optional<JournalError> error) mutable {
    asio::post(runs_on,
               [self = std::move(self), erased = std::move(erased), error = std::move(error)]() mutable {
                 if (const auto state = self.lock()) state->write_ended(std::move(erased), std::move(error));
               });
  });
}

void Outbox::State::write_ended(std::vector<std::string> erased, std::optional<JournalError> error) {
  writing = false;
  std::vector<Unstored> batch = std::exchange(being_stored, {});
  if (error) {
    // Back to the front, in the old order.
    unstored.insert(unstored.begin(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
    erasures.insert(erasures.begin(), std::make_move_iterator(erased.begin()),
                    std::make_move_iterator(erased.end()));
    ++store_failures;
    if (store_failures == 1 || error->text != store_failing) {
      log->error("notifications cannot be stored, they wait until they can dispatches={} error={}",
                 unstored.size(), quoted(error->text));
    }
    store_failing = error->text;
    Duration wait = kFirstStoreRetry;
    for (unsigned i = 1; i < store_failures && wait < kLongestStoreRetry; ++i) wait *= 2;
    store_retry = clock.now() + std::min(wait, kLongestStoreRetry);
  } else {
    if (store_failures > 0) {
      log->info("notifications can be stored again failed_tries={}", store_failures);
      store_failures = 0;
      store_failing.clear();
    }
    if (!stopping) {
      for (Unstored& each : batch) {
        for (OutboxMessage& message : each.messages) enqueue(std::move(message));
      }
    }
    if (!unstored.empty() || erasures.size() >= kMostErasures) start_write();
  }
  reschedule_store();
  written.set(kAtOnce);
}

void Outbox::State::reschedule_store() {
  if (writing) {
    store_due.set(std::nullopt);
  } else if (store_retry) {
    store_due.set(*store_retry);
  } else if (!unstored.empty()) {
    store_due.set(kAtOnce);
  } else {
    store_due.set(erase_due);
  }
}

asio::awaitable<void> Outbox::State::keep_storing(State& state) {
  for (;;) {
    co_await state.store_due.ring();
    state.store_due.set(std::nullopt);
    state.start_write();
  }
}

// stop() after the lanes have ended: nothing is added any more, so this ends.
asio::awaitable<void> Outbox::State::finish(std::shared_ptr<State> state) {
  // One under way is waited for, and one more is started for what has gathered since.
  for (int writes = state->writing ? 2 : 1; writes > 0; --writes) {
    if (!state->writing) state->start_write();
    while (state->writing) {
      state->written.set(std::nullopt);
      co_await state->written.ring();
    }
    if (state->unstored.empty() && state->erasures.empty()) break;
  }
  if (!state->unstored.empty()) {
    state->log->error(
        "notifications could not be stored before the end, the next start makes them anew dispatches={}",
        state->unstored.size());
  }
}

Outbox::Outbox(asio::any_io_executor executor, Clock& clock, Journal& journal, OutboxLimits limits,
               OnEvent on_event, std::uint64_t jitter_seed)
    : state_(std::make_shared<State>(std::move(executor), clock, journal, limits, std::move(on_event),
                                     jitter_seed)) {
  state_->tasks.spawn("store", State::keep_storing(*state_));
}

Outbox::~Outbox() = default;

void Outbox::configure(std::vector<ReceiverIntegrations> receivers, const std::vector<Record>& stored) {
  std::map<std::string, std::shared_ptr<Lane>> kept;
  for (auto& [receiver, integrations] : receivers) {
    for (std::unique_ptr<Integration>& integration : integrations) {
      state_->add(receiver, std::move(integration), kept);
    }
  }
  std::map<std::string, std::shared_ptr<Lane>> gone = std::exchange(state_->lanes, std::move(kept));
  for (const auto& [name, lane] : gone) {
    lane->gone = true;
    while (!lane->queue.empty()) {
      const OutboxMessage message = lane->queue.drop_oldest();
      state_->give_up(message, OutboxEvent::Kind::dropped, "the integration is no longer configured");
      state_->erase(message);
    }
    lane->alarm.set(kAtOnce);
  }
  if (!std::exchange(state_->configured, true)) state_->take_up(stored);
}

void Outbox::take(Dispatched dispatched) {
  if (state_->stopping) return;
  const Notification& notification = dispatched.notification;
  Unstored unstored;
  unstored.changes.push_back(
      {std::string(kNotifiedTable), record_key(dispatched.notified), encode(dispatched.notified)});
  for (const auto& [name, lane] : state_->lanes) {
    if (lane->receiver != notification.receiver || !is_for(dispatched, name)) continue;
    std::optional<Rendered> rendered = lane->integration->render(notification);
    if (!rendered) continue;
    OutboxMessage message{.notification_id = notification.id,
                          .receiver = notification.receiver,
                          .integration = name,
                          .body = std::move(rendered->body),
                          .made_at = notification.made_at,
                          .order = state_->next_order++,
                          .group_key = notification.group_key,
                          .alerts = std::move(rendered->shown)};
    unstored.changes.push_back({std::string(kOutboxTable), record_key(message), encode(message)});
    unstored.messages.push_back(std::move(message));
  }
  if (!unstored.messages.empty()) {
    state_->log->debug(
        "storing a notification receiver={} group={} reason={} firing={} resolved={} notification={}",
        quoted(notification.receiver), quoted(notification.group_key), quoted(dispatched.reason),
        notification.firing.size(), notification.resolved.size(), notification.id);
  }
  state_->unstored.push_back(std::move(unstored));
  if (state_->unstored.size() > kMostUnstored) {
    for (const OutboxMessage& message : state_->unstored.front().messages) {
      state_->give_up(message, OutboxEvent::Kind::dropped,
                      "it could not be stored, and too many wait for that");
    }
    state_->unstored.pop_front();
  }
  // At once, unless the store has just failed.
  if (!state_->store_retry) state_->start_write();
}

void Outbox::on_lost(OnLost told) {
  state_->on_lost = std::move(told);
}

void Outbox::remember(const NotifiedGroup& group) {
  // While so many wait, the next message of the group stores it.
  if (state_->unstored.size() >= kMostUnstored) return;
  Unstored unstored;
  unstored.changes.push_back({std::string(kNotifiedTable), record_key(group), encode(group)});
  state_->unstored.push_back(std::move(unstored));
  // Not at once: this is called in the middle of other work on what is stored.
  state_->reschedule_store();
}

void Outbox::forget(const std::vector<std::string>& notified_keys) {
  if (state_->stopping || notified_keys.empty()) return;
  Unstored unstored;
  for (const std::string& key : notified_keys) {
    unstored.changes.push_back({std::string(kNotifiedTable), key, std::nullopt});
  }
  state_->unstored.push_back(std::move(unstored));
  if (!state_->store_retry) state_->start_write();
}

std::size_t Outbox::queued(std::string_view receiver) const {
  std::size_t count = 0;
  for (const auto& [name, lane] : state_->lanes) {
    if (lane->receiver == receiver) count += lane->queue.size();
  }
  state_->each_unstored([&](const OutboxMessage& message) { count += message.receiver == receiver ? 1 : 0; });
  return count;
}

std::vector<OutboxBacklog> Outbox::backlog() const {
  const Timestamp now = state_->clock.now();
  std::map<std::string, OutboxBacklog> all;
  const auto add = [&](const std::string& integration, std::size_t messages, Timestamp since) {
    const auto found = all.find(integration);
    if (found == all.end()) return;  // no longer configured
    found->second.messages += messages;
    found->second.oldest = std::max(found->second.oldest, now - since);
  };
  for (const auto& [name, lane] : state_->lanes) {
    all[name] = OutboxBacklog{.receiver = lane->receiver, .integration = name};
    add(name, lane->queue.size(), lane->queue.waiting_since().value_or(now));
  }
  state_->each_unstored([&](const OutboxMessage& message) { add(message.integration, 1, message.made_at); });
  std::vector<OutboxBacklog> backlog;
  for (auto& [name, each] : all) backlog.push_back(std::move(each));
  return backlog;
}

asio::awaitable<void> Outbox::stop() {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  state->tasks.cancel();
  auto joined = state->tasks.join();
  co_await std::move(joined);
  auto finished = State::finish(state);
  co_await std::move(finished);
}

}  // namespace tightrope::daemon
