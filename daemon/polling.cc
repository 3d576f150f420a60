#include "daemon/polling.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "daemon/arrival_watch.h"
#include "daemon/deadline.h"
#include "daemon/finding_store.h"
#include "daemon/hand_to_each.h"
#include "daemon/logging.h"
#include "daemon/metrics.h"
#include "daemon/poller.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {
namespace {

constexpr Duration kLastTokens = std::chrono::seconds(5);  // stop() waits so long for tokens on their way

}  // namespace

// A source with what its collector borrows. The collector goes before what it borrows.
struct Polling::Entry {
  Entry(config::Source of, collectors::Translation by, rules::Dimensions with, Timestamp now)
      : source(std::move(of)),
        translation(std::move(by)),
        dimensions(std::move(with)),
        since(now),
        pushed_status(first_status(source)) {}

  // Whether a collector made for the one would do for the other.
  bool same_as(const Entry& other) const {
    return source == other.source && translation == other.translation && dimensions == other.dimensions;
  }
  const SourceStatus& status() const { return poller ? poller->status() : pushed_status; }

  const config::Source source;
  const collectors::Translation translation;
  const rules::Dimensions dimensions;
  Timestamp since;                      // when it was first configured
  SourceStatus pushed_status;           // of a source without a poller
  std::unique_ptr<ArrivalWatch> watch;  // of one with a poller, which borrows it
  std::unique_ptr<Poller> poller;
  std::unique_ptr<TaskGroup> task;
};

Polling::Polling(asio::any_io_executor executor, Clock& clock, Metrics& metrics,
                 collectors::Transfer& transfer, collectors::TokenStore& token_store, HandOver hand_over,
                 FindingStore* findings)
    : executor_(std::move(executor)),
      clock_(clock),
      metrics_(metrics),
      transfer_(transfer),
      hand_over_(std::move(hand_over)),
      findings_(findings),
      tokens_(collectors::make_tokens(transfer_, clock_, token_store)),
      gates_(clock_) {}

Polling::~Polling() = default;

std::unique_ptr<Polling::Entry> Polling::make(const config::Source& source,
                                              const config::Configuration& configuration) const {
  const config::Client* client = configuration.find_client(source.client);
  if (!client && !(source.rates && source.client.empty()))
    throw std::logic_error("source of no client: " + source.name);
  auto translation = client ? collectors::Translation::between(source, client->strategy)
                            : collectors::Translation::alone(source);
  return std::make_unique<Entry>(source, std::move(translation), configuration.dimensions, clock_.now());
}

void Polling::start(Entry& entry) {
  auto collector = collectors::make_collector(entry.source, {.transfer = transfer_,
                                                             .calendar = entry.translation.source_calendar(),
                                                             .dimensions = entry.dimensions,
                                                             .clock = &clock_,
                                                             .tokens = tokens_.get(),
                                                             .gates = &gates_});
  if (!collector) return;  // it pushes
  metrics_.source_configured(entry.source.name, entry.source.client);
  PollerContext context{.clock = clock_,
                        .slots = slots_,
                        .metrics = metrics_,
                        .hand_over =
                            [this, client = entry.source.client](rules::ObservationBatch batch,
                                                                 std::optional<rules::Coverage> coverage) {
                              return client.empty() ? hand_to_all(std::move(batch))
                                                    : hand_over_(client, std::move(batch), coverage);
                            },
                        .watch = entry.watch.get()};
  entry.poller = std::make_unique<Poller>(entry.source, std::move(collector), entry.translation,
                                          std::move(context), entry.pushed_status);
  entry.task =
      std::make_unique<TaskGroup>(executor_, [](const std::string& source, std::exception_ptr failure) {
        try {
          std::rethrow_exception(failure);
        } catch (const std::exception& error) {
          logger("poller")->error("source is polled no more, restart the daemon source={} error={}", source,
                                  quoted(error.what()));
        }
      });
  entry.task->spawn(entry.source.name, entry.poller->run());
}

asio::awaitable<Taken<Accepted>> Polling::hand_to_all(rules::ObservationBatch batch) {
  return hand_to_each(
      clients_, std::move(batch),
      [this](const std::string& client,
             rules::ObservationBatch each) -> std::optional<asio::awaitable<Taken<Accepted>>> {
        // A reload may have ended a client while the one before it took the batch.
        if (std::ranges::find(clients_, client) == clients_.end()) return std::nullopt;
        return hand_over_(client, std::move(each), std::nullopt);
      });
}

asio::awaitable<void> Polling::configure(const config::Configuration& configuration) {
  std::unordered_map<std::string, std::unique_ptr<Entry>> before;
  for (auto& entry : entries_) before.emplace(entry->source.name, std::move(entry));
  entries_.clear();
  clients_.clear();
  for (const config::Client& client : configuration.clients) clients_.push_back(client.strategy.client);
  std::vector<Entry*> fresh;
  std::vector<std::pair<Entry*, const Entry*>> watched;  // of these; with what was known before, or null
  for (const config::Source& source : configuration.sources) {
    auto entry = make(source, configuration);
    const auto found = before.find(source.name);
    if (found != before.end() && found->second->same_as(*entry)) {
      entries_.push_back(std::move(found->second));
      before.erase(found);
      continue;
    }
    if (found != before.end() && found->second->source.client == source.client) {
      // What is known of it stays known; only how it is read has changed.
      const SourceStatus known = found->second->status();
      SourceStatus& status = entry->pushed_status;
      status.last_success = known.last_success;
      status.newest_day = known.newest_day;
      status.newest_end = known.newest_end;
      status.observations_total = known.observations_total;
      status.restated_total = known.restated_total;
      status.rows_read_total = known.rows_read_total;
      entry->since = found->second->since;
    }
    if (!std::holds_alternative<config::PushSource>(source.kind)) {
      entry->watch = std::make_unique<ArrivalWatch>(source, configuration.dimensions, metrics_, findings_);
      const bool known =
          found != before.end() && found->second->watch && found->second->source.client == source.client;
      watched.emplace_back(entry.get(), known ? found->second.get() : nullptr);
    }
    fresh.push_back(entry.get());
    entries_.push_back(std::move(entry));
  }
  for (const auto& [name, entry] : before) {
    if (entry->task) entry->task->cancel();
  }
  for (const auto& [name, entry] : before) {
    if (entry->task) co_await entry->task->join();
  }
  for (const auto& [entry, known] : watched) {
    if (known) {
      entry->watch->go_on_from(*known->watch);
      continue;
    }
    auto resuming = entry->watch->resume();
    co_await std::move(resuming);
  }
  co_await forget_findings();
  for (Entry* entry : fresh) start(*entry);
}

// Of sources that are gone, or another client's now.
asio::awaitable<void> Polling::forget_findings() {
  if (!findings_) co_return;
  for (const std::string& client : std::vector<std::string>(clients_)) {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
      if (entry->source.client == client) names.push_back(entry->source.name);
    }
    auto forgetting = findings_->keep_only(client, std::move(names));
    co_await std::move(forgetting);
  }
}

asio::awaitable<void> Polling::stop() {
  for (const auto& entry : entries_) {
    if (entry->task) entry->task->cancel();
  }
  for (const auto& entry : entries_) {
    if (entry->task) co_await entry->task->join();
  }
  try {
    const Timestamp until = clock_.now() + kLastTokens;
    auto fetches = with_deadline(clock_, until, tokens_->idle());
    co_await std::move(fetches);
  } catch (const DeadlinePassed&) {
    logger("poller")->warn("an access token is still being fetched, and is given up");
  }
}

std::vector<SourceStatus> Polling::statuses() const {
  const Timestamp now = clock_.now();
  std::vector<SourceStatus> statuses;
  statuses.reserve(entries_.size());
  for (const auto& entry : entries_) {
    SourceStatus status = entry->status();
    const Timestamp last = status.last_success.value_or(entry->since);
    // Nobody promised when somebody pushes, unless the configuration says so.
    const bool expected = !status.pushed || entry->source.stale_after > Duration(0);
    if (entry->watch) status.findings = entry->watch->findings();
    status.stale = expected && now - last > stale_after(entry->source);
    statuses.push_back(std::move(status));
  }
  return statuses;
}

void Polling::pushed(std::string_view source, const Accepted& accepted, std::optional<rules::Day> newest) {
  const auto found = std::ranges::find(
      entries_, source, [](const auto& entry) { return std::string_view(entry->source.name); });
  if (found == entries_.end() || (*found)->poller) return;
  Entry& entry = **found;
  SourceStatus& status = entry.pushed_status;
  status.last_attempt = status.last_success = clock_.now();
  status.observations_total += accepted.changed;
  status.restated_total += accepted.restated;
  if (newest) {
    status.newest_day = std::max(status.newest_day.value_or(*newest), *newest);
    status.newest_end = entry.translation.source_calendar().start_of(*status.newest_day + 1);
  }
  metrics_.source_received(status.name, status.client, accepted.changed, accepted.restated);
}

}  // namespace tightrope::daemon
