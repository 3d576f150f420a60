// TikTok Marketing API v1.3: errors come with status 200.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kToken = "tiktok-secret-token";
constexpr const char* kAdvertiser = "7000000000000000001";
constexpr int kMostDays = 30;
constexpr std::size_t kMostRows = 1000;

HttpReply failure(int code, const std::string& message) {
  return json_reply(object({member("code", std::to_string(code)), member("message", json_text(message)),
                            member("request_id", json_text("20250311")), member("data", "{}")}));
}

std::vector<std::string> list_of(const std::optional<std::string>& text) {
  std::vector<std::string> out;
  boost::system::error_code error;
  const auto value = boost::json::parse(text.value_or(""), error);
  if (error || !value.is_array()) return out;
  for (const auto& element : value.as_array()) {
    out.push_back(element.is_string() ? std::string(element.as_string()) : std::string());
  }
  return out;
}

class TikTokAds final : public AdVendor {
 public:
  // So many that a month of them does not fit on a page.
  TikTokAds() : AdVendor({.seed = 55, .campaigns = 44, .days = days_around(50)}) {}

  VendorFacts facts() const override {
    return {.name = "tiktok_ads",
            .connector = "tiktok_ads",
            .timezone = "Asia/Tokyo",
            .currency = "JPY",
            .lookback = 45,  // more than one request may ask for
            .least_requests = 2,
            .page_faults = {PageFault::half},
            .with = {{"advertiser_id", kAdvertiser}, {"access_token", kToken}},
            .secrets = {kToken}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "GET" || request.path != "/open_api/v1.3/report/integrated/get/")
      return complain(situation, "no such path", html_reply(404, "404 page not found"));
    const std::string token = request.header("access-token");
    if (token.empty()) return complain(situation, "Access-Token", failure(40104, "Access token is empty."));
    if (token != kToken) return refused();
    const std::string unknown = request.unknown_in_query(
        {"advertiser_id", "report_type", "data_level", "dimensions", "metrics", "start_date", "end_date",
         "page", "page_size", "service_type", "order_field", "order_type", "query_lifetime"});
    if (!unknown.empty()) return wrong(situation, unknown + ": unknown field.");
    if (request.asked("advertiser_id") != kAdvertiser) return wrong(situation, "advertiser_id");
    if (request.asked("report_type") != "BASIC") return wrong(situation, "report_type");
    if (request.asked("data_level") != "AUCTION_CAMPAIGN") return wrong(situation, "data_level");
    auto dimensions = list_of(request.asked("dimensions"));
    std::sort(dimensions.begin(), dimensions.end());
    if (dimensions != std::vector<std::string>{"campaign_id", "stat_time_day"})
      return wrong(situation, "dimensions");
    const auto metrics = list_of(request.asked("metrics"));
    for (const std::string& name : metrics) {
      if (!known(name)) return wrong(situation, "metrics: " + name);
    }
    if (metrics.empty()) return wrong(situation, "metrics");
    const auto first = rules::parse_day(request.asked("start_date").value_or(""));
    const auto last = rules::parse_day(request.asked("end_date").value_or(""));
    if (!first || !last || *last < *first) return wrong(situation, "start_date, end_date");
    if (*last - *first + 1 > kMostDays)
      return wrong(situation, "The date range can't be larger than 30 days.");
    const std::size_t size = number(request.asked("page_size").value_or("10"));
    const std::size_t at = number(request.asked("page").value_or("1"));
    if (size < 1 || size > kMostRows || at < 1) return wrong(situation, "page, page_size");
    return page_reply({*first, *last}, metrics, at, size, situation);
  }

  HttpReply refused() const override {
    return failure(40105, "Access token is incorrect or has been revoked.");
  }
  HttpReply error_in_200(const Request&) const override {
    return failure(50000, "Internal service timed out.");
  }

  std::vector<Throttle> throttles() const override {
    const auto saying = [](std::string name, int code, std::string message, rules::Duration wait) {
      return Throttle{std::move(name),
                      [=](const Request&, rules::Timestamp) { return failure(code, message); },
                      [wait](rules::Timestamp now) { return now + wait; }};
    };
    const std::string message = "Too many requests. Please retry in some time.";
    return {saying("Code40100", 40100, message, std::chrono::minutes(5)),
            saying("Code40016", 40016, message, std::chrono::minutes(5)),
            saying("Code40133", 40133, "Advertiser QPS limit reached.", std::chrono::seconds(1))};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"reach", "frequency", "video_views", "revenue"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string& name = campaign(key.second).name;
      add_usual(truth, name, key.first, figures);
      truth.add(name, key.first, "reach", figures.reach * kWhole);
      truth.add(name, key.first, "frequency", figures.impressions * 100 / figures.reach * 10'000);
      truth.add(name, key.first, "video_views", figures.video_views * kWhole);
      // A dash is no zero.
      if (figures.conversions_unknown) truth.figures.erase({name, key.first, "conversions"});
    }
    return truth;
  }

 private:
  static std::size_t number(const std::string& text) {
    const bool digits = !text.empty() && text.size() < 9 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::stoul(text) : 0;
  }
  static bool known(const std::string& metric) {
    static const std::set<std::string> kMetrics{"spend",
                                                "impressions",
                                                "clicks",
                                                "conversion",
                                                "reach",
                                                "frequency",
                                                "video_play_actions",
                                                "campaign_name",
                                                "total_purchase_value",
                                                "total_complete_payment",
                                                "total_complete_payment_rate",
                                                "currency",
                                                "complete_payment"};
    return kMetrics.contains(metric);
  }
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure(40002, what));
  }

  std::string metric(const std::string& name, std::size_t index, const AdFigures& figures) const {
    if (name == "spend") return json_text(fixed(figures.spend, 2));
    if (name == "impressions") return json_text(std::to_string(figures.impressions));
    if (name == "clicks") return json_text(std::to_string(figures.clicks));
    if (name == "conversion")
      return json_text(figures.conversions_unknown ? "-" : decimal(figures.conversions));
    if (name == "reach") return json_text(std::to_string(figures.reach));
    if (name == "frequency") return json_text(fixed(figures.impressions * 100 / figures.reach * 10'000, 2));
    if (name == "video_play_actions") return std::to_string(figures.video_views);  // a number among texts
    if (name == "campaign_name") return json_text(campaign(index).name);
    if (name == "currency") return json_text("JPY");
    return json_text(figures.conversions_unknown ? "-" : fixed(figures.revenue, 2));
  }

  HttpReply page_reply(rules::DayRange days, const std::vector<std::string>& metrics, std::size_t at,
                       std::size_t size, Situation& situation) const {
    std::vector<std::string> rows;
    std::size_t total = 0;
    for (const auto& [key, figures] : account().rows()) {
      if (!days.contains(key.first)) continue;
      const std::size_t index = total++;
      if (index / size + 1 != at) continue;
      std::vector<std::string> members;
      for (const std::string& name : metrics)
        members.push_back(member(name, metric(name, key.second, figures)));
      rows.push_back(object(
          {member("dimensions",
                  object({member("campaign_id", json_text(campaign(key.second).id)),
                          member("stat_time_day", json_text(rules::to_string(key.first) + " 00:00:00"))})),
           member("metrics", object(members))}));
    }
    const bool half = situation.fault(PageFault::half);
    if (half) rows.resize(rows.size() / 2);
    const std::string info =
        object({member("page", std::to_string(at)), member("page_size", std::to_string(size)),
                member("total_number", std::to_string(total)),
                member("total_page", std::to_string((total + size - 1) / size))});
    return json_reply(object(
        {member("code", half ? "20001" : "0"), member("message", json_text(half ? "Partially done" : "OK")),
         member("request_id", json_text("20250311")),
         member("data", object({member("list", array(rows)), member("page_info", info)}))}));
  }
};

}  // namespace

std::unique_ptr<Vendor> make_tiktok_ads() {
  return std::make_unique<TikTokAds>();
}

}  // namespace tightrope::vendors
