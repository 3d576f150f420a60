#include "daemon/client_set.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "daemon/call_on.h"

namespace tightrope::daemon {
namespace {

// What the pool's threads share while they recover clients.
struct Recovery {
  std::vector<std::optional<JournalError>> errors;  // by client
  std::atomic<std::size_t> left{0};
};

}  // namespace

ClientSet::ClientSet(asio::any_io_executor io, asio::any_io_executor pool, Clock& clock, Journal& journal,
                     ClientRuntime::OnChanges on_changes, ClientRuntime::OnApplied on_applied)
    : io_(std::move(io)),
      pool_(std::move(pool)),
      clock_(clock),
      journal_(journal),
      on_changes_(std::move(on_changes)),
      on_applied_(std::move(on_applied)) {}

ClientSet::~ClientSet() = default;

asio::awaitable<std::variant<ClientSet::Runtimes, JournalError>> ClientSet::recover(
    std::vector<config::Client> clients, config::JournalSettings settings) {
  Runtimes runtimes;
  for (config::Client& client : clients) {
    runtimes.push_back(std::make_unique<ClientRuntime>(io_, pool_, clock_, journal_, std::move(client),
                                                       settings, on_changes_, on_applied_));
  }
  auto recovery = std::make_shared<Recovery>();
  recovery->errors.resize(runtimes.size());
  recovery->left = runtimes.size();
  // The work has a list of its own: once the last one has finished, this coroutine goes on, and its
  // `runtimes` are gone before the loop has seen its end.
  std::vector<ClientRuntime*> all;
  for (const auto& runtime : runtimes) all.push_back(runtime.get());
  std::function<void(Finish)> work = [all = std::move(all), recovery, pool = pool_](Finish finish) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto one = [runtime = all[i], i, recovery, finish] {
        recovery->errors[i] = runtime->recover();
        if (--recovery->left == 0) finish();
      };
      asio::post(pool, std::move(one));
    }
  };
  std::variant<Runtimes, JournalError> outcome;
  if (!runtimes.empty()) co_await call_on(pool_, std::move(work));
  for (auto& error : recovery->errors) {
    if (!error) continue;
    outcome = std::move(*error);
    co_return outcome;
  }
  outcome = std::move(runtimes);
  co_return outcome;
}

void ClientSet::enter(Runtimes recovered) {
  for (auto& runtime : recovered) {
    std::string name = runtime->name();
    clients_.emplace(std::move(name), std::move(runtime));
  }
}

void ClientSet::start(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (ClientRuntime* client = find(name)) client->start();
  }
}

asio::awaitable<std::vector<rules::Alert>> ClientSet::retire(std::string name) {
  std::vector<rules::Alert> left;
  const auto found = clients_.find(name);
  if (found == clients_.end()) co_return left;
  ClientRuntime* client = found->second.get();
  retired_.push_back(std::move(found->second));
  clients_.erase(found);
  co_await client->stop();
  left = co_await alerts_of(*client);
  co_return left;
}

asio::awaitable<void> ClientSet::stop() {
  for (const auto& [name, client] : clients_) co_await client->stop();
}

ClientRuntime* ClientSet::find(std::string_view name) const {
  const auto found = clients_.find(name);
  return found == clients_.end() ? nullptr : found->second.get();
}

asio::awaitable<std::vector<rules::Alert>> alerts_of(const ClientRuntime& client) {
  auto alerts = std::make_shared<std::vector<rules::Alert>>();
  std::function<void(const rules::Engine&)> read = [alerts](const rules::Engine& engine) {
    *alerts = engine.alerts();
  };
  co_await client.view(std::move(read));
  co_return std::move(*alerts);
}

}  // namespace tightrope::daemon
