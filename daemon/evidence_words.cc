#include "daemon/evidence_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/format.h"

namespace tightrope::daemon {
namespace {

constexpr double kAllButComplete = 0.995;
constexpr double kMostCounted = 1000;  // more than one in so many is not claimed

std::string count_text(double count) {
  return rules::format_value(count, rules::Unit::count, "");
}

// Evidence has no unit; beyond a million nobody asks by how much.
std::string evidence_text(double evidence) {
  if (!(evidence >= 0.05)) return "0";
  if (evidence >= 1e6) return "more than a million";
  return count_text(evidence < 10 ? std::round(evidence * 10) / 10 : std::round(evidence));
}

std::string value_text(const Explained& explained, double value) {
  return rules::format_value(value, explained.explanation.kpi->unit, explained.strategy->currency);
}

std::string share_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

// How often luck alone gives as much: "6 in 100", "1 in 250".
std::string luck_text(double sure) {
  const double luck = 1 - sure;
  if (luck >= 0.01) return fmt::format("{:.0f} in 100", std::ceil(luck * 100 - 1e-9));
  if (luck <= 1 / kMostCounted) return "1 in " + count_text(kMostCounted);
  // To two digits, rounded down: "1 in 500" of one in 503.
  const double in = 1 / luck + 1e-9;
  return "1 in " + count_text(in < 100 ? std::floor(in) : std::floor(in / 10) * 10);
}

}  // namespace

std::string sure_sentence(const Explained& explained) {
  const double sure = explained.explanation.verdict.sure;
  if (std::isnan(sure)) return "";
  const std::string told = rules::format_sureness(sure);
  if (told.empty()) return "not sure: luck alone may well bring about such a run of days";
  return fmt::format("{}: at most {} such runs of days come about by luck while the target is met", told,
                     luck_text(sure));
}

std::string since_sentence(const Explained& explained) {
  const auto& since = explained.explanation.verdict.since;
  return since ? "the rate changed about " + rules::format_day(*since) : std::string();
}

std::string range_sentence(const Explained& explained) {
  const rules::Verdict& verdict = explained.explanation.verdict;
  const bool low = std::isfinite(verdict.value_low);
  const bool high = std::isfinite(verdict.value_high);
  if (!low && !high) return "";
  const std::string range = low && high ? value_text(explained, verdict.value_low) + " to " +
                                              value_text(explained, verdict.value_high)
                            : low ? "at least " + value_text(explained, verdict.value_low)
                                  : "at most " + value_text(explained, verdict.value_high);
  return "the figures of the window speak for " + range + " (95 %)";
}

std::string arrival_sentence(const Explained& explained) {
  const rules::Verdict& verdict = explained.explanation.verdict;
  if (!(verdict.maturity < kAllButComplete)) return "";
  std::string text =
      fmt::format("{:.0f} % of the window's results have arrived", std::floor(verdict.maturity * 100));
  if (std::isfinite(verdict.complete_value))
    text += "; about " + value_text(explained, verdict.complete_value) + " once all have";
  return text;
}

std::string confidence_sentence(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  const rules::ExplainedEvidence& evidence = told.evidence;
  if (std::isnan(evidence.alert_at)) return "";
  const std::string alert_at = count_text(std::round(evidence.alert_at));
  const std::string text = fmt::format("{:.6g}: at most one false alert in {} days on target; ",
                                       told.target->confidence.value_or(rules::kUndefined), alert_at);
  const bool open = told.verdict.missed() || told.verdict.reason == rules::Reason::recovering;
  if (!open) {
    return text + fmt::format("evidence {}, alerts at {}, watched from {}", evidence_text(evidence.judged),
                              alert_at, count_text(std::round(evidence.watch_at)));
  }
  // What is judged by is capped while it is told, and is less than what the days come to.
  return text + fmt::format("alerted at {}, held to {} since so that a recovery shows, {} now", alert_at,
                            count_text(std::round(rules::most_while_open(evidence.alert_at))),
                            evidence_text(evidence.judged));
}

std::string scatter_sentence(const Explained& explained) {
  const auto& days = explained.explanation.evidence.days;
  if (days.empty()) return "";
  const auto [least, most] = std::ranges::minmax_element(days, {}, &rules::ExplainedDay::day_variance);
  const std::string low = share_text(std::sqrt(least->day_variance));
  const std::string high = share_text(std::sqrt(most->day_variance));
  std::string text = "days vary by " + (low == high ? high : low + " to " + high);
  const auto [slow, busy] = std::ranges::minmax_element(days, {}, &rules::ExplainedDay::season);
  if (share_text(slow->season) != share_text(busy->season))
    text += ", and by weekday between " + share_text(slow->season) + " and " + share_text(busy->season) +
            " of the mean";
  return text;
}

}  // namespace tightrope::daemon
