#include "tests/vendors/ad_truth.h"

#include <array>
#include <string_view>

#include "tests/simulator/random.h"

namespace tightrope::vendors {
namespace {

using simulator::combine;
using simulator::Draws;

constexpr std::size_t kSilentCampaign = 3;  // whose conversions are never told
constexpr std::size_t kVanishingCampaign = 1;

std::int64_t below(Draws& draws, std::int64_t bound) {
  return static_cast<std::int64_t>(draws.next() % static_cast<std::uint64_t>(bound));
}

}  // namespace

std::string campaign_name(std::size_t index) {
  static constexpr std::array<std::string_view, 8> kNames{"Spring Sale",
                                                          "Z\u00fcrich, Winter | \"Neu\"",
                                                          "\u65e5\u672c \u30ad\u30e3\u30f3\u30da\u30fc\u30f3",
                                                          "it's 100% & <more>",
                                                          "EU;search+brand=1",
                                                          "back\\slash {curly} $x",
                                                          "na\u00efve \U0001F680 caf\u00e9",
                                                          "-- \u2014 dash"};
  std::string name(kNames[index % kNames.size()]);
  if (index >= kNames.size()) name += ' ' + std::to_string(index);
  return name;
}

AdTruth::AdTruth(AdShape shape) : shape_(shape) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape_.campaigns); ++i)
    campaigns_.push_back({std::to_string(shape_.first_id + 1'000'003 * i), campaign_name(i)});
  for (rules::Day day = shape_.days.first; day <= shape_.days.last; day = day + 1) {
    for (std::size_t i = 0; i < campaigns_.size(); ++i) {
      Draws draws(combine(combine(shape_.seed, 77 + i), static_cast<std::uint64_t>(day.number)));
      if (i > 0 && draws.uniform() < 0.12) continue;  // no activity
      rows_[{day, i}] = draw(day, i);
    }
  }
}

AdFigures AdTruth::draw(rules::Day day, std::size_t campaign) const {
  Draws draws(
      combine(combine(combine(shape_.seed, campaign), static_cast<std::uint64_t>(day.number)), edition_));
  AdFigures figures;
  figures.spend = below(draws, 2'500'000'000 / shape_.money_step) * shape_.money_step;
  figures.impressions = 1 + below(draws, 90'000);
  figures.clicks = below(draws, figures.impressions / 10 + 1);
  figures.reach = 1 + below(draws, figures.impressions);
  figures.video_views = below(draws, 400);
  figures.conversions_unknown = campaign == kSilentCampaign;
  if (figures.conversions_unknown) return figures;
  figures.conversions = below(draws, 20'000'000 / shape_.conversion_step) * shape_.conversion_step;
  figures.leads = below(draws, 9);
  if (figures.conversions > 0) figures.revenue = 10'000 + below(draws, 300'000) * 10'000;
  return figures;
}

void AdTruth::restate(rules::DayRange days) {
  ++edition_;
  for (auto& [key, figures] : rows_) {
    Draws draws(combine(combine(edition_, key.second), static_cast<std::uint64_t>(key.first.number)));
    if (days.contains(key.first) && draws.uniform() < 0.5) figures = draw(key.first, key.second);
  }
}

void AdTruth::remove_rows(rules::DayRange days) {
  ++edition_;
  std::erase_if(rows_, [&](const auto& row) {
    const auto& [day, campaign] = row.first;
    if (!days.contains(day) || (campaign == 0 && campaigns_.size() > 1)) return false;
    Draws draws(combine(combine(edition_, campaign), static_cast<std::uint64_t>(day.number)));
    if (campaign == 0) return day == days.first + 1;  // of the only one, a whole day
    return campaign == kVanishingCampaign || draws.uniform() < 0.2;
  });
}

}  // namespace tightrope::vendors
