// How often targets cry wolf, and how soon they see a real change: campaigns whose true CPA is exactly on
// target for half a year, and fresh ones whose CPA is 1.25, 1.5 or 2 times it from one day on. All figures go
// through rules::Engine, hour by hour, as a poller would bring them.
//
//   build/tests/bench/false_alarms                          # all settings, 1000 campaigns each
//   build/tests/bench/false_alarms --quick                  # a minute or two
//   build/tests/bench/false_alarms --settings=late,poisson --schemes=confidence,oracle --seed=7
//
// Settings (see tests/rules/campaign_streams.cc): reference, poisson, season, autocorrelated, late.
// Schemes:
//   bare        targets without `confidence`, on the CPA of 7 days, of 7 days with 20 % to spare, of
//   yesterday p           not the engine: the Poisson p-value of 7 days below 0.01, looked at every time
//   confidence  targets with `confidence` (--confidence, several with commas); min_miss and min_stake are 0
//   oracle      not the engine: rules::Evidence that is told the setting's day variance, season and lag, and
//               begins again after each alarm: what an engine that has to learn them can be measured by
//
// Columns: alarms going on, at most one a day and campaign, per campaign and year on target, with the
// standard error from the scatter between campaigns; the share of those days on which one was on; then for
// each change the median delay in days (the alarm may be on already when the CPA changes) and the share of
// campaigns where it was on within 14 days; "on before": the share of campaigns whose alarm was on when the
// CPA changed. "spec:" marks figures of the method's specification, which are not measured here.
//
// All campaigns change on the same day, and the engine, which keeps learning from a client's campaigns
// together, has nothing else to learn from: the hardest case. --changed-each=5 has one of five change.
//
// The last line is for scripts; the exit code is 0 when it says "yes", 1 for "no", 2 for a mistake in the
// command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/alarm_reference.h"
#include "tests/bench/alarm_tables.h"
#include "tests/rules/alarm_run.h"

namespace {

using namespace tightrope;
using namespace tightrope::rules::testing;
using bench::AlarmFigures;
using bench::kCpaFactors;
using bench::MeasuredScheme;

struct Options {
  std::size_t campaigns = 1000;
  int looks = 24;
  int history = 60;
  int days = 180;   // on target
  int before = 60;  // on target, before the change
  int after = 90;   // changed
  std::size_t changed_each = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> settings;
  std::vector<std::string> schemes{"bare", "p", "confidence", "oracle"};
  std::vector<double> confidences{0.999};
  std::string csv;

  bool has(std::string_view scheme) const {
    return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
  }
};

constexpr double kPValue = 0.01;

AlarmPlan plan_of(const StreamSetting& setting, const Options& options) {
  AlarmPlan plan;
  plan.setting = setting;
  plan.campaigns = options.campaigns;
  plan.looks_a_day = options.looks;
  plan.history_days = options.history;
  if (options.has("bare")) {
    using Kind = rules::Window::Kind;
    plan.engine_schemes.push_back({.name = "7 d > target"});
    plan.engine_schemes.push_back({.name = "7 d > 1.2 target", .bound = 1.2 * kTargetCpa});
    plan.engine_schemes.push_back(
        {.name = "yesterday > target", .over = {.kind = Kind::yesterday, .length = 1}});
  }
  if (options.has("confidence")) {
    for (const double confidence : options.confidences)
      plan.engine_schemes.push_back(
          {.name = fmt::format("confidence {}", confidence), .confidence = confidence});
  }
  if (options.has("p")) plan.p_value = kPValue;
  if (options.has("oracle")) plan.oracle_confidence = options.confidences.front();
  return plan;
}

class Progress {
 public:
  Progress(std::string what, int days) : what_(std::move(what)), days_(days) {}
  void operator()(int days) {
    const int tenth = days * 10 / days_;
    if (tenth == said_) return;
    said_ = tenth;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began_;
    fmt::print(stderr, "{}: day {} of {}, {:.0f} s\n", what_, days, days_, seconds.count());
  }

 private:
  std::string what_;
  int days_;
  int said_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::vector<MeasuredScheme> measure(const StreamSetting& setting, const Options& options) {
  std::vector<std::vector<AlarmLog>> runs;  // on target, then by kCpaFactors
  for (std::size_t stream = 0; stream <= kCpaFactors.size(); ++stream) {
    AlarmPlan plan = plan_of(setting, options);
    plan.seed = options.seed * (kCpaFactors.size() + 1) + stream;  // fresh streams for each
    plan.days_on_target = stream == 0 ? options.days : options.before;
    plan.days_changed = stream == 0 ? 0 : options.after;
    plan.cpa_factor = stream == 0 ? 1 : kCpaFactors[stream - 1];
    plan.changed_each = options.changed_each;
    runs.push_back(
        run(plan, Progress(fmt::format("{}, CPA x{}", setting.name, plan.cpa_factor), plan.days())));
  }
  std::vector<MeasuredScheme> result;
  const AlarmPlan plan = plan_of(setting, options);
  for (std::size_t s = 0; s < runs.front().size(); ++s) {
    MeasuredScheme measured;
    const std::string& name = runs.front()[s].scheme();
    measured.scheme = name;
    if (name == "p-value") measured.scheme = fmt::format("p < {}, 7 d", kPValue);
    if (name == "oracle") measured.scheme = fmt::format("oracle {}", options.confidences.front());
    if (s < plan.engine_schemes.size()) measured.confidence = plan.engine_schemes[s].confidence;
    const auto line_of = [&](std::optional<std::size_t> tier) {
      AlarmFigures line;
      const FalseAlarms alarms = false_alarms(of_tier(runs[0][s], tier), options.days);
      line.figures.false_alarms_a_year = alarms.a_year;
      line.standard_error = alarms.standard_error;
      line.days_on = alarms.share_of_days;
      line.was_on = 0;
      for (std::size_t f = 0; f < kCpaFactors.size(); ++f) {
        const Detection seen = detection(of_tier(runs[f + 1][s], tier, options.changed_each));
        line.figures.median_delay[f] = seen.median_delay;
        line.figures.within_14_days[f] = seen.within_14_days;
        *line.was_on += seen.was_on / static_cast<double>(kCpaFactors.size());
      }
      return line;
    };
    measured.all = line_of(std::nullopt);
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier) measured.tiers.push_back(line_of(tier));
    result.push_back(std::move(measured));
  }
  return result;
}

// The tiers whose rate is beyond what its confidence promises by more than its standard error.
std::vector<std::string> broken_promises(const StreamSetting& setting,
                                         const std::vector<MeasuredScheme>& schemes) {
  std::vector<std::string> broken;
  for (const MeasuredScheme& measured : schemes) {
    if (!measured.confidence) continue;
    const double most = 365 * (1 - *measured.confidence);
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier) {
      const AlarmFigures& line = measured.tiers[tier];
      if (line.figures.false_alarms_a_year - *line.standard_error <= most) continue;
      broken.push_back(fmt::format("{}, {}, {:g} a day: {:.2f} ({:.2f}) of {:.3f}", setting.name,
                                   measured.scheme, kTiers[tier], line.figures.false_alarms_a_year,
                                   *line.standard_error, most));
    }
  }
  return broken;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> known;
  for (const StreamSetting& setting : stream_settings()) known.emplace_back(setting.name);
  options.settings = known;
  bool quick = false;

  CLI::App line("False alarms and detection delays of targets, on simulated campaigns");
  const auto* campaigns = line.add_option("--campaigns", options.campaigns, "Shared by the 5 tiers of volume")
                              ->check(CLI::Range(5, 1'000'000))
                              ->capture_default_str();
  const auto* looks =
      line.add_option("--looks", options.looks, "A day")->check(CLI::Range(1, 24))->capture_default_str();
  line.add_option("--history", options.history, "Days before the targets are in force")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  const auto* days = line.add_option("--days", options.days, "On target, for false alarms")
                         ->check(CLI::Range(1, 10'000))
                         ->capture_default_str();
  line.add_option("--before", options.before, "Days on target before the CPA changes")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  line.add_option("--after", options.after, "Days after it changed")
      ->check(CLI::Range(15, 10'000))
      ->capture_default_str();
  line.add_option("--changed-each", options.changed_each, "Of so many campaigns one changes")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  line.add_option("--seed", options.seed, "Another seed, other campaigns")->capture_default_str();
  line.add_option("--settings", options.settings, "With commas; run in this order")
      ->delimiter(',')
      ->check(CLI::IsMember(known));
  line.add_option("--schemes", options.schemes, "With commas: bare, p, confidence, oracle")
      ->delimiter(',')
      ->check(CLI::IsMember({"bare", "p", "confidence", "oracle"}));
  line.add_option("--confidence", options.confidences, "With commas; the oracle has the first")
      ->delimiter(',')
      ->check(CLI::Range(0.5, 0.999999));
  line.add_flag("--quick", quick, "Fewer campaigns, days and looks, where not given");
  line.add_option("--csv", options.csv, "A file for all figures");
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.exit(error) == 0 ? 0 : 2;
  }
  if (quick) {
    if (campaigns->empty()) options.campaigns = 250;
    if (looks->empty()) options.looks = 8;
    if (days->empty()) options.days = 120;
  }
  std::ofstream csv;
  if (!options.csv.empty()) {
    csv.open(options.csv);
    bench::write_csv_head(csv);
    if (!csv) {
      fmt::print(stderr, "false_alarms: {} cannot be written\n", options.csv);
      return 2;
    }
  }

  std::vector<std::string> broken;
  for (const std::string& name : options.settings) {
    const StreamSetting setting = *find_stream_setting(name);
    const std::vector<MeasuredScheme> schemes = measure(setting, options);
    fmt::print("\n=== {}: {}\n", setting.name, setting.title);
    fmt::print("{} campaigns, {} days of history, {} days on target, {} looks a day, seed {}\nspec: {}\n\n",
               options.campaigns, options.history, options.days, options.looks, options.seed,
               bench::kSpecification);
    bench::print_tables(setting.name, schemes, options.after);
    if (csv.is_open()) bench::write_csv(csv, setting.name, schemes);
    const auto more = broken_promises(setting, schemes);
    broken.insert(broken.end(), more.begin(), more.end());
  }
  fmt::print("\n");
  for (const std::string& tier : broken) fmt::print("too many: {}\n", tier);
  fmt::print(
      "every tier of every setting at most 365 * (1 - confidence) a year, within one standard error: {}\n",
      broken.empty() ? "yes" : "no");
  return broken.empty() ? 0 : 1;
}
