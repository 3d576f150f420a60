// The life of an alert: inactive, pending, firing, resolved; acknowledged is a mark on a firing one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/format.h"
#include "rules/recommend.h"
#include "rules/segments.h"
#include "rules/target.h"
#include "rules/units.h"
#include "rules/verdict.h"

namespace tightrope::rules {

enum class AlertPhase : std::uint8_t { inactive, pending, firing, resolved };
std::string_view to_string(AlertPhase phase) noexcept;

// What of an alert's state decides its next one. `since` is when the phase began.
struct AlertState {
  AlertPhase phase = AlertPhase::inactive;
  Timestamp since{};
  // Since when a firing alert's target has been met again without a break; for keep_firing_for.
  std::optional<Timestamp> well_since;
  friend bool operator==(const AlertState&, const AlertState&) = default;
};

// How a target's check bears on its alert. `unknown` keeps the state: missing data neither raises nor clears.
enum class Health : std::uint8_t { ok, missed, unknown };

// Equal arguments give equal results. `missed` for shorter than `hold` is pending; a firing alert resolves
// once `ok` was seen for keep_firing_for without a `missed` in between.
AlertState step(const AlertState& state, Health health, Duration hold, Duration keep_firing_for,
                Timestamp now) noexcept;
// When `step` may give another result with the same health, if ever.
std::optional<Timestamp> next_step(const AlertState& state, Health health, Duration hold,
                                   Duration keep_firing_for) noexcept;

// A figure the alert fired on was restated afterwards.
struct Amendment {
  Timestamp at;
  double value_before;  // NaN: undefined
  double value_now;     // over the same window
  bool would_have_fired;
};

// An alert as people, receivers and the API see it. A value: copies can be handed to other threads.
struct Alert {
  std::string
      id;  // 16 hex digits; from what it is about and when it became pending, so a replay gives the same
  std::string client, objective, target, kpi;
  std::string why_objective;  // the objective's `why`
  std::string owner;
  Severity severity = Severity::ticket;
  Unit unit = Unit::ratio;
  Better better = Better::neither;
  std::string currency;
  std::string window;       // "7d"
  std::string window_text;  // for people: "14 Nov to 20 Nov"
  bool pace = false;        // Target::pace: its bounds are what should have been reached by now
  std::vector<std::pair<std::string, std::string>>
      dimensions;  // channel, campaign, ...; only those of its level
  AlertPhase phase = AlertPhase::inactive;
  Timestamp pending_at{};
  std::optional<Timestamp> fired_at;
  std::optional<Timestamp> resolved_at;
  std::string counted;    // what Verdict::results and ::maturity are of: "conversions"; "" where nothing is
                          // counted. Not kept: it follows from the strategy
  std::string off_since;  // when it became pending: "Fri 20 Nov 21:04, New York time"
  Verdict verdict;        // the latest
  Verdict fired_on;       // the one it fired on; meaningful once fired
  std::string driver;     // the KPI factor that explains most of the gap, "tracking" or "demand", or ""
  std::vector<std::string> deeper_drivers;  // factors below it that lead in turn; see Diagnosis::deeper
  std::string reason;                       // one line for people: why it is off; "" when nothing is known
  std::vector<SegmentChange> segments;      // that the reason names; at most kMostNamedSegments
  Unit segments_unit = Unit::number;        // of their effects
  std::vector<Recommendation> recommendations;  // ranked; the first leads
  std::string acknowledged_by;                  // "" while nobody has
  std::optional<Timestamp> acknowledged_at;
  std::optional<Amendment> amendment;  // the latest
  std::uint32_t revision = 0;          // grows with every change that people should hear of
};

// The message of an alert: what against what target since when; what it costs; why; what to do.
struct AlertText {
  // Each one line, no markup, with no-break spaces within figures (see unbroken); `advice` may be empty.
  std::string what, costs, why, advice;
};
AlertText describe(const Alert& alert);

}  // namespace tightrope::rules
