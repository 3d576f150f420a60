// The journal on the disk of the working folder: observations per second, the latency of a push, and the
// reading at a restart.
//
//   build/tests/bench/journal_bench
//
// TIGHTROPE_BENCH_DIRECTORY says where the journal is made; the figures are those of that disk's sync.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/journal.h"
#include "rules/event.h"

namespace {

using namespace tightrope;
using daemon::Journal;
using daemon::JournalError;
using daemon::JournalEvent;
using daemon::Sequence;

constexpr rules::Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};
constexpr int kClients = 1'000;

// A journal in a folder of its own, removed at the end.
class BenchJournal {
 public:
  BenchJournal() {
    const char* where = std::getenv("TIGHTROPE_BENCH_DIRECTORY");
    folder_ = fmt::format("{}/journal-bench-{}", where ? where : ".", getpid());
    open();
  }
  ~BenchJournal() {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }
  Journal& operator*() { return *journal_; }
  Journal* operator->() { return journal_.get(); }
  void reopen() {
    journal_.reset();
    open();
  }

 private:
  void open() {
    daemon::OpenedJournal opened = daemon::open_sqlite_journal({.directory = folder_});
    if (opened.error) throw std::runtime_error(opened.error->text);
    journal_ = std::move(opened.journal);
  }
  std::string folder_;
  std::unique_ptr<Journal> journal_;
};

// Figures as a poll brings them: some campaigns, five metrics, the last days, amounts of every size.
std::string batch_of(std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> amount(3, 2);
  rules::BatchBuilder batch("acme_search", kStart);
  const std::size_t days = 10;
  const std::size_t campaigns = std::max<std::size_t>(1, rows / (5 * days));
  std::vector<std::uint32_t> metrics;
  for (const char* name : {"spend", "impressions", "clicks", "conversions", "revenue"})
    metrics.push_back(batch.metric(name));
  for (std::size_t campaign = 0; batch.size() < rows; ++campaign) {
    rules::Entity entity;
    entity.path = {"search", fmt::format("campaign-{}", campaign % campaigns)};
    const std::uint32_t number = batch.entity(entity);
    for (std::size_t day = 0; day < days; ++day) {
      for (const std::uint32_t metric : metrics) {
        const bool whole = metric != metrics[0] && metric != metrics[4];
        const double value = amount(random);
        batch.add(number, metric, {.day = rules::Day{20'777 - static_cast<int>(day)}},
                  whole ? rules::Amount::from_units(static_cast<std::int64_t>(value))
                        : rules::Amount::from_micros(static_cast<std::int64_t>(value * 100) * 10'000));
      }
    }
  }
  return rules::encode(rules::Event(std::move(batch).take()));
}

JournalEvent event_of(std::size_t number, const std::string& payload) {
  return {.sequence = 0,
          .client = fmt::format("client-{}", number % kClients),
          .at = kStart + rules::Duration(number),
          .payload = payload};
}

// Lets so many requests be under way, as the daemon's callers do.
class Window {
 public:
  explicit Window(int most) : most_(most) {}
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ < most_; });
    ++open_;
  }
  void leave(const std::optional<JournalError>& error) {
    const std::lock_guard lock(mutex_);
    if (error) failure_ = error->text;
    --open_;
    changed_.notify_all();
  }
  std::string wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ == 0; });
    return failure_;
  }

 private:
  const int most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int open_ = 0;
  std::string failure_;
};

void observations_journalled(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> payloads;
  for (std::uint64_t i = 0; i < 16; ++i) payloads.push_back(batch_of(rows, i));
  Window window(64);
  BenchJournal journal;
  std::size_t number = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const std::string& payload = payloads[number % payloads.size()];
    bytes += payload.size();
    window.enter();
    journal->append(event_of(number++, payload),
                    [&](std::optional<JournalError> error, Sequence) { window.leave(error); });
  }
  const std::string failure = window.wait_for_all();
  if (!failure.empty()) state.SkipWithError(failure.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(number * rows));
  state.counters["payload_B"] = static_cast<double>(bytes) / static_cast<double>(number);
  state.counters["stored_B"] = static_cast<double>(journal->stats().file_bytes) / static_cast<double>(number);
}
BENCHMARK(observations_journalled)
    ->Arg(100)
    ->Arg(10'000)
    ->MinTime(3)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// One push after the other, each waiting until it is durable.
void append_and_wait(benchmark::State& state) {
  const std::string payload = batch_of(10, 1);
  BenchJournal journal;
  std::vector<double> seconds;
  std::size_t number = 0;
  for (auto _ : state) {
    const auto done = std::make_shared<std::promise<bool>>();
    const auto begin = std::chrono::steady_clock::now();
    journal->append(event_of(number++, payload),
                    [done](std::optional<JournalError> error, Sequence) { done->set_value(!error); });
    if (!done->get_future().get()) state.SkipWithError("an append failed");
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(seconds.begin(), seconds.end());
  state.counters["p50_ms"] = seconds[seconds.size() / 2] * 1e3;
  state.counters["p99_ms"] = seconds[seconds.size() * 99 / 100] * 1e3;
}
BENCHMARK(append_and_wait)->MinTime(3)->UseRealTime()->Unit(benchmark::kMicrosecond);

// The same, while snapshots of 64 MB are being saved all the time.
void append_and_wait_beside_snapshots(benchmark::State& state) {
  const std::string payload = batch_of(10, 1);
  std::string engine;
  for (std::uint64_t i = 0; engine.size() < (64u << 20); ++i) engine += batch_of(10'000, i);
  BenchJournal journal;
  std::vector<double> seconds;
  std::atomic<bool> saving = false;
  std::uint64_t saved = 0;
  std::size_t number = 0;
  for (auto _ : state) {
    if (!saving.exchange(true)) {
      state.PauseTiming();
      daemon::Snapshot snapshot{
          .client = "client-1", .upto = number, .at = kStart, .state = engine, .document = "d"};
      journal->save(std::move(snapshot), [&](std::optional<JournalError>) {
        ++saved;
        saving = false;
      });
      state.ResumeTiming();
    }
    const auto done = std::make_shared<std::promise<bool>>();
    const auto begin = std::chrono::steady_clock::now();
    journal->append(event_of(number++, payload),
                    [done](std::optional<JournalError> error, Sequence) { done->set_value(!error); });
    if (!done->get_future().get()) state.SkipWithError("an append failed");
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  while (saving) std::this_thread::yield();
  std::sort(seconds.begin(), seconds.end());
  state.counters["p50_ms"] = seconds[seconds.size() / 2] * 1e3;
  state.counters["p99_ms"] = seconds[seconds.size() * 99 / 100] * 1e3;
  state.counters["snapshots"] = static_cast<double>(saved);
}
BENCHMARK(append_and_wait_beside_snapshots)->MinTime(3)->UseRealTime()->Unit(benchmark::kMicrosecond);

// What a restart reads: for each of 1 000 clients a snapshot and the events after it.
void restart_read(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  const std::string payload = batch_of(100, 1);
  const std::string engine = batch_of(30'000, 2);
  BenchJournal journal;
  Window window(1'000);
  for (std::size_t i = 0; i < events; ++i) {
    window.enter();
    journal->append(event_of(i, payload),
                    [&](std::optional<JournalError> error, Sequence) { window.leave(error); });
  }
  for (std::size_t i = 0; i < kClients; ++i) {
    window.enter();
    journal->save(
        {.client = event_of(i, "").client, .upto = 0, .at = kStart, .state = engine, .document = "d"},
        [&](std::optional<JournalError> error) { window.leave(error); });
  }
  const std::string failure = window.wait_for_all();
  if (!failure.empty()) state.SkipWithError(failure.c_str());
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    std::size_t read = 0;
    state.PauseTiming();
    journal.reopen();
    state.ResumeTiming();
    std::vector<std::string> clients;
    auto error = journal->read_clients(clients);
    for (const std::string& client : clients) {
      std::optional<daemon::Snapshot> snapshot;
      error = error ? error : journal->read_snapshot(client, snapshot);
      if (snapshot) bytes += snapshot->state.size();
      error = error ? error : journal->read_events(client, 0, [&](const JournalEvent& event) {
        bytes += event.payload.size();
        ++read;
        return true;
      });
    }
    if (error) state.SkipWithError(error->text.c_str());
    if (read != events) state.SkipWithError("events are missing");
  }
  state.counters["MB"] = static_cast<double>(bytes) / 1e6;
}
BENCHMARK(restart_read)->Arg(100'000)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
