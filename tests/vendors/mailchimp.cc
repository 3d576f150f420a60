// Mailchimp Marketing API 3.0: reports of mailings, each booked on the day it was sent.
#include <algorithm>

#include "tests/vendors/json_text.h"
#include "tests/vendors/record_vendor.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr const char* kKey = "0123456789abcdef-us19";

HttpReply problem(int status, const std::string& title, const std::string& detail) {
  HttpReply reply =
      json_reply(object({member("type", json_text("https://mailchimp.com/developer/marketing/docs/errors/")),
                         member("title", json_text(title)), member("status", std::to_string(status)),
                         member("detail", json_text(detail)), member("instance", json_text("995c5cb0"))}),
                 status);
  reply.headers = {{"Content-Type", "application/problem+json; charset=utf-8"}};
  return reply;
}

// What `fields` leaves of an answer: names with dots, each with all below it.
class FieldFilter {
 public:
  explicit FieldFilter(const std::optional<std::string>& fields) : all_(!fields) {
    for (std::string rest = fields.value_or(""); !rest.empty();) {
      names_.insert(rest.substr(0, rest.find(',')));
      rest.erase(
          0, std::min(rest.find(',') == std::string::npos ? rest.size() : rest.find(',') + 1, rest.size()));
    }
  }
  bool has(std::string path) const {
    if (all_) return true;
    for (;;) {
      if (names_.contains(path)) return true;
      const std::size_t dot = path.rfind('.');
      if (dot == std::string::npos) return false;
      path.erase(dot);
    }
  }

 private:
  bool all_;
  std::set<std::string> names_;
};

class Mailchimp final : public RecordVendor {
 public:
  // More than a page of a thousand within the days that are read again.
  Mailchimp() : RecordVendor({.seed = 99, .per_day = 45, .days = days_around(33), .first_id = 0x9f00aa11}) {}

  VendorFacts facts() const override {
    return {.name = "mailchimp",
            .connector = "mailchimp",
            .currency = "USD",
            .lookback = 30,
            .least_requests = 2,
            .page_faults = {PageFault::empty},
            .with = {{"data_center", "us19"}, {"key", kKey}},
            .secrets = {kKey}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (request.method != "GET" || request.path != "/3.0/reports")
      return complain(situation, "no such path",
                      problem(404, "Resource Not Found", "The requested resource could not be found."));
    const std::string basic = request.basic();
    const bool by_basic = basic.find(':') != std::string::npos && basic.substr(basic.find(':') + 1) == kKey;
    if (!by_basic && request.bearer() != kKey) return refused();
    const std::string unknown = request.unknown_in_query(
        {"count", "offset", "since_send_time", "before_send_time", "fields", "exclude_fields", "type"});
    if (!unknown.empty()) return wrong(situation, unknown);
    const auto count = whole_number(request.asked("count").value_or("10"));
    const auto offset = whole_number(request.asked("offset").value_or("0"));
    if (!count || *count < 1 || *count > 1000) return wrong(situation, "count");
    if (!offset || *offset < 0) return wrong(situation, "offset");
    const auto since = time_asked(request, "since_send_time"),
               before = time_asked(request, "before_send_time");
    if (!since || !before) return wrong(situation, "send time");
    const auto found = happened(
        situation.now, [&](const Record& record) { return *since <= record.at && record.at <= *before; });
    const Page page =
        page_of(found.size(), static_cast<std::size_t>(*offset), static_cast<std::size_t>(*count));
    const FieldFilter filter(request.asked("fields"));
    const bool empty = !found.empty() && situation.fault(PageFault::empty);
    std::vector<std::string> reports, members;
    for (std::size_t i = page.begin; i < page.end && !empty; ++i)
      reports.push_back(report(*found[i], filter));
    members.push_back(member("reports", array(reports)));
    if (filter.has("total_items")) members.push_back(member("total_items", std::to_string(found.size())));
    return json_reply(object(members));
  }

  HttpReply refused() const override {
    return problem(401, "API Key Invalid",
                   "Your API key may be invalid, or you've attempted to access the wrong datacenter.");
  }
  HttpReply error_in_200(const Request&) const override {
    HttpReply reply = problem(500, "Internal Server Error", "An unexpected internal error has occurred.");
    reply.status = 200;
    return reply;
  }
  std::vector<Throttle> throttles() const override {
    return {
        {"TooManyConnections",
         [](const Request&, rules::Timestamp) {
           return problem(429, "Too Many Requests",
                          "You have exceeded the limit of 10 simultaneous connections.");
         },
         soon},
        // At high volume: no JSON, and no lack of permission.
        {"Bare403", [](const Request&, rules::Timestamp) { return html_reply(403, "Access Denied"); }, soon}};
  }

  Truth truth(rules::Timestamp now) const override {
    Truth truth;
    for (const Record& record : book().records()) {
      if (!visible(record, now)) continue;
      const rules::Day day = book().day_of(record);
      const std::string name = title(record);
      truth.add(name, day, "emails_sent", record.count * kWhole);
      truth.add(name, day, "opens", record.opens * kWhole);
      truth.add(name, day, "email_clicks", record.clicks * kWhole);
      truth.add(name, day, "unsubscribes", record.leavers * kWhole);
      if (!record.good) {
        truth.absent(name, day, "revenue");
        truth.absent(name, day, "conversions");
      } else {
        truth.add(name, day, "revenue", record.kept);
        truth.add(name, day, "conversions", record.leavers * kWhole);
      }
    }
    return truth;
  }

 private:
  static HttpReply wrong(Situation& situation, const std::string& what) {
    return complain(situation, what, problem(400, "Invalid Resource", "The parameter is invalid: " + what));
  }
  static std::string title(const Record& record) { return campaign_name(record.campaign); }

  static std::optional<rules::Timestamp> time_asked(const Request& request, const char* name) {
    const auto text = request.asked(name);
    if (!text)
      return std::string_view(name) == "since_send_time" ? rules::Timestamp{} : rules::Timestamp::max();
    return rules::parse_timestamp(*text);
  }

  static std::string report(const Record& record, const FieldFilter& filter) {
    const auto part = [&](const std::string& path,
                          const std::vector<std::pair<std::string, std::string>>& fields) {
      std::vector<std::string> members;
      for (const auto& [name, value] : fields) {
        if (filter.has(path + '.' + name)) members.push_back(member(name, value));
      }
      return members;
    };
    const auto number = [](std::int64_t value) { return std::to_string(value); };
    std::string sent = rules::to_rfc3339(record.at);
    sent.replace(sent.size() - 1, 1, "+00:00");
    std::vector<std::string> members = part("reports", {{"id", json_text("c" + std::to_string(record.id))},
                                                        {"campaign_title", json_text(title(record))},
                                                        {"send_time", json_text(sent)},
                                                        {"emails_sent", number(record.count)},
                                                        {"unsubscribed", number(record.leavers)}});
    const auto group = [&](const std::string& name,
                           const std::vector<std::pair<std::string, std::string>>& fields) {
      const auto inner = part("reports." + name, fields);
      if (!inner.empty()) members.push_back(member(name, object(inner)));
    };
    group("opens", {{"opens_total", number(record.opens * 2)},
                    {"unique_opens", number(record.opens)},
                    {"open_rate", "0.41"}});
    group("clicks", {{"clicks_total", number(record.clicks * 3)},
                     {"unique_clicks", number(record.clicks)},
                     {"click_rate", "0.07"}});
    if (record.good) {  // only with a shop connected
      group("ecommerce", {{"total_orders", number(record.leavers)},
                          {"total_spent", decimal(record.amount)},
                          {"total_revenue", decimal(record.kept)},
                          {"currency_code", json_text("USD")}});
    }
    return object(members);
  }
};

}  // namespace

std::unique_ptr<Vendor> make_mailchimp() {
  return std::make_unique<Mailchimp>();
}

}  // namespace tightrope::vendors
