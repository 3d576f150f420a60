#include "rules/tracking.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "rules/evidence.h"
#include "rules/format.h"

namespace tightrope::rules {
namespace {

constexpr double kOneInTwenty = 20;
constexpr double kLeastDue = 1;  // with less, silence is what one expects
// With fewer, the little that came may be the third or half of a worse page.
constexpr double kDueToCollapse = 20;

std::string count_text(double count) {
  return format_value(std::round(count), Unit::count, "");
}

// REQUIRES: `what` is a plural in -s.
std::string counted(double count, std::string_view what) {
  const std::string number = count_text(count);
  if (count == 0) return fmt::format("no {}", what);
  return number + " " + std::string(number == "1" ? what.substr(0, what.size() - 1) : what);
}

}  // namespace

bool counts_results(const Kpi& kpi) {
  static constexpr std::array<std::string_view, 3> kResults{"conversions", "revenue", "orders"};
  const auto& inputs = kpi.formula.inputs();
  return std::any_of(inputs.begin(), inputs.end(), [](const Input& input) {
    return std::find(kResults.begin(), kResults.end(), input.name) != kResults.end();
  });
}

ResultsRun results_run(double rate, std::span<const ResultsDay> days) {
  ResultsRun run;
  std::vector<EvidenceDay> evidence;
  for (const ResultsDay& day : days) {
    if (std::isnan(day.traffic) || std::isnan(day.results)) continue;
    const double due = rate * day.traffic * day.arrived;
    run.due += due;
    run.seen += day.results;
    run.traffic += day.traffic;
    evidence.push_back(
        {.seen = std::max(day.results, 0.0), .expected = due, .day_variance = day.day_variance});
  }
  run.log_evidence = log_fixed_start(evidence, EvidenceSide::below);
  return run;
}

Breakage judge_results(const ResultsRun& own, const ClientResults& client, std::size_t starts) {
  const double enough = std::log(kOneInTwenty * static_cast<double>(starts));
  if (!own.collapsed() || !(own.due >= kLeastDue)) return Breakage::none;
  // Small campaigns are silent by chance now and then; together they are not.
  const bool whole_fell = 2 * client.whole.seen <= client.whole.due && client.whole.log_evidence >= enough;
  if (client.campaigns > 1 && 2 * client.collapsed > client.campaigns && whole_fell) {
    return Breakage::everywhere;
  }
  if (own.log_evidence < enough || (own.seen > 0 && own.due < kDueToCollapse)) return Breakage::none;
  return client.collapsed < client.campaigns ? Breakage::only_here : Breakage::alone;
}

std::string tracking_sentence(Breakage breakage, const ResultsRun& own, const ClientResults& client,
                              std::string_view traffic, std::string_view when,
                              const std::optional<Witness>& goes_on, const std::optional<Witness>& stopped) {
  const bool everywhere = breakage == Breakage::everywhere;
  const ResultsRun& run = everywhere ? client.silent : own;
  std::string text =
      fmt::format("{} on {} {}{}", counted(run.seen, "conversions"), count_text(run.traffic), traffic, when);
  text[0] = text[0] == 'n' ? 'N' : text[0];
  if (everywhere) text += fmt::format(" in {} of {} campaigns", client.collapsed, client.campaigns);
  text += fmt::format(", where about {} were due", count_text(run.due));
  if (goes_on) {
    return text + fmt::format(", and {} go on ({}): the tracking has broken", goes_on->metric,
                              count_text(goes_on->run.seen));
  }
  if (stopped && stopped->metric == "sessions") {
    return text + fmt::format(", and {} came of {}: is the page down, or its tag lost?",
                              counted(stopped->run.seen, "visits"), traffic);
  }
  if (stopped) {
    return text + fmt::format(", and {} stopped as well: landing page or offer, hardly the tracking",
                              stopped->metric);
  }
  if (breakage == Breakage::only_here)
    return text + ", while other campaigns bring theirs: tracking or landing page?";
  return text + ": has the tracking broken?";
}

}  // namespace tightrope::rules
