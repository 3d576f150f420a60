#include "daemon/receivers/alertmanager_feed.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/alarm.h"
#include "daemon/backoff.h"
#include "daemon/logging.h"
#include "daemon/receivers/alertmanager_queue.h"
#include "daemon/receivers/http_answer.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {
namespace {

constexpr std::size_t kMostInRequest = 256;
constexpr rules::Duration kFirstBackoff = std::chrono::seconds(1);

// One Alertmanager of one receiver.
struct Peer {
  Peer(asio::any_io_executor executor, Clock& clock, rules::Duration resend_every, std::uint64_t seed)
      : queue(resend_every),
        alarm(std::move(executor), clock),
        backoff(kFirstBackoff, queue.resend_every(), seed) {}

  std::string receiver;
  std::string integration;  // oncall/alertmanager[0]/0
  std::string url;          // of the API
  bool allow_private_addresses = true;
  AlertmanagerQueue queue;
  Alarm alarm;
  Backoff backoff;
  unsigned failures = 0;                // since the last success
  std::string failing;                  // why, as last logged
  std::optional<Timestamp> not_before;  // set while backing off
  bool gone = false;                    // no longer configured

  // Wakes the sender when there is something to do.
  void reschedule() {
    std::optional<Timestamp> due = queue.next_due();
    if (due && not_before) due = std::max(*due, *not_before);
    alarm.set(due);
  }
};

using PeerKey = std::pair<std::string, std::string>;  // receiver, URL

std::string api_of(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base + "/api/v2/alerts";
}

}  // namespace

struct AlertmanagerFeed::State {
  State(asio::any_io_executor runs_on, Clock& time, collectors::Transfer& carrier, MessageLinks to,
        Outbox::OnEvent observer, std::uint64_t jitter_seed)
      : executor(runs_on),
        clock(time),
        transfer(carrier),
        links(std::move(to)),
        on_event(std::move(observer)),
        seed(jitter_seed),
        log(logger("alertmanager")),
        tasks(std::move(runs_on), [this](const std::string& name, std::exception_ptr) {
          log->error("sending to an Alertmanager ended unexpectedly integration={}", quoted(name));
        }) {}

  asio::any_io_executor executor;
  Clock& clock;
  collectors::Transfer& transfer;
  MessageLinks links;
  Outbox::OnEvent on_event;
  std::uint64_t seed;
  std::shared_ptr<spdlog::logger> log;
  std::map<PeerKey, std::shared_ptr<Peer>> peers;  // shared with their senders
  TaskGroup tasks;

  void add(const config::Receiver& receiver, std::size_t index, std::size_t url_index,
           std::map<PeerKey, std::shared_ptr<Peer>>& kept);
  collectors::TransferRequest request_of(const Peer& peer, const AlertmanagerQueue::Batch& batch) const;
  void settle(Peer& peer, const AlertmanagerQueue::Batch& batch, const Delivery& delivery);
  static asio::awaitable<void> send(State& state, std::shared_ptr<Peer> peer);
};

void AlertmanagerFeed::State::add(const config::Receiver& receiver, std::size_t index, std::size_t url_index,
                                  std::map<PeerKey, std::shared_ptr<Peer>>& kept) {
  const config::AlertmanagerReceiver& settings = receiver.alertmanagers[index];
  const PeerKey key(receiver.name, api_of(settings.urls[url_index]));
  const auto known = peers.find(key);
  std::shared_ptr<Peer> peer =
      std::make_shared<Peer>(executor, clock, settings.resend_every, seed + kept.size());
  const bool running =
      known != peers.end() && known->second->queue.resend_every() == peer->queue.resend_every();
  if (running) {
    peer = known->second;
    peers.erase(known);
  }
  peer->receiver = receiver.name;
  peer->integration = fmt::format("{}/alertmanager[{}]/{}", receiver.name, index, url_index);
  peer->url = key.second;
  peer->allow_private_addresses = receiver.allow_private_addresses;
  const bool added = kept.emplace(key, peer).second;
  if (added && !running) tasks.spawn(peer->integration, send(*this, peer));
}

collectors::TransferRequest AlertmanagerFeed::State::request_of(const Peer& peer,
                                                                const AlertmanagerQueue::Batch& batch) const {
  collectors::TransferRequest request;
  request.method = "POST";
  request.url = peer.url;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = alertmanager_body(batch.alerts, peer.queue.resend_every(), clock.now(), links);
  request.timeout = kDeliveryTimeout;
  request.most_bytes = 1 << 20;
  request.allow_private_addresses = peer.allow_private_addresses;
  request.follow_redirects = false;  // it would arrive as a GET, without the alerts
  return request;
}

// Books how a request ended. A refusal counts as taken: an Alertmanager takes the good alerts of a request
// and answers 400 for the bad ones, which the next try would not make better.
void AlertmanagerFeed::State::settle(Peer& peer, const AlertmanagerQueue::Batch& batch,
                                     const Delivery& delivery) {
  const Timestamp now = clock.now();
  OutboxEvent event{.kind = OutboxEvent::Kind::delivered,
                    .receiver = peer.receiver,
                    .integration = peer.integration,
                    .latency = std::max(now - batch.oldest_news.value_or(now), Duration(0)),
                    .text = delivery.text};
  if (delivery.kind == Delivery::Kind::try_again) {
    ++peer.failures;
    const Duration wait =
        std::max(peer.backoff.after(peer.failures), delivery.retry_after.value_or(Duration(0)));
    // Whatever it asks for: longer than this, and it would take firing alerts for ended.
    peer.not_before = now + std::min(wait, peer.queue.resend_every());
    if (delivery.text != peer.failing) {
      peer.failing = delivery.text;
      log->warn(
          "the Alertmanager did not take alerts, trying again receiver={} integration={} alerts={} error={}",
          quoted(peer.receiver), quoted(peer.integration), batch.alerts.size(), quoted(delivery.text));
    }
    event.kind = OutboxEvent::Kind::failed_try;
    on_event(event);
    return;
  }
  peer.queue.taken(batch, now);
  peer.not_before.reset();
  if (peer.failures > 0) {
    log->info("the Alertmanager takes alerts again receiver={} integration={} failed_tries={}",
              quoted(peer.receiver), quoted(peer.integration), peer.failures);
  }
  peer.failures = 0;
  if (delivery.kind == Delivery::Kind::refused) {
    if (delivery.text != peer.failing) {
      log->error("the Alertmanager refused alerts receiver={} integration={} alerts={} error={}",
                 quoted(peer.receiver), quoted(peer.integration), batch.alerts.size(), quoted(delivery.text));
    }
    peer.failing = delivery.text;
    event.kind = OutboxEvent::Kind::refused;
    on_event(event);
    return;
  }
  peer.failing.clear();
  if (batch.oldest_news) on_event(event);
}

asio::awaitable<void> AlertmanagerFeed::State::send(State& state, std::shared_ptr<Peer> peer) {
  for (;;) {
    peer->reschedule();
    co_await peer->alarm.ring();
    if (peer->gone) co_return;
    const AlertmanagerQueue::Batch batch = peer->queue.due(state.clock.now(), kMostInRequest);
    if (batch.alerts.empty()) continue;
    collectors::TransferRequest request = state.request_of(*peer, batch);
    const collectors::TransferResult result = co_await state.transfer.fetch(std::move(request));
    if (peer->gone) co_return;
    state.settle(*peer, batch, judge_answer(result, {}));  // a URL of an Alertmanager is no secret
  }
}

AlertmanagerFeed::AlertmanagerFeed(asio::any_io_executor executor, Clock& clock,
                                   collectors::Transfer& transfer, MessageLinks links,
                                   Outbox::OnEvent on_event, std::uint64_t jitter_seed)
    : state_(std::make_unique<State>(std::move(executor), clock, transfer, std::move(links),
                                     std::move(on_event), jitter_seed)) {}

AlertmanagerFeed::~AlertmanagerFeed() = default;

void AlertmanagerFeed::configure(const std::vector<config::Receiver>& receivers) {
  std::map<PeerKey, std::shared_ptr<Peer>> kept;
  for (const config::Receiver& receiver : receivers) {
    for (std::size_t i = 0; i < receiver.alertmanagers.size(); ++i) {
      for (std::size_t u = 0; u < receiver.alertmanagers[i].urls.size(); ++u)
        state_->add(receiver, i, u, kept);
    }
  }
  for (const auto& [key, peer] : state_->peers) {
    peer->gone = true;
    peer->alarm.set(Timestamp{});
  }
  state_->peers = std::move(kept);
}

void AlertmanagerFeed::update(const rules::Alert& alert, const std::vector<std::string>& receivers) {
  if (state_->peers.empty()) return;
  const auto shared = std::make_shared<const rules::Alert>(alert);
  const Timestamp now = state_->clock.now();
  for (const auto& [key, peer] : state_->peers) {
    if (std::find(receivers.begin(), receivers.end(), peer->receiver) != receivers.end()) {
      peer->queue.update(shared, now);
    } else {
      peer->queue.remove(alert.id);
    }
    peer->reschedule();
  }
}

std::size_t AlertmanagerFeed::alerts(std::string_view receiver) const {
  std::size_t count = 0;
  for (const auto& [key, peer] : state_->peers) {
    if (peer->receiver == receiver) count += peer->queue.size();
  }
  return count;
}

asio::awaitable<void> AlertmanagerFeed::stop() {
  state_->tasks.cancel();
  auto joined = state_->tasks.join();
  co_await std::move(joined);
}

}  // namespace tightrope::daemon
