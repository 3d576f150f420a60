// How much days scatter by themselves: the variance of a day's own effect (its squared coefficient of
// variation, `nu`) and the size of a jump (`phi`), learnt from history. What evidence.h takes as given.
//
// Moment estimators of the negative binomial (Anscombe 1950, Breslow 1984), drawn from a campaign's own
// toward its client's by what each has to say (Buhlmann & Straub 1970). Refitted once a day, for the days
// after it: days that have been judged are not judged again by a variance that they took part in.
//
// For clients with many campaigns nothing here holds days: of each campaign one DayMoments, filled in one
// pass.
#pragma once

#include <cstddef>
#include <span>

namespace tightrope::rules {

// What the days of one campaign say of their scatter, without the days themselves.
struct DayMoments {
  // Fewer days say nothing of their own; the caller hands over no more than the latest kMostDays.
  static constexpr int kFewestDays = 14;
  static constexpr int kMostDays = 90;

  int days = 0;
  double seen = 0;          // sum n
  double seen_squared = 0;  // sum n^2
  double seen_expected = 0;
  double expected = 0;  // sum lambda, and of its powers
  double expected2 = 0;
  double expected3 = 0;
  double expected4 = 0;

  // Takes one mature day (over 98 % of its conversions seen), in scaled counts. A day on which nothing was
  // expected is none.
  void add(double day_seen, double day_expected) noexcept;
  // The campaign's own rate: seen per expected; 0 when nothing was seen. REQUIRES: days > 0.
  double rate() const noexcept { return seen / expected; }
  // The scatter beyond Poisson around that rate, A, and what a variance of 1 would add, B.
  double excess() const noexcept;
  double scale() const noexcept;
  // How far the excess can be trusted if `day_variance` is true: one over the variance of A / B. 0 when
  // nothing was seen.
  double precision(double day_variance) const noexcept;

  friend bool operator==(const DayMoments&, const DayMoments&) = default;
};

// What all campaigns of a client say together.
struct ClientDispersion {
  // nu_c, pooled; negative when no campaign had enough days and something seen.
  double day_variance = -1;
  // The precision of 28 days of its middle campaign: how much the client counts against a campaign's own.
  double weight = 0;
  // How much of a day's effect the next day keeps, 0 to 0.6; by DayCorrelation.
  double correlation = 0;

  bool known() const noexcept { return day_variance >= 0; }
  friend bool operator==(const ClientDispersion&, const ClientDispersion&) = default;
};

// The client's variance and weight; the correlation is still 0. One number is kept per campaign meanwhile.
ClientDispersion client_dispersion(std::span<const DayMoments> campaigns);

// The correlation of neighbouring days, over all campaigns of a client: a second pass over their days, since
// it weighs them by the client's variance.
class DayCorrelation {
 public:
  explicit DayCorrelation(const ClientDispersion& client) noexcept : day_variance_(client.day_variance) {}

  // Takes the days of one campaign, calendar day by calendar day; one without exposure has expected 0 and
  // keeps those around it apart. REQUIRES: equal lengths; `moments` are those of the same days.
  void add(const DayMoments& moments, std::span<const double> seen,
           std::span<const double> expected) noexcept;
  // 0 where days hardly vary at all.
  double value() const noexcept;

 private:
  double day_variance_;
  double products_ = 0;
  double squares_ = 0;
};

// The variance of a day's effect to judge this campaign's days with: at least 0.01, and a sixth more than
// estimated, since an estimate from some 60 days is often too small. The client's for a campaign with fewer
// days than kFewestDays; kDefaultDayVariance where the client has none either.
double day_variance_of(const DayMoments& campaign, const ClientDispersion& client) noexcept;

// --- Money: the size of a jump ---

// The values of single orders over the last 90 days.
struct OrderMoments {
  double orders = 0;
  double value = 0;  // sum V
  double value_squared = 0;

  void add(double order_value) noexcept;
  void add(const OrderMoments& other) noexcept;  // of a campaign, to its client's
  friend bool operator==(const OrderMoments&, const OrderMoments&) = default;
};

// phi = sum V^2 / sum V, the value of the order that the average unit of money came with: the campaign's own,
// drawn toward the client's with the weight of 50 orders. 0 when neither has an order of any value.
double jump_size(const OrderMoments& campaign, const OrderMoments& client) noexcept;
// Where only totals are known, as if order values were exponential: twice the average order value.
double jump_size_of_totals(double revenue, double orders) noexcept;

}  // namespace tightrope::rules
