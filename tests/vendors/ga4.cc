// Google Analytics 4, Data API v1beta.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

struct Report {
  rules::DayRange days;
  std::vector<std::string> dimensions, metrics;
  std::size_t limit = 10'000, offset = 0;
  std::string wrong;
};

std::optional<std::size_t> whole_number(const json::value& value) {  // int64: a string, or a number
  if (value.is_int64() && value.as_int64() >= 0) return static_cast<std::size_t>(value.as_int64());
  if (!value.is_string() || value.as_string().empty()) return std::nullopt;
  for (const char c : value.as_string()) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  return std::stoul(std::string(value.as_string()));
}

std::vector<std::string> names(const json::value& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const auto& element : list.as_array()) {
    const auto* name = element.is_object() ? element.as_object().if_contains("name") : nullptr;
    out.emplace_back(name && name->is_string() ? std::string(name->as_string()) : std::string());
  }
  return out;
}

Report read_report(const Request& request) {
  static const std::set<std::string> kKeys{"dateRanges",    "dimensions", "metrics",
                                           "limit",         "offset",     "returnPropertyQuota",
                                           "keepEmptyRows", "orderBys",   "currencyCode"};
  static const std::set<std::string> kDimensions{"date", "sessionCampaignName", "sessionDefaultChannelGroup"};
  static const std::set<std::string> kMetrics{
      "sessions",     "totalUsers",       "keyEvents",          "purchaseRevenue",
      "totalRevenue", "advertiserAdCost", "advertiserAdClicks", "advertiserAdImpressions"};
  Report report;
  if (!request.has_json || !request.json.is_object()) {
    report.wrong = "the body is no JSON object";
    return report;
  }
  const json::object& body = request.json.as_object();
  for (const auto& entry : body) {
    if (!kKeys.contains(std::string(entry.key()))) report.wrong = "Unknown name " + std::string(entry.key());
  }
  const auto* ranges = body.if_contains("dateRanges");
  if (!ranges || !ranges->is_array() || ranges->as_array().size() != 1 ||
      !ranges->as_array()[0].is_object()) {
    report.wrong = "one date range is wanted";
    return report;
  }
  const json::object& range = ranges->as_array()[0].as_object();
  for (const char* end : {"startDate", "endDate"}) {
    const auto* text = range.if_contains(end);
    const auto day =
        text && text->is_string() ? rules::parse_day(std::string(text->as_string())) : std::nullopt;
    if (!day) {
      report.wrong = std::string("no day in ") + end;
    } else {
      (std::string_view(end) == "startDate" ? report.days.first : report.days.last) = *day;
    }
  }
  if (const auto* list = body.if_contains("dimensions")) report.dimensions = names(*list);
  if (const auto* list = body.if_contains("metrics")) report.metrics = names(*list);
  if (report.dimensions.size() > 9 || report.metrics.empty() || report.metrics.size() > 10)
    report.wrong = "too many or no dimensions or metrics";
  for (const std::string& name : report.dimensions) {
    if (!kDimensions.contains(name)) report.wrong = "Field " + name + " is not a valid dimension.";
  }
  for (const std::string& name : report.metrics) {
    if (!kMetrics.contains(name)) report.wrong = "Field " + name + " is not a valid metric.";
  }
  for (const char* name : {"limit", "offset"}) {
    const auto* value = body.if_contains(name);
    if (!value) continue;
    const auto number = whole_number(*value);
    if (!number || (std::string_view(name) == "limit" && (*number == 0 || *number > 250'000))) {
      report.wrong = std::string("Invalid ") + name;
    } else {
      (std::string_view(name) == "limit" ? report.limit : report.offset) = *number;
    }
  }
  return report;
}

class Ga4 final : public AdVendor {
 public:
  explicit Ga4(int campaigns)
      : AdVendor({.seed = 33, .campaigns = campaigns, .days = days_around(20)}), many_(campaigns > 9) {}

  VendorFacts facts() const override {
    return {.name = many_ ? "ga4_many_campaigns" : "ga4",
            .connector = "ga4",
            .timezone = "Europe/Vienna",
            .lookback = 14,
            .oauth = true,
            .least_requests = many_ ? 2 : 1,
            .page_faults = {PageFault::empty},
            .with = {{"property_id", "345678901"}}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "POST" || request.path != "/v1beta/properties/345678901:runReport")
      return complain(situation, "no such path", html_reply(404, "Error 404 (Not Found)!!1"));
    if (!situation.tokens.accepts(request.bearer(), situation.now)) return refused();
    const Report report = read_report(request);
    if (!report.wrong.empty())
      return complain(situation, report.wrong,
                      json_reply(google_error(400, "INVALID_ARGUMENT", report.wrong), 400));
    return json_reply(text_of(report, situation.fault(PageFault::empty)));
  }

  HttpReply refused() const override {
    return json_reply(google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
                      401);
  }
  HttpReply error_in_200(const Request&) const override {
    return json_reply(google_error(500, "INTERNAL", "Internal error encountered."));
  }

  std::vector<Throttle> throttles() const override {
    const auto saying = [](std::string name, std::string message, rules::Duration wait) {
      return Throttle{std::move(name),
                      [message](const Request&, rules::Timestamp) {
                        return json_reply(google_error(429, "RESOURCE_EXHAUSTED", message), 429);
                      },
                      [wait](rules::Timestamp now) { return now + wait; }};
    };
    return {saying("Concurrent",
                   "Exhausted concurrent requests quota. Please wait for some requests to complete.",
                   std::chrono::seconds(30)),
            saying("PerHour",
                   "Exhausted property tokens for a project per hour. These quota tokens will return in "
                   "under an hour.",
                   std::chrono::minutes(30)),
            // It comes back within a day, nobody says when: an hour is the least that is no hammering.
            saying("PerDay",
                   "Exhausted property tokens per day. These quota tokens will return in under 24 hours.",
                   std::chrono::hours(1))};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"users", "spend", "clicks", "impressions"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string& name = name_of(key.second);
      truth.add(name, key.first, "sessions", figures.clicks * kWhole);
      truth.add(name, key.first, "users", figures.reach * kWhole);
      truth.add(name, key.first, "conversions", figures.conversions);
      truth.add(name, key.first, "revenue", figures.revenue);
      truth.add(name, key.first, "spend", figures.spend);
      truth.add(name, key.first, "clicks", figures.leads * kWhole);
      truth.add(name, key.first, "impressions", figures.impressions * kWhole);
    }
    return truth;
  }

 private:
  // Values in parentheses are real ones.
  const std::string& name_of(std::size_t index) const {
    static const std::string kNotSet = "(not set)", kDirect = "(direct)";
    return index == 7 ? kNotSet : index == 8 ? kDirect : campaign(index).name;
  }

  std::string metric(const std::string& name, const AdFigures& figures) const {
    if (name == "sessions") return std::to_string(figures.clicks);
    if (name == "totalUsers") return std::to_string(figures.reach);
    if (name == "keyEvents") return decimal(figures.conversions);
    if (name.ends_with("Revenue")) return decimal(figures.revenue);
    if (name == "advertiserAdCost") return decimal(figures.spend);
    if (name == "advertiserAdClicks") return std::to_string(figures.leads);
    return std::to_string(figures.impressions);
  }

  std::string text_of(const Report& report, bool without_rows) const {
    // Not in the order that was asked for: the headers say which is which.
    std::vector<std::string> dimensions(report.dimensions.rbegin(), report.dimensions.rend());
    std::vector<std::string> metrics(report.metrics.rbegin(), report.metrics.rend());
    const auto valued = [](const std::string& text) { return object({member("value", json_text(text))}); };
    std::vector<std::string> rows;
    std::size_t count = 0;
    for (const auto& [key, figures] : account().rows()) {
      if (!report.days.contains(key.first)) continue;
      const std::size_t index = count++;
      if (index < report.offset || index >= report.offset + report.limit) continue;
      std::vector<std::string> of_dimensions, of_metrics;
      for (const std::string& name : dimensions) {
        of_dimensions.push_back(valued(name == "date"                  ? compact_date(key.first)
                                       : name == "sessionCampaignName" ? name_of(key.second)
                                                                       : std::string("Paid Search")));
      }
      for (const std::string& name : metrics) of_metrics.push_back(valued(metric(name, figures)));
      rows.push_back(object(
          {member("dimensionValues", array(of_dimensions)), member("metricValues", array(of_metrics))}));
    }
    std::vector<std::string> dimension_headers, metric_headers;
    for (const std::string& name : dimensions)
      dimension_headers.push_back(object({member("name", json_text(name))}));
    for (const std::string& name : metrics)
      metric_headers.push_back(
          object({member("name", json_text(name)), member("type", json_text("TYPE_INTEGER"))}));
    std::vector<std::string> members{member("dimensionHeaders", array(dimension_headers)),
                                     member("metricHeaders", array(metric_headers))};
    if (count > 0) {
      if (!without_rows) members.push_back(member("rows", array(rows)));
      members.push_back(member("rowCount", std::to_string(count)));
    }
    members.push_back(member("metadata", R"({"currencyCode":"EUR","timeZone":"Europe/Vienna"})"));
    members.push_back(member("kind", json_text("analyticsData#runReport")));
    return object(members);
  }

  const bool many_;
};

}  // namespace

std::unique_ptr<Vendor> make_ga4() {
  return std::make_unique<Ga4>(9);
}

std::unique_ptr<Vendor> make_ga4_many_campaigns() {
  return std::make_unique<Ga4>(900);
}

}  // namespace tightrope::vendors
