#include "tests/bench/campaigns.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>

#include "rules/kpi.h"

namespace tightrope::bench {
namespace {

using rules::BoundKind;

struct TargetOn {
  const char* kpi;
  BoundKind kind;
  std::int16_t days;
};
constexpr std::array<TargetOn, kTargets> kTargetsOn{{
    {"cpm", BoundKind::at_most, 7},
    {"cpc", BoundKind::at_most, 7},
    {"cpa", BoundKind::at_most, 7},
    {"acos", BoundKind::at_most, 14},
    {"spend", BoundKind::at_most, 7},
    {"ctr", BoundKind::at_least, 7},
    {"cvr", BoundKind::at_least, 14},
    {"rpc", BoundKind::at_least, 14},
    {"aov", BoundKind::at_least, kLongestWindow},
    {"roas", BoundKind::at_least, kLongestWindow},
}};

constexpr std::array<std::string_view, 4> kChannels{"search", "social", "video", "display"};

// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

// Close to normal, mean 0 and variance 1: four uniform numbers of 16 bits, added.
double normal(std::uint64_t bits) noexcept {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += static_cast<double>((bits >> (16 * i)) & 0xffff) / 65536;
  return (sum - 2) * std::sqrt(3.0);
}

double weekday_share(rules::Day day) noexcept {
  const std::chrono::weekday weekday{std::chrono::sys_days(std::chrono::days(day.number))};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday ? 0.7 : 1;
}

rules::Amount whole(double value) noexcept {
  return rules::Amount::from_units(std::llround(value));
}
rules::Amount cents(double value) noexcept {
  return rules::Amount::from_micros(std::llround(value * 100) * 10'000);
}

rules::Strategy without_targets() {
  static const rules::KpiLibrary kLibrary;
  rules::Strategy result;
  result.client = "acme";
  result.metrics.assign(kLibrary.metrics().begin(), kLibrary.metrics().end());
  result.kpis.assign(kLibrary.kpis().begin(), kLibrary.kpis().end());
  return result;
}

// The value between the last that is kept and the first that is missed, `missed` of the sorted values lying
// beyond it (a few less where values are equal).
double between(const std::vector<double>& sorted, std::size_t missed) {
  for (std::size_t first = sorted.size() - missed; first < sorted.size(); ++first) {
    const double low = sorted[first - 1];
    const double high = sorted[first];
    if (std::abs(high - low) > 1e-6 * std::abs(high)) return (low + high) / 2;
  }
  throw std::runtime_error("the campaigns' values are all equal: no bound parts them");
}

}  // namespace

Campaigns::Campaigns(std::size_t count, std::uint64_t seed) : seed_(mix(seed)) {
  const auto trait = [&](std::size_t campaign, std::uint64_t kind, double median, double width) {
    return median * std::exp(width * normal(mix(seed_ ^ mix(campaign * 16 + kind))));
  };
  for (std::size_t i = 0; i < count; ++i) {
    traits_.push_back({.impressions = trait(i, 0, 20'000, 0.8),
                       .ctr = trait(i, 1, 0.02, 0.3),
                       .cpc = trait(i, 2, 0.9, 0.4),
                       .cvr = trait(i, 3, 0.03, 0.3),
                       .order_value = trait(i, 4, 80, 0.5)});
  }
}

rules::Entity Campaigns::entity(std::size_t campaign) const {
  const std::string number = std::to_string(campaign);
  rules::Entity entity;
  entity.path = {std::string(kChannels[campaign % kChannels.size()]),
                 "boots-" + std::string(6 - std::min<std::size_t>(6, number.size()), '0') + number};
  return entity;
}

double Campaigns::noise(std::size_t campaign, rules::Day day, std::uint64_t kind,
                        double width) const noexcept {
  const auto number = static_cast<std::uint64_t>(day.number);
  return std::exp(width * normal(mix(mix(seed_ + campaign) ^ (number * 16 + kind))));
}

std::array<rules::Amount, kMetrics.size()> Campaigns::figures(std::size_t campaign, rules::Day day) const {
  const Traits& traits = traits_[campaign];
  const double impressions =
      std::round(traits.impressions * weekday_share(day) * noise(campaign, day, 0, 0.2));
  const double clicks = std::max(1.0, std::round(impressions * traits.ctr * noise(campaign, day, 1, 0.1)));
  const double conversions = std::max(1.0, std::round(clicks * traits.cvr * noise(campaign, day, 2, 0.3)));
  const double spend = clicks * traits.cpc * noise(campaign, day, 3, 0.05);
  const double revenue = conversions * traits.order_value * noise(campaign, day, 4, 0.15);
  return {cents(spend),           whole(impressions),  whole(clicks),     whole(conversions),
          cents(revenue),         whole(clicks * 0.9), whole(clicks / 7), whole(conversions),
          whole(conversions / 2), whole(clicks / 40)};
}

Bounds lenient_bounds() {
  Bounds bounds;
  for (std::size_t i = 0; i < kTargets; ++i) bounds[i] = kTargetsOn[i].kind == BoundKind::at_most ? 1e12 : 0;
  return bounds;
}

Bounds bounds_missed_by(const rules::Engine& engine, double share) {
  Bounds bounds;
  for (std::size_t i = 0; i < kTargets; ++i) {
    const rules::TargetView view = engine.target(i);
    const bool at_most = kTargetsOn[i].kind == BoundKind::at_most;
    std::vector<double> badness;  // ascending: the last are the worst
    for (std::size_t node = 0; node < view.verdicts.size(); ++node) {
      const double value = view.verdicts[node].value;
      badness.push_back(at_most ? value : -value);
    }
    std::sort(badness.begin(), badness.end());
    const auto missed = static_cast<std::size_t>(std::llround(share * static_cast<double>(badness.size())));
    const double worst = std::abs(badness.back());
    const double bound = missed == 0 ? worst * (at_most ? 2 : 0.5) : std::abs(between(badness, missed));
    bounds[i] = bound;
  }
  return bounds;
}

rules::Strategy strategy(const Bounds& bounds, std::optional<double> confidence) {
  rules::Objective objective;
  objective.name = "boots";
  objective.why = "To be measured.";
  objective.owner = "nobody";
  for (std::size_t i = 0; i < kTargets; ++i) {
    const TargetOn& on = kTargetsOn[i];
    rules::Target target;
    target.name = "boots_" + std::string(on.kpi);
    target.kpi = on.kpi;
    target.kind = on.kind;
    target.bounds = {on.kind == BoundKind::at_most ? rules::Bound{.high = bounds[i]}
                                                   : rules::Bound{.low = bounds[i]}};
    target.over = {.kind = rules::Window::Kind::days, .length = on.days};
    target.per = {2};
    target.confidence = confidence;
    objective.targets.push_back(std::move(target));
  }
  rules::Strategy result = without_targets();
  result.objectives.push_back(std::move(objective));
  return result;
}

DayBatch::DayBatch(const Campaigns& campaigns, std::size_t metrics)
    : campaigns_(campaigns), metrics_(metrics) {
  rules::ObservationBatch batch;
  batch.source = "bench";
  for (std::size_t i = 0; i < campaigns.size(); ++i) batch.entities.push_back(campaigns.entity(i));
  batch.metrics.assign(kMetrics.begin(), kMetrics.begin() + static_cast<std::ptrdiff_t>(metrics));
  batch.rows.resize(campaigns.size() * metrics);
  event_ = std::move(batch);
}

const rules::Event& DayBatch::fill(rules::Day day, rules::Timestamp learnt) {
  auto& batch = std::get<rules::ObservationBatch>(event_);
  batch.learnt = learnt;
  std::size_t row = 0;
  for (std::size_t i = 0; i < campaigns_.size(); ++i) {
    const auto figures = campaigns_.figures(i, day);
    for (std::size_t metric = 0; metric < metrics_; ++metric) {
      batch.rows[row++] = {.entity = static_cast<std::uint32_t>(i),
                           .metric = static_cast<std::uint32_t>(metric),
                           .bucket = {.day = day},
                           .value = figures[metric]};
    }
  }
  return event_;
}

rules::Engine engine_with_history(const Campaigns& campaigns, std::size_t metrics, int days,
                                  rules::Timestamp now) {
  rules::Engine engine(without_targets());
  DayBatch batch(campaigns, metrics);
  const rules::Day today = engine.calendar().day_of(now);
  for (int back = days - 1; back >= 0; --back) {
    engine.apply(batch.fill(today - back, now - std::chrono::days(back)));
  }
  // The oldest day may be one more than is held.
  if (engine.stats().cells < campaigns.size() * metrics * static_cast<std::size_t>(days - 1)) {
    throw std::runtime_error("the engine holds " + std::to_string(engine.stats().cells) +
                             " figures, which is not " + std::to_string(days - 1) + " days of them");
  }
  engine.adopt(strategy(lenient_bounds()), now);
  return engine;
}

std::uint64_t reevaluate(rules::Engine& engine) {
  return engine.recheck();
}

double cpu_seconds() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  if (!(statm >> pages >> resident))
    throw std::runtime_error("/proc/self/statm cannot be read: is /proc mounted?");
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace tightrope::bench
