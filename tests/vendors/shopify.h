// Shopify's orders, the same for GraphQL and REST.
#pragma once

#include <optional>
#include <string>

#include "tests/vendors/record_vendor.h"

namespace tightrope::vendors {

class Shopify : public RecordVendor {
 public:
  static constexpr const char* kToken = "shpat_secret_1";
  static constexpr const char* kZone = "America/New_York";
  static constexpr std::size_t kMostRows = 25;  // of a page; the vendor may give fewer than were asked for

  explicit Shopify(std::uint64_t seed)
      : RecordVendor({.seed = seed, .per_day = 12, .days = days_around(14), .zone = kZone}) {}

  Truth truth(rules::Timestamp now) const override;

 protected:
  VendorFacts facts_of(const std::string& report) const;
  // "/?utm_source=x&utm_campaign=Spring%20Sale", or nothing where the order came by no campaign.
  static std::optional<std::string> landing_site(const Record& record);
};

}  // namespace tightrope::vendors
