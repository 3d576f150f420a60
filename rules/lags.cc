#include "rules/lags.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tightrope::rules {
namespace {

// Until so little is known of today's hours, half of what is there at its end.
constexpr double kOfToday = 0.5;
constexpr std::uint32_t kFewestDays = 14;
// The shortest day has 23 hours; its first begins with the day itself.
constexpr std::uint8_t kFewestHours = 22;

std::size_t slot_of(Day day) noexcept {
  constexpr auto kDays = static_cast<std::int32_t>(LagSeries::kDays);
  return static_cast<std::size_t>(((day.number % kDays) + kDays) % kDays);
}

double units(std::int64_t micros) noexcept {
  return std::max(0.0, static_cast<double>(micros) / static_cast<double>(Amount::kScale));
}

MaturityCurve pooled(std::span<const LagSeries> all) noexcept {
  MaturityCurve sum;
  for (const LagSeries& series : all) {
    for (std::size_t age = 0; age < kLastAge; ++age) {
      sum.at_age[age] += series.curve.at_age[age];
      sum.next_age[age] += series.curve.next_age[age];
    }
  }
  return sum;
}

std::array<double, kLastAge> counted(std::span<const LagSeries> all) noexcept {
  std::array<double, kLastAge> sum{};
  for (const LagSeries& series : all) {
    for (std::size_t age = 0; age < kLastAge; ++age) sum[age] += series.counted[age];
  }
  return sum;
}

}  // namespace

double ArrivalsOfKpi::at(int age) const noexcept {
  if (age >= static_cast<int>(kLastAge)) return 1;
  if (seen == nullptr) return 0;
  const int closed = std::max(0, age);
  const double late = exposure == nullptr ? 0 : exposure->at(closed);
  const double share = seen->at(closed) / (late > 0 ? late : 1);
  if (age >= 0) return share;
  const std::size_t hour = std::min(hours_over, Arrivals::kHours - 1);
  const double of_seen = seen->by_hour[hour];
  const double of_exposure = exposure == nullptr ? day_over : exposure->by_hour[hour];
  if (of_seen >= 0 && of_exposure > 0) return share * of_seen / of_exposure;
  return seen->complete() ? share : share * kOfToday;
}

double ArrivalsOfKpi::shown(int age) const noexcept {
  if (age >= static_cast<int>(kLastAge) || seen == nullptr) return 1;
  const auto closed = static_cast<std::size_t>(std::max(0, age));
  const double late = exposure == nullptr ? 1 : exposure->shown[closed];
  return std::min(1.0, seen->shown[closed] / (late > 0 ? late : 1));
}

void LagSeries::change(Day of, Day today, std::int64_t delta, bool report_begins) noexcept {
  if (of > today || today - of >= static_cast<int>(kDays) - 1) return;
  const std::size_t slot = slot_of(of);
  if (day[slot] != of) {
    day[slot] = of;
    at_midnight[slot] = growth[slot] = added[slot] = 0;
    was_seen[slot] = 0;
  }
  // A day that nobody saw at its own age is learnt from only from now on.
  const bool late_start = of < today && (was_seen[slot] == 0 || report_begins || began == today);
  (late_start ? added : growth)[slot] += delta;
}

void LagSeries::begin_hour(Day today, std::size_t hours_over) noexcept {
  const std::size_t slot = slot_of(today);
  if (hours_over >= Arrivals::kHours) return;
  today_by_hour[hours_over] = day[slot] == today ? growth[slot] : 0;
  ++noted_hours;
}

void LagSeries::close(Day closed) noexcept {
  curve.begin_day();
  // A day that was watched from its beginning, with something to show for it.
  const std::size_t of_closed = slot_of(closed);
  if (day[of_closed] == closed && growth[of_closed] > 0 && noted_hours >= kFewestHours) {
    const double keep = std::exp2(-1 / MaturityCurve::kHalfLifeDays);
    for (std::size_t hour = 0; hour < Arrivals::kHours; ++hour)
      at_hour[hour] = keep * at_hour[hour] + units(today_by_hour[hour]);
    at_close = keep * at_close + units(growth[of_closed]);
    ++days_by_hour;
  }
  today_by_hour.fill(0);
  noted_hours = 0;
  for (std::size_t age = 0; age <= kLastAge; ++age) {
    const Day of = closed - static_cast<int>(age);
    const std::size_t slot = slot_of(of);
    if (day[slot] != of) continue;
    if (age > 0 && was_seen[slot] != 0) {
      curve.add(age - 1, units(at_midnight[slot]), units(at_midnight[slot] + growth[slot]));
      counted[age - 1] += units(at_midnight[slot]);
    }
    at_midnight[slot] += growth[slot] + added[slot];
    growth[slot] = added[slot] = 0;
    was_seen[slot] = 1;
  }
}

LagSeries& Lags::series(FigureSources::Source source, MetricIndex metric, Day today) {
  if (columns_.size() <= metric) columns_.resize(static_cast<std::size_t>(metric) + 1);
  auto& column = columns_[metric];
  const auto found =
      std::find_if(column.begin(), column.end(), [&](const LagSeries& one) { return one.source == source; });
  if (found != column.end()) return *found;
  LagSeries& made = column.emplace_back();
  made.source = source;
  made.began = today;
  made.day.fill(kFirstDay);
  return made;
}

const Arrivals* Lags::find(FigureSources::Source source, MetricIndex metric) const noexcept {
  if (metric >= columns_.size()) return nullptr;
  const auto& column = columns_[metric];
  const auto found =
      std::find_if(column.begin(), column.end(), [&](const LagSeries& one) { return one.source == source; });
  return found == column.end() ? nullptr : &found->arrivals;
}

bool Lags::complete_since(MetricIndex metric, Day since) const noexcept {
  if (metric >= columns_.size()) return true;
  return std::all_of(columns_[metric].begin(), columns_[metric].end(),
                     [&](const LagSeries& one) { return one.arrivals.complete_since <= since; });
}

void Lags::begin_hour(Day today, std::size_t hours_over) noexcept {
  for (auto& column : columns_) {
    for (LagSeries& series : column) series.begin_hour(today, hours_over);
  }
}

void Lags::close(Day closed, MetricIndex results, std::span<const std::uint8_t> is_money) {
  for (auto& column : columns_) {
    for (LagSeries& series : column) series.close(closed);
  }
  learn(closed + 1, results, is_money);
}

void Lags::learn(Day today, MetricIndex results, std::span<const std::uint8_t> is_money) {
  GrowthFactors none;
  none.fill(1);
  std::array<double, kLastAge> of_results{};
  if (results < columns_.size()) of_results = counted(columns_[results]);
  const bool has_results =
      std::any_of(of_results.begin(), of_results.end(), [](double count) { return count > 0; });
  for (std::size_t metric = 0; metric < columns_.size(); ++metric) {
    auto& column = columns_[metric];
    const MaturityCurve client = pooled(column);
    const GrowthFactors parent = client.factors(none);
    const bool money = metric < is_money.size() && is_money[metric] != 0;
    const auto behind = money && has_results ? of_results : counted(column);
    for (LagSeries& series : column) {
      Arrivals& arrivals = series.arrivals;
      if (series.began >= today) {
        // It is kept, and does not follow from the curves.
        const Day complete_since = arrivals.complete_since;
        arrivals = Arrivals::unlearnt();
        arrivals.complete_since = complete_since;
        continue;
      }
      const MaturityShares shares = maturity_shares(series.curve.factors(parent));
      bool complete = true;
      for (std::size_t age = 0; age < kMaturityAges; ++age) {
        const double enough = age == kLastAge ? MaturityCurve::kFewestToBetOn : behind[age];
        arrivals.by_age[age] = worth_betting_on(shares[age], enough) ? shares[age] : 0;
        arrivals.shown[age] = std::clamp(shares[age], 0.0, 1.0);
        complete = complete && arrivals.by_age[age] == 1;
      }
      if (series.days_by_hour >= kFewestDays && series.at_close > 0) {
        for (std::size_t hour = 0; hour < Arrivals::kHours; ++hour)
          arrivals.by_hour[hour] = std::min(1.0, series.at_hour[hour] / series.at_close);
      }
      if (!complete) {
        arrivals.complete_since = Arrivals::kNever;
      } else if (!arrivals.complete()) {
        arrivals.complete_since = today;
      }
    }
  }
}

void Lags::save(ByteWriter& out) const {
  out.varint(columns_.size());
  for (const auto& column : columns_) {
    out.varint(column.size());
    for (const LagSeries& series : column) {
      out.byte(series.source);
      out.signed_varint(series.began.number);
      out.signed_varint(series.arrivals.complete_since.number);
      for (const double sum : series.curve.at_age) out.fixed64(sum);
      for (const double sum : series.curve.next_age) out.fixed64(sum);
      for (const double sum : series.counted) out.fixed64(sum);
      for (std::size_t slot = 0; slot < LagSeries::kDays; ++slot) {
        out.signed_varint(series.day[slot].number);
        out.signed_varint(series.at_midnight[slot]);
        out.signed_varint(series.growth[slot]);
        out.signed_varint(series.added[slot]);
        out.byte(series.was_seen[slot]);
      }
      for (const std::int64_t total : series.today_by_hour) out.signed_varint(total);
      out.byte(series.noted_hours);
      for (const double sum : series.at_hour) out.fixed64(sum);
      out.fixed64(series.at_close);
      out.varint(series.days_by_hour);
    }
  }
}

bool Lags::load(ByteReader& in) {
  const auto day = [&in] {
    return Day{static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX))};
  };
  columns_.clear();
  const std::size_t columns = in.count(1);
  for (std::size_t i = 0; i < columns && in.ok(); ++i) {
    auto& column = columns_.emplace_back();
    const std::size_t count = in.count(LagSeries::kDays);
    for (std::size_t j = 0; j < count && in.ok(); ++j) {
      LagSeries& series = column.emplace_back();
      series.source = in.byte();
      series.began = day();
      series.arrivals.complete_since = day();
      for (double& sum : series.curve.at_age) sum = in.fixed64();
      for (double& sum : series.curve.next_age) sum = in.fixed64();
      for (double& sum : series.counted) sum = in.fixed64();
      for (std::size_t slot = 0; slot < LagSeries::kDays; ++slot) {
        series.day[slot] = day();
        series.at_midnight[slot] = in.signed_varint();
        series.growth[slot] = in.signed_varint();
        series.added[slot] = in.signed_varint();
        series.was_seen[slot] = in.byte();
      }
      for (std::int64_t& total : series.today_by_hour) total = in.signed_varint();
      series.noted_hours = in.byte();
      for (double& sum : series.at_hour) sum = in.fixed64();
      series.at_close = in.fixed64();
      series.days_by_hour = static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
    }
  }
  return in.ok();
}

}  // namespace tightrope::rules
