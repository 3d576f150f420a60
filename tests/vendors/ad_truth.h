// What happened in an advertising account: campaigns, days and figures. Generated from a seed, so that a test
// that fails fails again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rules/calendar.h"

namespace tightrope::vendors {

struct Campaign {
  std::string id;    // up to 19 digits
  std::string name;  // any Unicode, quotes and commas included
};

// One campaign on one day. Money and fractional counts in millionths, the others whole.
struct AdFigures {
  std::int64_t spend = 0, revenue = 0, conversions = 0;
  std::int64_t impressions = 0, clicks = 0, reach = 0, video_views = 0, leads = 0;
  bool conversions_unknown = false;  // the vendor says nothing of conversions, leads and revenue
};

struct AdShape {
  std::uint64_t seed = 1;
  int campaigns = 7;
  rules::DayRange days;
  std::int64_t money_step = 10'000;          // cents
  std::int64_t conversion_step = 1'000'000;  // whole conversions
  std::uint64_t first_id = 1'700'000'000'000'000'123;
};

class AdTruth {
 public:
  using Rows = std::map<std::pair<rules::Day, std::size_t>, AdFigures>;  // by day and campaign

  explicit AdTruth(AdShape shape);
  const std::vector<Campaign>& campaigns() const noexcept { return campaigns_; }
  const Rows& rows() const noexcept { return rows_; }  // days without activity have none

  // Other figures for about half of the rows of these days.
  void restate(rules::DayRange days);
  // A whole campaign, and the rows of others here and there, are gone from these days.
  void remove_rows(rules::DayRange days);

 private:
  AdFigures draw(rules::Day day, std::size_t campaign) const;

  AdShape shape_;
  std::uint64_t edition_ = 0;  // counts restatements
  std::vector<Campaign> campaigns_;
  Rows rows_;
};

// Names that have broken readers: quotes, commas, Unicode, percent signs.
std::string campaign_name(std::size_t index);

}  // namespace tightrope::vendors
