// HubSpot CRM v3: deals and contacts, listed or searched.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tests/vendors/json_text.h"
#include "tests/vendors/record_vendor.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

constexpr const char* kToken = "pat-eu1-secret";
constexpr std::int64_t kMostFound = 10'000;  // of one search
constexpr const char* kZone = "Europe/Vienna";

HttpReply failure(int status, const std::string& category, const std::string& message) {
  return json_reply(
      object({member("status", json_text("error")), member("message", json_text(message)),
              member("correlationId", json_text("c0ffee")), member("category", json_text(category))}),
      status);
}

std::string text(const json::object& in, const char* name) {
  const auto* value = in.if_contains(name);
  if (!value) return {};
  if (value->is_string()) return std::string(value->as_string());
  return value->is_int64() ? std::to_string(value->as_int64()) : std::string();
}

// Times as Unix milliseconds or in ISO 8601; numbers as they are. For comparisons.
std::optional<std::int64_t> comparable(const std::string& value) {
  if (const auto time = rules::parse_timestamp(value)) return time->time_since_epoch().count();
  return whole_number(value);
}

class HubSpot final : public RecordVendor {
 public:
  HubSpot(bool deals, int per_day)
      : RecordVendor({.seed = deals ? 131u : 132u,
                      .per_day = per_day,
                      .days = days_around(12),
                      .first_id = 901,
                      .zone = kZone}),
        deals_(deals),
        many_(per_day > 1000) {}

  VendorFacts facts() const override {
    return {.name = deals_  ? "hubspot_deals"
                    : many_ ? "hubspot_many_contacts"
                            : "hubspot_contacts",
            .connector = "hubspot",
            .timezone = kZone,
            .lookback = 8,
            .least_requests = many_ ? 100 : 2,
            .page_faults = {PageFault::repeats, PageFault::foreign},
            .with = {{"report", deals_ ? "deals" : "contacts"}, {"access_token", kToken}},
            .secrets = {kToken}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    const std::string base = std::string("/crm/v3/objects/") + (deals_ ? "deals" : "contacts");
    const bool lists = request.method == "GET" && request.path == base;
    const bool searches = request.method == "POST" && request.path == base + "/search";
    if (!lists && !searches) return complain(situation, "no such path", html_reply(404, "Not Found"));
    if (request.bearer() != kToken) return refused();
    return lists ? list(request, situation) : search(request, situation);
  }

  HttpReply refused() const override {
    return failure(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.");
  }
  HttpReply error_in_200(const Request&) const override {
    return failure(200, "INTERNAL_ERROR", "internal error");
  }
  std::vector<Throttle> throttles() const override {
    const auto saying = [](const std::string& policy) {
      HttpReply reply = json_reply(
          object({member("status", json_text("error")),
                  member("message", json_text("You have reached your limit.")),
                  member("errorType", json_text("RATE_LIMIT")), member("correlationId", json_text("c0ffee")),
                  member("policyName", json_text(policy))}),
          429);
      reply.headers.emplace_back("X-HubSpot-RateLimit-Interval-Milliseconds", "10000");
      reply.headers.emplace_back("X-HubSpot-RateLimit-Remaining", "0");
      return reply;
    };
    return {
        {"TenSecondly", [saying](const Request&, rules::Timestamp) { return saying("TEN_SECONDLY_ROLLING"); },
         [](rules::Timestamp now) { return now + std::chrono::seconds(10); }},
        {"RetryAfter",
         [saying](const Request&, rules::Timestamp) {
           HttpReply reply = saying("TEN_SECONDLY_ROLLING");
           reply.headers.emplace_back("Retry-After", "12");
           return reply;
         },
         [](rules::Timestamp now) { return now + std::chrono::seconds(12); }},
        {"Daily", [saying](const Request&, rules::Timestamp) { return saying("DAILY"); },
         [this](rules::Timestamp now) {
           return book().calendar().start_of(book().calendar().day_of(now) + 1);
         }}};
  }

  Truth truth(rules::Timestamp now) const override {
    Truth truth;
    truth.optional_metrics = {"orders"};
    for (const Record& record : book().records()) {
      if (!visible(record, now)) continue;
      const rules::Day day = book().day_of(record);
      if (!deals_) {
        truth.add("", day, "leads", kWhole);
      } else if (record.good) {
        truth.add("", day, "conversions", kWhole);
        truth.add("", day, "revenue", record.amount);
      }
    }
    return truth;
  }

 private:
  // "": it has no such property. Deals are closed when they happen, contacts made.
  std::string property(const Record& record, const std::string& name) const {
    if (name == "hs_object_id") return std::to_string(record.id);
    if (name == "hs_lastmodifieddate" || name == "lastmodifieddate") return rules::to_rfc3339(record.updated);
    if (name == "createdate")
      return rules::to_rfc3339(deals_ ? record.at - std::chrono::hours(100) : record.at);
    if (!deals_)
      return name == "lifecyclestage" ? "lead" : name == "hs_analytics_source" ? "PAID_SEARCH" : "";
    if (name == "closedate") return rules::to_rfc3339(record.at);
    if (name == "amount" || name == "amount_in_home_currency") return decimal(record.amount);
    if (name == "dealstage") return record.good ? "closedwon" : "closedlost";
    if (name == "hs_is_closed_won") return record.good ? "true" : "false";
    if (name == "dealname") return campaign_name(record.campaign);
    return "";
  }

  std::string result(const Record& record, const std::vector<std::string>& properties) const {
    std::vector<std::string> members;
    for (const std::string& name : properties) {
      const std::string value = property(record, name);
      members.push_back(member(name, value.empty() ? "null" : json_text(value)));
    }
    return object({member("id", json_text(std::to_string(record.id))), member("properties", object(members)),
                   member("createdAt", json_text(property(record, "createdate"))),
                   member("updatedAt", json_text(rules::to_rfc3339(record.updated))),
                   member("archived", "false")});
  }

  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure(400, "VALIDATION_ERROR", "Invalid input: " + what));
  }

  HttpReply list(const Request& request, Situation& situation) const {
    const std::string unknown = request.unknown_in_query({"limit", "after", "properties", "archived"});
    if (!unknown.empty()) return wrong(situation, unknown);
    const auto limit = whole_number(request.asked("limit").value_or("10"));
    const auto after = whole_number(request.asked("after").value_or("0"));
    if (!limit || *limit < 1 || *limit > 100 || !after) return wrong(situation, "limit, after");
    std::vector<std::string> properties;
    for (const auto& [name, value] : request.query) {
      for (std::string rest = name == "properties" ? value : ""; !rest.empty();) {
        properties.push_back(rest.substr(0, rest.find(',')));
        rest.erase(0, properties.back().size() + 1);
      }
    }
    auto found = happened(situation.now, [](const Record&) { return true; });
    return page_reply(found, *after, *limit, properties, request.path, false, situation);
  }

  // Whether a record passes one filter; the operator may be unknown.
  std::optional<bool> passes(const Record& record, const json::object& filter) const {
    const std::string name = text(filter, "propertyName"), comparison = text(filter, "operator");
    const std::string want = text(filter, "value");
    if (const auto time = instant(record, name)) return compare(*time, comparison, want, filter);
    const std::string have = property(record, name);
    if (comparison == "HAS_PROPERTY") return !have.empty();
    if (comparison == "EQ") return have == want;
    if (comparison == "NEQ") return have != want;
    if (comparison == "IN") {
      const auto* values = filter.if_contains("values");
      return values && values->is_array() &&
             std::any_of(values->as_array().begin(), values->as_array().end(),
                         [&](const json::value& one) { return one == json::value(have); });
    }
    const auto number = comparable(have);
    return number ? compare(*number, comparison, want, filter) : std::nullopt;
  }

  // Times are compared as they are, for there may be many.
  std::optional<std::int64_t> instant(const Record& record, const std::string& name) const {
    if (name == (deals_ ? "closedate" : "createdate")) return record.at.time_since_epoch().count();
    if (name == "hs_lastmodifieddate") return record.updated.time_since_epoch().count();
    return std::nullopt;
  }

  static std::optional<bool> compare(std::int64_t have, const std::string& comparison,
                                     const std::string& want, const json::object& filter) {
    const auto low = comparable(want);
    if (!low) return std::nullopt;
    if (comparison == "GTE") return have >= *low;
    if (comparison == "GT") return have > *low;
    if (comparison == "LTE") return have <= *low;
    if (comparison == "LT") return have < *low;
    const auto high = comparable(text(filter, "highValue"));
    if (comparison == "BETWEEN" && high) return have >= *low && have <= *high;
    return std::nullopt;
  }

  HttpReply search(const Request& request, Situation& situation) const {
    const auto* body = request.has_json ? request.json.if_object() : nullptr;
    if (!body) return wrong(situation, "the body is no JSON object");
    for (const auto& entry : *body) {
      static const std::set<std::string> kKeys{"filterGroups", "sorts", "properties",
                                               "limit",        "after", "query"};
      if (!kKeys.contains(std::string(entry.key()))) return wrong(situation, std::string(entry.key()));
    }
    const auto limit = whole_number(body->contains("limit") ? text(*body, "limit") : "10");
    const std::string after_text = text(*body, "after");
    const auto after = whole_number(after_text.empty() ? "0" : after_text);
    if (!limit || *limit < 1 || *limit > 200 || !after) return wrong(situation, "limit, after");
    // No mistake of who asks: nobody knows before how many there are.
    if (*after + *limit > kMostFound)
      return failure(400, "VALIDATION_ERROR", "The limit of 10,000 results of a search has been exceeded.");
    std::vector<std::string> properties;
    if (const auto* names = body->if_contains("properties"); names && names->is_array()) {
      for (const auto& name : names->as_array())
        properties.emplace_back(name.is_string() ? std::string(name.as_string()) : "");
    }
    bool unknown = false;
    const auto* groups = body->if_contains("filterGroups");
    const auto in_group = [&](const Record& record, const json::value& group) {
      const auto* filters = group.is_object() ? group.as_object().if_contains("filters") : nullptr;
      if (!filters || !filters->is_array()) return false;
      for (const auto& filter : filters->as_array()) {
        const auto passed = filter.is_object() ? passes(record, filter.as_object()) : std::nullopt;
        if (!passed) unknown = true;
        if (!passed.value_or(false)) return false;
      }
      return true;
    };
    auto found = happened(situation.now, [&](const Record& record) {
      if (!groups || !groups->is_array() || groups->as_array().empty()) return true;
      return std::any_of(groups->as_array().begin(), groups->as_array().end(),
                         [&](const json::value& group) { return in_group(record, group); });
    });
    if (unknown) return wrong(situation, "filterGroups");
    return page_reply(found, *after, *limit, properties, request.path, true, situation);
  }

  HttpReply page_reply(const std::vector<const Record*>& found, std::int64_t after, std::int64_t limit,
                       const std::vector<std::string>& properties, const std::string& path, bool total,
                       Situation& situation) const {
    const Page page = page_of(found.size(), static_cast<std::size_t>(after), static_cast<std::size_t>(limit));
    std::vector<std::string> results, members;
    for (std::size_t i = page.begin; i < page.end; ++i) results.push_back(result(*found[i], properties));
    if (total) members.push_back(member("total", std::to_string(found.size())));
    members.push_back(member("results", array(results)));
    if (!page.last) {
      const std::size_t to = page.begin > 0 && situation.fault(PageFault::repeats) ? page.begin : page.end;
      const std::string base =
          situation.fault(PageFault::foreign) ? situation.addresses.foreign : situation.addresses.api;
      members.push_back(member(
          "paging",
          object({member(
              "next", object({member("after", json_text(std::to_string(to))),
                              member("link", json_text(base + path + "?after=" + std::to_string(to)))}))})));
    }
    return json_reply(object(members));
  }

  const bool deals_, many_;
};

}  // namespace

std::unique_ptr<Vendor> make_hubspot_deals() {
  return std::make_unique<HubSpot>(true, 60);
}

// More than a search may find.
std::unique_ptr<Vendor> make_hubspot_many_contacts() {
  return std::make_unique<HubSpot>(false, 1400);
}

std::unique_ptr<Vendor> make_hubspot_contacts() {
  return std::make_unique<HubSpot>(false, 40);
}

}  // namespace tightrope::vendors
