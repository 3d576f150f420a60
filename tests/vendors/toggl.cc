// Toggl Track: the reports API, with entries in groups, paged by a header.
#include <algorithm>
#include <boost/json/object.hpp>

#include "tests/vendors/json_text.h"
#include "tests/vendors/record_vendor.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kToken = "toggl-secret-token";
constexpr const char* kZone = "Europe/Vienna";
constexpr std::size_t kMostRows = 20;  // of a page; the vendor may give fewer than were asked for

HttpReply plain(int status, const std::string& text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, text, HttpFault::none};
}

class Toggl final : public RecordVendor {
 public:
  Toggl()
      : RecordVendor({.seed = 141,
                      .per_day = 9,
                      .days = days_around(20),
                      .first_id = 3'000'000'001,
                      .zone = kZone,
                      .overnight = true}) {}

  VendorFacts facts() const override {
    return {.name = "toggl",
            .connector = "toggl",
            .timezone = kZone,
            .lookback = 14,
            .least_requests = 2,
            .page_faults = {PageFault::repeats},
            .with = {{"workspace_id", "7"}, {"token", kToken}},
            .secrets = {kToken}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "POST" || request.path != "/reports/api/v3/workspace/7/search/time_entries")
      return complain(situation, "no such path", plain(404, "404 page not found"));
    if (request.basic() != std::string(kToken) + ":api_token") return refused();
    const auto* body = request.has_json ? request.json.if_object() : nullptr;
    if (!body)
      return complain(situation, "the body is no JSON object",
                      json_reply(json_text("JSON is not valid"), 400));
    for (const auto& entry : *body) {
      static const std::set<std::string> kKeys{"start_date",       "end_date",        "page_size",
                                               "first_row_number", "first_id",        "order_by",
                                               "order_dir",        "enrich_response", "grouped"};
      if (!kKeys.contains(std::string(entry.key())))
        return complain(situation, std::string(entry.key()), json_reply(json_text("unknown field"), 400));
    }
    const auto day = [&](const char* name) {
      const auto* value = body->if_contains(name);
      return value && value->is_string() ? rules::parse_day(std::string(value->as_string())) : std::nullopt;
    };
    const auto number = [&](const char* name, std::int64_t otherwise) {
      const auto* value = body->if_contains(name);
      return !value || value->is_null() ? otherwise : value->is_int64() ? value->as_int64() : -1;
    };
    const auto first = day("start_date"), last = day("end_date");
    const std::int64_t size = number("page_size", 50), row = number("first_row_number", 1);
    if (!first || !last || *last < *first || size < 1 || row < 1)
      return complain(situation, "the body",
                      json_reply(json_text("end_date must not be before start_date"), 400));
    const auto found = happened(situation.now, [&](const Record& record) {
      return rules::DayRange{*first, *last}.contains(book().day_of(record));
    });
    return page_reply(found, static_cast<std::size_t>(row), static_cast<std::size_t>(size), situation);
  }

  HttpReply refused() const override { return plain(403, "Incorrect username and/or password"); }
  HttpReply error_in_200(const Request&) const override {
    return json_reply(json_text("Internal Server Error"));
  }
  std::vector<Throttle> throttles() const override {
    return {
        {"Quota402",
         [](const Request&, rules::Timestamp) {
           HttpReply reply = plain(
               402, "You have hit your hourly limit for API calls. Your quota will reset in 1800 seconds.");
           reply.headers.emplace_back("X-Toggl-Quota-Remaining", "0");
           reply.headers.emplace_back("X-Toggl-Quota-Resets-In", "1800");
           return reply;
         },
         [](rules::Timestamp now) { return now + std::chrono::seconds(1800); }},
        {"LeakyBucket429", [](const Request&, rules::Timestamp) { return plain(429, "Too Many Requests"); },
         soon}};
  }

  Truth truth(rules::Timestamp now) const override {
    Truth truth;
    for (const Record& record : book().records()) {
      if (visible(record, now) && !running(record)) add_hours(truth, "", record, book().calendar());
    }
    return truth;
  }

 private:
  // Somebody is still at it.
  bool running(const Record& record) const { return record.test && book().day_of(record) == kToday; }

  std::string group(const Record& record) const {
    const bool runs = running(record);
    const std::int64_t seconds = runs ? -record.at.time_since_epoch().count() / 1000 : record.seconds;
    const std::string stop =
        runs ? "null" : json_text(local_rfc3339(record.at + std::chrono::seconds(record.seconds), kZone));
    const std::string entry =
        object({member("id", std::to_string(record.id)), member("seconds", std::to_string(seconds)),
                member("start", json_text(local_rfc3339(record.at, kZone))), member("stop", stop),
                member("at", json_text(rules::to_rfc3339(record.updated)))});
    const std::string project_json =
        record.campaign == kNoCampaign ? "null" : std::to_string(record.campaign + 1);
    return object({member("user_id", "1"), member("username", json_text("Kim")),
                   member("project_id", project_json), member("task_id", "null"), member("billable", "false"),
                   member("description", json_text("Plan \"Q2\"")),
                   member("tag_ids", record.good ? "[5]" : "null"), member("time_entries", array({entry})),
                   member("row_number", "1")});
  }

  HttpReply page_reply(const std::vector<const Record*>& found, std::size_t row, std::size_t size,
                       Situation& situation) const {
    const Page page = page_of(found.size(), row - 1, std::min(size, kMostRows));
    std::vector<std::string> groups;
    for (std::size_t i = page.begin; i < page.end; ++i) groups.push_back(group(*found[i]));
    HttpReply reply = json_reply(array(groups));
    if (!page.last) {
      const std::size_t next = page.begin > 0 && situation.fault(PageFault::repeats) ? page.begin : page.end;
      reply.headers.emplace_back("X-Next-Row-Number", std::to_string(next + 1));
      reply.headers.emplace_back("X-Next-ID", std::to_string(found[next]->id));
    }
    return reply;
  }
};

}  // namespace

std::unique_ptr<Vendor> make_toggl() {
  return std::make_unique<Toggl>();
}

}  // namespace tightrope::vendors
