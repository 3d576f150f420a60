#include "tests/vendors/shopify.h"

namespace tightrope::vendors {

VendorFacts Shopify::facts_of(const std::string& report) const {
  return {.name = "shopify_" + report,
          .connector = "shopify",
          .timezone = kZone,
          .currency = "USD",
          .lookback = 7,
          .least_requests = 3,
          .with = {{"shop", "acme"}, {"report", report}, {"access_token", kToken}},
          .secrets = {kToken}};
}

std::optional<std::string> Shopify::landing_site(const Record& record) {
  if (record.campaign == kNoCampaign) return std::nullopt;
  return "/?utm_source=x&utm_campaign=" + percent_encoded(campaign_of(record)) + "&utm_medium=cpc";
}

Truth Shopify::truth(rules::Timestamp now) const {
  Truth truth;
  truth.optional_metrics = {"conversions"};
  for (const Record& record : book().records()) {
    if (!visible(record, now)) continue;
    if (record.test || record.voided) continue;
    const rules::Day day = book().day_of(record);
    truth.add("", day, "orders", kWhole);
    truth.add("", day, "conversions", kWhole);
    truth.add("", day, "revenue", record.amount);
  }
  return truth;
}

}  // namespace tightrope::vendors
