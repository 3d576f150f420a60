#include "client_world.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tests/support/temporary_directory.h"

namespace tightrope::testing {

using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr rules::Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h + 7min;

}  // namespace

config::Configuration configuration_of(const std::string& yaml) {
  const TemporaryDirectory directory;
  write_file(directory / "tightrope.yaml", yaml);
  config::Loaded loaded = config::load(directory / "tightrope.yaml");
  if (!loaded.configuration) throw std::runtime_error(config::format(loaded.errors));
  return std::move(*loaded.configuration);
}

std::string acme_yaml(int cpa, const std::string& hold) {
  return R"(
sources:
  - {name: shop, client: acme, connector: push}
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - name: trials
        why: Trials are most of the pipeline.
        owner: kim
        match: {channel: search}
        targets:
          - {name: trial_cpa, kpi: cpa, at_most: )" +
         std::to_string(cpa) + ", over: 7d, per: campaign, severity: page, for: " + hold + R"(}
          - {name: trial_volume, kpi: conversions, at_least: 1, over: yesterday}
playbooks:
  - {name: lower_bids, applies: {kpi: cpa}, when: gap > 0, advise: "Lower bids of {campaign} by {step:.0%}."}
)";
}

rules::ObservationBatch figures(const std::string& campaign, rules::Day day, int spend, int conversions) {
  rules::BatchBuilder builder("shop", rules::Timestamp());
  rules::Entity entity;
  entity.set(0, "search");
  entity.set(1, campaign);
  const auto of = builder.entity(entity);
  builder.add(of, builder.metric("spend"), {.day = day}, rules::Amount::from_units(spend));
  builder.add(of, builder.metric("conversions"), {.day = day}, rules::Amount::from_units(conversions));
  return std::move(builder).take();
}

ClientWorld::ClientWorld(const std::string& yaml) : clock_(kStart) {
  if (!yaml.empty()) start(yaml);
}

ClientWorld::~ClientWorld() {
  journal.failing.clear();
  journal.release();
  if (runtime_) stop();
}

std::optional<daemon::JournalError> ClientWorld::recover(const std::string& yaml) {
  const config::Configuration configuration = configuration_of(yaml);
  runtime_ = std::make_unique<daemon::ClientRuntime>(
      io_.get_executor(), io_.get_executor(), clock_, journal, configuration.clients.at(0),
      configuration.journal,
      [this](const std::string&, std::vector<rules::AlertChange> reported) {
        for (auto& change : reported) changes.push_back(std::move(change));
      },
      [](const std::string&, double, const rules::Effects&) {});
  auto error = runtime_->recover();
  if (error) runtime_.reset();
  return error;
}

void ClientWorld::start(const std::string& yaml) {
  if (const auto error = recover(yaml)) throw std::runtime_error(error->text);
  runtime_->start();
  settle();
}

template <class T>
T ClientWorld::run(asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr failed;
  asio::co_spawn(io_, std::move(work), [&](std::exception_ptr failure, T value) {
    failed = failure;
    result = std::move(value);
  });
  settle();
  if (failed) std::rethrow_exception(failed);
  if (!result) throw std::logic_error("it waits for something that does not come");
  return std::move(*result);
}

void ClientWorld::stop() {
  bool stopped = false;
  asio::co_spawn(io_, runtime_->stop(), [&](std::exception_ptr) { stopped = true; });
  settle();
  if (!stopped) std::terminate();
  runtime_.reset();
}

void ClientWorld::crash() {
  // What the journal holds now is what a crash leaves. The runtime then ends as it can, and nothing of that
  // is kept.
  const MemoryJournal::Content left = journal.content();
  journal.failing = "crashed";
  journal.release();
  stop();
  journal.failing.clear();
  journal.set_content(left);
}

void ClientWorld::settle() {
  io_.restart();
  io_.poll();
}

void ClientWorld::pass(rules::Duration by) {
  const rules::Timestamp until = clock_.now() + by;
  for (;;) {
    const auto next = clock_.next_deadline();
    if (!next || *next > until) break;
    clock_.set(std::max(*next, clock_.now()));
    settle();
  }
  clock_.set(until);
  settle();
}

daemon::Taken<daemon::Accepted> ClientWorld::observe(rules::ObservationBatch batch,
                                                     std::optional<rules::Coverage> coverage) {
  return run(runtime_->observe(std::move(batch), coverage));
}

daemon::Taken<daemon::Accepted> ClientWorld::tell(rules::SourceFindings findings) {
  return run(runtime_->tell(std::move(findings)));
}

daemon::Taken<std::string> ClientWorld::decide(rules::Decision decision) {
  return run(runtime_->decide(std::move(decision)));
}

daemon::Taken<std::string> ClientWorld::acknowledge(const std::string& alert, const std::string& by) {
  rules::Acknowledgement acknowledgement;
  acknowledgement.alert = alert;
  acknowledgement.by = by;
  return run(runtime_->acknowledge(std::move(acknowledgement)));
}

daemon::Taken<std::string> ClientWorld::adopt(const std::string& yaml) {
  return run(runtime_->adopt(configuration_of(yaml).clients.at(0)));
}

void ClientWorld::observe_later(rules::ObservationBatch batch) {
  asio::co_spawn(io_, runtime_->observe(std::move(batch)),
                 [this](std::exception_ptr, daemon::Taken<daemon::Accepted> taken) {
                   answers.push_back(std::move(taken));
                 });
  settle();
}

std::vector<rules::Alert> ClientWorld::alerts() {
  std::vector<rules::Alert> found;
  bool done = false;
  asio::co_spawn(io_, runtime_->view([&](const rules::Engine& engine) { found = engine.alerts(); }),
                 [&](std::exception_ptr) { done = true; });
  settle();
  if (!done) throw std::logic_error("the engine does not answer");
  return found;
}

std::string ClientWorld::snapshot() {
  std::string bytes;
  asio::co_spawn(io_, runtime_->view([&](const rules::Engine& engine) { bytes = engine.snapshot(); }),
                 [](std::exception_ptr) {});
  settle();
  return bytes;
}

}  // namespace tightrope::testing
