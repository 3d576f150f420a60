// Where a period's total should stand by now. The other half is in pacing_projection.cc.
#include "rules/pacing.h"

#include <algorithm>

namespace tightrope::rules {

PacePlan::Side PacePlan::side_of(const PaceTerms& terms, double Bound::*edge, Day today) noexcept {
  // Weights by day, summed for each bound's own stretch of days: where one bound holds throughout, its total
  // is the bound itself and no rounded mix.
  struct Weights {
    double before_today = 0;
    double today = 0;
    double all = 0;
    void add(double factor, Day day, Day now) noexcept {
      all += factor;
      if (day < now) before_today += factor;
      if (day == now) today = factor;
    }
  };
  const int length = terms.period.length();
  double whole = 0;
  for (int i = 0; i < length; ++i) whole += terms.profile[weekday_index(terms.period.first + i)];

  Side side;
  Weights in_force;
  for (std::size_t k = 0; k < terms.bounds.size(); ++k) {
    const bool is_last = k + 1 == terms.bounds.size();
    const Day first = std::max(terms.period.first, terms.bounds[k].from);
    const Day last = is_last ? terms.period.last : std::min(terms.period.last, terms.bounds[k + 1].from - 1);
    if (last < first) continue;
    Weights weights;
    for (Day day = first; day <= last; day = day + 1) {
      const double factor = terms.profile[weekday_index(day)];
      weights.add(factor, day, today);
      in_force.add(factor, day, today);
    }
    const double bound = terms.bounds[k].*edge;
    const auto part = [&](double weight) { return weight == whole ? bound : bound * weight / whole; };
    side.before_today += part(weights.before_today);
    side.today += part(weights.today);
    side.total += part(weights.all);
  }
  if (terms.carried == 0 || !(in_force.all > 0)) return side;

  // What is carried over comes about as the bound's own total does. It takes away no more than there is.
  const double carried = std::max(terms.carried, -std::max(side.total, 0.0));
  if (side.total > 0) {
    const double stretch = (side.total + carried) / side.total;
    return {side.before_today * stretch, side.today * stretch, side.total + carried};
  }
  return {side.before_today + carried * (in_force.before_today / in_force.all),
          side.today + carried * (in_force.today / in_force.all), side.total + carried};
}

PacePlan::PacePlan(const PaceTerms& terms, Day today) noexcept
    : kind_(terms.kind),
      corridor_(terms.corridor),
      counts_from_(terms.bounds.empty() ? terms.period.last + 1
                                        : std::max(terms.period.first, terms.bounds.front().from)),
      days_left_(terms.period.last - today) {
  if (kind_ != BoundKind::at_most) low_ = side_of(terms, &Bound::low, today);
  if (kind_ != BoundKind::at_least) high_ = side_of(terms, &Bound::high, today);
}

double PacePlan::by_now(const Side& side, double today_elapsed) const noexcept {
  const double share = std::clamp(today_elapsed, 0.0, 1.0);
  // Not the sum of parts, whose last digit could call a total missed that is met to the unit.
  if (days_left_ < 0 || (days_left_ == 0 && share == 1)) return side.total;
  return side.before_today + side.today * share;
}

PaceExpectation PacePlan::at(double today_elapsed) const noexcept {
  PaceExpectation expected;
  const double low = by_now(low_, today_elapsed);
  const double high = by_now(high_, today_elapsed);
  if (kind_ != BoundKind::at_most) expected.allowed_low = low - corridor_ * (low_.total - low);
  if (kind_ != BoundKind::at_least) expected.allowed_high = high + corridor_ * (high_.total - high);
  switch (kind_) {
    case BoundKind::at_least:
      expected.by_now = low;
      expected.total = low_.total;
      break;
    case BoundKind::at_most:
      expected.by_now = high;
      expected.total = high_.total;
      break;
    case BoundKind::between:
      expected.by_now = (low + high) / 2;
      expected.total = (low_.total + high_.total) / 2;
      break;
  }
  return expected;
}

double carried_over(BoundKind kind, double low, double high, double actual) noexcept {
  switch (kind) {
    case BoundKind::at_least:
      return low - actual;
    case BoundKind::at_most:
      return high - actual;
    case BoundKind::between:
      break;
  }
  if (actual < low) return low - actual;
  return actual > high ? high - actual : 0;
}

}  // namespace tightrope::rules
