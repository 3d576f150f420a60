// Stripe: charges, newest first.
#include <algorithm>
#include <regex>

#include "tests/vendors/json_text.h"
#include "tests/vendors/record_vendor.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kKey = "rk_test_secret_51";

HttpReply failure(int status, const std::string& type, const std::string& code, const std::string& message) {
  return json_reply(
      object({member("error", object({member("type", json_text(type)), member("code", json_text(code)),
                                      member("message", json_text(message))}))}),
      status);
}

class Stripe final : public RecordVendor {
 public:
  Stripe()
      : RecordVendor({.seed = 88,
                      .per_day = 30,
                      .days = days_around(12),
                      .first_id = 100'000,
                      .zone = "Europe/Vienna"}) {}

  VendorFacts facts() const override {
    return {.name = "stripe",
            .connector = "stripe",
            .timezone = "Europe/Vienna",
            .lookback = 8,
            .least_requests = 2,
            .page_faults = {PageFault::repeats, PageFault::empty},
            .with = {{"api_version", "2025-02-24"}, {"key", kKey}},
            .secrets = {kKey}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "GET" || request.path != "/v1/charges") {
      return complain(situation, "no such path",
                      failure(404, "invalid_request_error", "resource_missing", "Unrecognized request URL"));
    }
    if (request.bearer() != kKey && request.basic() != std::string(kKey) + ':') return refused();
    static const std::regex kVersion(R"(20\d\d-\d\d-\d\d(\.[a-z]+)?)");
    if (!std::regex_match(request.header("stripe-version"), kVersion))
      return wrong(situation, "Stripe-Version is not pinned");
    const std::string unknown =
        request.unknown_in_query({"limit", "starting_after", "ending_before", "created[gte]", "created[gt]",
                                  "created[lt]", "created[lte]", "expand[]"});
    if (!unknown.empty()) return wrong(situation, "Received unknown parameter: " + unknown);
    const auto limit = whole_number(request.asked("limit").value_or("10"));
    if (!limit || *limit < 1 || *limit > 100) return wrong(situation, "limit");
    std::vector<const Record*> found =
        happened(situation.now, [&](const Record& record) { return within(request, record); });
    std::reverse(found.begin(), found.end());
    return page_reply(found, static_cast<std::size_t>(*limit), request, situation);
  }

  HttpReply refused() const override {
    return failure(401, "invalid_request_error", "api_key_expired", "Expired API Key provided");
  }
  HttpReply error_in_200(const Request&) const override {
    return failure(200, "api_error", "internal", "Something went wrong on our end.");
  }
  std::vector<Throttle> throttles() const override {
    const auto limited = [](const Request&, rules::Timestamp) {
      HttpReply reply =
          failure(429, "invalid_request_error", "rate_limit", "Too many requests hit the API too quickly.");
      reply.headers.emplace_back("Stripe-Rate-Limited-Reason", "global-rate");
      return reply;
    };
    return {{"NoHint", limited, soon},
            {"RetryAfter",
             [limited](const Request& request, rules::Timestamp now) {
               HttpReply reply = limited(request, now);
               reply.headers.emplace_back("Retry-After", "17");
               return reply;
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(17); }},
            {"OldStatus400",
             [](const Request&, rules::Timestamp) {
               return failure(400, "invalid_request_error", "rate_limit",
                              "Too many requests hit the API too quickly.");
             },
             soon}};
  }

  Truth truth(rules::Timestamp now) const override {
    Truth truth;
    truth.optional_metrics = {"refunds", "refunds@JPY", "conversions"};
    for (const Record& record : book().records()) {
      if (!visible(record, now)) continue;
      if (!record.good) continue;
      const rules::Day day = book().day_of(record);
      const std::string in = in_yen(record) ? "@JPY" : "";  // the source's own money is EUR
      truth.add(campaign_of(record), day, "revenue" + in, charged(record) * unit(record));
      truth.add(campaign_of(record), day, "orders", kWhole);
      truth.add(campaign_of(record), day, "conversions", kWhole);
      truth.add(campaign_of(record), day, "refunds" + in, refunded(record) * unit(record));
    }
    return truth;
  }

 private:
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, failure(400, "invalid_request_error", "parameter_invalid", what));
  }
  // Some pay in a currency that has no smaller unit.
  static bool in_yen(const Record& record) { return record.test; }
  static std::int64_t unit(const Record& record) { return in_yen(record) ? kWhole : kWhole / 100; }
  static std::int64_t charged(const Record& record) { return record.amount / unit(record); }
  static std::int64_t refunded(const Record& record) { return (record.amount - record.kept) / unit(record); }

  static std::string id_of(const Record& record) { return "ch_" + std::to_string(record.id); }

  static bool within(const Request& request, const Record& record) {
    const std::int64_t at = record.at.time_since_epoch().count() / 1000;
    const auto bound = [&](const char* name, std::int64_t otherwise) {
      return whole_number(request.asked(name).value_or("")).value_or(otherwise);
    };
    constexpr std::int64_t kFar = 1LL << 60;
    return at >= bound("created[gte]", -kFar) && at > bound("created[gt]", -kFar) &&
           at <= bound("created[lte]", kFar) && at < bound("created[lt]", kFar);
  }

  static std::string charge(const Record& record) {
    const std::string metadata =
        record.campaign == kNoCampaign ? "{}" : object({member("campaign", json_text(campaign_of(record)))});
    return object({member("id", json_text(id_of(record))), member("object", json_text("charge")),
                   member("amount", std::to_string(charged(record))),
                   member("amount_captured", std::to_string(record.good ? charged(record) : 0)),
                   member("amount_refunded", std::to_string(record.good ? refunded(record) : 0)),
                   member("currency", json_text(in_yen(record) ? "jpy" : "eur")),
                   member("created", std::to_string(record.at.time_since_epoch().count() / 1000)),
                   member("status", json_text(record.good ? "succeeded" : "failed")),
                   member("paid", record.good ? "true" : "false"), member("metadata", metadata),
                   member("balance_transaction", "null")});
  }

  static HttpReply page_reply(const std::vector<const Record*>& found, std::size_t limit,
                              const Request& request, Situation& situation) {
    std::size_t offset = 0;
    if (const auto after = request.asked("starting_after")) {
      const auto last = std::find_if(found.begin(), found.end(),
                                     [&](const Record* record) { return id_of(*record) == *after; });
      if (last == found.end()) {
        return complain(
            situation, "starting_after",
            failure(400, "invalid_request_error", "resource_missing", "No such charge: " + *after));
      }
      offset = static_cast<std::size_t>(last - found.begin()) + 1;
    }
    // The page before once more: it leads to itself.
    if (offset > 0 && situation.fault(PageFault::repeats)) offset = offset > limit ? offset - limit : 0;
    const Page page = page_of(found.size(), offset, limit);
    const bool empty = !page.last && situation.fault(PageFault::empty);
    std::vector<std::string> charges;
    for (std::size_t i = page.begin; i < page.end && !empty; ++i) charges.push_back(charge(*found[i]));
    return json_reply(
        object({member("object", json_text("list")), member("url", json_text("/v1/charges")),
                member("has_more", page.last ? "false" : "true"), member("data", array(charges))}));
  }
};

}  // namespace

std::unique_ptr<Vendor> make_stripe() {
  return std::make_unique<Stripe>();
}

}  // namespace tightrope::vendors
