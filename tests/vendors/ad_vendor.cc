#include "tests/vendors/ad_vendor.h"

#include <algorithm>

#include "tests/vendors/json_text.h"

namespace tightrope::vendors {

void AdVendor::add_usual(Truth& truth, const std::string& entity, rules::Day day,
                         const AdFigures& figures) const {
  truth.add(entity, day, "spend", figures.spend);
  truth.add(entity, day, "impressions", figures.impressions * kWhole);
  truth.add(entity, day, "clicks", figures.clicks * kWhole);
  if (figures.conversions_unknown) {
    truth.absent(entity, day, "conversions");
    truth.absent(entity, day, "revenue");
    return;
  }
  truth.add(entity, day, "conversions", figures.conversions);
  truth.add(entity, day, "revenue", figures.revenue);
}

std::string compact_date(rules::Day day) {
  std::string text = rules::to_string(day);
  std::erase(text, '-');
  return text;
}

Page page_of(std::size_t rows, std::size_t offset, std::size_t size) {
  const std::size_t begin = std::min(offset, rows);
  const std::size_t end = std::min(rows, begin + size);
  return {begin, end, end == rows};
}

std::string google_error(int code, const std::string& status, const std::string& message,
                         const std::string& details) {
  std::vector<std::string> members{member("code", std::to_string(code)),
                                   member("message", json_text(message)),
                                   member("status", json_text(status))};
  if (!details.empty()) members.push_back(member("details", details));
  return object({member("error", object(members))});
}

}  // namespace tightrope::vendors
