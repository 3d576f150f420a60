// Shopify Admin REST API: orders, paged by the Link header.
#include <algorithm>
#include <regex>

#include "tests/vendors/json_text.h"
#include "tests/vendors/shopify.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

HttpReply failure(int status, const std::string& errors) {
  return json_reply(object({member("errors", json_text(errors))}), status);
}

class ShopifyRest final : public Shopify {
 public:
  ShopifyRest() : Shopify(123) {}

  VendorFacts facts() const override {
    VendorFacts facts = facts_of("rest_orders");
    facts.page_faults = {PageFault::repeats, PageFault::foreign, PageFault::empty};
    return facts;
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    static const std::regex kPath(R"(/admin/api/20\d\d-(01|04|07|10)/orders\.json)");
    if (request.method != "GET" || !std::regex_match(request.path, kPath))
      return complain(situation, "no such path", failure(404, "Not Found"));
    if (request.header("x-shopify-access-token") != kToken) return refused();
    const std::string unknown = request.unknown_in_query(
        {"status", "limit", "fields", "page_info", "created_at_min", "created_at_max", "updated_at_min",
         "updated_at_max", "processed_at_min", "processed_at_max", "order", "since_id"});
    if (!unknown.empty()) return complain(situation, unknown, failure(400, "unknown parameter " + unknown));
    const auto limit = whole_number(request.asked("limit").value_or("50"));
    if (!limit || *limit < 1 || *limit > 250) return complain(situation, "limit", failure(400, "limit"));
    std::string filter, offset = "0";
    if (const auto info = request.asked("page_info")) {
      for (const auto& [name, value] : request.query) {
        if (name != "page_info" && name != "limit" && name != "fields")
          return complain(situation, name + " beside page_info",
                          failure(400, name + ": cannot be passed when page_info is present"));
      }
      // It holds the filter and where the page begins.
      const std::size_t bar = info->find('|');
      if (bar == std::string::npos)
        return complain(situation, "page_info", failure(400, "page_info: Invalid value."));
      offset = info->substr(0, bar);
      filter = info->substr(bar + 1);
    } else {
      filter = request.raw_query;
    }
    return page_reply(filter, std::stoul(offset), static_cast<std::size_t>(*limit), request, situation);
  }

  HttpReply refused() const override {
    return failure(401, "[API] Invalid API key or access token (unrecognized login or wrong password)");
  }
  HttpReply error_in_200(const Request&) const override { return failure(200, "Internal error"); }
  std::vector<Throttle> throttles() const override {
    return {{"RetryAfter",
             [](const Request&, rules::Timestamp) {
               HttpReply reply = failure(429,
                                         "Exceeded 2 calls per second for api client. Reduce request rates "
                                         "to resume uninterrupted service.");
               reply.headers.emplace_back("Retry-After", "2.0");
               reply.headers.emplace_back("X-Shopify-Shop-Api-Call-Limit", "40/40");
               return reply;
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(2); }}};
  }

 private:
  static std::string order(const Record& record, const std::set<std::string>& wanted) {
    const auto money = [](std::int64_t micros) { return json_text(fixed(micros, 2)); };
    const auto set = [&](std::int64_t micros) {
      return object({member("shop_money", object({member("amount", money(micros)),
                                                  member("currency_code", json_text("USD"))})),
                     member("presentment_money", object({member("amount", money(micros / 20'000 * 10'000)),
                                                         member("currency_code", json_text("EUR"))}))});
    };
    const auto time = [](rules::Timestamp at) { return json_text(local_rfc3339(at, kZone)); };
    const auto landing = landing_site(record);
    const std::vector<std::pair<std::string, std::string>> all{
        {"id", std::to_string(record.id)},
        {"name", json_text("#" + std::to_string(record.id % 100'000))},
        {"created_at", time(record.at)},
        {"processed_at", time(record.at)},
        {"updated_at", time(record.updated)},
        {"cancelled_at", record.voided ? time(record.updated) : "null"},
        {"closed_at", "null"},
        {"test", record.test ? "true" : "false"},
        {"currency", json_text("USD")},
        {"total_price", money(record.amount)},
        {"current_total_price", money(record.kept)},
        {"financial_status", json_text(record.kept < record.amount ? "partially_refunded" : "paid")},
        {"landing_site", landing ? json_text(*landing) : "null"},
        {"referring_site", "null"},
        {"source_name", json_text("web")},
        {"total_price_set", set(record.amount)},
        {"current_total_price_set", set(record.kept)},
        {"refunds", "[]"}};
    std::vector<std::string> members;
    for (const auto& [name, value] : all) {
      if (wanted.empty() || wanted.contains(name)) members.push_back(member(name, value));
    }
    return object(members);
  }

  HttpReply page_reply(const std::string& filter, std::size_t offset, std::size_t limit,
                       const Request& request, Situation& situation) const {
    rules::Timestamp created_min{}, created_max = rules::Timestamp::max(), updated_min{},
                                    updated_max = rules::Timestamp::max();
    std::string status = "open", fields = request.asked("fields").value_or("");
    for (const auto& [name, value] : parse_fields(filter)) {
      if (name == "status") status = value;
      if (name == "fields" && fields.empty()) fields = value;
      if (!name.ends_with("_min") && !name.ends_with("_max")) continue;
      const auto time = rules::parse_timestamp(value);
      if (!time) return complain(situation, name, failure(400, name + ": is not a date"));
      if (name == "created_at_min" || name == "processed_at_min") created_min = *time;
      if (name == "created_at_max" || name == "processed_at_max") created_max = *time;
      if (name == "updated_at_min") updated_min = *time;
      if (name == "updated_at_max") updated_max = *time;
    }
    std::set<std::string> wanted;
    for (std::string rest = fields; !rest.empty();) {
      const std::string field = rest.substr(0, rest.find(','));
      rest.erase(0, field.size() + 1);
      wanted.insert(field);
    }
    auto found = happened(situation.now, [&](const Record& record) {
      const bool open = !record.voided;
      return (status == "any" || (status == "open" && open) || (status == "cancelled" && !open)) &&
             created_min <= record.at && record.at <= created_max && updated_min <= record.updated &&
             record.updated <= updated_max;
    });
    std::reverse(found.begin(), found.end());  // newest first
    const Page page = page_of(found.size(), offset, std::min(limit, kMostRows));
    const bool empty = !page.last && situation.fault(PageFault::empty);
    std::vector<std::string> orders;
    for (std::size_t i = page.begin; i < page.end && !empty; ++i) orders.push_back(order(*found[i], wanted));
    HttpReply reply = json_reply(object({member("orders", array(orders))}));
    reply.headers.emplace_back("X-Shopify-Shop-Api-Call-Limit", "3/40");
    std::string links;
    const auto link = [&](const std::string& base, std::size_t to, const std::string& rel) {
      if (!links.empty()) links += ", ";
      links += '<' + base + request.path + "?limit=" + std::to_string(limit) + "&page_info=" +
               percent_encoded(std::to_string(to) + '|' + filter + (empty ? "&x=again" : "")) + ">; rel=\"" +
               rel + '"';
    };
    const std::string& here = situation.addresses.api;
    if (page.begin > 0) link(here, page.begin > kMostRows ? page.begin - kMostRows : 0, "previous");
    if (!page.last) {
      const bool stays = empty || (page.begin > 0 && situation.fault(PageFault::repeats));
      link(situation.fault(PageFault::foreign) ? situation.addresses.foreign : here,
           stays ? page.begin : page.end, "next");
    }
    if (!links.empty()) reply.headers.emplace_back("Link", links);
    return reply;
  }
};

}  // namespace

std::unique_ptr<Vendor> make_shopify_rest_orders() {
  return std::make_unique<ShopifyRest>();
}

}  // namespace tightrope::vendors
