#include "tests/rules/campaign_streams.h"

#include <algorithm>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <utility>

namespace tightrope::rules::testing {
namespace {

using DayEffect = StreamSetting::DayEffect;

constexpr std::array<StreamSetting, 5> kSettings{{
    {.name = "reference", .title = "negative-binomial days, day CV 0.3 (the reference)"},
    {.name = "poisson", .title = "pure Poisson days", .day_effect = DayEffect::none, .day_cv = 0},
    {.name = "season", .title = "day CV 0.3 and a weekly season", .weekly_season = true},
    {.name = "autocorrelated",
     .title = "autocorrelated log-normal days, AR(1) 0.5, day CV 0.3",
     .day_effect = DayEffect::log_normal,
     .autocorrelation = 0.5},
    {.name = "late",
     .title = "day CV 0.3, conversions come late: 44 % seen on their day",
     .conversions_late = true},
}};

// Monday first; the mean is 1.
constexpr std::array<double, 7> kSeason{1.12, 1.10, 1.08, 1.05, 1.00, 0.82, 0.83};

// Of conversions that come late, a share is seen at once; the others after an exponential time, none later
// than `kLatest`. The share follows from how many are seen by the end of their day.
constexpr double kSeenOnTheDay = 0.44;
constexpr double kMeanLag = 3.5;  // days, before the latest are cut off
constexpr double kLatest = 14;

// Of those that are not seen at once, how many are after so many days, on average over a stretch of them.
double mean_seen_within(double from, double to) noexcept {
  const double end = std::min(to, kLatest);
  const double begin = std::min(from, kLatest);
  const double part = (end - begin + kMeanLag * (std::exp(-end / kMeanLag) - std::exp(-begin / kMeanLag))) /
                      -std::expm1(-kLatest / kMeanLag);
  return (part + (to - end) - (from - begin)) / (to - from);
}

double share_at_once() noexcept {
  const double later = mean_seen_within(0, 1);
  return (kSeenOnTheDay - later) / (1 - later);
}

// The finalizer of SplitMix64: seeds that differ little give numbers that have nothing in common.
std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

std::span<const StreamSetting> stream_settings() noexcept {
  return kSettings;
}

std::optional<StreamSetting> find_stream_setting(std::string_view name) noexcept {
  const auto* place = std::find_if(kSettings.begin(), kSettings.end(),
                                   [&](const StreamSetting& setting) { return setting.name == name; });
  return place == kSettings.end() ? std::nullopt : std::optional(*place);
}

CampaignStreams::CampaignStreams(const StreamSetting& setting, std::size_t count, int looks_a_day,
                                 std::uint64_t seed)
    : setting_(setting), looks_a_day_(looks_a_day), campaigns_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    Campaign& campaign = campaigns_[i];
    campaign.random.seed(mix(mix(seed) + i));
    campaign.log_effect = boost::random::normal_distribution<double>()(campaign.random);
    if (setting_.conversions_late) campaign.late.resize(static_cast<std::size_t>(kDaysKept * looks_a_day));
  }
}

void CampaignStreams::begin_day(Campaign& campaign) {
  const double variance = setting_.day_cv * setting_.day_cv;
  switch (setting_.day_effect) {
    case DayEffect::none:
      campaign.effect = 1;
      return;
    case DayEffect::gamma:
      campaign.effect = boost::random::gamma_distribution<double>(1 / variance, variance)(campaign.random);
      return;
    case DayEffect::log_normal: {
      const double kept = setting_.autocorrelation;
      const double fresh = boost::random::normal_distribution<double>()(campaign.random);
      campaign.log_effect = kept * campaign.log_effect + std::sqrt(1 - kept * kept) * fresh;
      const double log_variance = std::log1p(variance);
      campaign.effect = std::exp(std::sqrt(log_variance) * campaign.log_effect - log_variance / 2);
      return;
    }
  }
}

void CampaignStreams::advance(double cpa_factor, std::size_t each) {
  ++look_;
  if (look_ == looks_a_day_) {
    look_ = 0;
    ++day_;
  }
  changes_.clear();
  const int part = day_ * looks_a_day_ + look_;
  const auto today = static_cast<std::size_t>(day_ % kDaysKept);
  for (std::uint32_t i = 0; i < campaigns_.size(); ++i) {
    Campaign& campaign = campaigns_[i];
    if (look_ == 0) {
      campaign.seen[today] = 0;
      begin_day(campaign);
    }
    const double factor = is_one_of(i, each) ? cpa_factor : 1;
    const double mean = expected_a_day(i) * season(day_) * campaign.effect / (factor * looks_a_day_);
    // A day effect so small that nothing can come.
    int fresh = mean > 0 ? boost::random::poisson_distribution<int, double>(mean)(campaign.random) : 0;
    if (!campaign.late.empty()) {
      const int born = std::exchange(fresh, 0);
      for (int n = 0; n < born; ++n) {
        const int seen_at = part + parts_until_seen(campaign);
        const int age = seen_at / looks_a_day_ - day_;
        auto& due = campaign.late[static_cast<std::size_t>(seen_at) % campaign.late.size()];
        ++due[static_cast<std::size_t>(age)];
      }
      auto& due = campaign.late[static_cast<std::size_t>(part) % campaign.late.size()];
      fresh = due[0];
      for (int age = 1; age < kDaysKept; ++age)
        see(campaign, i, day_ - age, due[static_cast<std::size_t>(age)]);
      due.fill(0);
    }
    if (look_ == 0 && fresh == 0) changes_.push_back({i, day_, 0});
    see(campaign, i, day_, fresh);
  }
}

void CampaignStreams::see(Campaign& campaign, std::uint32_t index, int day, int more) {
  if (more == 0) return;
  int& seen = campaign.seen[static_cast<std::size_t>(day % kDaysKept)];
  seen += more;
  changes_.push_back({index, day, seen});
}

int CampaignStreams::parts_until_seen(Campaign& campaign) {
  static const double at_once = share_at_once();
  boost::random::uniform_01<double> uniform;
  if (uniform(campaign.random) < at_once) return 0;
  boost::random::exponential_distribution<double> lag(1 / kMeanLag);
  double days = lag(campaign.random);
  while (days > kLatest) days = lag(campaign.random);
  return static_cast<int>(uniform(campaign.random) + days * looks_a_day_);
}

int CampaignStreams::conversions(std::size_t campaign, int day) const noexcept {
  return campaigns_[campaign].seen[static_cast<std::size_t>(day % kDaysKept)];
}

double CampaignStreams::season(int day) const noexcept {
  return setting_.weekly_season ? kSeason[static_cast<std::size_t>(day) % kSeason.size()] : 1;
}

double CampaignStreams::maturity(int day) const noexcept {
  if (!setting_.conversions_late) return 1;
  const double at_once = share_at_once();
  const double since_its_end = day_ - day - 1 + elapsed();  // negative: the day is not over
  const double later = since_its_end < 0 ? mean_seen_within(0, since_its_end + 1)
                                         : mean_seen_within(since_its_end, since_its_end + 1);
  return at_once + (1 - at_once) * later;
}

}  // namespace tightrope::rules::testing
