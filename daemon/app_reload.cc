// App::reload: prepare, then swap. Everything that can fail comes first; a bad file changes nothing.
#include <spdlog/logger.h>

#include <memory>
#include <utility>
#include <vector>

#include "daemon/app.h"
#include "daemon/call_on.h"
#include "daemon/logging.h"
#include "daemon/reload.h"
#include "daemon/systemd.h"

namespace tightrope::daemon {
namespace {

// An error of the file as a whole.
config::Error error_of(const std::string& file, std::string problem) {
  config::Error error;
  error.where.file = file;
  error.problem = std::move(problem);
  return error;
}

bool has_error(const config::Errors& errors) {
  for (const config::Error& error : errors) {
    if (error.level == config::ErrorLevel::error) return true;
  }
  return false;
}

}  // namespace

asio::awaitable<config::Errors> App::reload() {
  const Slots::Slot turn = co_await reload_turn_.take();
  config::Errors errors;
  if (!ready_) {
    errors.push_back(error_of(options_.config_file, "the daemon is starting or stopping"));
    co_return errors;
  }
  notify_reloading();
  errors = co_await prepare_and_swap();
  const bool successful = !has_error(errors);
  metrics_.reloaded(successful, clock_->now());
  for (const config::Error& error : errors) {
    const bool warning = error.level == config::ErrorLevel::warning;
    logger("app")->log(warning ? spdlog::level::warn : spdlog::level::err, "reload: {} file={} line={}",
                       error.problem, quoted(error.where.file), error.where.line);
  }
  if (successful) {
    logger("app")->info("configuration reloaded clients={} sources={}", configuration_->clients.size(),
                        configuration_->sources.size());
  } else {
    logger("app")->error("configuration not reloaded, the one in force stays errors={}", errors.size());
  }
  notify_ready(successful ? "Configuration reloaded" : "Last reload failed, the configuration before stays");
  co_return errors;
}

asio::awaitable<config::Errors> App::prepare_and_swap() {
  auto loaded = std::make_shared<config::Loaded>();
  // Files and secrets may lie on slow disks: the pool reads them.
  std::function<void(Finish)> work = [file = options_.config_file, loaded](Finish finish) {
    *loaded = config::load(file);
    finish();
  };
  co_await call_on(pool_.get_executor(), std::move(work));
  config::Errors errors = std::move(loaded->errors);
  if (!loaded->configuration) co_return errors;
  if (auto wrong = Alerting::problem(*loaded->configuration)) {
    errors.push_back(error_of(options_.config_file, std::move(*wrong)));
    co_return errors;
  }
  auto wanted = std::make_unique<config::Configuration>(std::move(*loaded->configuration));
  const config::Errors failed = co_await swap(std::move(wanted));
  errors.insert(errors.end(), failed.begin(), failed.end());
  co_return errors;
}

asio::awaitable<config::Errors> App::swap(std::unique_ptr<config::Configuration> wanted) {
  config::Errors errors;
  ReloadPlan plan = plan_reload(*configuration_, *wanted);
  Problem problem;
  const StoredAlerting stored = read_stored(problem);
  auto recovering = clients_->recover(plan.added, wanted->journal);
  auto recovered = co_await std::move(recovering);
  if (auto* error = std::get_if<JournalError>(&recovered)) problem = error->text;
  // The last that can fail: strategies are journalled. Those that were adopted before a failure stay adopted,
  // and the next reload goes on from there.
  for (config::Client& client : plan.changed) {
    if (problem) break;
    const std::string name = client.strategy.client;
    ClientRuntime* runtime = clients_->find(name);
    auto adopting = runtime->adopt(std::move(client));
    const Taken<std::string> adopted = co_await std::move(adopting);
    if (!adopted) problem = "client " + name + " keeps its strategy: " + adopted.error().text;
  }
  if (problem) {
    errors.push_back(error_of(options_.config_file, std::move(*problem)));
    co_return errors;
  }

  std::vector<std::string> added;
  for (const config::Client& client : plan.added) added.push_back(client.strategy.client);
  clients_->enter(std::move(std::get<ClientSet::Runtimes>(recovered)));
  previous_ = std::exchange(configuration_, std::move(wanted));
  alerting_->configure(*configuration_, stored);
  co_await know_alerts();
  clients_->start(added);
  alerting_->dispatch();
  co_await polling_->configure(*configuration_);
  for (const std::string& name : plan.removed) {
    auto retiring = clients_->retire(name);
    std::vector<rules::Alert> left = co_await std::move(retiring);
    alerting_->end(std::move(left));
  }
  http_->configure();

  std::vector<std::string> clients, sources, receivers;
  for (const config::Client& client : configuration_->clients) clients.push_back(client.strategy.client);
  for (const config::Source& source : configuration_->sources) sources.push_back(source.name);
  for (const config::Receiver& receiver : configuration_->receivers) receivers.push_back(receiver.name);
  metrics_.forget_absent(clients, sources, receivers);
  for (const std::string& receiver : receivers) metrics_.receiver_configured(receiver);
  for (const std::string& key : plan.after_restart)
    logger("app")->warn("a changed setting takes effect after a restart key={}", key);
  co_return errors;
}

}  // namespace tightrope::daemon
