// What it costs to read many reports: sources that are due all at once, on one thread, against a local
// server, with connections capped and the rest queued; and the same number of targets of the same size
// scraped by Prometheus.
//
//   collect_bench [SOURCES] [--only-us]      (10000 sources unless told)
//
// A report is 2 KB of JSON with ten records of a day, a campaign and five figures. Each is asked for,
// extracted with a mapping and handed over as a batch. Prometheus gets the same fifty figures in its text
// format, and stores them, which we do not; its scrapes are counted over whole intervals after the first, in
// which it makes its series.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "collectors/collector.h"
#include "collectors/rate_gate.h"
#include "collectors/transfer.h"
#include "daemon/clock.h"
#include "daemon/slots.h"
#include "tests/bench/report_server.h"

namespace {

using namespace tightrope;
namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr int kRecords = 10;
constexpr std::size_t kAtOnce = 64;  // of the daemon: Polling::kMostPollsAtOnce
constexpr int kScrapeSeconds = 20;
constexpr const char* kMetrics[] = {"impressions", "clicks", "conversions", "spend", "revenue"};

std::string report_json() {
  std::string rows;
  for (int i = 0; i < kRecords; ++i) {
    rows += fmt::format(
        R"({}{{"campaign":{{"id":"12020000000000000{}","name":"EU | Spring Sale {}"}},"segments":{{"date":"2026-11-{:02}"}},)"
        R"("metrics":{{"impressions":"{}","clicks":"{}","conversions":{}.5,"spend":"{}.25","revenue":{}.75}}}})",
        i == 0 ? "" : ",", i, i, 15 + i % 5, 12000 + i, 310 + i, 4 + i, 120 + i, 900 + i);
  }
  return R"({"results":[)" + rows + "]}";
}

std::string report_text() {
  std::string text;
  for (const char* metric : kMetrics) {
    for (int i = 0; i < kRecords; ++i)
      text += fmt::format("{}{{campaign=\"spring_sale_{}\"}} {}.5\n", metric, i, 100 * i + 7);
  }
  return text;
}

config::Source source_of(int number, std::uint16_t port) {
  config::HttpSource http;
  http.request.url = fmt::format("http://127.0.0.1:{}/report", port);
  http.request.query = {{"source", std::to_string(number)}, {"from", "{from}"}, {"to", "{to}"}};
  http.auth.kind = config::AuthKind::bearer;
  http.auth.value = "{token}";
  http.secrets.emplace("token", config::Secret("a-token-of-some-length"));
  http.records.path = "/results";
  http.mapping.bucket_field = "/segments/date";
  http.mapping.dimensions = {{1, "/campaign/name"}};
  http.mapping.constants = {{0, "search"}};
  for (const char* metric : kMetrics) {
    config::MetricField field;
    field.metric = metric;
    field.field = std::string("/metrics/") + metric;
    http.mapping.metrics.push_back(std::move(field));
  }
  config::Source source;
  source.name = fmt::format("source_{}", number);
  source.connector = "http_json";
  source.allow_private_addresses = true;
  source.deadline = std::chrono::minutes(5);
  source.kind = std::move(http);
  return source;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A line of /proc/PID/status in MB; 0 when it cannot be read.
double status_mb(pid_t process, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

double cpu_seconds_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string text;
  std::getline(file, text);
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// As the poller does it: so many at once, the others wait for their turn.
asio::awaitable<collectors::CollectResult> poll(collectors::Collector& collector, daemon::Slots& slots,
                                                collectors::CollectRequest request) {
  const daemon::Slots::Slot slot = co_await slots.take();
  auto work = collector.collect(request);
  collectors::CollectResult result = co_await std::move(work);
  co_return result;
}

struct Cost {
  double cpu = 0;  // seconds for all of them
  double wall = 0;
  double peak_mb = 0;
};

Cost read_reports(int sources, const bench::ReportServer& server) {
  asio::io_context io(1);
  const auto clock = daemon::make_system_clock(io.get_executor());
  const auto transfer =
      collectors::make_curl_transfer(io.get_executor(), {.most_connections = 100, .most_per_host = 100});
  collectors::RateGates gates(*clock);
  const auto calendar = *rules::Calendar::open("Europe/Vienna", std::chrono::Monday);
  const rules::Dimensions dimensions;
  std::vector<std::unique_ptr<collectors::Collector>> all;
  for (int i = 0; i < sources; ++i) {
    all.push_back(collectors::make_collector(source_of(i, server.port()), {.transfer = *transfer,
                                                                           .calendar = calendar,
                                                                           .dimensions = dimensions,
                                                                           .clock = clock.get(),
                                                                           .gates = &gates}));
  }
  const rules::DayRange days{*rules::parse_day("2026-11-01"), *rules::parse_day("2026-11-30")};
  daemon::Slots slots(kAtOnce);
  int failed = 0;
  std::uint64_t figures = 0;
  if (std::getenv("MEM")) fmt::print("made: {} MB\n", status_mb(getpid(), "VmRSS"));
  const double cpu_before = cpu_seconds();
  const auto began = Steady::now();
  for (auto& collector : all) {
    asio::co_spawn(io, poll(*collector, slots, {days, clock->now()}),
                   [&](std::exception_ptr error, collectors::CollectResult result) {
                     if (error || !result) {
                       if (failed++ == 0 && !error) fmt::print(stderr, "{}\n", result.error().text);
                       return;
                     }
                     figures += result->batch.rows.size();
                   });
  }
  io.run();
  Cost cost{cpu_seconds() - cpu_before, std::chrono::duration<double>(Steady::now() - began).count(),
            status_mb(getpid(), "VmHWM")};
  if (failed > 0 || figures != static_cast<std::uint64_t>(sources) * kRecords * 5) {
    fmt::print(stderr, "collect_bench: {} of {} polls failed, {} figures came\n", failed, sources, figures);
    std::exit(1);
  }
  return cost;
}

// The same transfers, with nothing made of what comes: what a poll costs at least.
asio::awaitable<void> fetch(collectors::Transfer& transfer, daemon::Slots& slots, std::string url) {
  const daemon::Slots::Slot slot = co_await slots.take();
  collectors::TransferRequest request;
  request.url = std::move(url);
  request.allow_private_addresses = true;
  const collectors::TransferResult result = co_await transfer.fetch(std::move(request));
  if (!result) throw std::runtime_error(result.error().text);
}

double transfers_alone(int count, const bench::ReportServer& server) {
  asio::io_context io(1);
  const auto transfer =
      collectors::make_curl_transfer(io.get_executor(), {.most_connections = 100, .most_per_host = 100});
  daemon::Slots slots(kAtOnce);
  const double cpu_before = cpu_seconds();
  for (int i = 0; i < count; ++i) {
    asio::co_spawn(
        io, fetch(*transfer, slots, fmt::format("http://127.0.0.1:{}/report?source={}", server.port(), i)),
        [](std::exception_ptr error) {
          if (error) std::rethrow_exception(error);
        });
  }
  io.run();
  return cpu_seconds() - cpu_before;
}

void write_prometheus_files(const std::filesystem::path& folder, int targets, std::uint16_t port) {
  std::ofstream groups(folder / "targets.json");
  groups << "[";
  for (int i = 0; i < targets; ++i) {
    groups << fmt::format(
        R"({}{{"targets":["127.0.0.1:{}"],"labels":{{"source":"{}","__metrics_path__":"/metrics/{}"}}}})",
        i == 0 ? "" : ",", port, i, i);
  }
  groups << "]";
  std::ofstream(folder / "prometheus.yml") << fmt::format(
      "global: {{scrape_interval: {0}s, scrape_timeout: {0}s}}\nscrape_configs:\n  - job_name: reports\n    "
      "file_sd_configs: "
      "[{{files: [{1}/targets.json]}}]\n",
      kScrapeSeconds, folder.string());
}

Cost scrape_with_prometheus(int targets, const bench::ReportServer& server) {
  std::string pattern = (std::filesystem::temp_directory_path() / "collect_bench-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  write_prometheus_files(folder, targets, server.port());
  const pid_t process = fork();
  if (process == 0) {
    const std::string config = "--config.file=" + (folder / "prometheus.yml").string();
    const std::string storage = "--storage.tsdb.path=" + (folder / "data").string();
    if (std::freopen((folder / "log").c_str(), "w", stderr) == nullptr) _exit(126);
    execlp("prometheus", "prometheus", config.c_str(), storage.c_str(), "--web.listen-address=127.0.0.1:0",
           nullptr);
    _exit(127);
  }
  const auto wait_for = [&](std::uint64_t scrapes) {
    for (int i = 0; i < 4 * 60 * 10 && server.scrapes() < scrapes; ++i) {
      if (waitpid(process, nullptr, WNOHANG) == process) {
        fmt::print(stderr, "collect_bench: Prometheus ended; its log is {}/log\n", folder.string());
        std::exit(1);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  };
  const auto count = static_cast<std::uint64_t>(targets);
  wait_for(count + count / 2);  // all series are there
  const std::uint64_t before = server.scrapes();
  const double cpu_before = cpu_seconds_of(process);
  const auto began = Steady::now();
  wait_for(before + 2 * count);
  const double scraped = static_cast<double>(server.scrapes() - before);
  Cost cost{(cpu_seconds_of(process) - cpu_before) * static_cast<double>(count) / scraped,
            std::chrono::duration<double>(Steady::now() - began).count(), status_mb(process, "VmHWM")};
  kill(process, SIGTERM);
  waitpid(process, nullptr, 0);
  std::filesystem::remove_all(folder);
  return cost;
}

}  // namespace

int main(int count, char** arguments) {
  int sources = 10'000;
  bool only_us = false;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]) == "--only-us") {
      only_us = true;
    } else {
      sources = std::atoi(arguments[i]);
    }
  }
  if (sources < 1) {
    fmt::print(stderr, "usage: collect_bench [SOURCES] [--only-us]\n");
    return 2;
  }
  const std::string report = report_json();
  const bench::ReportServer server(report, report_text());
  const Cost ours = read_reports(sources, server);
  fmt::print("{} reports of {} bytes, {} figures each\n", sources, report.size(), kRecords * 5);
  fmt::print("tightrope   {:6.3f} CPU s  {:6.0f} polls per CPU s    {:5.0f} MB peak  {:.2f} s wall\n",
             ours.cpu, sources / ours.cpu, ours.peak_mb, ours.wall);
  fmt::print("transfers alone {:.3f} CPU s\n", transfers_alone(sources, server));
  if (only_us) return 0;
  const Cost theirs = scrape_with_prometheus(sources, server);
  fmt::print("prometheus  {:6.3f} CPU s  {:6.0f} scrapes per CPU s  {:5.0f} MB peak\n", theirs.cpu,
             sources / theirs.cpu, theirs.peak_mb);
  fmt::print("ratio       {:.2f} of its CPU time, {:.2f} of its memory\n", ours.cpu / theirs.cpu,
             ours.peak_mb / theirs.peak_mb);
  return 0;
}
