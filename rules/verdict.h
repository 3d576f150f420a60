// One target checked on one entity.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "rules/target.h"

namespace tightrope::rules {

enum class VerdictState : std::uint8_t { unknown, on_target, watch, off_target };
std::string_view to_string(VerdictState state) noexcept;  // "unknown", "on_target", "watch", "off_target"
std::optional<VerdictState> parse_verdict_state(std::string_view text) noexcept;

// Why the state is what it is.
enum class Reason : std::uint8_t {
  meets_target,
  near_bound,  // meets it by less than watch_within
  misses_target,
  little_volume,  // misses it, on less than min_volume
  no_figures,     // the window has none
  undefined,      // a division by zero, or an input that nobody reported
  needs_hours,    // an hourly window on figures by day
  no_bound_yet,   // the first `from:` lies ahead
};
std::string_view to_string(Reason reason) noexcept;  // "meets_target", ...
std::string_view explain(Reason reason) noexcept;    // a clause for people

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Verdict {
  VerdictState state = VerdictState::unknown;
  Reason reason = Reason::no_figures;
  double value = kUndefined;  // the KPI over the window
  double low = kUndefined;    // the bound in force; undefined where it has no such side
  double high = kUndefined;
  // By what share of the bound it is missed: positive is bad, negative is room left. Undefined with the
  // value.
  double gap_ratio = kUndefined;
  double stake_per_hour =
      0;  // money at risk per hour while it stays so, in the client's currency; 0 unless missed
  double evidence_log10 = kUndefined;  // how strongly the figures contradict "meets its target"

  bool missed() const noexcept { return state == VerdictState::off_target; }
};

// The figures a verdict is made from: sums over the window at one entity.
struct CheckInput {
  double value = kUndefined;
  // The KPI's two sides where it is a quotient of sums, else value and 1; undefined with missing figures.
  double numerator = kUndefined;
  double denominator = 1;
  Unit denominator_unit = Unit::number;
  double spend = kUndefined;  // over the window, for the stake
  double hours = 0;           // elapsed in the window
  double elapsed_share = 1;   // of the period, for pace
  bool volume_reached = true;
  bool any_figure = false;   // at least one input has at least one figure in the window
  bool needs_hours = false;  // an hourly window, and figures by day only
};

// Pure. `bound` may be null: not in force yet.
Verdict judge(const Target& target, const Kpi& kpi, const Bound* bound, const CheckInput& input) noexcept;

}  // namespace tightrope::rules
