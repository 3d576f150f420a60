// The engine's part of against_prometheus.py, which starts it with one of:
//
//   figures openmetrics|json CAMPAIGNS DAYS TODAY
//       prints the history, for the other systems.
//   history CAMPAIGNS DAYS TODAY SNAPSHOT
//       has an engine learn the same, and saves it.
//   evaluate SNAPSHOT CPU_SECONDS PERCENT...
//       restores it and prints "ready". Then, for each percentage of checks off target, evaluates for about
//       so many CPU seconds and prints one JSON object: what that cost, and the rules with bounds and values.
//       Ends when stdin does.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/campaigns.h"

namespace {

using namespace tightrope;

constexpr std::uint64_t kSeed = 7;
constexpr std::size_t kSample = 100;  // campaigns whose values are printed

rules::Day day_from(const std::string& text) {
  const std::optional<rules::Day> day = rules::parse_day(text);
  if (!day) throw std::runtime_error("\"" + text + "\" is not a date; write 2026-11-20");
  return *day;
}

long long unix_seconds(rules::Day day) {
  return static_cast<long long>(day.number) * 86'400;
}

// Every day's figure is a sample at the day's first moment.
void print_figures(std::string_view format, std::size_t count, int days, rules::Day today) {
  const bool json = format == "json";
  if (!json && format != "openmetrics") throw std::runtime_error("the format is openmetrics or json");
  const bench::Campaigns campaigns(count, kSeed);
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  for (std::size_t metric = 0; metric < bench::kTargetMetrics; ++metric) {
    if (!json) fmt::format_to(to, "# TYPE {} gauge\n", bench::kMetrics[metric]);
    for (std::size_t campaign = 0; campaign < count; ++campaign) {
      const rules::Entity entity = campaigns.entity(campaign);
      const auto figure = [&](int back) {
        return rules::to_string(campaigns.figures(campaign, today - back)[metric]);
      };
      if (json) {
        fmt::format_to(to, R"({{"metric":{{"__name__":"{}","channel":"{}","campaign":"{}"}},"values":[)",
                       bench::kMetrics[metric], entity.path[0], entity.path[1]);
        for (int back = days - 1; back >= 0; --back)
          fmt::format_to(to, "{}{}", figure(back), back > 0 ? "," : "],\"timestamps\":[");
        for (int back = days - 1; back >= 0; --back) {
          fmt::format_to(to, "{}000{}", unix_seconds(today - back), back > 0 ? "," : "]}\n");
        }
      } else {
        for (int back = days - 1; back >= 0; --back) {
          fmt::format_to(to, "{}{{channel=\"{}\",campaign=\"{}\"}} {} {}\n", bench::kMetrics[metric],
                         entity.path[0], entity.path[1], figure(back), unix_seconds(today - back));
        }
      }
      if (out.size() < (1u << 20)) continue;
      std::fwrite(out.data(), 1, out.size(), stdout);
      out.clear();
    }
  }
  if (!json) fmt::format_to(to, "# EOF\n");
  std::fwrite(out.data(), 1, out.size(), stdout);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::runtime_error("the figures could not be written");
}

void save_history(std::size_t count, int days, rules::Day today, const std::string& file) {
  // A few minutes after midnight: the day's hours are what evaluations move through.
  const rules::Timestamp now = rules::Timestamp(std::chrono::days(today.number)) + std::chrono::minutes(5);
  const bench::Campaigns campaigns(count, kSeed);
  const rules::Engine engine = bench::engine_with_history(campaigns, bench::kTargetMetrics, days, now);
  std::ofstream out(file, std::ios::binary);
  out << engine.snapshot();
  out.close();
  if (!out) throw std::runtime_error(file + " could not be written");
}

std::string json(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

// Name, formula, window, bound, how many campaigns miss it, and the values of some.
std::string rule(const rules::TargetView& view) {
  const rules::Target& target = *view.target;
  const bool at_most = target.kind == rules::BoundKind::at_most;
  std::size_t missed = 0;
  std::string values;
  const std::size_t step = std::max<std::size_t>(1, view.entities.size() / kSample);
  for (std::size_t node = 0; node < view.verdicts.size(); ++node) {
    const rules::Verdict verdict = view.verdicts[node];
    missed += verdict.missed() ? 1 : 0;
    if (node % step != 0) continue;
    values += fmt::format(R"({}"{}":{})", values.empty() ? "" : ",", view.entities[node].path[1],
                          json(verdict.value));
  }
  return fmt::format(
      R"({{"name":"{}","formula":"{}","window":"{}","missed_if":"{}","bound":{},"missed":{},"values":{{{}}}}})",
      target.name, view.kpi->formula.text(), rules::to_string(target.over), at_most ? ">" : "<",
      json(at_most ? target.bounds[0].high : target.bounds[0].low), missed, values);
}

rules::Engine restored(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  std::string bytes(in ? static_cast<std::size_t>(in.tellg()) : 0, '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw std::runtime_error(file + " cannot be read");
  }
  auto engine = rules::Engine::restore(bench::strategy(bench::lenient_bounds()), bytes);
  if (!engine) throw std::runtime_error(file + " is not a snapshot of this engine");
  return std::move(*engine);
}

void evaluate(const std::string& file, double least_seconds, const std::vector<double>& percents) {
  rules::Engine engine = restored(file);
  bench::resident_bytes();  // gives back what the reading took
  std::cout << "ready" << std::endl;
  for (const double percent : percents) {
    const auto begin_again = [&] {
      engine = restored(file);
      engine.adopt(bench::strategy(bench::bounds_missed_by(engine, percent / 100)), engine.now());
    };
    begin_again();
    std::string listed;
    for (std::size_t i = 0; i < engine.target_count(); ++i)
      listed += (i == 0 ? "" : ",") + rule(engine.target(i));
    const rules::Day today = engine.calendar().day_of(engine.now());
    std::uint64_t evaluations = 0;
    std::uint64_t checks = 0;
    double seconds = 0;
    while (seconds < least_seconds) {
      const double begin = bench::cpu_seconds();
      checks += bench::reevaluate(engine);
      seconds += bench::cpu_seconds() - begin;
      ++evaluations;
      // Another day has no figures yet: the windows would run empty.
      if (engine.calendar().day_of(engine.now()) != today) begin_again();
    }
    bench::resident_bytes();
    fmt::print(R"({{"off_target_percent":{},"evaluations":{},"checks":{},"cpu_seconds":{},"rules":[{}]}})"
               "\n",
               json(percent), evaluations, checks, json(seconds), listed);
    std::fflush(stdout);
  }
  for (std::string line; std::getline(std::cin, line);) continue;
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t place) {
    return std::strtoul(arguments.at(place).c_str(), nullptr, 10);
  };
  if (arguments.size() == 5 && arguments[0] == "figures") {
    print_figures(arguments[1], number(2), static_cast<int>(number(3)), day_from(arguments[4]));
    return 0;
  }
  if (arguments.size() == 5 && arguments[0] == "history") {
    save_history(number(1), static_cast<int>(number(2)), day_from(arguments[3]), arguments[4]);
    return 0;
  }
  if (arguments.size() >= 4 && arguments[0] == "evaluate") {
    std::vector<double> percents;
    for (std::size_t i = 3; i < arguments.size(); ++i)
      percents.push_back(std::strtod(arguments[i].c_str(), nullptr));
    evaluate(arguments[1], std::strtod(arguments[2].c_str(), nullptr), percents);
    return 0;
  }
  std::cerr
      << "usage: against_prometheus_engine figures|history|evaluate ... (see against_prometheus_engine.cc)\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "against_prometheus_engine: " << error.what() << "\n";
    return 1;
  }
}
