// The whole daemon in one object: what is started, in which order, and how it ends. `tightrope run` is this
// and signals.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/tokens.h"
#include "collectors/transfer.h"
#include "config/configuration.h"
#include "daemon/alerting.h"
#include "daemon/client_set.h"
#include "daemon/http/service.h"
#include "daemon/journalled_findings.h"
#include "daemon/metrics.h"
#include "daemon/polling.h"
#include "daemon/services.h"
#include "daemon/slots.h"
#include "daemon/task_group.h"

namespace tightrope::daemon {

struct AppOptions {
  std::string config_file;
  std::string storage_path = "data";  // a directory; created if missing
  http::HttpOptions http;
  std::size_t engine_threads = 0;           // 0: as many as there are cores
  Duration flush{std::chrono::seconds(3)};  // stop() waits so long for messages on their way
};

// All on the thread that runs `io`. REQUIRES: one thread runs it, and it outlives the App.
class App final : public Services {
 public:
  App(asio::io_context& io, AppOptions options);
  ~App() override;  // REQUIRES: stop() has returned, or start() was never awaited

  // Returns when everything runs, or why it cannot, for people. Either way stop() has to follow.
  asio::awaitable<std::optional<std::string>> start();
  // In the opposite order; what was accepted is durable and what is not delivered stays stored.
  asio::awaitable<void> stop();
  std::uint16_t port() const noexcept;  // that HTTP is answered on

  Clock& clock() override { return *clock_; }
  Journal& journal() override { return *journal_; }
  Metrics& metrics() override { return metrics_; }
  const config::Configuration& configuration() const override { return *configuration_; }
  std::vector<ClientRuntime*> clients() override;
  ClientRuntime* find_client(std::string_view name) override;
  std::vector<SourceStatus> sources() const override;
  std::vector<OutboxBacklog> backlog() const override;
  void pushed(std::string_view source, const Accepted& accepted, std::optional<rules::Day> newest) override;
  bool ready() const override { return ready_; }
  asio::awaitable<config::Errors> reload() override;

 private:
  // What could not be done, for people.
  using Problem = std::optional<std::string>;
  Problem open();
  asio::awaitable<Problem> recover();
  asio::awaitable<void> keep_alive(Duration every);
  Timestamp newest_event();  // of all clients
  // Time goes on from the newest event of the journal, also when the clock was set back since.
  void go_on_from_journal();
  // Tells when the system's clock is set.
  asio::awaitable<void> watch_clock();
  asio::awaitable<config::Errors> prepare_and_swap();
  asio::awaitable<config::Errors> swap(std::unique_ptr<config::Configuration> wanted);
  // Everything each client's engine knows of alerts goes to the routes in force.
  asio::awaitable<void> know_alerts();
  // Tells the end of alerts whose client was taken out of the configuration while no daemon ran.
  asio::awaitable<void> end_removed_clients();
  StoredAlerting read_stored(Problem& problem);
  void on_changes(const std::vector<rules::AlertChange>& changes);

  asio::io_context& io_;
  const AppOptions options_;
  asio::thread_pool pool_;
  const std::unique_ptr<SystemClock> clock_;
  Metrics metrics_;
  const std::unique_ptr<collectors::Transfer> transfer_;
  const std::unique_ptr<collectors::TokenStore> token_store_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<const config::Configuration> configuration_;
  std::unique_ptr<const config::Configuration>
      previous_;  // a request that began before a reload may still read it
  std::optional<ClientSet> clients_;
  std::optional<Alerting> alerting_;
  std::optional<JournalledFindings> findings_;
  std::optional<Polling> polling_;
  std::optional<http::HttpService> http_;
  TaskGroup tasks_;
  Slots reload_turn_{1};
  bool ready_ = false;
};

}  // namespace tightrope::daemon
