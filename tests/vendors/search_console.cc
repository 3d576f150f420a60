// Google Search Console: searchAnalytics.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

class SearchConsole final : public AdVendor {
 public:
  SearchConsole() : AdVendor({.seed = 77, .campaigns = 1, .days = days_around(20)}) {}

  VendorFacts facts() const override {
    return {.name = "search_console",
            .connector = "search_console",
            .timezone = "America/Los_Angeles",
            .lookback = 10,
            .oauth = true,
            .with = {{"site_url", "https://example.com/"}}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "POST" ||
        request.path != "/webmasters/v3/sites/https%3A%2F%2Fexample.com%2F/searchAnalytics/query")
      return complain(situation, "no such path", html_reply(404, "Not Found"));
    if (!situation.tokens.accepts(request.bearer(), situation.now)) return refused();
    rules::DayRange days{kToday, kToday};
    std::size_t limit = 1000, start = 0;
    const std::string wrong = read(request, days, limit, start);
    if (!wrong.empty())
      return complain(situation, wrong, json_reply(google_error(400, "INVALID_ARGUMENT", wrong), 400));
    std::vector<std::string> rows;
    std::size_t index = 0;
    for (const auto& [key, figures] : account().rows()) {
      if (!days.contains(key.first)) continue;
      if (const std::size_t at = index++; at < start || at >= start + limit) continue;
      rows.push_back(object({member("keys", array({json_text(rules::to_string(key.first))})),
                             member("clicks", std::to_string(figures.clicks) + ".0"),
                             member("impressions", std::to_string(figures.impressions) + ".0"),
                             member("ctr", "0.0353"), member("position", decimal(position(figures)))}));
    }
    std::vector<std::string> members;
    if (!rows.empty()) members.push_back(member("rows", array(rows)));
    members.push_back(member("responseAggregationType", json_text("byProperty")));
    members.push_back(member("metadata", object({member("first_incomplete_date", json_text("2025-03-10"))})));
    return json_reply(object(members));
  }

  HttpReply refused() const override {
    return json_reply(google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
                      401);
  }
  HttpReply error_in_200(const Request&) const override {
    return json_reply(google_error(500, "INTERNAL", "Internal error encountered."));
  }

  std::vector<Throttle> throttles() const override {
    const auto saying = [](int status, std::string reason) {
      return Throttle{
          "Status" + std::to_string(status) + reason,
          [=](const Request&, rules::Timestamp) {
            const std::string one =
                object({member("message", json_text("Quota exceeded.")),
                        member("domain", json_text("usageLimits")), member("reason", json_text(reason))});
            return json_reply(object({member("error", object({member("code", std::to_string(status)),
                                                              member("message", json_text("Quota exceeded.")),
                                                              member("errors", array({one}))}))}),
                              status);
          },
          soon};
    };
    return {saying(403, "quotaExceeded"), saying(403, "rateLimitExceeded"), saying(429, "rateLimitExceeded")};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"position"};
    for (const auto& [key, figures] : account().rows()) {
      truth.add("", key.first, "clicks", figures.clicks * kWhole);
      truth.add("", key.first, "impressions", figures.impressions * kWhole);
      truth.add("", key.first, "position", position(figures));
    }
    return truth;
  }

 private:
  static std::int64_t position(const AdFigures& figures) {  // one place
    return kWhole + figures.reach % 400 * 100'000;
  }

  // What is wrong, or "".
  static std::string read(const Request& request, rules::DayRange& days, std::size_t& limit,
                          std::size_t& start) {
    static const std::set<std::string> kKeys{"startDate", "endDate",  "dimensions", "type",
                                             "dataState", "rowLimit", "startRow",   "aggregationType"};
    if (!request.has_json || !request.json.is_object()) return "the body is no JSON object";
    const auto& body = request.json.as_object();
    for (const auto& entry : body) {
      if (!kKeys.contains(std::string(entry.key()))) return "Unknown name " + std::string(entry.key());
    }
    const auto day = [&](const char* name) {
      const auto* value = body.if_contains(name);
      return value && value->is_string() ? rules::parse_day(std::string(value->as_string())) : std::nullopt;
    };
    const auto first = day("startDate"), last = day("endDate");
    if (!first || !last || *last < *first) return "startDate, endDate";
    days = {*first, *last};
    const auto* dimensions = body.if_contains("dimensions");
    // Only totals are whole: by page or query the rare ones are left out.
    if (!dimensions || !dimensions->is_array() || dimensions->as_array().size() != 1 ||
        dimensions->as_array()[0] != "date")
      return "dimensions other than date do not give totals";
    if (const auto* state = body.if_contains("dataState"); state && *state != "final" && *state != "all")
      return "dataState";
    if (const auto* value = body.if_contains("rowLimit")) {
      if (!value->is_int64() || value->as_int64() < 1 || value->as_int64() > 25'000) return "rowLimit";
      limit = static_cast<std::size_t>(value->as_int64());
    }
    if (const auto* value = body.if_contains("startRow")) {
      if (!value->is_int64() || value->as_int64() < 0) return "startRow";
      start = static_cast<std::size_t>(value->as_int64());
    }
    return "";
  }
};

}  // namespace

std::unique_ptr<Vendor> make_search_console() {
  return std::make_unique<SearchConsole>();
}

}  // namespace tightrope::vendors
