// One client's engine with 100 000 campaigns, ten targets on each (1 000 000 checks) and 100 days of history,
// through its public interface.
//
//   build/tests/bench/engine_bench                         # a few minutes, at most 4 GiB
//   build/tests/bench/engine_bench --campaigns=10000       # smaller
//   build/tests/bench/engine_bench --confidence=0.999      # every target is judged by evidence
//   build/tests/bench/engine_bench --benchmark_filter=changed_cells
//
// "off:P" is the share of checks off target, in percent: each of those has an alert that fires, and evidence.
// Times are CPU time of the one thread.
//
//   memory/metrics:M    the whole history learnt, and ten targets laid over it. cell_B: bytes that the engine
//                       says its cells take, per figure (campaign, day and metric); rss_B: what the process
//                       grew by, names, sums and verdicts included, likewise; times_bare: rss_B over the 8
//                       bytes of a bare figure; cells/s: figures learnt
//   targets_adopted     tighter bounds adopted, and the alerts that follow
//   recheck             every check made afresh
//   a_day               a day of ticks. Time and checks/s: of midnight; hour_*: of the mean other hour
//   changed_cells/N/C   batches of N changed figures, C of each campaign, of the day so far: cells/s, and
//                       checks/s counted by the KPIs that name a changed metric
//   restated_cells/N/C  the same for two days ago, where alerts may have to be amended
//   snapshot, restore   bytes, and cell_B: bytes per figure
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/campaigns.h"

namespace {

using namespace tightrope;
using bench::Campaigns;

std::size_t campaign_count = 100'000;
std::optional<double> confidence;
constexpr int kDays = 100;  // the last; the engine may hold one less, for it also holds tomorrow
constexpr rules::Timestamp kStart =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);

benchmark::Counter per_second(double count) {
  return benchmark::Counter(count, benchmark::Counter::kIsRate);
}

// The engine that the benchmarks share. Only one is in memory.
class World {
 public:
  // An engine that holds the history and has so many percent of its checks off target.
  static World& with(std::size_t metrics, int off_percent) {
    World& world = holding(metrics);
    if (world.off_percent_ != off_percent) world.adopt(off_percent);
    return world;
  }
  static World& holding(std::size_t metrics) {
    if (!current_ || current_->metrics_ != metrics) {
      current_.reset();
      current_.reset(new World(metrics));
    }
    return *current_;
  }
  static void drop() { current_.reset(); }

  rules::Effects adopt(int off_percent) {
    const rules::Timestamp now = engine.now();
    off_percent_ = off_percent;
    return engine.adopt(bench::strategy(bench::bounds_missed_by(engine, off_percent / 100.0), confidence),
                        now);
  }
  rules::Day today() const { return engine.calendar().day_of(engine.now()); }
  // The figures of the day so far.
  void learn_today() {
    bench::DayBatch batch(campaigns, metrics_);
    engine.apply(batch.fill(today(), engine.now()));
  }

  double off_target_share() const {
    std::size_t missed = 0;
    std::size_t checks = 0;
    for (std::size_t i = 0; i < engine.target_count(); ++i) {
      const rules::TargetView view = engine.target(i);
      checks += view.verdicts.size();
      for (std::size_t node = 0; node < view.verdicts.size(); ++node) {
        const rules::Verdict verdict = view.verdicts[node];
        missed += verdict.missed() ? 1 : 0;
      }
    }
    return static_cast<double>(missed) / static_cast<double>(checks);
  }

  const Campaigns campaigns;
  rules::Engine engine;

 private:
  explicit World(std::size_t metrics)
      : campaigns(campaign_count, 7),
        engine(bench::engine_with_history(campaigns, metrics, kDays, kStart)),
        metrics_(metrics) {}

  static inline std::unique_ptr<World> current_;
  std::size_t metrics_;
  std::optional<int> off_percent_;
};

constexpr std::size_t kMetrics = bench::kTargetMetrics;  // of the shared engine

void memory(benchmark::State& state, std::size_t metrics) {
  World::drop();
  const std::size_t before = bench::resident_bytes();
  for (auto _ : state) World::holding(metrics);
  const rules::EngineStats stats = World::holding(metrics).engine.stats();
  const auto cells = static_cast<double>(stats.cells);
  const double grown = static_cast<double>(bench::resident_bytes() - before) / cells;
  state.counters["cell_B"] = static_cast<double>(stats.cell_bytes) / cells;
  state.counters["rss_B"] = grown;
  state.counters["times_bare"] = grown / 8;
  state.counters["cells/s"] = per_second(cells);
}

void targets_adopted(benchmark::State& state, int off_percent) {
  World& world = World::holding(kMetrics);
  std::size_t steps = 0;
  for (auto _ : state) steps = world.adopt(off_percent).alerts.size();
  state.counters["alert_steps"] = static_cast<double>(steps);
  state.counters["rss_MiB"] = static_cast<double>(bench::resident_bytes()) / (1 << 20);
}

void recheck(benchmark::State& state, int off_percent) {
  World& world = World::with(kMetrics, off_percent);
  std::uint64_t checks = 0;
  for (auto _ : state) {
    const rules::Day day = world.today();
    checks += bench::reevaluate(world.engine);
    if (world.today() == day) continue;
    state.PauseTiming();  // or the windows would run empty
    world.learn_today();
    state.ResumeTiming();
  }
  state.counters["checks/s"] = per_second(static_cast<double>(checks));
  state.counters["off_share"] = world.off_target_share();
}

void a_day(benchmark::State& state, int off_percent) {
  World& world = World::with(kMetrics, off_percent);
  rules::Engine& engine = world.engine;
  double hour_seconds = 0;
  double hours = 0;
  for (auto _ : state) {
    const rules::Day day = world.today();
    while (world.today() == day) {
      const rules::Event tick = rules::Tick{engine.calendar().next_hour(engine.now())};
      const double before = bench::cpu_seconds();
      engine.apply(tick);
      const double seconds = bench::cpu_seconds() - before;
      if (world.today() != day) {
        state.SetIterationTime(seconds);
      } else {
        hour_seconds += seconds;
        ++hours;
      }
    }
    world.learn_today();
  }
  const auto checks = static_cast<double>(engine.stats().checks);
  state.counters["checks/s"] = per_second(checks * static_cast<double>(state.iterations()));
  state.counters["hour_ms"] = hour_seconds / hours * 1e3;
  state.counters["hour_checks/s"] = checks * hours / hour_seconds;
}

// Of the targets, those whose KPI names one of these metrics.
std::size_t targets_on(const rules::Engine& engine, const std::vector<std::string>& metrics) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    for (const rules::Input& input : engine.target(i).kpi->formula.inputs()) {
      if (std::find(metrics.begin(), metrics.end(), input.name) == metrics.end()) continue;
      ++count;
      break;
    }
  }
  return count;
}

// A batch of `cells` figures of one day, each other than what `campaigns` says by `more` units; `each` of
// every campaign, beginning with the campaign `first`.
rules::Event changes(const World& world, std::size_t cells, std::size_t each, std::size_t first,
                     rules::Day day, int more) {
  // Clicks first: four KPIs name them.
  constexpr std::array<std::size_t, kMetrics> kOrder{2, 0, 1, 3, 4};
  rules::BatchBuilder builder("bench", world.engine.now());
  for (std::size_t i = 0; builder.size() < cells; ++i) {
    const std::size_t campaign = (first + i) % world.campaigns.size();
    const auto figures = world.campaigns.figures(campaign, day);
    const std::uint32_t entity = builder.entity(world.campaigns.entity(campaign));
    for (std::size_t k = 0; k < each; ++k) {
      const rules::Amount figure = figures[kOrder[k]];
      builder.add(entity, builder.metric(bench::kMetrics[kOrder[k]]), {.day = day},
                  rules::Amount::from_micros(figure.micros() + more * rules::Amount::kScale));
    }
  }
  return std::move(builder).take();
}

void cells_changed(benchmark::State& state, int off_percent, std::size_t cells, std::size_t each,
                   int days_back) {
  World& world = World::with(kMetrics, off_percent);
  const rules::Day day = world.today() - days_back;
  const std::size_t places = std::max<std::size_t>(1, std::min<std::size_t>(200, campaign_count / cells));
  std::vector<rules::Event> events;  // at every place one, then again with other figures
  for (const int more : {1, 2}) {
    for (std::size_t place = 0; place < places; ++place) {
      events.push_back(changes(world, cells, each, place * (campaign_count / places), day, more));
    }
  }
  const auto& batch = std::get<rules::ObservationBatch>(events.front());
  const auto checks = static_cast<double>(targets_on(world.engine, batch.metrics) * batch.entities.size());
  std::size_t next = 0;
  std::uint64_t changed = 0;
  std::uint64_t alert_steps = 0;
  for (auto _ : state) {
    const rules::Effects effects = world.engine.apply(events[next]);
    next = (next + 1) % events.size();
    changed += effects.cells_changed;
    alert_steps += effects.alerts.size();
  }
  const auto batches = static_cast<double>(state.iterations());
  if (changed != static_cast<std::uint64_t>(state.iterations()) * cells) {
    state.SkipWithError("a batch held figures that changed nothing");
  }
  state.counters["cells/s"] = per_second(static_cast<double>(changed));
  state.counters["checks/s"] = per_second(checks * batches);
  state.counters["alert_steps"] = static_cast<double>(alert_steps) / batches;
  // Back to what the campaigns say, for who comes next.
  for (std::size_t place = 0; place < places; ++place) {
    world.engine.apply(changes(world, cells, each, place * (campaign_count / places), day, 0));
  }
}

void snapshot(benchmark::State& state, int off_percent) {
  World& world = World::with(kMetrics, off_percent);
  std::size_t bytes = 0;
  for (auto _ : state) bytes = world.engine.snapshot().size();
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["cell_B"] = static_cast<double>(bytes) / static_cast<double>(world.engine.stats().cells);
}

void restore(benchmark::State& state, int off_percent) {
  World& world = World::with(kMetrics, off_percent);
  const std::string bytes = world.engine.snapshot();
  const rules::Strategy strategy = world.engine.strategy();
  std::uint64_t cells = 0;
  for (auto _ : state) {
    const std::optional<rules::Engine> engine = rules::Engine::restore(strategy, bytes);
    if (!engine || engine->stats().checks != world.engine.stats().checks) {
      state.SkipWithError("the snapshot was not restored");
      return;
    }
    cells += engine->stats().cells;
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
  state.counters["cells/s"] = per_second(static_cast<double>(cells));
}

// In the order in which they share the engine with the least work in between.
void register_all() {
  const auto add = [](const std::string& name, auto run) {
    return benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
  };
  for (const std::size_t metrics : {std::size_t{10}, kMetrics}) {
    add("memory/metrics:" + std::to_string(metrics), [=](auto& state) {
      memory(state, metrics);
    })->Iterations(1);
  }
  for (const int off : {0, 1, 10}) {
    const std::string suffix = "/off:" + std::to_string(off);
    add("targets_adopted" + suffix, [=](auto& state) { targets_adopted(state, off); })->Iterations(1);
    add("recheck" + suffix, [=](auto& state) { recheck(state, off); });
    add("a_day" + suffix, [=](auto& state) { a_day(state, off); })
        ->Iterations(off == 0 ? 3 : 1)
        ->UseManualTime();
    struct Batch {
      std::size_t cells, each;
    };
    const std::size_t most = std::min<std::size_t>(100'000, campaign_count);
    for (const Batch batch : {Batch{1, 1}, Batch{100, 1}, Batch{100, 5}, Batch{most, 1}, Batch{most, 5}}) {
      for (const auto& [name, days_back] :
           {std::pair("changed_cells/", 0), std::pair("restated_cells/", 2)}) {
        add(name + std::to_string(batch.cells) + "/" + std::to_string(batch.each) + suffix,
            [=, back = days_back](auto& state) { cells_changed(state, off, batch.cells, batch.each, back); })
            ->Unit(batch.cells == 1 ? benchmark::kMicrosecond : benchmark::kMillisecond);
      }
    }
    add("snapshot" + suffix, [=](auto& state) { snapshot(state, off); })->Iterations(2);
    add("restore" + suffix, [=](auto& state) { restore(state, off); })->Iterations(2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  // Takes an option of this program out of the list.
  const auto taken = [&](const std::string& option) -> const char* {
    for (int i = 1; i < argc; ++i) {
      if (!std::string(argv[i]).starts_with(option)) continue;
      const char* value = argv[i] + option.size();
      --argc;
      std::copy(argv + i + 1, argv + argc + 1, argv + i);
      return value;
    }
    return nullptr;
  };
  if (const char* value = taken("--campaigns=")) campaign_count = std::strtoul(value, nullptr, 10);
  if (const char* value = taken("--confidence=")) confidence = std::strtod(value, nullptr);
  if (confidence && !(*confidence >= 0.5 && *confidence < 1)) {
    std::fprintf(stderr, "engine_bench: --confidence is a share from 0.5 to below 1, such as 0.999\n");
    return 2;
  }
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (campaign_count < 1'000) {
    std::fprintf(stderr, "engine_bench: --campaigns must be 1000 or more: shares of less say nothing\n");
    return 2;
  }
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  World::drop();
  return 0;
}
