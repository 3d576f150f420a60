// Clockify: the detailed report, paged by number.
#include <algorithm>
#include <boost/json/object.hpp>

#include "tests/vendors/json_text.h"
#include "tests/vendors/record_vendor.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kKey = "clockify-secret-key";
constexpr const char* kZone = "Europe/Vienna";

HttpReply failure(int status, const std::string& message) {
  return json_reply(object({member("message", json_text(message)),
                            member("code", std::to_string(status == 401 ? 4003 : 501))}),
                    status);
}

class Clockify final : public RecordVendor {
 public:
  // More than a page of 200 in the days that are read again.
  Clockify()
      : RecordVendor(
            {.seed = 151, .per_day = 36, .days = days_around(16), .zone = kZone, .overnight = true}) {}

  VendorFacts facts() const override {
    return {.name = "clockify",
            .connector = "clockify",
            .timezone = kZone,
            .lookback = 14,
            .least_requests = 2,
            .page_faults = {PageFault::empty},
            .with = {{"workspace_id", "64a1b2c3d4e5f60718293a4b"}, {"key", kKey}},
            .secrets = {kKey}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "POST" ||
        request.path != "/v1/workspaces/64a1b2c3d4e5f60718293a4b/reports/detailed")
      return complain(situation, "no such path", failure(404, "Not found"));
    if (request.header("x-api-key") != kKey) return refused();
    const auto* body = request.has_json ? request.json.if_object() : nullptr;
    if (!body) return wrong(situation, "the body is no JSON object");
    for (const auto& entry : *body) {
      static const std::set<std::string> kKeys{"dateRangeStart", "dateRangeEnd", "detailedFilter",
                                               "exportType",     "amountShown",  "sortOrder",
                                               "timeZone",       "dateRangeType"};
      if (!kKeys.contains(std::string(entry.key()))) return wrong(situation, std::string(entry.key()));
    }
    const auto time = [&](const char* name) {
      const auto* value = body->if_contains(name);
      return value && value->is_string() ? rules::parse_timestamp(std::string(value->as_string()))
                                         : std::nullopt;
    };
    const auto start = time("dateRangeStart"), end = time("dateRangeEnd");
    if (!start || !end || *end < *start) return wrong(situation, "dateRangeStart, dateRangeEnd");
    if (const auto* kind = body->if_contains("exportType"); kind && *kind != "JSON" && *kind != "JSON_V1")
      return wrong(situation, "exportType");
    const auto* filter = body->if_contains("detailedFilter");
    if (!filter || !filter->is_object()) return wrong(situation, "detailedFilter");
    const auto number = [&](const char* name, std::int64_t otherwise) {
      const auto* value = filter->as_object().if_contains(name);
      return !value ? otherwise : value->is_int64() ? value->as_int64() : -1;
    };
    const std::int64_t at = number("page", 1), size = number("pageSize", 50);
    if (at < 1 || size < 1 || size > 1000) return wrong(situation, "page, pageSize");
    auto found = happened(situation.now,
                          [&](const Record& record) { return *start <= record.at && record.at <= *end; });
    std::reverse(found.begin(), found.end());
    const Page page =
        page_of(found.size(), static_cast<std::size_t>((at - 1) * size), static_cast<std::size_t>(size));
    const bool empty = page.end > page.begin && situation.fault(PageFault::empty);
    std::vector<std::string> entries;
    std::int64_t total = 0;
    for (const Record* record : found) total += record->seconds;
    for (std::size_t i = page.begin; i < page.end && !empty; ++i) entries.push_back(entry_of(*found[i]));
    const std::string totals = object(
        {member("totalTime", std::to_string(total)), member("entriesCount", std::to_string(found.size()))});
    return json_reply(object({member("totals", array({totals})), member("timeentries", array(entries))}));
  }

  HttpReply refused() const override { return failure(401, "Api key does not exist"); }
  HttpReply error_in_200(const Request&) const override { return failure(200, "Unexpected error"); }
  std::vector<Throttle> throttles() const override {
    return {
        {"NoHint", [](const Request&, rules::Timestamp) { return failure(429, "Too many requests"); }, soon}};
  }

  Truth truth(rules::Timestamp now) const override {
    Truth truth;
    for (const Record& record : book().records()) {
      if (visible(record, now) && !running(record)) add_hours(truth, "", record, book().calendar());
    }
    return truth;
  }

 private:
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure(400, "Invalid: " + what));
  }
  // Somebody is still at it.
  bool running(const Record& record) const { return record.test && book().day_of(record) == kToday; }

  std::string entry_of(const Record& record) const {
    const bool runs = running(record);
    const std::string end =
        runs ? "null" : json_text(local_rfc3339(record.at + std::chrono::seconds(record.seconds), kZone));
    const std::string interval =
        object({member("start", json_text(local_rfc3339(record.at, kZone))), member("end", end),
                member("duration", runs ? "null" : std::to_string(record.seconds))});
    const std::string project_json =
        record.campaign == kNoCampaign ? "null" : json_text(campaign_name(record.campaign));
    return object(
        {member("_id", json_text("a" + std::to_string(record.id))), member("description", json_text("Plan")),
         member("userId", json_text("u1")), member("userName", json_text("Kim")), member("billable", "true"),
         member("projectName", project_json),
         member("tags", record.good ? array({object({member("name", json_text("strategy"))})}) : "[]"),
         member("timeInterval", interval)});
  }
};

}  // namespace

std::unique_ptr<Vendor> make_clockify() {
  return std::make_unique<Clockify>();
}

}  // namespace tightrope::vendors
