#include "daemon/app.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "daemon/call_on.h"
#include "daemon/logging.h"
#include "daemon/outbox_queue.h"
#include "daemon/recovery.h"
#include "daemon/routing/dispatch.h"
#include "daemon/systemd.h"
#include "daemon/token_store.h"

namespace tightrope::daemon {
namespace {

constexpr Duration kFlushLook = std::chrono::milliseconds(20);
constexpr Duration kClockLook = std::chrono::seconds(10);
constexpr Duration kWorthTelling = std::chrono::seconds(1);  // of a clock that was set back
// Events further ahead of the clock than this are no clock that was set right, and time does not follow them.
constexpr Duration kMostAhead = std::chrono::hours(24);

double in_seconds(Duration duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

std::size_t threads_for_engines(const AppOptions& options) {
  if (options.engine_threads > 0) return options.engine_threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

// Of clients that are in the journal and not `configured`: their alerts of these ids. Blocking.
std::vector<rules::Alert> alerts_of_others(Journal& journal, const std::set<std::string>& ids,
                                           const std::set<std::string>& configured) {
  std::vector<rules::Alert> found;
  std::vector<std::string> clients;
  auto error = journal.read_clients(clients);
  for (const std::string& client : clients) {
    if (error) break;
    if (configured.count(client) != 0) continue;
    auto outcome = recover_engine(journal, client);
    if (auto* problem = std::get_if<JournalError>(&outcome)) {
      error = std::move(*problem);
      break;
    }
    const auto& engine = std::get<Recovered>(outcome).engine;
    if (!engine) continue;
    for (rules::Alert& alert : engine->alerts()) {
      if (ids.count(alert.id) != 0) found.push_back(std::move(alert));
    }
  }
  if (error) {
    logger("app")->warn("alerts of clients that were removed stay untold error={}", quoted(error->text));
  }
  return found;
}

}  // namespace

App::App(asio::io_context& io, AppOptions options)
    : io_(io),
      options_(std::move(options)),
      pool_(threads_for_engines(options_)),
      clock_(make_system_clock(io.get_executor())),
      transfer_(collectors::make_curl_transfer(io.get_executor(), collectors::TransferLimits())),
      token_store_(std::make_unique<FileTokenStore>(options_.storage_path)),
      tasks_(io.get_executor(), [](const std::string& task, std::exception_ptr failure) {
        try {
          std::rethrow_exception(failure);
        } catch (const std::exception& error) {
          logger("app")->error("a task ended, restart the daemon task={} error={}", task,
                               quoted(error.what()));
        }
      }) {}

App::~App() {
  pool_.join();
}

StoredAlerting App::read_stored(Problem& problem) {
  StoredAlerting stored;
  auto error = journal_->read_records(kNotifiedTable, stored.notified);
  if (!error) error = journal_->read_records(kOutboxTable, stored.outbox);
  if (error) problem = error->text;
  return stored;
}

App::Problem App::open() {
  config::Loaded loaded = config::load(options_.config_file);
  if (!loaded.configuration) return config::format(loaded.errors);
  for (const config::Error& warning : loaded.errors) {
    logger("app")->warn("configuration: {} file={} line={}", warning.problem, quoted(warning.where.file),
                        warning.where.line);
  }
  if (auto wrong = Alerting::problem(*loaded.configuration)) return wrong;
  configuration_ = std::make_unique<config::Configuration>(std::move(*loaded.configuration));

  OpenedJournal opened = open_sqlite_journal(
      {.directory = options_.storage_path, .most_queued_bytes = configuration_->journal.most_queued_bytes});
  if (opened.error) return opened.error->text;
  journal_ = std::move(opened.journal);

  const auto executor = io_.get_executor();
  clients_.emplace(
      executor, pool_.get_executor(), *clock_, *journal_,
      [this](const std::string&, std::vector<rules::AlertChange> changes) { alerting_->changed(changes); },
      [this](const std::string& client, double seconds, const rules::Effects& effects) {
        metrics_.engine_applied(client, seconds, effects, clock_->now());
      });
  Outbox::OnEvent on_event = [this](const OutboxEvent& event) { metrics_.notified(event); };
  alerting_.emplace(executor, *clock_, *journal_, *transfer_, options_.http.external_url,
                    std::move(on_event));
  Polling::HandOver hand_over = [this](std::string client, rules::ObservationBatch batch,
                                       std::optional<rules::Coverage> coverage) {
    return clients_->find(client)->observe(std::move(batch), coverage);
  };
  findings_.emplace(*clients_, *journal_);
  polling_.emplace(executor, *clock_, metrics_, *transfer_, *token_store_, std::move(hand_over), &*findings_);
  http_.emplace(executor, *this, options_.http);
  return http_->listen();
}

asio::awaitable<App::Problem> App::recover() {
  Problem problem;
  const StoredAlerting stored = read_stored(problem);
  if (problem) co_return problem;
  if (auto error = findings_->open()) {
    problem = std::move(error->text);
    co_return problem;
  }
  auto recovering = clients_->recover(configuration_->clients, configuration_->journal);
  auto recovered = co_await std::move(recovering);
  if (auto* error = std::get_if<JournalError>(&recovered)) {
    problem = std::move(error->text);
    co_return problem;
  }
  clients_->enter(std::move(std::get<ClientSet::Runtimes>(recovered)));
  go_on_from_journal();
  alerting_->configure(*configuration_, stored);
  co_await know_alerts();
  co_return problem;
}

Timestamp App::newest_event() {
  Timestamp newest{};
  for (ClientRuntime* client : clients()) newest = std::max(newest, client->last_event_at());
  return newest;
}

void App::go_on_from_journal() {
  const Timestamp newest = newest_event();
  const Duration ahead = newest - clock_->now();
  if (ahead <= kMostAhead) return clock_->not_before(newest);
  logger("app")->error(
      "the journal has events of the future: the clock is wrong now, or was when they were stored. Alerts "
      "stand still until it has passed them; set the clock right, or stop and put a copy of the storage from "
      "before them in its place newest={} ahead_seconds={:.0f}",
      rules::to_rfc3339(newest), in_seconds(ahead));
}

asio::awaitable<void> App::watch_clock() {
  bool told = false;
  for (;;) {
    const Duration ahead = clock_->ahead();
    if (ahead > kWorthTelling && !told) {
      logger("app")->warn(
          "the system's clock was set back; time goes on at half its speed until it has caught up "
          "ahead_seconds={:.0f}",
          in_seconds(ahead));
      told = true;
    } else if (ahead == Duration(0) && told) {
      logger("app")->info("the system's clock has caught up");
      told = false;
    }
    metrics_.clock_state(std::max(ahead, newest_event() - clock_->now()));
    const Timestamp next = clock_->now() + kClockLook;
    co_await clock_->sleep_until(next);
  }
}

asio::awaitable<void> App::know_alerts() {
  for (ClientRuntime* client : clients()) {
    const std::vector<rules::Alert> alerts = co_await alerts_of(*client);
    alerting_->know(alerts);
  }
}

asio::awaitable<void> App::end_removed_clients() {
  const std::set<std::string> told = alerting_->told_and_unknown();
  if (told.empty()) co_return;
  std::set<std::string> configured;
  for (const config::Client& client : configuration_->clients) configured.insert(client.strategy.client);
  auto left = std::make_shared<std::vector<rules::Alert>>();
  std::function<void(Finish)> work = [journal = journal_.get(), told, configured, left](Finish finish) {
    *left = alerts_of_others(*journal, told, configured);
    finish();
  };
  co_await call_on(pool_.get_executor(), std::move(work));
  alerting_->know(*left);  // those that have resolved are told so
  alerting_->end(std::move(*left));
  alerting_->dispatch();
}

asio::awaitable<std::optional<std::string>> App::start() {
  const auto began = std::chrono::steady_clock::now();
  Problem problem = open();
  if (problem) co_return problem;
  // Health and readiness are answered while the clients recover.
  http_->start();
  problem = co_await recover();
  if (problem) co_return problem;
  std::vector<std::string> names;
  for (ClientRuntime* client : clients()) names.push_back(client->name());
  clients_->start(names);
  alerting_->dispatch();
  co_await end_removed_clients();
  co_await polling_->configure(*configuration_);
  for (const config::Receiver& receiver : configuration_->receivers)
    metrics_.receiver_configured(receiver.name);
  metrics_.reloaded(true, clock_->now());
  ready_ = true;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  logger("app")->info("ready after {:.2f}s port={} clients={} sources={} storage={}", took.count(), port(),
                      names.size(), configuration_->sources.size(), quoted(options_.storage_path));
  notify_ready(fmt::format("{} clients, {} sources", names.size(), configuration_->sources.size()));
  tasks_.spawn("clock", watch_clock());
  if (const auto every = watchdog_interval()) tasks_.spawn("watchdog", keep_alive(*every));
  co_return problem;
}

asio::awaitable<void> App::keep_alive(Duration every) {
  for (;;) {
    notify_alive();
    const Timestamp next = clock_->now() + every;
    co_await clock_->sleep_until(next);
  }
}

asio::awaitable<void> App::stop() {
  const bool ran = std::exchange(ready_, false);
  if (ran) {
    logger("app")->info("stopping");
    notify_stopping();
  }
  // A reload under way ends first, and no other begins.
  const Slots::Slot turn = co_await reload_turn_.take();
  tasks_.cancel();
  co_await tasks_.join();
  if (polling_) co_await polling_->stop();
  if (http_) co_await http_->stop();
  if (clients_) co_await clients_->stop();
  if (alerting_) {
    const Timestamp until = clock_->now() + options_.flush;
    while (alerting_->queued() > 0 && clock_->now() < until) {
      const Timestamp look = clock_->now() + kFlushLook;
      co_await clock_->sleep_until(look);
    }
    const std::size_t left = alerting_->queued();
    if (left > 0) logger("app")->warn("messages not yet delivered stay stored messages={}", left);
    co_await alerting_->stop();
  }
  pool_.join();
  journal_.reset();
  if (ran) logger("app")->info("stopped");
}

std::uint16_t App::port() const noexcept {
  return http_ ? http_->port() : 0;
}

std::vector<ClientRuntime*> App::clients() {
  std::vector<ClientRuntime*> found;
  if (!clients_) return found;
  for (const config::Client& client : configuration_->clients) {
    if (ClientRuntime* runtime = clients_->find(client.strategy.client)) found.push_back(runtime);
  }
  return found;
}

ClientRuntime* App::find_client(std::string_view name) {
  return clients_ ? clients_->find(name) : nullptr;
}

std::vector<SourceStatus> App::sources() const {
  return polling_ ? polling_->statuses() : std::vector<SourceStatus>();
}

std::vector<OutboxBacklog> App::backlog() const {
  return alerting_ ? alerting_->backlog() : std::vector<OutboxBacklog>();
}

void App::pushed(std::string_view source, const Accepted& accepted, std::optional<rules::Day> newest) {
  polling_->pushed(source, accepted, newest);
}

}  // namespace tightrope::daemon
