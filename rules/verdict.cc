#include "rules/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tightrope::rules {
namespace {

constexpr std::array<std::string_view, 4> kStates{"unknown", "on_target", "watch", "off_target"};
constexpr std::array<std::string_view, 18> kReasons{
    "meets_target",  "near_bound",   "misses_target", "little_volume", "no_figures",     "undefined",
    "needs_hours",   "no_bound_yet", "no_rate",       "guard_missed",  "does_not_add",   "within_chance",
    "likely_missed", "small_miss",   "recovering",    "on_course",     "over_its_share", "period_over"};
constexpr std::array<std::string_view, 18> kExplanations{
    "the target is met",
    "the target is met, but only just",
    "the target is missed",
    "the target is missed, but on too little volume to judge",
    "no figures arrived for this window",
    "the figures that arrived do not make a value (a division by zero, or an input is missing)",
    "the window is in hours, and the figures come by day",
    "the target is not in force yet",
    "money in another currency has no exchange rate for its day",
    "the target is met, but a target that guards it is missed: it is bought at its expense",
    "it is made of figures that do not add up over days and campaigns, such as reach: give it a window and a "
    "level with one figure",
    "the target is missed, but by no more than chance explains so far",
    "the target is missed, and chance hardly explains it: not sure enough for an alert yet",
    "the target is missed for sure, but by less than matters",
    "the target was missed for sure and is met again, not for long enough to be sure of that",
    "not all of the window has figures yet, and those that are there keep pace with the target",
    "not all of the window has figures yet, and those that are there are more than their share of the target",
    "its period is over",
};

// With no conversion at all, a price has no value, yet money was spent. On target, this many conversions
// would be due by now; to see none of 3 has a chance of 5 % (Poisson), and that is called missed.
constexpr double kDueAndNoneSeen = 3;

double room_used(BoundKind kind, double value, Sides sides) noexcept {
  switch (kind) {
    case BoundKind::at_most:
      return value >= 0 && sides.high > 0 ? value / sides.high : kUndefined;
    case BoundKind::at_least:
      return value > 0 && sides.low > 0 ? sides.low / value : kUndefined;
    case BoundKind::between:
      break;
  }
  const double half = (sides.high - sides.low) / 2;
  return half > 0 ? std::abs(value - (sides.low + half)) / half : kUndefined;
}

// Money lost in the window through the miss: what was overspent for the result, or what the result falls
// short of. Where the KPI says nothing of money, the missed share of what was spent.
double money_at_stake(const Kpi& kpi, const CheckInput& input, const Verdict& verdict) noexcept {
  const bool too_high = !std::isnan(verdict.high) && input.value > verdict.high;
  const double bound = too_high ? verdict.high : verdict.low;
  const double difference = std::abs(input.value - bound);
  if (kpi.unit == Unit::money && !kpi.formula.is_quotient()) return difference;
  if (!too_high && (kpi.unit == Unit::money || input.denominator_unit == Unit::money)) {
    return difference * input.denominator;
  }
  if (std::isnan(input.spend)) return 0;
  if (too_high && kpi.unit == Unit::money) return input.spend * difference / input.value;
  return input.spend * std::min(1.0, verdict.gap_ratio);
}

}  // namespace

std::string_view to_string(VerdictState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<VerdictState> parse_verdict_state(std::string_view text) noexcept {
  const auto place = std::find(kStates.begin(), kStates.end(), text);
  if (place == kStates.end()) return std::nullopt;
  return static_cast<VerdictState>(place - kStates.begin());
}

std::string_view to_string(Reason reason) noexcept {
  return kReasons[static_cast<std::size_t>(reason)];
}

std::string_view explain(Reason reason) noexcept {
  return kExplanations[static_cast<std::size_t>(reason)];
}

Sides sides_of(const Target& target, const Bound& bound) noexcept {
  Sides sides;
  if (target.kind != BoundKind::at_most) sides.low = bound.low;
  if (target.kind != BoundKind::at_least) sides.high = bound.high;
  return sides;
}

double gap_of(BoundKind kind, double value, Sides sides) noexcept {
  switch (kind) {
    case BoundKind::at_most:
      return gap_at_most(value, sides.high);
    case BoundKind::at_least:
      return gap_at_least(value, sides.low);
    case BoundKind::between:
      break;
  }
  const double above = gap_at_most(value, sides.high);
  const double below = gap_at_least(value, sides.low);
  return above < below ? below : above;
}

void set_value(CheckInput& input, const Formula& formula, std::span<const double> figures) {
  input.value = formula.evaluate(figures);
  input.numerator = input.value;
  if (!formula.is_quotient()) return;
  input.numerator = formula.numerator(figures);
  input.denominator = formula.denominator(figures);
  input.denominator_unit = formula.denominator_unit();
  if (input.denominator < 0 && input.numerator > 0) input.value = kUndefined;
}

Verdict judge(const Target& target, const Kpi& kpi, const std::optional<Sides>& sides,
              const CheckInput& input) noexcept {
  Verdict verdict;
  verdict.value = input.value;
  if (!sides) {
    verdict.reason = input.period_over ? Reason::period_over : Reason::no_bound_yet;
    return verdict;
  }
  verdict.low = sides->low;
  verdict.high = sides->high;
  if (input.needs_hours) {
    verdict.reason = Reason::needs_hours;
    return verdict;
  }
  if (!input.converted) {
    verdict.reason = Reason::no_rate;
    return verdict;
  }
  if (!input.any_figure) {
    verdict.reason = Reason::no_figures;
    return verdict;
  }
  if (!input.adds_up) {
    verdict.reason = Reason::does_not_add;
    return verdict;
  }
  if (std::isnan(input.value)) {
    verdict.reason = Reason::undefined;
    const double most = verdict.high;
    if (input.denominator <= 0 && input.numerator > 0 && input.denominator_unit == Unit::count && most > 0) {
      const double due = input.numerator / most;
      if (due >= 1) {
        // Where the minimum volume was not reached, as it cannot be on results that did not come, so many
        // were due at least.
        double enough = kDueAndNoneSeen;
        for (const MinimumVolume& least : target.min_volume) {
          if (!input.volume_reached) enough = std::max(enough, least.amount);
        }
        verdict.state = due >= enough ? VerdictState::off_target : VerdictState::watch;
        verdict.reason = verdict.missed() ? Reason::misses_target : Reason::little_volume;
        // "At least": one result more would still leave it so far off.
        verdict.gap_ratio = due - 1;
        if (verdict.missed() && input.hours > 0 && !std::isnan(input.spend)) {
          verdict.stake_per_hour = input.spend / input.hours;
        }
      }
    }
    return verdict;
  }
  verdict.gap_ratio = gap_of(target.kind, input.value, *sides);
  verdict.room_used = room_used(target.kind, input.value, *sides);
  if (input.reported < 1) {
    const bool within = !(input.value > verdict.high);
    const bool is_short = input.value < verdict.low;
    if (within && is_short && reaches_share(input.value, verdict.low, input.reported)) {
      verdict.state = VerdictState::watch;
      verdict.reason = Reason::on_course;
      return verdict;
    }
    if (within && !is_short && is_over_share(input.value, verdict.high, input.reported)) {
      verdict.state = VerdictState::watch;
      verdict.reason = Reason::over_its_share;
      return verdict;
    }
  }
  if (verdict.gap_ratio > 0) {
    verdict.state = input.volume_reached ? VerdictState::off_target : VerdictState::watch;
    verdict.reason = input.volume_reached ? Reason::misses_target : Reason::little_volume;
    if (verdict.missed() && input.hours > 0) {
      const double money = money_at_stake(kpi, input, verdict);
      verdict.stake_per_hour = std::isfinite(money) ? money / input.hours : 0;
    }
    return verdict;
  }
  // A total on pace is close to its expectation by nature, so nearness says nothing there.
  const bool near = !target.pace && verdict.gap_ratio > -target.watch_within;
  verdict.state = near ? VerdictState::watch : VerdictState::on_target;
  verdict.reason = near ? Reason::near_bound : Reason::meets_target;
  return verdict;
}

}  // namespace tightrope::rules
