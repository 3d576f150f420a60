// The KPI families of /metrics: CPU time and memory of one scrape at 100 000 and 500 000 series.
//
//   build/tests/bench/exposition_bench
//
// "peak_rss_MiB" is the highest resident memory of the process so far: run one benchmark at a time
// (--benchmark_filter) to see its own. "figures_MiB" is what the verdicts and names themselves take; the rest
// is labels kept and the answer.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <random>
#include <string>
#include <vector>

#include "daemon/exposition.h"
#include "daemon/http/gzip.h"
#include "rules/kpi.h"

namespace {

using namespace tightrope;

// 20 clients with 4 series for each check: half of the checks of one target, half of another.
struct Strategies {
  explicit Strategies(std::size_t series) {
    constexpr std::size_t kClients = 20;
    const std::size_t checks = series / 4 / kClients / 2;
    std::mt19937_64 random(11);
    std::lognormal_distribution<double> value(3, 1);
    for (std::size_t c = 0; c < kClients; ++c) {
      rules::Strategy& strategy = clients.emplace_back();
      strategy.client = "client_" + std::to_string(c);
      rules::Objective& objective = strategy.objectives.emplace_back();
      objective.name = "trial_signups";
      for (const char* name : {"trial_cpa", "trial_roas"}) {
        rules::Target& target = objective.targets.emplace_back();
        target.name = name;
        target.kpi = std::string(name).substr(6);
        target.per = {2};
      }
      std::vector<rules::Entity>& names = entities.emplace_back();
      for (std::size_t i = 0; i < checks; ++i) {
        names.push_back({{i % 3 == 0 ? "search" : "social", "campaign-" + std::to_string(i) + "-autumn"}});
      }
      for (int t = 0; t < 2; ++t) {
        std::vector<rules::Verdict>& list = verdicts.emplace_back(checks);
        for (rules::Verdict& verdict : list) {
          verdict.state = rules::VerdictState::on_target;
          verdict.value = value(random);
          verdict.high = 45;
          verdict.gap_ratio = verdict.value / verdict.high - 1;
          verdict.evidence_log10 = value(random) / 10;
        }
      }
    }
    kpi.name = "cpa";
    for (std::size_t c = 0; c < kClients; ++c) {
      std::vector<rules::TargetView>& list = views.emplace_back();
      for (std::size_t t = 0; t < 2; ++t) {
        list.push_back({.objective = &clients[c].objectives[0],
                        .target = &clients[c].objectives[0].targets[t],
                        .kpi = &kpi,
                        .verdicts = rules::VerdictRange(verdicts[c * 2 + t]),
                        .entities = entities[c]});
      }
    }
  }

  std::size_t bytes() const {
    std::size_t total = 0;
    for (const auto& list : verdicts) total += list.size() * sizeof(rules::Verdict);
    for (const auto& list : entities)
      total += list.size() * (sizeof(rules::Entity) + 2 * sizeof(std::string) + 32);
    return total;
  }

  std::vector<rules::Strategy> clients;
  std::vector<std::vector<rules::Entity>> entities;
  std::vector<std::vector<rules::Verdict>> verdicts;
  std::vector<std::vector<rules::TargetView>> views;
  rules::Kpi kpi;
};

double mib(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void scrape(const Strategies& input, daemon::KpiExposition& exposition, daemon::KpiSamples& samples) {
  samples.clear();
  for (std::size_t c = 0; c < input.clients.size(); ++c) {
    exposition.write_targets(input.clients[c], {.engine = &input.clients[c], .version = 1}, input.views[c],
                             samples);
  }
}

void report(benchmark::State& state, const Strategies& input, const daemon::KpiExposition& exposition,
            const daemon::KpiSamples& samples) {
  state.counters["answer_MiB"] = mib(samples.size());
  state.counters["labels_MiB"] = mib(exposition.label_bytes());
  state.counters["figures_MiB"] = mib(input.bytes());
  state.counters["peak_rss_MiB"] = peak_rss_mib();
}

void BM_Scrape(benchmark::State& state) {
  const Strategies input(static_cast<std::size_t>(state.range(0)));
  daemon::KpiExposition exposition;
  daemon::KpiSamples samples;
  std::vector<std::string> headers;
  std::vector<std::string_view> parts;
  scrape(input, exposition, samples);  // labels are made once
  for (auto _ : state) {
    scrape(input, exposition, samples);
    parts.clear();
    samples.collect(daemon::MetricsFormat::text, headers, parts);
    benchmark::DoNotOptimize(parts.data());
  }
  report(state, input, exposition, samples);
}
BENCHMARK(BM_Scrape)->Arg(100'000)->Arg(500'000)->Unit(benchmark::kMillisecond);

void BM_FirstScrape(benchmark::State& state) {
  const Strategies input(static_cast<std::size_t>(state.range(0)));
  daemon::KpiSamples samples;
  for (auto _ : state) {
    daemon::KpiExposition exposition;
    scrape(input, exposition, samples);
    benchmark::DoNotOptimize(samples.size());
  }
  state.counters["peak_rss_MiB"] = peak_rss_mib();
}
BENCHMARK(BM_FirstScrape)->Arg(500'000)->Unit(benchmark::kMillisecond);

void BM_ScrapeGzip(benchmark::State& state) {
  const Strategies input(static_cast<std::size_t>(state.range(0)));
  daemon::KpiExposition exposition;
  daemon::KpiSamples samples;
  std::vector<std::string> headers;
  std::vector<std::string_view> parts;
  std::size_t packed = 0;
  for (auto _ : state) {
    scrape(input, exposition, samples);
    parts.clear();
    samples.collect(daemon::MetricsFormat::text, headers, parts);
    packed = daemon::http::gzip(parts).size();
    benchmark::DoNotOptimize(packed);
  }
  report(state, input, exposition, samples);
  state.counters["packed_MiB"] = mib(packed);
}
BENCHMARK(BM_ScrapeGzip)->Arg(500'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
