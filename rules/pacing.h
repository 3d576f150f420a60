// Where a period's total will end, and where it should stand by now.
//
// Two questions, kept apart. A *plan* says what the bound asks for by now: no history, only the bound and how
// its total comes about. A *projection* says where the figures are heading: the level of the days so far,
// carried through the days to come by weekday, with the range that such series end in.
//
// All is pure and deterministic: sums are made in the order of days. Figures are finite doubles in any one
// unit. A day of 23 or 25 hours is one day; how much of today is over is a parameter, a share from 0 to 1.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "rules/calendar.h"
#include "rules/target.h"
#include "rules/units.h"

namespace tightrope::rules {

// --- What a day of the week is worth ---

// Factors from Monday to Sunday: above 0, with mean 1.
using WeekdayProfile = std::array<double, 7>;
constexpr WeekdayProfile kFlatProfile{1, 1, 1, 1, 1, 1, 1};

// From Monday, 0 to 6.
std::size_t weekday_index(Day day) noexcept;
// The factor of each day, in order.
std::vector<double> day_factors(DayRange days, const WeekdayProfile& profile);

// The figures of days one after another, the oldest first. A missing day is not a zero.
using DailyFigures = std::span<const std::optional<double>>;

// Each weekday's median share of the mean of the seven days around it, over the last 56 days (the three
// before them are used for the means alone), drawn toward `prior` with the weight of four weeks: of a series
// to its client's, of a client to kFlatProfile. Days too close to the ends for a mean, and around means of 0
// or less, teach nothing. A missing day has no share of its own; in its neighbours' means it counts as the
// mean of the nearest days that have figures. REQUIRES: the factors of `prior` are finite and not negative.
WeekdayProfile weekday_profile(DailyFigures days, Day first, const WeekdayProfile& prior);

// --- Where it is heading ---

// What a day of factor 1 brings, how far days scatter around that, and the weight of the last day in it.
struct PaceRate {
  double level = 0;
  double sigma = 0;
  double smoothing = 0.05;
  friend bool operator==(const PaceRate&, const PaceRate&) = default;
};

// The level of a series, taken up day by day: robust exponential smoothing. It runs with four weights at once
// and answers with the one that was surprised least, so nothing has to be tuned, and a single wild day moves
// it little. A value of two dozen numbers: to go on after a restart, keep its members.
struct PaceLevel {
  static constexpr std::array<double, 4> kSmoothings{0.05, 0.1, 0.2, 0.3};
  static constexpr std::size_t kStartDays = 7;

  struct Run {
    double level = 0;
    double variance = 0;
    double surprise = 0;  // the sum of its squared, clipped errors
    friend bool operator==(const Run&, const Run&) = default;
  };

  std::array<double, kStartDays> start{};      // the days that the runs begin from, the oldest first
  std::array<Run, kSmoothings.size()> runs{};  // of use once `started`
  bool started = false;
  int days = 0;
  int zeros = 0;
  double sum = 0;  // of the figures, each divided by its factor

  // Takes the next day that has a figure; days without one are skipped by not adding them. The runs begin
  // once seven days are there that are not all zero: from a spread of nothing, no day could ever move them.
  // REQUIRES: factor > 0.
  void add(double figure, double factor) noexcept;

  // The run surprised least; of equals, the one with the smaller weight. Before the runs began, from the mean
  // of what there is.
  PaceRate rate() const noexcept;
  // The run with the smallest weight: for series that are often zero, where surprises say little.
  PaceRate slowest() const noexcept;
  double mean() const noexcept { return days == 0 ? 0 : sum / days; }
  // More than 30 % of the days are zero.
  bool intermittent() const noexcept { return 10LL * zeros > 3LL * days; }
  friend bool operator==(const PaceLevel&, const PaceLevel&) = default;

 private:
  PaceRate rate_of(std::size_t run) const noexcept;
  PaceRate rate_of_start() const noexcept;
};

// What a projection stands on.
struct PaceBasis {
  WeekdayProfile profile = kFlatProfile;
  PaceRate rate;
  friend bool operator==(const PaceBasis&, const PaceBasis&) = default;
};

// From a series' history up to yesterday, to be made once a day. Under 14 days with figures it takes the
// client's profile, the plain mean, and twice the scatter; where over 30 % of the days are zero, a flat
// profile and the slowest weight. Nothing under 3 days with figures: they show no scatter.
std::optional<PaceBasis> pace_basis(DailyFigures days, Day first, const WeekdayProfile& client);

// The days after today, summed up so that a change of today costs nothing but today.
struct DaysAhead {
  double factors = 0;
  double variance = 0;  // of their total, in units of sigma squared
};
// Known changes (a budget step, a sale) multiply the factors before. Errors of a level persist: each day's
// moves the level for all days after it, so the variance grows faster than the number of days.
DaysAhead days_ahead(std::span<const double> factors, double smoothing) noexcept;

struct ProjectionTerms {
  // By how much the range was too narrow (above 1) or too wide in finished periods.
  double calibration = 1;
  // The total that a platform does not let the period exceed.
  double cap = std::numeric_limits<double>::infinity();
};

// The total at the period's end, of a figure that only grows: nothing of it is below the actual.
struct Projection {
  double actual = 0;
  double total = 0;     // expected, within the cap
  double uncapped = 0;  // expected, if nothing stops it
  double sd = 0;        // of `uncapped`, calibrated
  double low = 0;       // four times of five it ends between these
  double high = 0;
  double cap = std::numeric_limits<double>::infinity();

  // The chance, 0 to 1, to end at the bound or above it, and to end at the bound or below it.
  double chance_to_reach(double bound) const noexcept;
  double chance_to_keep(double bound) const noexcept;
};

// `today_left`: today's factor times the share of today still to come; 0 when no day remains.
Projection project(const PaceRate& rate, double actual, double today_left, const DaysAhead& after_today,
                   const ProjectionTerms& terms = {}) noexcept;

// --- Where it should stand ---

// What a period is asked for.
struct PaceTerms {
  DayRange period;
  BoundKind kind = BoundKind::at_least;
  std::span<const Bound> bounds;  // by `from`, ascending
  // How the total comes about: kFlatProfile for Pacing::Profile::linear.
  WeekdayProfile profile = kFlatProfile;
  double corridor = 0;  // Pacing::corridor
  double carried = 0;   // carried_over() of the period before, with Pacing::rollover
};

struct PaceExpectation {
  double by_now = 0;  // for `between`, the middle of both sides; likewise `total`
  double total = 0;   // at the period's end
  // What may be shown by now without being called missed: the corridor's edges. NaN where the kind has no
  // such side. At the end exactly the total.
  double allowed_low = std::numeric_limits<double>::quiet_NaN();
  double allowed_high = std::numeric_limits<double>::quiet_NaN();
};

// The expectation through one day: made once for it, asked at any moment of it.
//
// A bound is a total for a whole period, so in force from a day on it is a rate from that day on: each day
// carries the bound in force on it times its own share of the period. A bound that changes in mid-period is
// hence asked for as a mix. The other reading, the last bound for the whole period, would make what was on
// plan until yesterday late today, on account of days that are over.
//
// Days before the first bound carry nothing.
class PacePlan {
 public:
  PacePlan(const PaceTerms& terms, Day today) noexcept;
  // `today_elapsed` beyond [0, 1] counts as its nearer end.
  PaceExpectation at(double today_elapsed) const noexcept;
  // Figures of days before this one are not asked for, and are not to be held against a bound either.
  Day counts_from() const noexcept { return counts_from_; }

 private:
  struct Side {
    double before_today = 0;
    double today = 0;
    double total = 0;
  };
  static Side side_of(const PaceTerms& terms, double Bound::*edge, Day today) noexcept;
  double by_now(const Side& side, double today_elapsed) const noexcept;

  BoundKind kind_;
  double corridor_;
  Day counts_from_;
  int days_left_;  // after today; negative once the period is over
  Side low_;       // unused for at_most
  Side high_;      // unused for at_least
};

// What a finished period leaves to the next: positive where it stayed below, negative where it went beyond. A
// goal that was missed is still owed and one that was passed is in hand; a budget not spent is still there
// and one overspent is gone. A band leaves only what lies outside it. `low` and `high` are the totals asked
// for, without what was carried into that period: debts of one period are not handed on forever. Where the
// period has no figures or had no bound, there is nothing to carry and nothing to call this with.
double carried_over(BoundKind kind, double low, double high, double actual) noexcept;

}  // namespace tightrope::rules
