#include "rules/alert.h"

#include <array>

namespace tightrope::rules {

std::string_view to_string(AlertPhase phase) noexcept {
  static constexpr std::array<std::string_view, 4> kNames{"inactive", "pending", "firing", "resolved"};
  return kNames[static_cast<std::size_t>(phase)];
}

namespace {

AlertState begin(AlertPhase phase, Timestamp now) noexcept {
  return {.phase = phase, .since = now, .well_since = std::nullopt};
}

}  // namespace

AlertState step(const AlertState& state, Health health, Duration hold, Duration keep_firing_for,
                Timestamp now) noexcept {
  if (health == Health::unknown) return state;
  switch (state.phase) {
    case AlertPhase::inactive:
    case AlertPhase::resolved:
      if (health == Health::ok) return state;
      return begin(hold > Duration::zero() ? AlertPhase::pending : AlertPhase::firing, now);
    case AlertPhase::pending:
      if (health == Health::ok) return begin(AlertPhase::inactive, now);
      return now - state.since >= hold ? begin(AlertPhase::firing, now) : state;
    case AlertPhase::firing:
      break;
  }
  AlertState next = state;
  if (health == Health::missed) {
    next.well_since.reset();
    return next;
  }
  if (!next.well_since) next.well_since = now;
  return now - *next.well_since >= keep_firing_for ? begin(AlertPhase::resolved, now) : next;
}

std::optional<Timestamp> next_step(const AlertState& state, Health health, Duration hold,
                                   Duration keep_firing_for) noexcept {
  if (state.phase == AlertPhase::pending && health == Health::missed) return state.since + hold;
  if (state.phase == AlertPhase::firing && health == Health::ok && state.well_since) {
    return *state.well_since + keep_firing_for;
  }
  return std::nullopt;
}

}  // namespace tightrope::rules
