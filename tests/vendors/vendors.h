// One factory for each vendor.
#pragma once

#include <memory>

#include "tests/vendors/vendor.h"

namespace tightrope::vendors {

std::unique_ptr<Vendor> make_clockify();
std::unique_ptr<Vendor> make_ga4();
std::unique_ptr<Vendor> make_ga4_many_campaigns();
std::unique_ptr<Vendor> make_google_ads();
std::unique_ptr<Vendor> make_hubspot_contacts();
std::unique_ptr<Vendor> make_hubspot_deals();
std::unique_ptr<Vendor> make_hubspot_many_contacts();
std::unique_ptr<Vendor> make_klaviyo();
std::unique_ptr<Vendor> make_linkedin_ads();
std::unique_ptr<Vendor> make_mailchimp();
std::unique_ptr<Vendor> make_meta_ads();
std::unique_ptr<Vendor> make_meta_ads_asynchronous();
std::unique_ptr<Vendor> make_microsoft_ads();
std::unique_ptr<Vendor> make_plain_api();
std::unique_ptr<Vendor> make_search_console();
std::unique_ptr<Vendor> make_shopify_orders();
std::unique_ptr<Vendor> make_shopify_rest_orders();
std::unique_ptr<Vendor> make_stripe();
std::unique_ptr<Vendor> make_tiktok_ads();
std::unique_ptr<Vendor> make_toggl();

}  // namespace tightrope::vendors
