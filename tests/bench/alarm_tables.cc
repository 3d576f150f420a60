#include "tests/bench/alarm_tables.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <ostream>

#include "tests/rules/campaign_streams.h"

namespace tightrope::bench {
namespace {

using rules::testing::kTiers;

std::string delay_text(double days, int horizon) {
  if (std::isnan(days)) return "-";
  return std::isinf(days) ? fmt::format(">{}", horizon) : fmt::format("{:.1f}", days);
}
std::string share_text(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.0f} %", 100 * share);
}

void print_head(std::string_view first) {
  fmt::print("{:<28} {:>16} {:>6} ", first, "false alarms", "on");
  for (const double factor : kCpaFactors) fmt::print(" {:>15}", fmt::format("CPA x{}", factor));
  fmt::print(" {:>10}\n{:<28} {:>16} {:>6} ", "on before", "", "a year (s.e.)", "days");
  for (std::size_t i = 0; i < kCpaFactors.size(); ++i) fmt::print(" {:>15}", "median d, <14 d");
  fmt::print("\n");
}

void print_line(std::string_view name, const AlarmFigures& line, int horizon) {
  const std::string error = line.standard_error ? fmt::format(" ({:.2f})", *line.standard_error) : "       ";
  fmt::print("{:<28} {:>16} {:>6} ", name, fmt::format("{:.2f}{}", line.figures.false_alarms_a_year, error),
             line.days_on ? fmt::format("{:.1f} %", 100 * *line.days_on) : "");
  for (std::size_t f = 0; f < kCpaFactors.size(); ++f) {
    fmt::print(" {:>15}", fmt::format("{}, {:>5}", delay_text(line.figures.median_delay[f], horizon),
                                      share_text(line.figures.within_14_days[f])));
  }
  fmt::print(" {:>10}\n", line.was_on ? share_text(*line.was_on) : "");
}

constexpr int kSpecifiedHorizon = 90;  // days that the specification looked at after a change

}  // namespace

void print_tables(std::string_view setting, const std::vector<MeasuredScheme>& schemes, int horizon) {
  print_head("scheme");
  for (const MeasuredScheme& measured : schemes) {
    print_line(measured.scheme, measured.all, horizon);
    if (const auto figures = specified(setting, measured.scheme, std::nullopt))
      print_line("  spec: " + measured.scheme, {.figures = *figures}, kSpecifiedHorizon);
  }
  fmt::print("\n");
  print_head("scheme, conversions a day");
  for (const MeasuredScheme& measured : schemes) {
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier) {
      const std::string name = fmt::format("{}, {:g}", measured.scheme, kTiers[tier]);
      print_line(name, measured.tiers[tier], horizon);
      if (const auto figures = specified(setting, measured.scheme, tier))
        print_line("  spec: " + name, {.figures = *figures}, kSpecifiedHorizon);
    }
  }
  std::fflush(stdout);
}

void write_csv_head(std::ostream& out) {
  out << "setting,scheme,tier,false_alarms_a_year,standard_error,days_on";
  for (const double factor : kCpaFactors)
    out << fmt::format(",median_delay_x{0},within_14_days_x{0}", factor);
  out << ",on_before\n";
}

void write_csv(std::ostream& out, std::string_view setting, const std::vector<MeasuredScheme>& schemes) {
  const auto number = [](double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; };
  const auto write = [&](const std::string& scheme, const std::string& tier, const AlarmFigures& line) {
    out << fmt::format("{},\"{}\",{},{},{},{}", setting, scheme, tier,
                       number(line.figures.false_alarms_a_year), number(line.standard_error.value_or(NAN)),
                       number(line.days_on.value_or(NAN)));
    for (std::size_t f = 0; f < kCpaFactors.size(); ++f)
      out << ',' << number(line.figures.median_delay[f]) << ',' << number(line.figures.within_14_days[f]);
    out << ',' << number(line.was_on.value_or(NAN)) << '\n';
  };
  for (const MeasuredScheme& measured : schemes) {
    write(measured.scheme, "all", measured.all);
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier)
      write(measured.scheme, fmt::format("{:g}", kTiers[tier]), measured.tiers[tier]);
  }
}

}  // namespace tightrope::bench
