// Microsoft Advertising, Reporting v13: submit, poll, and a ZIP with a CSV from another host.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"
#include "tests/vendors/zip_file.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

constexpr rules::Duration kLeastBetweenPolls = std::chrono::seconds(10);
constexpr rules::Duration kLinkLives = std::chrono::minutes(5);
constexpr const char* kBase = "/Reporting/v13/GenerateReport/";

HttpReply failure(int status, int code, const std::string& message) {
  return json_reply(object({member("Code", std::to_string(code)), member("Message", json_text(message))}),
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

bool is_true(const json::value* value) {
  return value && value->is_bool() && value->as_bool();
}

std::string csv_cell(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

// "1,234.50"
std::string with_thousands(std::string number) {
  for (std::size_t at = std::min(number.find('.'), number.size()); at > 3;) number.insert(at -= 3, ",");
  return number;
}

class MicrosoftAds final : public AdVendor {
 public:
  MicrosoftAds()
      : AdVendor({.seed = 66,
                  .campaigns = 6,
                  .days = days_around(20),
                  .conversion_step = 500'000,
                  .first_id = 5'000'000'123}) {}

  VendorFacts facts() const override {
    return {.name = "microsoft_ads",
            .connector = "microsoft_ads",
            .timezone = "Europe/Vienna",
            .lookback = 14,
            .oauth = true,
            .least_requests = 3,
            .also_at = 4,  // the file: after the submission and three polls
            .job_faults = {JobFault::fails, JobFault::slow},
            .with = {{"account_id", "123"},
                     {"customer_id", "456"},
                     {"developer_token", "dev-token-2"},
                     {"report_time_zone", "AmsterdamBerlinBernRomeStockholmVienna"}},
            .secrets = {"dev-token-2"}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    if (situation.downloads) return download(request, situation);
    const bool submits = request.path == std::string(kBase) + "Submit";
    if (request.method != "POST" || (!submits && request.path != std::string(kBase) + "Poll"))
      return complain(situation, "no such path", html_reply(404, "Not Found"));
    if (!situation.tokens.accepts(request.bearer(), situation.now)) return refused();
    if (request.header("developertoken") != "dev-token-2")
      return complain(situation, "DeveloperToken", failure(400, 105, "Authentication failed."));
    if (request.header("customerid") != "456" || request.header("customeraccountid") != "123")
      return complain(situation, "CustomerId, CustomerAccountId",
                      failure(400, 106, "User is not authorized."));
    if (!request.has_json)
      return complain(situation, "the body is no JSON", failure(400, 100, "NullRequest"));
    return submits ? submit(request.json, situation) : poll(request.json, situation);
  }

  HttpReply refused() const override { return failure(401, 109, "Authentication token expired."); }
  HttpReply error_in_200(const Request&) const override {
    return failure(200, 0, "An internal error has occurred.");
  }
  std::vector<Throttle> throttles() const override {
    return {{"Code117",
             [](const Request&, rules::Timestamp) {
               return failure(400, 117, "CallRateExceeded: the number of calls exceeds the limit.");
             },
             [](rules::Timestamp now) { return now + std::chrono::seconds(60); }}};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    for (const auto& [key, figures] : account().rows()) {
      add_usual(truth, campaign(key.second).name, key.first, figures);
      if (!figures.conversions_unknown) continue;  // "--" is no zero
      truth.figures.erase({campaign(key.second).name, key.first, "conversions"});
      truth.figures.erase({campaign(key.second).name, key.first, "revenue"});
    }
    return truth;
  }

 private:
  struct Job {
    std::vector<std::string> columns;
    rules::DayRange days;
    bool header = true, footer = true, names = true;
    int polls = 0;
    JobFault fate = JobFault::none;
    rules::Timestamp begun, polled, ready;
  };

  static std::optional<rules::Day> day_in(const json::value& request, const char* name) {
    const auto part = [&](const char* of) -> int {
      const auto* value = find(request, {"Time", name, of});
      return value && value->is_int64() ? static_cast<int>(value->as_int64()) : 0;
    };
    const std::chrono::year_month_day date{std::chrono::year(part("Year")),
                                           std::chrono::month(static_cast<unsigned>(part("Month"))),
                                           std::chrono::day(static_cast<unsigned>(part("Day")))};
    if (!date.ok()) return std::nullopt;
    return rules::day_from_ymd(date);
  }

  // What is wrong, or "".
  static std::string read_job(const json::value& body, Job& job) {
    static const std::set<std::string> kKeys{"Type",
                                             "__type",
                                             "Format",
                                             "FormatVersion",
                                             "ReportName",
                                             "Aggregation",
                                             "ReturnOnlyCompleteData",
                                             "ExcludeReportHeader",
                                             "ExcludeReportFooter",
                                             "ExcludeColumnHeaders",
                                             "Columns",
                                             "Scope",
                                             "Time"};
    static const std::set<std::string> kColumns{
        "TimePeriod",  "CampaignId",           "CampaignName", "Impressions", "Clicks",      "Spend",
        "Conversions", "ConversionsQualified", "Revenue",      "AccountId",   "AccountName", "CurrencyCode"};
    const json::value* request = find(body, {"ReportRequest"});
    if (!request || !request->is_object()) return "ReportRequest";
    for (const auto& entry : request->as_object()) {
      if (!kKeys.contains(std::string(entry.key()))) return std::string(entry.key());
    }
    const std::string type = text(find(*request, {"Type"})) + text(find(*request, {"__type"}));
    if (!type.starts_with("CampaignPerformanceReportRequest")) return "Type";
    if (text(find(*request, {"Format"})) != "Csv") return "Format";
    if (text(find(*request, {"Aggregation"})) != "Daily") return "Aggregation";
    if (is_true(find(*request, {"ReturnOnlyCompleteData"})))
      return "ReturnOnlyCompleteData: today is unfinished";
    if (text(find(*request, {"Time", "ReportTimeZone"})).empty()) return "ReportTimeZone";
    const auto* accounts = find(*request, {"Scope", "AccountIds"});
    if (!accounts || !accounts->is_array() || accounts->as_array().size() != 1) return "AccountIds";
    const json::value& account = accounts->as_array()[0];
    if (!(account.is_int64() && account.as_int64() == 123) && text(&account) != "123") return "AccountIds";
    const auto* columns = find(*request, {"Columns"});
    if (!columns || !columns->is_array()) return "Columns";
    for (const auto& column : columns->as_array()) {
      job.columns.push_back(text(&column));
      if (!kColumns.contains(job.columns.back())) return "Columns: " + job.columns.back();
    }
    const auto first = day_in(*request, "CustomDateRangeStart"),
               last = day_in(*request, "CustomDateRangeEnd");
    if (!first || !last || *last < *first) return "Time";
    job.days = {*first, *last};
    job.header = !is_true(find(*request, {"ExcludeReportHeader"}));
    job.footer = !is_true(find(*request, {"ExcludeReportFooter"}));
    job.names = !is_true(find(*request, {"ExcludeColumnHeaders"}));
    return "";
  }

  HttpReply submit(const json::value& body, Situation& situation) {
    Job job;
    job.begun = situation.now;
    const std::string wrong = read_job(body, job);
    if (!wrong.empty())
      return complain(situation, wrong, failure(400, 2027, "The request is invalid: " + wrong));
    for (const JobFault fate : {JobFault::fails, JobFault::slow}) {
      if (situation.fault(fate)) job.fate = fate;
    }
    const std::string id = "300000" + std::to_string(jobs_.size());
    jobs_[id] = job;
    return json_reply(object({member("ReportRequestId", json_text(id))}));
  }

  HttpReply poll(const json::value& body, Situation& situation) {
    const std::string id = text(find(body, {"ReportRequestId"}));
    const auto found = jobs_.find(id);
    if (found == jobs_.end())
      return complain(situation, "ReportRequestId", failure(400, 2100, "ReportRequestId is invalid."));
    Job& job = found->second;
    // At the very same time it is the same question, sent again because its connection broke.
    if (job.polls > 0 && situation.now > job.polled && situation.now < job.polled + kLeastBetweenPolls)
      situation.impatience = "polled a report again within ten seconds";
    job.polled = situation.now;
    ++job.polls;
    const int needs = job.fate == JobFault::slow ? 5 : 2;
    std::string state = job.polls == 1 ? "Pending" : "InProgress", url = "null";
    if (job.polls > needs) {
      state = job.fate == JobFault::fails ? "Error" : "Success";
      job.ready = situation.now;
      if (state == "Success" && !rows_of(job).empty())
        url = json_text(situation.addresses.download + "/reports/" + id + ".zip?sig=a%2Bb%3D");
    }
    return json_reply(object({member("ReportRequestStatus", object({member("Status", json_text(state)),
                                                                    member("ReportDownloadUrl", url)}))}));
  }

  HttpReply download(const Request& request, Situation& situation) {
    const std::string name = request.path.substr(std::min(request.path.rfind('/') + 1, request.path.size()));
    const auto job = jobs_.find(name.substr(0, name.find('.')));
    if (request.method != "GET" || job == jobs_.end() || request.raw_query != "sig=a%2Bb%3D")
      return complain(situation, "no such file", html_reply(404, "Not Found"));
    if (!request.header("authorization").empty() || !request.header("developertoken").empty())
      return complain(situation, "credentials were sent to another host",
                      html_reply(400, "InvalidAuthenticationInfo"));
    if (situation.now > job->second.ready + kLinkLives) return html_reply(403, "AuthenticationFailed");
    return {200,
            {{"Content-Type", "application/x-zip-compressed"}},
            zip_file("CampaignPerformanceReport.csv", csv(job->second)),
            HttpFault::none};
  }

  std::vector<std::pair<std::pair<rules::Day, std::size_t>, AdFigures>> rows_of(const Job& job) const {
    std::vector<std::pair<std::pair<rules::Day, std::size_t>, AdFigures>> rows;
    for (const auto& row : account().rows()) {
      if (job.days.contains(row.first.first)) rows.emplace_back(row);
    }
    return rows;
  }

  std::string csv(const Job& job) const {
    const auto line = [&](auto&& cell) {
      std::vector<std::string> cells;
      for (const std::string& column : job.columns) cells.push_back(csv_cell(cell(column)));
      return joined(cells) + "\r\n";
    };
    std::string out = "\xEF\xBB\xBF";
    if (job.header) {
      out += "\"Report Name: t\"\r\n\"Report Time: " + rules::to_string(job.days.first) + ',' +
             rules::to_string(job.days.last) + "\"\r\n\"Rows: " + std::to_string(rows_of(job).size()) +
             "\"\r\n\r\n";
    }
    if (job.names) out += line([](const std::string& column) { return column; });
    for (const auto& row : rows_of(job)) {
      const AdFigures& figures = row.second;
      const auto& key = row.first;
      out += line([&](const std::string& column) -> std::string {
        if (column == "TimePeriod") return rules::to_string(key.first);
        if (column == "CampaignId") return campaign(key.second).id;
        if (column == "CampaignName") return campaign(key.second).name;
        if (column == "Impressions") return with_thousands(std::to_string(figures.impressions));
        if (column == "Clicks") return with_thousands(std::to_string(figures.clicks));
        if (column == "Spend") return with_thousands(fixed(figures.spend, 2));
        if (column == "AccountId") return "123";
        if (column == "AccountName") return "Acme, Inc.";
        if (column == "CurrencyCode") return "EUR";
        if (figures.conversions_unknown) return "--";
        if (column == "Conversions") return with_thousands(std::to_string(figures.conversions / kWhole));
        if (column == "ConversionsQualified") return with_thousands(fixed(figures.conversions, 2));
        return with_thousands(fixed(figures.revenue, 2));
      });
    }
    if (job.footer)
      out +=
          "\r\n\"\xC2\xA9"
          "2025 Microsoft Corporation. All rights reserved. \"\r\n";
    return out;
  }

  std::map<std::string, Job> jobs_;
};

}  // namespace

std::unique_ptr<Vendor> make_microsoft_ads() {
  return std::make_unique<MicrosoftAds>();
}

}  // namespace tightrope::vendors
