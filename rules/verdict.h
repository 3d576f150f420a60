// One target checked on one entity.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
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
  no_rate,        // money in another currency, and no exchange rate for its day
  guard_missed,   // met, while a target that guards it is missed: bought at its expense
  does_not_add,   // several figures that must not be added, such as the reach of several days
  // Of targets with a confidence:
  within_chance,  // misses it, by no more than chance explains so far
  likely_missed,  // misses it, and chance hardly explains it
  small_miss,     // misses it for sure, by less than matters
  recovering,     // was missed for sure, and is met again, not for long enough to be sure
  // Of totals whose window has not got all its figures yet, as today's:
  on_course,       // short of the bound, by no more than what is to come
  over_its_share,  // within the bound, and above the share of it that is due so far
  period_over,     // the flight has ended
};
constexpr Reason kLastReason = Reason::period_over;
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

  // How much of the room between no result and the bound is used: value / high, or low / value; between two
  // bounds, the distance from the middle as a share of the half. 1 is at the bound, more beyond it. Undefined
  // with the value, and where either is not positive.
  double room_used = kUndefined;
  // Of a pace: the total at the period's end as its days so far foretell it, and the range in which four of
  // five such periods end. Undefined for other targets, and while too few days are known.
  double projected = kUndefined;
  double projected_low = kUndefined;
  double projected_high = kUndefined;
  // Of missed targets, and those that were, what their days say. How sure it is that this is no chance, 0 to
  // 1: 1 - days / evidence, for evidence that began in the last 56 days. Undefined where the KPI is no count.
  double sure = kUndefined;
  // The day the rate changed; nothing while nothing says so.
  std::optional<Day> since;
  // The values of the KPI that the window's figures speak for, 95 %.
  double value_low = kUndefined;
  double value_high = kUndefined;
  // The share of the window's results that has arrived by now, and the value once all have; undefined while
  // nothing is known of their lag.
  double maturity = kUndefined;
  double complete_value = kUndefined;
  // How many results the value rests on: of the side of the KPI that is counted. Undefined where that is
  // money.
  double results = kUndefined;
  // This is missed, and a target that it guards is met: that one is bought at its expense.
  bool pays_for_another = false;

  bool missed() const noexcept { return state == VerdictState::off_target; }
};

// The verdicts of one target by node, made as they are asked for. Borrowed from whoever holds the figures.
class VerdictRange {
 public:
  using At = Verdict (*)(const void* holder, std::size_t node);

  VerdictRange() = default;
  VerdictRange(std::size_t size, const void* holder, At at) noexcept
      : size_(size), holder_(holder), at_(at) {}
  // Of a list that outlives the range.
  explicit VerdictRange(std::span<const Verdict> list) noexcept
      : size_(list.size()),
        holder_(list.data()),
        at_([](const void* data, std::size_t node) { return static_cast<const Verdict*>(data)[node]; }) {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  Verdict operator[](std::size_t node) const { return at_(holder_, node); }

  class Iterator {
   public:
    using value_type = Verdict;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const VerdictRange* range, std::size_t node) noexcept : range_(range), node_(node) {}
    Verdict operator*() const { return (*range_)[node_]; }
    Iterator& operator++() noexcept {
      ++node_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++node_;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.node_ == b.node_; }

   private:
    const VerdictRange* range_ = nullptr;
    std::size_t node_ = 0;
  };
  Iterator begin() const noexcept { return {this, 0}; }
  Iterator end() const noexcept { return {this, size_}; }

 private:
  std::size_t size_ = 0;
  const void* holder_ = nullptr;
  At at_ = nullptr;
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
  bool volume_reached = true;
  bool any_figure = false;   // at least one input has at least one figure in the window
  bool needs_hours = false;  // an hourly window, and figures by day only
  bool converted = true;     // no figure wants an exchange rate
  bool adds_up = true;       // no figures would have to be added that must not be
  bool period_over = false;  // no bound is in force any more, since the flight has ended
  double reported = 1;       // of a total: the share of the window that its figures can be from
};

// What the formula makes of the figures of its inputs: the value and its two sides. More results taken back
// than came have no price, like none at all, and no target is met by them.
void set_value(CheckInput& input, const Formula& formula, std::span<const double> figures);

// What a value is held against; undefined where the target has no such side.
struct Sides {
  double low = kUndefined;
  double high = kUndefined;
};
// The sides of a bound as it is written; those of a pace follow from its PacePlan.
Sides sides_of(const Target& target, const Bound& bound) noexcept;

// By what share of the bound the value misses it: positive is bad. One formula for one value and for columns.
inline double gap_at_most(double value, double high) noexcept {
  // A bound of 0 has no shares, so any miss of it is a whole one.
  if (high != 0) return (value - high) / std::abs(high);
  return value > 0 ? 1 : value < 0 ? -1 : value;
}
inline double gap_at_least(double value, double low) noexcept {
  return -gap_at_most(value, low);
}
double gap_of(BoundKind kind, double value, Sides sides) noexcept;
// Whether a total is above, or at least at, the share of a bound that is due so far. Sums of shares are
// rounded: what differs in the last digits alone is the same.
constexpr double kSameShare = 1e-9;
inline bool is_over_share(double value, double high, double reported) noexcept {
  return high > 0 && value > high * reported * (1 + kSameShare);
}
inline bool reaches_share(double value, double low, double reported) noexcept {
  return low > 0 && value >= low * reported * (1 - kSameShare);
}

// Pure. `sides` is nothing while no bound is in force.
Verdict judge(const Target& target, const Kpi& kpi, const std::optional<Sides>& sides,
              const CheckInput& input) noexcept;

}  // namespace tightrope::rules
