// What vendors of single records share: orders, charges, deals, mailings, time entries.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/record_truth.h"
#include "tests/vendors/vendor.h"

namespace tightrope::vendors {

class RecordVendor : public Vendor {
 public:
  explicit RecordVendor(RecordShape shape) : book_(std::move(shape)) {}

  void restate(rules::DayRange days, rules::Timestamp now) override { book_.restate(days, now); }
  void remove_rows(rules::DayRange days) override { book_.remove_rows(days); }

 protected:
  const RecordTruth& book() const noexcept { return book_; }
  // Vendors show what happened with up to an hour's delay, so that a poll that takes its time sees one truth.
  static bool visible(const Record& record, rules::Timestamp now) {
    return record.at <= std::chrono::floor<std::chrono::hours>(now);
  }
  // Those that are visible and pass, in the order of time.
  std::vector<const Record*> happened(rules::Timestamp now,
                                      const std::function<bool(const Record&)>& pass) const {
    std::vector<const Record*> found;
    for (const Record& record : book_.records()) {
      if (visible(record, now) && pass(record)) found.push_back(&record);
    }
    return found;
  }

 private:
  RecordTruth book_;
};

// The last campaign is none: a record that came by no campaign.
constexpr std::size_t kNoCampaign = 5;
inline std::string campaign_of(const Record& record) {
  return record.campaign == kNoCampaign ? std::string() : campaign_name(record.campaign);
}

// Hours of work, each on the day it was done: what lasts over midnight is split there.
void add_hours(Truth& truth, const std::string& project, const Record& record,
               const rules::Calendar& calendar);

// A text of digits, or nothing.
std::optional<std::int64_t> whole_number(const std::string& text);

}  // namespace tightrope::vendors
