// Nobody in particular: a plain report as JSON, which the built-in http_json connector reads. Pages by a
// cursor.
#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kToken = "plain-secret-token";
constexpr std::size_t kPageSize = 15;

HttpReply failure(int status, const std::string& message) {
  return json_reply(object({member("error", json_text(message))}), status);
}

class PlainApi final : public AdVendor {
 public:
  PlainApi() : AdVendor({.seed = 161, .campaigns = 6, .days = days_around(20)}) {}

  VendorFacts facts() const override {
    return {
        .name = "http_json",
        .connector = "http_json",
        .timezone = "Europe/Vienna",
        .least_requests = 2,
        .page_faults = {PageFault::repeats},
        .with =
            {{"url", "{api}/report?from={from}&to={to}"},
             {"records", "/rows"},
             {"fields",
              R"({"date":"day","campaign":"campaign","spend":"spend","clicks":"clicks","impressions":"impressions","conversions":"conversions","revenue":"revenue"})"},
             {"pagination", R"({"cursor":{"pointer":"/next","parameter":"after"}})"},
             {"token", kToken}},
        .secrets = {kToken}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "GET" || request.path != "/report")
      return complain(situation, "no such path", html_reply(404, "Not Found"));
    if (request.bearer() != kToken) return refused();
    const auto first = rules::parse_day(request.asked("from").value_or(""));
    const auto last = rules::parse_day(request.asked("to").value_or(""));
    const std::string after = request.asked("after").value_or("row0");
    if (!first || !last || !after.starts_with("row"))
      return complain(situation, "from, to, after", failure(400, "from, to, after"));
    std::vector<std::string> rows;
    for (const auto& [key, figures] : account().rows()) {
      if (!rules::DayRange{*first, *last}.contains(key.first)) continue;
      const bool told = !figures.conversions_unknown;
      rows.push_back(
          object({member("day", json_text(rules::to_string(key.first))),
                  member("campaign", json_text(campaign(key.second).name)),
                  member("spend", decimal(figures.spend)), member("clicks", std::to_string(figures.clicks)),
                  member("impressions", std::to_string(figures.impressions)),
                  member("conversions", told ? decimal(figures.conversions) : "null"),
                  member("revenue", told ? decimal(figures.revenue) : "null")}));
    }
    const Page page = page_of(rows.size(), std::stoul(after.substr(3)), kPageSize);
    const std::size_t next =
        !page.last && page.begin > 0 && situation.fault(PageFault::repeats) ? page.begin : page.end;
    return json_reply(object({member("rows", array({rows.begin() + static_cast<std::ptrdiff_t>(page.begin),
                                                    rows.begin() + static_cast<std::ptrdiff_t>(page.end)})),
                              member("next", page.last ? "null" : json_text("row" + std::to_string(next)))}));
  }

  HttpReply refused() const override { return failure(401, "token"); }
  HttpReply error_in_200(const Request&) const override { return failure(200, "internal error"); }
  std::vector<Throttle> throttles() const override {
    return {{"RetryAfter",
             [](const Request&, rules::Timestamp) {
               HttpReply reply = failure(429, "slow down");
               reply.headers.emplace_back("Retry-After", "90");
               return reply;
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(90); }},
            {"RetryAfterDate",
             [](const Request&, rules::Timestamp) {
               HttpReply reply = failure(503, "maintenance");
               reply.headers.emplace_back("Retry-After", "Tue, 11 Mar 2025 17:00:00 GMT");
               return reply;
             },
             [](rules::Timestamp now) { return std::max(now, kStart + std::chrono::hours(2)); }}};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    for (const auto& [key, figures] : account().rows()) {
      const std::string& name = campaign(key.second).name;
      add_usual(truth, name, key.first, figures);
      if (!figures.conversions_unknown) continue;  // null is no zero
      truth.figures.erase({name, key.first, "conversions"});
      truth.figures.erase({name, key.first, "revenue"});
    }
    return truth;
  }
};

}  // namespace

std::unique_ptr<Vendor> make_plain_api() {
  return std::make_unique<PlainApi>();
}

}  // namespace tightrope::vendors
