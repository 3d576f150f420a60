// What vendors of advertising share: campaigns and days.
#pragma once

#include <string>

#include "tests/vendors/ad_truth.h"
#include "tests/vendors/vendor.h"

namespace tightrope::vendors {

// Days of the account before and after the start of the world.
constexpr rules::DayRange days_around(int before, int after = 4) {
  return {kToday - before, kToday + after};
}

class AdVendor : public Vendor {
 public:
  explicit AdVendor(AdShape shape) : account_(shape) {}

  void restate(rules::DayRange days, rules::Timestamp) override { account_.restate(days); }
  void remove_rows(rules::DayRange days) override { account_.remove_rows(days); }

 protected:
  const AdTruth& account() const noexcept { return account_; }
  const Campaign& campaign(std::size_t index) const { return account_.campaigns()[index]; }
  // Spend, impressions, clicks; conversions and revenue, which nobody may have told.
  void add_usual(Truth& truth, const std::string& entity, rules::Day day, const AdFigures& figures) const;

 private:
  AdTruth account_;
};

constexpr std::int64_t kWhole = 1'000'000;  // millionths of one

// "20250301"
std::string compact_date(rules::Day day);
// The part [offset, offset + size) of so many rows, within bounds.
struct Page {
  std::size_t begin, end;
  bool last;
};
Page page_of(std::size_t rows, std::size_t offset, std::size_t size);

// Google's error object.
std::string google_error(int code, const std::string& status, const std::string& message,
                         const std::string& details = "");

}  // namespace tightrope::vendors
