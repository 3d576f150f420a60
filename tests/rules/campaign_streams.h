// Campaigns with a known true CPA, whose spend and conversions come in look by look, as a poller would see
// them: for measuring how often checks cry wolf, and how soon they see a real change.
#pragma once

#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tightrope::rules::testing {

// How conversions come about, given spend.
struct StreamSetting {
  // What each day multiplies its expected conversions by; its mean is 1.
  enum class DayEffect : std::uint8_t { none, gamma, log_normal };

  std::string_view name;   // for options
  std::string_view title;  // for people
  DayEffect day_effect = DayEffect::gamma;
  double day_cv = 0.3;            // coefficient of variation of the day effect
  double autocorrelation = 0;     // AR(1), of the logarithm; only of log-normal effects
  bool weekly_season = false;     // conversions per spend depend on the weekday
  bool conversions_late = false;  // 44 % are seen by the end of their day, the last after two weeks
};
std::span<const StreamSetting> stream_settings() noexcept;
std::optional<StreamSetting> find_stream_setting(std::string_view name) noexcept;

constexpr std::array<double, 5> kTiers{1, 3, 10, 30, 100};  // conversions a day expected at the target
constexpr double kTargetCpa = 40;

// All campaigns of one setting. Spend is even: every day as much as its conversions may cost at the target,
// and as much in every hour. Days count from 0, which is a Monday; a look ends each of `looks_a_day` equal
// parts of a day. Each campaign draws its own random numbers: how many there are changes none of them.
class CampaignStreams {
 public:
  // REQUIRES: looks_a_day >= 1.
  CampaignStreams(const StreamSetting& setting, std::size_t count, int looks_a_day, std::uint64_t seed);

  // The next part of a day goes by, with a true CPA of so many times the target for every `each`-th campaign
  // of a tier, and exactly on target for the others. All below is as of its end.
  void advance(double cpa_factor, std::size_t each = 1);
  static bool is_one_of(std::size_t campaign, std::size_t each) noexcept {
    return campaign / kTiers.size() % each == 0;
  }

  std::size_t size() const noexcept { return campaigns_.size(); }
  static std::size_t tier(std::size_t campaign) noexcept { return campaign % kTiers.size(); }
  static double expected_a_day(std::size_t campaign) noexcept { return kTiers[tier(campaign)]; }

  int day() const noexcept { return day_; }    // of the last part
  int look() const noexcept { return look_; }  // which part of the day it was, from 0
  double elapsed() const noexcept { return (look_ + 1.0) / looks_a_day_; }  // share of the day
  // What a campaign's conversions of a day have come to, as they are seen now. REQUIRES: the day is one of
  // the last kDaysKept.
  int conversions(std::size_t campaign, int day) const noexcept;
  static constexpr int kDaysKept = 16;

  // Days whose conversions changed in the last part; and all of today when the day began.
  struct Change {
    std::uint32_t campaign;
    int day;
    int conversions;
  };
  std::span<const Change> changes() const noexcept { return changes_; }

  // Known to whoever knows the setting: the share of the mean that a weekday has ...
  double season(int day) const noexcept;
  // ... and the share of a day's conversions that is seen by now, of what was spent by now.
  double maturity(int day) const noexcept;

 private:
  struct Campaign {
    boost::random::mt19937_64 random;
    double log_effect = 0;  // of an autocorrelated effect, in standard deviations
    double effect = 1;      // of the day
    std::array<int, kDaysKept> seen{};
    // Conversions that are still to be seen: by the part in which they will be, and the age of their day
    // then.
    std::vector<std::array<std::uint16_t, kDaysKept>> late;
  };
  void begin_day(Campaign& campaign);
  void see(Campaign& campaign, std::uint32_t index, int day, int more);
  // In how many parts from now a conversion of this part is seen.
  int parts_until_seen(Campaign& campaign);

  StreamSetting setting_;
  int looks_a_day_;
  int day_ = 0;
  int look_ = -1;
  std::vector<Campaign> campaigns_;
  std::vector<Change> changes_;
};

}  // namespace tightrope::rules::testing
