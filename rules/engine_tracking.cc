// Results given traffic, from the cells: of an entity, and of all campaigns of the client.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "rules/engine_state.h"
#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr int kBaselineDays = 28;
constexpr double kLeastBaseline = 10;  // results: with fewer the rate itself is chance
constexpr double kTrafficGoesOn = 0.5;
constexpr int kOvernight = 3;  // tracking breaks overnight, so a long window has results in it yet
constexpr double kStillGoing = 0.5;
constexpr double kLeastOfWitness = 5;

DayRange baseline_of(DayRange days) noexcept {
  return {days.first - kBaselineDays, days.first - 1};
}

// What traffic and results came to on days that have both.
struct Sums {
  double traffic = 0;
  double results = 0;
  int days = 0;
};
Sums sums_of(std::span<const ResultsDay> days) {
  Sums sums;
  for (const ResultsDay& day : days) {
    if (std::isnan(day.traffic) || std::isnan(day.results)) continue;
    sums.traffic += day.traffic;
    sums.results += day.results;
    ++sums.days;
  }
  return sums;
}

bool is_figure(std::span<const std::int64_t> row, EntityIndex entity) noexcept {
  return entity < row.size() && row[entity] != Amount::kMissing && row[entity] != Amount::kUnconverted;
}

double units(std::int64_t micros) noexcept {
  return static_cast<double>(micros) / static_cast<double>(Amount::kScale);
}

}  // namespace

// Of a day that is not over half of the results are taken to be still under way, beside those that come late:
// clicks are counted at once.
double Engine::State::arrived(Day day, const Arrivals* learnt) const noexcept {
  const auto age = static_cast<std::size_t>(std::max(0, age_of(day)));
  const double late = learnt == nullptr || age >= kMaturityAges ? 1 : learnt->shown[age];
  return day < today ? late : 0.5 * late;
}

std::vector<ResultsDay> Engine::State::results_days(std::string_view traffic, std::string_view results,
                                                    std::span<const EntityIndex> members,
                                                    DayRange days) const {
  std::vector<ResultsDay> list;
  const Arrivals* learnt = arrivals_of(cube.find_metric(results), members);
  for (Day day = days.first; day <= days.last; day = day + 1) {
    list.push_back({.traffic = metric_over(traffic, members, DayRange{day, day}),
                    .results = metric_over(results, members, DayRange{day, day}),
                    .arrived = arrived(day, learnt),
                    .day_variance = kDefaultDayVariance});
  }
  return list;
}

// Nothing where the traffic did not go on, or too little is known of before.
std::optional<ResultsRun> Engine::State::results_over(std::string_view traffic, std::string_view results,
                                                      std::span<const EntityIndex> members,
                                                      DayRange days) const {
  const Sums before = sums_of(results_days(traffic, results, members, baseline_of(days)));
  if (!(before.results >= kLeastBaseline) || !(before.traffic > 0)) return std::nullopt;
  const std::vector<ResultsDay> list = results_days(traffic, results, members, days);
  const Sums now_sums = sums_of(list);
  if (now_sums.days == 0 ||
      now_sums.traffic / now_sums.days < kTrafficGoesOn * before.traffic / before.days) {
    return std::nullopt;
  }
  return results_run(before.results / before.traffic, list);
}

ClientResults Engine::State::client_results(std::string_view traffic, DayRange days) const {
  for (const ResultsAsked& asked : results_asked) {
    if (asked.traffic == traffic && asked.days == days) return asked.results;
  }
  // In millionths: what they come to must not depend on the order in which entities became known.
  struct Campaign {
    std::int64_t traffic_before = 0;
    std::int64_t results_before = 0;
    double rate = 0;
    std::int64_t due = 0;
    std::int64_t seen = 0;
    std::int64_t came = 0;
  };
  // Figures of a channel or client as a whole stand for themselves.
  const std::size_t depth =
      std::min(strategy.dimensions.index_of("campaign") + 1, strategy.dimensions.names.size());
  std::map<Entity, std::uint32_t> numbers;
  std::vector<std::uint32_t> campaign_of(entities.size());
  for (EntityIndex i = 0; i < entities.size(); ++i) {
    campaign_of[i] =
        numbers.emplace(entities[i].prefix(depth), static_cast<std::uint32_t>(numbers.size())).first->second;
  }
  std::vector<Campaign> campaigns(numbers.size());
  const MetricIndex clicks = cube.find_metric(traffic);
  const MetricIndex conversions = cube.find_metric("conversions");
  if (clicks == Cube::kNoMetric || conversions == Cube::kNoMetric) return {};
  std::vector<EntityIndex> all(entities.size());
  std::iota(all.begin(), all.end(), EntityIndex{0});
  const Arrivals* learnt = arrivals_of(conversions, all);
  const DayRange earlier = baseline_of(days);
  // Clicks and results may come from different sources, of different depth: they meet at the campaign.
  struct DayOfCampaign {
    std::int64_t came = 0;
    std::int64_t brought = 0;
    bool came_known = false;
    bool brought_known = false;
  };
  std::vector<DayOfCampaign> day_of(campaigns.size());
  const auto each_campaign = [&](Day day, auto take) {
    std::fill(day_of.begin(), day_of.end(), DayOfCampaign());
    const auto traffic_row = cube.day_row(clicks, day);
    const auto results_row = cube.day_row(conversions, day);
    for (EntityIndex i = 0; i < entities.size(); ++i) {
      DayOfCampaign& one = day_of[campaign_of[i]];
      if (is_figure(traffic_row, i)) {
        one.came += traffic_row[i];
        one.came_known = true;
      }
      if (is_figure(results_row, i)) {
        one.brought += results_row[i];
        one.brought_known = true;
      }
    }
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
      if (day_of[i].came_known && day_of[i].brought_known)
        take(campaigns[i], day_of[i].came, day_of[i].brought);
    }
  };
  for (Day day = earlier.first; day <= earlier.last; day = day + 1) {
    each_campaign(day, [](Campaign& campaign, std::int64_t came, std::int64_t brought) {
      campaign.traffic_before += came;
      campaign.results_before += brought;
    });
  }
  for (Campaign& campaign : campaigns) {
    if (campaign.traffic_before <= 0) continue;
    campaign.rate =
        static_cast<double>(campaign.results_before) / static_cast<double>(campaign.traffic_before);
  }
  std::vector<ResultsDay> whole;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const double share = arrived(day, learnt);
    std::int64_t due_then = 0;  // of all that the day's traffic will bring, by each campaign's own rate
    std::int64_t seen_then = 0;
    each_campaign(day, [&](Campaign& campaign, std::int64_t came, std::int64_t brought) {
      if (!(campaign.rate > 0)) return;
      const double brings = campaign.rate * static_cast<double>(came);
      campaign.due += std::llround(brings * share);
      campaign.seen += brought;
      due_then += std::llround(brings);
      seen_then += brought;
      campaign.came += came;
    });
    whole.push_back({.traffic = units(due_then),
                     .results = units(seen_then),
                     .arrived = share,
                     .day_variance = kDefaultDayVariance});
  }
  ClientResults results;
  results.whole = results_run(1, whole);
  Campaign silent;
  for (const Campaign& campaign : campaigns) {
    const ResultsRun run{.due = units(campaign.due), .seen = units(campaign.seen)};
    if (!(run.due >= 1)) continue;
    ++results.campaigns;
    if (!run.collapsed()) continue;
    ++results.collapsed;
    silent.due += campaign.due;
    silent.seen += campaign.seen;
    silent.came += campaign.came;
  }
  results.silent = {.due = units(silent.due), .seen = units(silent.seen), .traffic = units(silent.came)};
  results_asked.push_back({std::string(traffic), days, results});
  return results;
}

bool Engine::State::has_own_source(std::string_view metric, std::string_view other, DayRange days) const {
  const MetricIndex one = stored_metric(metric);
  const MetricIndex another = stored_metric(other);
  if (one == Cube::kNoMetric || another == Cube::kNoMetric) return false;
  bool one_known = false;
  bool another_known = false;
  for (std::size_t i = 1; i <= sources.size(); ++i) {
    const auto source = static_cast<FigureSources::Source>(i);
    bool gave_one = false;
    bool gave_another = false;
    for (Day day = days.first; day <= days.last; day = day + 1) {
      if (!cube.holds(day)) continue;
      gave_one = gave_one || sources.gave_any(source, one, {.day = day});
      gave_another = gave_another || sources.gave_any(source, another, {.day = day});
    }
    if (gave_one && gave_another) return false;
    one_known = one_known || gave_one;
    another_known = another_known || gave_another;
  }
  return one_known && another_known;
}

std::optional<Diagnosis> Engine::State::broken_tracking(Window window,
                                                        std::span<const EntityIndex> members) const {
  const DayRange whole = timeframe_now(calendar, {window, 0}, now).days;
  const bool has_clicks = !std::isnan(metric_over("clicks", members, whole));
  const std::string_view traffic = has_clicks ? "clicks" : "sessions";
  std::vector<DayRange> stretches{whole};
  if (whole.length() > kOvernight) {
    // Of days that figures have come of: early in the day today has none yet.
    Day last = whole.last;
    while (last > whole.first + (kOvernight - 1) &&
           std::isnan(metric_over(traffic, members, DayRange{last, last})))
      last = last - 1;
    stretches.push_back({last - (kOvernight - 1), last});
  }
  for (const DayRange days : stretches) {
    const auto own = results_over(traffic, "conversions", members, days);
    if (!own || !own->collapsed()) continue;
    const ClientResults client = client_results(traffic, days);
    const Breakage breakage = judge_results(*own, client, stretches.size());
    if (breakage == Breakage::none) continue;
    std::vector<EntityIndex> everybody;
    if (breakage == Breakage::everywhere) {
      for (EntityIndex i = 0; i < entities.size(); ++i) everybody.push_back(i);
    }
    const std::span<const EntityIndex> whose =
        breakage == Breakage::everywhere ? std::span<const EntityIndex>(everybody) : members;
    std::optional<Witness> goes_on, stopped;
    for (const std::string_view metric : {"orders", "leads", "installs", "trials", "sessions"}) {
      const bool visits = metric == "sessions";
      if (visits ? traffic == "sessions" : !has_own_source(metric, "conversions", days)) continue;
      const auto run = results_over(traffic, metric, whose, days);
      if (!run) continue;
      const Witness witness{std::string(metric), *run};
      if (!visits && !goes_on && run->seen >= kStillGoing * run->due && run->seen >= kLeastOfWitness)
        goes_on = witness;
      if (!stopped && run->collapsed() && run->log_evidence >= std::log(20.0)) stopped = witness;
    }
    Diagnosis result;
    // Another source counts no results either: they did not come, so the figures are true.
    const bool figures_are_true = !goes_on && stopped && stopped->metric != "sessions";
    if (!figures_are_true) result.driver = std::string(kTrackingDriver);
    result.reason = tracking_sentence(breakage, *own, client, has_clicks ? "clicks" : "visits",
                                      days == whole ? "" : " in three days", goes_on, stopped);
    return result;
  }
  return std::nullopt;
}

}  // namespace tightrope::rules
