// Shopify Admin GraphQL API: orders, paged by a cursor; throttled by points, with status 200.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <regex>
#include <sstream>

#include "tests/vendors/graphql.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/shopify.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

std::string cost(int requested, int available) {
  return object({member(
      "cost",
      object({member("requestedQueryCost", std::to_string(requested)), member("actualQueryCost", "12"),
              member("throttleStatus", object({member("maximumAvailable", "2000.0"),
                                               member("currentlyAvailable", std::to_string(available)),
                                               member("restoreRate", "50.0")}))}))});
}

HttpReply failure(const std::string& message, const std::string& code) {
  return json_reply(object({member(
      "errors", array({object({member("message", json_text(message)),
                               member("extensions", object({member("code", json_text(code))}))})}))}));
}

// The conditions of the `query` argument: `created_at:>=2025-03-01 test:false`.
struct Filter {
  rules::Timestamp created_min{}, created_max = rules::Timestamp::max(), updated_min{},
                                  updated_max = rules::Timestamp::max();
  std::optional<bool> test;
  bool without_cancelled = false;
  std::string wrong;
};

Filter read_filter(const std::string& text, const rules::Calendar& calendar) {
  Filter filter;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    static const std::regex kCondition(R"((-?)(\w+):(>=|<=|>|<)?['"]?([^'"]*)['"]?)");
    std::smatch part;
    if (word == "AND") continue;
    if (!std::regex_match(word, part, kCondition)) {
      filter.wrong = word;
      return filter;
    }
    const std::string field = part[2], comparison = part[3], value = part[4];
    if (field == "test" && (value == "true" || value == "false")) {
      filter.test = (value == "true") != (part[1] == "-");
    } else if (field == "status" && value == "any") {
    } else if (field == "status" && ((part[1] == "-" && value == "cancelled") || value == "not_closed")) {
      filter.without_cancelled = true;
    } else if (field == "created_at" || field == "processed_at" || field == "updated_at") {
      auto time = rules::parse_timestamp(value);
      if (const auto day = rules::parse_day(value)) {  // of the shop's zone, whole
        const bool end = comparison == "<=" || comparison == ">";
        time = end ? calendar.start_of(*day + 1) - rules::Duration(1) : calendar.start_of(*day);
      }
      if (!time) filter.wrong = word;
      const rules::Duration step(comparison.size() == 1 ? 1 : 0);
      const bool updated = field == "updated_at";
      if (time && comparison.starts_with('>'))
        (updated ? filter.updated_min : filter.created_min) = *time + step;
      if (time && comparison.starts_with('<'))
        (updated ? filter.updated_max : filter.created_max) = *time - step;
      if (comparison.empty()) filter.wrong = word;
    } else {
      filter.wrong = word;
    }
  }
  return filter;
}

// A selected field of an order. Fields that it does not have throw their name.
class OrderView {
 public:
  explicit OrderView(const Record& record, std::optional<std::string> landing)
      : record_(record), landing_(std::move(landing)) {}

  std::string order(const Selection& of) const {
    return each(of, [&](const Selection& field) -> std::string {
      if (field.name == "id") return json_text("gid://shopify/Order/" + std::to_string(record_.id));
      if (field.name == "legacyResourceId") return json_text(std::to_string(record_.id));
      if (field.name == "name") return json_text("#" + std::to_string(record_.id % 100'000));
      if (field.name == "createdAt" || field.name == "processedAt") return time(record_.at);
      if (field.name == "updatedAt") return time(record_.updated);
      if (field.name == "cancelledAt") return record_.voided ? time(record_.updated) : "null";
      if (field.name == "test") return record_.test ? "true" : "false";
      if (field.name == "currencyCode") return json_text("USD");
      if (field.name == "displayFinancialStatus") return json_text("PAID");
      if (field.name == "totalPriceSet") return money_bag(field, record_.amount);
      if (field.name == "currentTotalPriceSet") return money_bag(field, record_.kept);
      if (field.name == "totalRefundedSet") return money_bag(field, record_.amount - record_.kept);
      if (field.name == "customerJourneySummary") return landing_ ? journey(field) : "null";
      throw field.name;
    });
  }

 private:
  template <class Value>
  static std::string each(const Selection& of, const Value& value) {
    if (of.fields.empty()) throw of.name;  // an object without a selection
    std::vector<std::string> members;
    for (const Selection& field : of.fields) members.push_back(member(field.shown, value(field)));
    return object(members);
  }
  static std::string time(rules::Timestamp at) { return json_text(rules::to_rfc3339(at)); }

  static std::string money_bag(const Selection& of, std::int64_t micros) {
    return each(of, [&](const Selection& bag) {
      const bool shop = bag.name == "shopMoney";
      if (!shop && bag.name != "presentmentMoney") throw bag.name;
      return each(bag, [&](const Selection& field) {
        if (field.name == "amount") return json_text(decimal(shop ? micros : micros / 20'000 * 10'000));
        if (field.name == "currencyCode") return json_text(shop ? "USD" : "EUR");
        throw field.name;
      });
    });
  }
  std::string journey(const Selection& of) const {
    return each(of, [&](const Selection& visit) -> std::string {
      if (visit.name == "ready") return "true";
      if (visit.name != "firstVisit" && visit.name != "lastVisit") throw visit.name;
      return each(visit, [&](const Selection& field) -> std::string {
        if (field.name == "landingPage") return json_text("https://acme.example" + *landing_);
        if (field.name == "source") return json_text("x");
        if (field.name != "utmParameters") throw field.name;
        return each(field, [&](const Selection& utm) {
          if (utm.name == "campaign") return json_text(campaign_of(record_));
          if (utm.name == "source") return json_text("x");
          if (utm.name == "medium") return json_text("cpc");
          throw utm.name;
        });
      });
    });
  }

  const Record& record_;
  const std::optional<std::string> landing_;
};

class ShopifyGraphql final : public Shopify {
 public:
  ShopifyGraphql() : Shopify(122) {}

  VendorFacts facts() const override {
    VendorFacts facts = facts_of("orders");
    facts.page_faults = {PageFault::half, PageFault::repeats, PageFault::empty};
    return facts;
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    static const std::regex kPath(R"(/admin/api/20\d\d-(01|04|07|10)/graphql\.json)");
    if (request.method != "POST" || !std::regex_match(request.path, kPath))
      return complain(situation, "no such path", json_reply(R"({"errors":"Not Found"})", 404));
    if (request.header("x-shopify-access-token") != kToken) return refused();
    const auto* body = request.has_json ? request.json.if_object() : nullptr;
    const auto* document = body ? body->if_contains("query") : nullptr;
    if (!document || !document->is_string()) return wrong(situation, "no query");
    const auto selected = parse_graphql(std::string_view(document->as_string()));
    if (!selected || selected->size() != 1 || selected->front().name != "orders")
      return wrong(situation, "the query");
    const json::value* variables = body->if_contains("variables");
    return orders(selected->front(),
                  variables && variables->is_object() ? variables->as_object() : json::object(), situation);
  }

  HttpReply refused() const override {
    return json_reply(
        R"-({"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"})-",
        401);
  }
  HttpReply error_in_200(const Request&) const override {
    return failure("Internal error. Looks like something went wrong on our end.", "INTERNAL_SERVER_ERROR");
  }
  std::vector<Throttle> throttles() const override {
    return {{"Points",
             [](const Request&, rules::Timestamp) {
               HttpReply reply = failure("Throttled", "THROTTLED");
               reply.body.insert(reply.body.size() - 1, "," + member("extensions", cost(752, 2)));
               return reply;
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(15); }}};  // (752 - 2) / 50
  }

 private:
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure("Parse error or unknown: " + what, "undefinedField"));
  }
  // A literal or a variable, as text; nothing for null and what is not there.
  static std::optional<std::string> argument(const Selection& of, const char* name,
                                             const json::object& variables) {
    const auto found = of.arguments.find(name);
    if (found == of.arguments.end()) return std::nullopt;
    std::string text = found->second;
    boost::system::error_code error;
    json::value value = nullptr;
    if (text.starts_with('$')) {
      const auto* variable = variables.if_contains(text.substr(1));
      if (variable) value = *variable;
    } else {
      value = json::parse(text, error);
      if (error) return text;  // an enumerator
    }
    if (value.is_null()) return std::nullopt;
    if (value.is_string()) return std::string(value.as_string());
    return json::serialize(value);
  }

  HttpReply orders(const Selection& selection, const json::object& variables, Situation& situation) const {
    for (const auto& [name, value] : selection.arguments) {
      static const std::set<std::string> kArguments{"first", "after", "query", "sortKey", "reverse"};
      if (!kArguments.contains(name)) return wrong(situation, "argument " + name);
    }
    const auto first = whole_number(argument(selection, "first", variables).value_or(""));
    if (!first || *first < 1 || *first > 250) return wrong(situation, "first");
    const Filter filter =
        read_filter(argument(selection, "query", variables).value_or(""), book().calendar());
    if (!filter.wrong.empty()) return wrong(situation, "query: " + filter.wrong);
    const auto found = happened(situation.now, [&](const Record& record) {
      return filter.created_min <= record.at && record.at <= filter.created_max &&
             filter.updated_min <= record.updated && record.updated <= filter.updated_max &&
             (!filter.test || *filter.test == record.test) && !(filter.without_cancelled && record.voided);
    });
    std::size_t offset = 0;
    const std::string after = argument(selection, "after", variables).value_or("");
    if (!after.empty() && !after.starts_with("cursor")) return wrong(situation, "after");
    if (!after.empty()) offset = std::stoul(after.substr(6));
    const Page page = page_of(found.size(), offset, std::min(static_cast<std::size_t>(*first), kMostRows));
    try {
      return page_reply(selection, found, page, situation);
    } catch (const std::string& field) {
      return wrong(situation, "Field '" + field + "' doesn't exist");
    }
  }

  static HttpReply page_reply(const Selection& selection, const std::vector<const Record*>& found, Page page,
                              Situation& situation) {
    const bool empty = !page.last && situation.fault(PageFault::empty);
    const bool half = situation.fault(PageFault::half);
    const bool stays = empty || (!page.last && page.begin > 0 && situation.fault(PageFault::repeats));
    const std::size_t end = empty ? page.begin : half ? (page.begin + page.end) / 2 : page.end;
    const auto cursor = [&](std::size_t at) {
      return json_text("cursor" + std::to_string(at) + (empty ? "again" : ""));
    };
    std::vector<std::string> members;
    for (const Selection& part : selection.fields) {
      std::vector<std::string> inner;
      if (part.name == "nodes" || part.name == "edges") {
        const Selection* node = part.name == "nodes" ? &part : part.find("node");
        for (std::size_t i = page.begin; node && i < end; ++i) {
          const std::string order = OrderView(*found[i], landing_site(*found[i])).order(*node);
          inner.push_back(part.name == "nodes"
                              ? order
                              : object({member("cursor", cursor(i + 1)), member("node", order)}));
        }
        members.push_back(member(part.shown, array(inner)));
      } else if (part.name == "pageInfo") {
        for (const Selection& field : part.fields) {
          if (field.name == "hasNextPage") inner.push_back(member(field.shown, page.last ? "false" : "true"));
          if (field.name == "endCursor")
            inner.push_back(member(field.shown, cursor(stays ? page.begin : page.end)));
        }
        members.push_back(member(part.shown, object(inner)));
      } else {
        throw part.name;
      }
    }
    std::vector<std::string> answer{member("data", object({member(selection.shown, object(members))}))};
    if (half) {
      answer.push_back(member(
          "errors", array({object({member("message", json_text("Timeout")),
                                   member("path", array({json_text("orders"), json_text("nodes")})),
                                   member("extensions",
                                          object({member("code", json_text("INTERNAL_SERVER_ERROR"))}))})})));
    }
    answer.push_back(member("extensions", cost(52, 1900)));
    return json_reply(object(answer));
  }
};

}  // namespace

std::unique_ptr<Vendor> make_shopify_orders() {
  return std::make_unique<ShopifyGraphql>();
}

}  // namespace tightrope::vendors
