#include "tests/vendors/vendors.h"

namespace tightrope::vendors {

std::vector<NamedVendor> all_vendors() {
  return {{"http_json", make_plain_api},
          {"google_ads", make_google_ads},
          {"meta_ads", make_meta_ads},
          {"meta_ads_asynchronous", make_meta_ads_asynchronous},
          {"ga4", make_ga4},
          {"linkedin_ads", make_linkedin_ads},
          {"tiktok_ads", make_tiktok_ads},
          {"microsoft_ads", make_microsoft_ads},
          {"search_console", make_search_console},
          {"shopify_orders", make_shopify_orders},
          {"shopify_rest_orders", make_shopify_rest_orders},
          {"stripe", make_stripe},
          {"hubspot_deals", make_hubspot_deals},
          {"hubspot_contacts", make_hubspot_contacts},
          {"mailchimp", make_mailchimp},
          {"klaviyo", make_klaviyo},
          {"toggl", make_toggl},
          {"clockify", make_clockify}};
}

std::vector<NamedVendor> large_vendors() {
  return {{"ga4_many_campaigns", make_ga4_many_campaigns},
          {"hubspot_many_contacts", make_hubspot_many_contacts}};
}

}  // namespace tightrope::vendors
