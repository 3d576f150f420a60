// Klaviyo, JSON:API: what campaigns brought, for a frame of time.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <regex>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

constexpr const char* kKey = "pk_secret_klaviyo";
constexpr std::size_t kPageSize = 5;
constexpr rules::Duration kNoon = std::chrono::hours(12);

HttpReply failure(int status, const std::string& code, const std::string& detail) {
  return json_reply(
      object({member("errors",
                     array({object({member("id", json_text("e1")), member("status", std::to_string(status)),
                                    member("code", json_text(code)), member("title", json_text(code)),
                                    member("detail", json_text(detail)),
                                    member("source", R"({"pointer":"/data"})")})}))}),
      status);
}

const json::value* find(const json::value& in, std::initializer_list<const char*> path) {
  const json::value* at = &in;
  for (const char* name : path) {
    at = at->is_object() ? at->as_object().if_contains(name) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

std::string text(const json::value* value) {
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

struct Wanted {
  rules::Timestamp start, end;
  std::vector<std::string> statistics;
};

std::string read_wanted(const Request& request, Wanted& wanted) {
  static const std::set<std::string> kKnown{
      "recipients",   "opens",       "opens_unique",     "clicks",    "clicks_unique",
      "unsubscribes", "conversions", "conversion_value", "delivered", "spam_complaints"};
  if (!request.has_json || text(find(request.json, {"data", "type"})) != "campaign-values-report")
    return "data.type";
  const json::value* attributes = find(request.json, {"data", "attributes"});
  if (!attributes || !attributes->is_object()) return "attributes";
  for (const auto& entry : attributes->as_object()) {
    static const std::set<std::string> kKeys{"timeframe", "conversion_metric_id", "statistics", "filter"};
    if (!kKeys.contains(std::string(entry.key()))) return std::string(entry.key());
  }
  if (text(find(*attributes, {"conversion_metric_id"})) != "AbC123") return "conversion_metric_id";
  const auto* statistics = find(*attributes, {"statistics"});
  if (!statistics || !statistics->is_array()) return "statistics";
  for (const auto& one : statistics->as_array()) {
    wanted.statistics.push_back(text(&one));
    if (!kKnown.contains(wanted.statistics.back())) return "statistics: " + wanted.statistics.back();
  }
  const auto time = [&](const char* name) {
    std::string value = text(find(*attributes, {"timeframe", name}));
    if (value.find('T') != std::string::npos && !value.ends_with('Z') && value.find('+') == std::string::npos)
      value += 'Z';
    return rules::parse_timestamp(value);
  };
  const auto start = time("start"), end = time("end");
  if (!start || !end || *end < *start) return "timeframe";
  wanted.start = *start;
  wanted.end = *end;
  return "";
}

class Klaviyo final : public AdVendor {
 public:
  Klaviyo() : AdVendor({.seed = 111, .campaigns = 7, .days = days_around(12)}) {}

  VendorFacts facts() const override {
    return {.name = "klaviyo",
            .connector = "klaviyo",
            .lookback = 4,
            .least_requests = 2,
            .page_faults = {PageFault::repeats, PageFault::foreign, PageFault::empty},
            .with = {{"conversion_metric_id", "AbC123"}, {"key", kKey}},
            .secrets = {kKey}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "POST" ||
        (request.path != "/api/campaign-values-reports" && request.path != "/api/campaign-values-reports/"))
      return complain(situation, "no such path", failure(404, "not_found", "The path is not known."));
    if (request.header("authorization") != std::string("Klaviyo-API-Key ") + kKey) return refused();
    static const std::regex kRevision(R"(20\d\d-\d\d-\d\d(\.pre)?)");
    if (!std::regex_match(request.header("revision"), kRevision)) return wrong(situation, "revision");
    const std::string unknown = request.unknown_in_query({"page_cursor"});
    if (!unknown.empty()) return wrong(situation, unknown);
    Wanted wanted;
    const std::string bad = read_wanted(request, wanted);
    if (!bad.empty()) return wrong(situation, bad);
    const std::string cursor = request.asked("page_cursor").value_or("c0");
    return page_reply(results(wanted), std::stoul(cursor.substr(1)), request, situation);
  }

  HttpReply refused() const override {
    return failure(401, "not_authenticated", "Incorrect authentication credentials.");
  }
  HttpReply error_in_200(const Request&) const override {
    HttpReply reply = failure(500, "error", "A server error occurred.");
    reply.status = 200;
    return reply;
  }
  std::vector<Throttle> throttles() const override {
    return {{"RetryAfter",
             [](const Request&, rules::Timestamp) {
               HttpReply reply =
                   failure(429, "throttled", "Request was throttled. Expected available in 43 seconds.");
               reply.headers.emplace_back("Retry-After", "43");
               return reply;
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(43); }}};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"unsubscribes", "emails_delivered", "spam_complaints"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string& id = campaign(key.second).id;
      truth.add(id, key.first, "emails_sent", figures.impressions * kWhole);
      truth.add(id, key.first, "emails_delivered", figures.impressions * kWhole);
      truth.add(id, key.first, "spam_complaints", 0);
      truth.add(id, key.first, "opens", figures.reach * kWhole);
      truth.add(id, key.first, "email_clicks", figures.clicks * kWhole);
      truth.add(id, key.first, "unsubscribes", figures.leads * kWhole);
      truth.add(id, key.first, "conversions", figures.conversions);
      truth.add(id, key.first, "revenue", figures.revenue);
    }
    return truth;
  }

 private:
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure(400, "invalid", "Invalid input: " + what));
  }

  // Two messages for each campaign, which share what it brought.
  std::vector<std::string> results(const Wanted& wanted) const {
    std::map<std::size_t, AdFigures> sums;
    for (const auto& [key, figures] : account().rows()) {
      const rules::Timestamp sent = std::chrono::sys_days(rules::ymd_from_day(key.first)) + kNoon;
      if (sent < wanted.start || sent >= wanted.end) continue;
      AdFigures& sum = sums[key.second];
      sum.impressions += figures.impressions;
      sum.reach += figures.reach;
      sum.clicks += figures.clicks;
      sum.leads += figures.leads;
      sum.conversions += figures.conversions;
      sum.revenue += figures.revenue;
    }
    std::vector<std::string> out;
    for (const auto& [index, sum] : sums) {
      for (int message = 0; message < 2; ++message) {
        const auto share = [&](std::int64_t of, std::int64_t step) {
          const std::int64_t first = of / step / 3 * step;
          return message == 0 ? first : of - first;
        };
        std::vector<std::string> statistics;
        for (const std::string& name : wanted.statistics) {
          std::string value;
          if (name == "recipients" || name == "delivered") value = std::to_string(share(sum.impressions, 1));
          if (name == "opens_unique") value = std::to_string(share(sum.reach, 1)) + ".0";
          if (name == "opens") value = std::to_string(share(sum.reach * 2, 1));
          if (name == "clicks_unique") value = std::to_string(share(sum.clicks, 1));
          if (name == "clicks") value = std::to_string(share(sum.clicks * 2, 1));
          if (name == "spam_complaints") value = "0";
          if (name == "unsubscribes") value = std::to_string(share(sum.leads, 1));
          if (name == "conversions") value = decimal(share(sum.conversions, kWhole));
          if (name == "conversion_value") value = decimal(share(sum.revenue, 10'000));
          statistics.push_back(member(name, value));
        }
        const std::string id = campaign(index).id;
        out.push_back(object(
            {member("groupings",
                    object({member("campaign_id", json_text(id)), member("send_channel", json_text("email")),
                            member("campaign_message_id", json_text("m" + std::to_string(message) + id))})),
             member("statistics", object(statistics))}));
      }
    }
    return out;
  }

  static HttpReply page_reply(const std::vector<std::string>& rows, std::size_t offset,
                              const Request& request, Situation& situation) {
    const Page page = page_of(rows.size(), offset, kPageSize);
    const bool empty = !page.last && situation.fault(PageFault::empty);
    std::string next = "null";
    if (!page.last) {
      const std::string base =
          situation.fault(PageFault::foreign) ? situation.addresses.foreign : situation.addresses.api;
      const std::size_t to =
          empty || (page.begin > 0 && situation.fault(PageFault::repeats)) ? page.begin : page.end;
      next = json_text(base + request.path + "?page_cursor=c" + std::to_string(to) + (empty ? "again" : ""));
    }
    std::vector<std::string> part;
    if (!empty)
      part.assign(rows.begin() + static_cast<std::ptrdiff_t>(page.begin),
                  rows.begin() + static_cast<std::ptrdiff_t>(page.end));
    HttpReply reply = json_reply(
        object({member("data", object({member("type", json_text("campaign-values-report")),
                                       member("attributes", object({member("results", array(part))}))})),
                member("links", object({member("self", json_text(situation.addresses.api + request.path)),
                                        member("next", next)}))}));
    reply.headers.emplace_back("RateLimit-Limit", "1, 1;w=1, 2;w=60");
    reply.headers.emplace_back("RateLimit-Remaining", "1");
    reply.headers.emplace_back("RateLimit-Reset", "1");
    return reply;
  }
};

}  // namespace

std::unique_ptr<Vendor> make_klaviyo() {
  return std::make_unique<Klaviyo>();
}

}  // namespace tightrope::vendors
