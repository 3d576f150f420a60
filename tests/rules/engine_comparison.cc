#include "tests/rules/engine_comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "tests/rules/generated_strategies.h"

namespace tightrope::rules::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

bool is_near(double a, double b) {
  return same_bits(a, b) || std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
}

bool same_verdict(const Verdict& a, const Verdict& b) {
  return a.state == b.state && a.reason == b.reason && a.pays_for_another == b.pays_for_another &&
         same_bits(a.value, b.value) && same_bits(a.low, b.low) && same_bits(a.high, b.high) &&
         same_bits(a.gap_ratio, b.gap_ratio) && same_bits(a.stake_per_hour, b.stake_per_hour) &&
         same_bits(a.evidence_log10, b.evidence_log10) && same_bits(a.room_used, b.room_used);
}

std::string text_of(double number) {
  return std::isnan(number) ? "nan" : std::to_string(number);  // of either sign
}

std::string text_of(const Verdict& verdict) {
  return std::string(to_string(verdict.state)) + " " + std::string(to_string(verdict.reason)) + " value " +
         text_of(verdict.value) + " low " + text_of(verdict.low) + " high " + text_of(verdict.high) +
         " gap " + text_of(verdict.gap_ratio) + " room " + text_of(verdict.room_used) + " stake " +
         text_of(verdict.stake_per_hour) + " evidence " + text_of(verdict.evidence_log10) +
         (verdict.pays_for_another ? " pays" : "");
}

std::string text_of(const NaiveVerdict& verdict) {
  std::string text = std::string(to_string(verdict.state));
  for (const Reason reason : verdict.reasons) text += " " + std::string(to_string(reason));
  return text + " value " + std::to_string(verdict.value) + " gap " + std::to_string(verdict.gap) +
         (verdict.pays_for_another ? " pays" : "");
}

// What of a verdict is not as the naive one has it; "" when nothing.
std::string difference(const Target& target, const Verdict& verdict, const NaiveVerdict& naive) {
  if (naive.is_open) return "";
  if (naive.rounded ? !is_near(verdict.value, naive.value) : !same_bits(verdict.value, naive.value))
    return "value";
  if (!target.pace && naive.bound) {
    const double low = target.kind == BoundKind::at_most ? kUndefined : naive.bound->low;
    const double high = target.kind == BoundKind::at_least ? kUndefined : naive.bound->high;
    if (!same_bits(verdict.low, low) || !same_bits(verdict.high, high)) return "bound";
  }
  // Where a rounded value is as good as at an edge, either side of it will do.
  const double margin = std::min(std::abs(naive.gap), std::abs(naive.gap + target.watch_within));
  if (naive.rounded && margin < 1e-9) return "";
  if (verdict.state != naive.state) return "state";
  if (!naive.reasons.contains(verdict.reason)) return "reason";
  if (!is_near(verdict.gap_ratio, naive.gap)) return "gap";
  if (verdict.pays_for_another != naive.pays_for_another) return "guards";
  double room = kUndefined;
  if (target.kind == BoundKind::at_most) room = verdict.value / verdict.high;
  if (target.kind == BoundKind::at_least) room = verdict.low / verdict.value;
  const double side = target.kind == BoundKind::at_most ? verdict.high : verdict.low;
  if (!(verdict.value > 0 && side > 0)) return "";
  if (target.kind != BoundKind::between && naive.state != VerdictState::unknown &&
      !is_near(verdict.room_used, room))
    return "room";
  return "";
}

// What the guards of a target say at a node, for messages.
std::string guards_of(const Engine& engine, const TargetView& view, std::size_t node) {
  std::string text;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView guard = engine.target(i);
    const auto& names = view.target->guards;
    if (guard.objective != view.objective ||
        std::find(names.begin(), names.end(), guard.target->name) == names.end())
      continue;
    text += "\n  guard " + guard.target->name + " (" + guard.kpi->formula.text() + " over " +
            to_string(guard.target->over) + ") " + text_of(guard.verdicts[node]);
  }
  return text;
}

AssertionResult agrees(const TargetView& view, const NaiveEngine& naive, Seen& seen) {
  const Target& target = *view.target;
  std::set<Entity> missing = naive.nodes(target, *view.objective);
  if (view.entities.size() != view.verdicts.size()) return AssertionFailure() << target.name << " sizes";
  for (std::size_t node = 0; node < view.entities.size(); ++node) {
    const Entity& entity = view.entities[node];
    const Verdict verdict = view.verdicts[node];
    missing.erase(entity);
    const NaiveVerdict expected =
        naive.verdict(target, *view.objective, entity, Sides{verdict.low, verdict.high});
    const std::string what = difference(target, verdict, expected);
    if (!what.empty()) {
      return AssertionFailure() << what << " of " << target.name << " (" << view.kpi->formula.text()
                                << " over " << to_string(target.over) << " " << to_string(target.kind)
                                << (target.pace ? " paced" : "") << ") at depth " << target.per.depth << " \""
                                << to_string(entity) << "\"\n  engine " << text_of(verdict) << "\n  naive  "
                                << text_of(expected);
    }
    ++seen.states[static_cast<std::size_t>(verdict.state)];
    ++seen.reasons[static_cast<std::size_t>(verdict.reason)];
    seen.pays += verdict.pays_for_another ? 1 : 0;
    seen.values += std::isnan(verdict.value) ? 0 : 1;
  }
  if (!missing.empty())
    return AssertionFailure() << target.name << " has no node \"" << to_string(*missing.begin()) << "\"";
  return AssertionSuccess();
}

}  // namespace

AssertionResult agrees(const Engine& engine, const NaiveEngine& naive, Seen& seen) {
  std::map<const Objective*, std::array<std::uint32_t, 4>> counts;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView view = engine.target(i);
    if (const AssertionResult result = agrees(view, naive, seen); !result) return result;
    for (const Verdict& verdict : view.verdicts)
      ++counts[view.objective][static_cast<std::size_t>(verdict.state)];
  }
  for (const ObjectiveSummary& summary : engine.objectives()) {
    const auto& count = counts[summary.objective];
    if (summary.unknown != count[0] || summary.on_target != count[1] || summary.watch != count[2] ||
        summary.off_target != count[3])
      return AssertionFailure() << "counts of " << summary.objective->name;
  }
  return AssertionSuccess();
}

AssertionResult same_verdicts(const Engine& a, const Engine& b) {
  if (a.target_count() != b.target_count()) return AssertionFailure() << "number of targets";
  for (std::size_t i = 0; i < a.target_count(); ++i) {
    const TargetView of_a = a.target(i);
    const TargetView of_b = b.target(i);
    if (of_a.entities.size() != of_b.entities.size())
      return AssertionFailure() << "number of nodes of " << of_a.target->name;
    for (std::size_t node = 0; node < of_a.entities.size(); ++node) {
      if (of_a.entities[node] != of_b.entities[node] ||
          !same_verdict(of_a.verdicts[node], of_b.verdicts[node])) {
        return AssertionFailure() << of_a.target->name << " (" << of_a.kpi->formula.text() << " over "
                                  << to_string(of_a.target->over) << ") at \""
                                  << to_string(of_a.entities[node]) << "\"\n  "
                                  << text_of(of_a.verdicts[node]) << "\n  " << text_of(of_b.verdicts[node])
                                  << guards_of(a, of_a, node) << guards_of(b, of_b, node);
      }
    }
  }
  return AssertionSuccess();
}

std::string everything_told(const Effects& effects) {
  std::string text;
  for (const AlertChange& change : effects.alerts) {
    const Alert& alert = change.alert;
    text += std::string(to_string(change.kind)) + " " + alert.target;
    for (const auto& [dimension, value] : alert.dimensions) text += "/" + value;
    text += " " + alert.id + " " + to_rfc3339(change.at) + " " + std::to_string(alert.revision) + " " +
            alert.window_text + " " + alert.off_since + " " + alert.acknowledged_by + " " + alert.driver;
    text += " " + alert.reason + " " + text_of(alert.verdict) + " " + text_of(alert.fired_on);
    for (const Recommendation& recommendation : alert.recommendations)
      text += "; " + recommendation.id + " " + recommendation.text;
    text += "\n";
  }
  for (const Anomaly& anomaly : effects.anomalies) {
    text += "look " + anomaly.objective + " " + anomaly.kpi + " " + to_string(anomaly.entity) + " " +
            to_string(anomaly.bucket.day) + " " + std::to_string(anomaly.bucket.hour) + " " +
            to_rfc3339(anomaly.found_at) + " " + text_of(anomaly.value) + " " + text_of(anomaly.usual) + " " +
            text_of(anomaly.score) + "\n";
  }
  return text + effects.refused;
}

}  // namespace tightrope::rules::testing
