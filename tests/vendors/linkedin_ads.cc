// LinkedIn adAnalytics: Rest.li queries, which come as they are written and not re-encoded.
#include <algorithm>
#include <map>
#include <regex>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

HttpReply failure(int status, const std::string& code, const std::string& message, int service_code = 0) {
  std::vector<std::string> members{member("status", std::to_string(status))};
  if (service_code) members.push_back(member("serviceErrorCode", std::to_string(service_code)));
  members.push_back(member("code", json_text(code)));
  members.push_back(member("message", json_text(message)));
  return json_reply(object(members), status);
}

std::optional<rules::Day> day_of(const std::smatch& match, std::size_t from) {
  const auto number = [&](std::size_t i) { return std::stoi(match[i].str()); };
  const std::chrono::year_month_day date{std::chrono::year(number(from)),
                                         std::chrono::month(static_cast<unsigned>(number(from + 1))),
                                         std::chrono::day(static_cast<unsigned>(number(from + 2)))};
  if (!date.ok()) return std::nullopt;
  return rules::day_from_ymd(date);
}

struct Wanted {
  rules::DayRange days;
  std::vector<std::string> fields;
};

class LinkedInAds final : public AdVendor {
 public:
  LinkedInAds() : AdVendor({.seed = 44, .campaigns = 6, .days = days_around(45), .first_id = 777'000'111}) {}

  VendorFacts facts() const override {
    return {.name = "linkedin_ads",
            .connector = "linkedin_ads",
            .lookback = 30,
            .oauth = true,
            .with = {{"account_id", "999"}}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "GET" || request.path != "/rest/adAnalytics")
      return complain(situation, "no such path",
                      failure(404, "RESOURCE_NOT_FOUND", "No virtual resource found"));
    if (!situation.tokens.accepts(request.bearer(), situation.now)) return refused();
    static const std::regex kVersion(R"(20\d\d(0[1-9]|1[0-2]))");
    if (!std::regex_match(request.header("linkedin-version"), kVersion))
      return complain(situation, "LinkedIn-Version",
                      failure(400, "VERSION_MISSING", "A version must be present."));
    if (request.header("x-restli-protocol-version") != "2.0.0")
      return complain(situation, "X-Restli-Protocol-Version",
                      failure(400, "ILLEGAL_ARGUMENT", "Invalid protocol version"));
    Wanted wanted;
    const std::string wrong = read_wanted(request, wanted);
    if (!wrong.empty()) return complain(situation, wrong, failure(400, "ILLEGAL_ARGUMENT", wrong));
    std::vector<std::string> elements;
    for (const auto& [key, figures] : account().rows()) {
      if (wanted.days.contains(key.first)) elements.push_back(element(key, figures, wanted.fields));
    }
    return json_reply(R"({"paging":{"start":0,"count":10,"links":[]},"elements":)" + array(elements) + '}');
  }

  HttpReply refused() const override {
    return failure(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602);
  }
  HttpReply error_in_200(const Request&) const override {
    return failure(200, "INTERNAL_SERVER_ERROR", "Internal Server Error");
  }
  std::vector<Throttle> throttles() const override {
    return {
        {"UntilMidnightUtc",
         [](const Request&, rules::Timestamp) {
           return failure(429, "TOO_MANY_REQUESTS",
                          "Resource level throttle limit for calls to this resource is reached.");
         },
         [](rules::Timestamp now) { return rules::Timestamp(std::chrono::ceil<std::chrono::days>(now)); }}};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"leads", "reach", "video_views"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string entity = urn(key.second);
      add_usual(truth, entity, key.first, figures);
      truth.add(entity, key.first, "leads", figures.leads * kWhole);
      truth.add(entity, key.first, "reach", figures.reach * kWhole);
      truth.add(entity, key.first, "video_views", figures.video_views * kWhole);
    }
    return truth;
  }

 private:
  std::string urn(std::size_t index) const { return "urn:li:sponsoredCampaign:" + campaign(index).id; }

  static std::string read_wanted(const Request& request, Wanted& wanted) {
    static const std::regex kRange(
        R"(\(start:\(year:(\d+),month:(\d+),day:(\d+)\),end:\(year:(\d+),month:(\d+),day:(\d+)\)\))");
    static const std::set<std::string> kFields{"pivotValues",
                                               "dateRange",
                                               "impressions",
                                               "clicks",
                                               "landingPageClicks",
                                               "costInLocalCurrency",
                                               "costInUsd",
                                               "externalWebsiteConversions",
                                               "oneClickLeads",
                                               "conversionValueInLocalCurrency",
                                               "approximateMemberReach",
                                               "videoViews"};
    std::map<std::string, std::string> raw;
    for (std::string rest = request.raw_query; !rest.empty();) {
      const std::string part = rest.substr(0, rest.find('&'));
      rest.erase(0, part.size() + 1);
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) return "a parameter without a value";
      raw[part.substr(0, equals)] = part.substr(equals + 1);
    }
    for (const auto& [name, value] : raw) {
      static const std::set<std::string> kNames{"q",         "pivot",    "timeGranularity",
                                                "dateRange", "accounts", "fields"};
      if (!kNames.contains(name)) return "unknown parameter " + name;
    }
    if (raw["q"] != "analytics") return "q";
    if (raw["pivot"] != "CAMPAIGN" && raw["pivot"] != "(value:CAMPAIGN)") return "pivot";
    if (raw["timeGranularity"] != "DAILY" && raw["timeGranularity"] != "(value:DAILY)")
      return "timeGranularity";
    if (raw["accounts"] != "List(urn%3Ali%3AsponsoredAccount%3A999)") return "accounts";
    std::smatch range;
    if (!std::regex_match(raw["dateRange"], range, kRange)) return "dateRange";
    const auto first = day_of(range, 1), last = day_of(range, 4);
    if (!first || !last || *last < *first) return "dateRange has no such days";
    wanted.days = {*first, *last};
    for (std::string rest = raw["fields"]; !rest.empty();) {
      const std::string field = rest.substr(0, rest.find(','));
      rest.erase(0, field.size() + 1);
      if (!kFields.contains(field)) return "unknown field " + field;
      wanted.fields.push_back(field);
    }
    return wanted.fields.size() > 20 ? "more than 20 fields" : "";
  }

  std::string element(const std::pair<rules::Day, std::size_t>& key, const AdFigures& figures,
                      const std::vector<std::string>& fields) const {
    const auto date = rules::ymd_from_day(key.first);
    const std::string day = "{\"year\":" + std::to_string(static_cast<int>(date.year())) +
                            ",\"month\":" + std::to_string(static_cast<unsigned>(date.month())) +
                            ",\"day\":" + std::to_string(static_cast<unsigned>(date.day())) + '}';
    // Money has a tail, as a double that was printed whole.
    const auto money = [](std::int64_t micros) { return json_text(fixed(micros, 2) + "00000000000028"); };
    std::vector<std::string> members;
    for (const std::string& field : fields) {
      std::string value;
      if (field == "pivotValues") value = array({json_text(urn(key.second))});
      if (field == "dateRange") value = object({member("start", day), member("end", day)});
      if (field == "impressions") value = std::to_string(figures.impressions);
      if (field == "clicks") value = std::to_string(figures.clicks);
      if (field == "landingPageClicks") value = std::to_string(figures.clicks / 2);
      if (field == "costInLocalCurrency") value = money(figures.spend);
      if (field == "costInUsd") value = money(figures.spend + 10'000);
      if (field == "oneClickLeads") value = std::to_string(figures.leads);
      if (field == "approximateMemberReach") value = std::to_string(figures.reach);
      if (field == "videoViews") value = std::to_string(figures.video_views);
      if (!figures.conversions_unknown) {
        if (field == "externalWebsiteConversions") value = decimal(figures.conversions);
        if (field == "conversionValueInLocalCurrency") value = money(figures.revenue);
      }
      if (!value.empty()) members.push_back(member(field, value));
    }
    return object(members);
  }
};

}  // namespace

std::unique_ptr<Vendor> make_linkedin_ads() {
  return std::make_unique<LinkedInAds>();
}

}  // namespace tightrope::vendors
