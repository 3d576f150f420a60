// Conversions that stop while clicks go on: the tag, the import or the consent banner broke more often than
// the demand did.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "collectors/arrival_checks.h"
#include "collectors/utf8.h"
#include "rules/format.h"

namespace tightrope::collectors {
namespace {

using rules::Day;
using rules::SourceFinding;
using rules::SourceFindingKind;

// The chance that silence is chance, over all campaigns looked at together.
constexpr double kMostChance = 1e-6;
// What the rate before is learnt from.
constexpr int kRateDays = 28;
constexpr int kLeastDays = 14;
constexpr double kLeastConversions = 20;
// One of each weekday says nothing about what is usual on it: weekends without leads are many.
constexpr int kLeastOfWeekday = 2;

std::size_t weekday_of(Day day) {
  return std::chrono::weekday(std::chrono::sys_days(std::chrono::days(day.number))).c_encoding();
}

struct Series {
  // Of days that are over, ascending.
  std::vector<std::pair<Day, DayTotals>> days;
  double conversions_today = 0;
};

// What clicks bring on the days [first, last], by weekday.
struct Rate {
  bool known = false;
  double whole = 0;                    // of all days
  std::array<double, 7> of_weekday{};  // 0 where unknown: nothing is due then
  double scatter = 1;  // the variance of a day's conversions over that of a Poisson count, at least 1
};

Rate rate_of(const Series& series, Day last) {
  Rate rate;
  std::array<double, 7> clicks{}, conversions{};
  std::array<int, 7> count{};
  int days = 0;
  double all_clicks = 0, all_conversions = 0;
  const auto is_before = [&](Day day) { return day <= last && last - day < kRateDays; };
  for (const auto& [day, totals] : series.days) {
    if (!is_before(day) || !(totals.clicks > 0)) continue;
    const std::size_t weekday = weekday_of(day);
    clicks[weekday] += totals.clicks;
    conversions[weekday] += totals.conversions;
    ++count[weekday];
    ++days;
    all_clicks += totals.clicks;
    all_conversions += totals.conversions;
  }
  if (days < kLeastDays || all_conversions < kLeastConversions) return rate;
  rate.known = true;
  rate.whole = all_conversions / all_clicks;
  std::array<double, 7> own{};
  int weekdays = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (count[i] == 0) continue;
    ++weekdays;
    own[i] = conversions[i] / clicks[i];
    if (count[i] >= kLeastOfWeekday) rate.of_weekday[i] = std::min(own[i], rate.whole);
  }
  double chi_squared = 0;
  for (const auto& [day, totals] : series.days) {
    if (!is_before(day) || !(totals.clicks > 0)) continue;
    const double due = totals.clicks * own[weekday_of(day)];
    if (due > 0) chi_squared += (totals.conversions - due) * (totals.conversions - due) / due;
  }
  if (days > weekdays) rate.scatter = std::max(1.0, chi_squared / (days - weekdays));
  return rate;
}

struct Silence {
  rules::DayRange days{};
  double clicks = 0;
  double due = 0;         // conversions that were to be known by now
  double log_chance = 0;  // that none came of them
};

// What the clicks of a day bring at the rates that their campaigns had until `last`: where the campaign that
// sold was paused, the clicks of the others go on and nothing is due for them.
class CampaignMix {
 public:
  CampaignMix(const ArrivalMemory& memory, Day last) {
    for (const auto& [entity, days] : memory.campaigns()) {
      DayTotals before;
      for (auto day = days.lower_bound(last - (kRateDays - 1)); day != days.end() && day->first <= last;
           ++day) {
        before.clicks += day->second.clicks;
        before.conversions += day->second.conversions;
      }
      if (before.clicks > 0 && before.conversions > 0)
        rates_.emplace_back(&days, before.conversions / before.clicks);
    }
  }
  double due(Day day) const {
    double due = 0;
    for (const auto& [days, rate] : rates_) {
      const auto of_day = days->find(day);
      if (of_day != days->end()) due += of_day->second.clicks * rate;
    }
    return due;
  }

 private:
  std::vector<std::pair<const ArrivalMemory::Days*, double>> rates_;
};

enum class Of { source, campaign };

std::optional<Silence> silence_of(const Series& series, const ArrivalMemory& memory, Day today, Of of) {
  if (series.conversions_today > 0) return std::nullopt;
  const auto last = std::find_if(series.days.rbegin(), series.days.rend(),
                                 [](const auto& one) { return one.second.conversions > 0; });
  if (last == series.days.rend() || last == series.days.rbegin()) return std::nullopt;
  const Rate rate = rate_of(series, last->first);
  if (!rate.known) return std::nullopt;
  Silence silence;
  silence.days = {last->first + 1, series.days.back().first};
  std::optional<CampaignMix> mix;
  if (of == Of::source && !memory.campaigns().empty()) mix.emplace(memory, last->first);
  for (auto day = last.base(); day != series.days.end(); ++day) {
    silence.clicks += day->second.clicks;
    const double alike = day->second.clicks * rate.whole;  // were all clicks alike
    const double share = mix && alike > 0 ? std::min(1.0, mix->due(day->first) / alike) : 1;
    silence.due += day->second.clicks * rate.of_weekday[weekday_of(day->first)] * share *
                   memory.arrived_share(today - day->first);
  }
  silence.log_chance = -silence.due / rate.scatter;
  return silence;
}

SourceFinding finding_of(const rules::Entity& entity, const Silence& silence) {
  const auto count = [](double value) {
    return rules::format_value(std::round(value), rules::Unit::count, "");
  };
  const std::string where =
      entity.path.empty() ? std::string() : " of " + printable(rules::to_string(entity), 100);
  return {.kind = SourceFindingKind::conversions_stopped,
          .entity = entity,
          .days = silence.days,
          .text = fmt::format(
              "No conversions{} since {} with {} clicks, where about {} were due: has the tracking "
              "broken?",
              where, rules::to_string(silence.days.first), count(silence.clicks), count(silence.due))};
}

}  // namespace

Findings find_stopped_conversions(const ArrivalMemory& memory, Day today) {
  Series whole;
  std::vector<Day> over;
  for (const auto& [day, known] : memory.days()) {
    if (known.over && day < today) {
      whole.days.emplace_back(day, known.totals);
      over.push_back(day);
    } else {
      whole.conversions_today += known.totals.conversions;
    }
  }
  const double enough = std::log(kMostChance);
  if (const auto silence = silence_of(whole, memory, today, Of::source);
      silence && silence->log_chance <= enough)
    return {finding_of({}, *silence)};

  struct Suspect {
    const rules::Entity* entity;
    Silence silence;
  };
  std::vector<Suspect> suspects;
  for (const auto& [entity, known] : memory.campaigns()) {
    Series series;
    for (const Day day : over) {
      const auto of_day = known.find(day);
      series.days.emplace_back(day, of_day == known.end() ? DayTotals() : of_day->second);
    }
    for (auto later = known.lower_bound(over.empty() ? rules::kFirstDay : over.back() + 1);
         later != known.end(); ++later)
      series.conversions_today += later->second.conversions;
    const auto silence = silence_of(series, memory, today, Of::campaign);
    if (!silence) continue;
    suspects.push_back({&entity, *silence});
  }
  const double enough_of_many =
      enough - std::log(std::max<double>(1, static_cast<double>(memory.campaigns().size())));
  std::erase_if(suspects, [&](const Suspect& one) { return one.silence.log_chance > enough_of_many; });
  std::stable_sort(suspects.begin(), suspects.end(),
                   [](const Suspect& a, const Suspect& b) { return a.silence.due > b.silence.due; });
  Findings findings;
  for (const Suspect& one : suspects) findings.push_back(finding_of(*one.entity, one.silence));
  return findings;
}

}  // namespace tightrope::collectors
