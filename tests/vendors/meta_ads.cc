// Meta Marketing API: insights, at once and as an asynchronous report.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <map>
#include <regex>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr std::size_t kMostRows = 25;  // of a page; the vendor may give fewer than were asked for
constexpr const char* kToken = "meta-secret-token";
constexpr const char* kAccount = "act_120200000000000009";

const std::vector<std::string> kParameters{"level",
                                           "time_increment",
                                           "fields",
                                           "time_range",
                                           "limit",
                                           "after",
                                           "access_token",
                                           "action_report_time",
                                           "action_attribution_windows",
                                           "use_unified_attribution_setting",
                                           "filtering",
                                           "sort"};
const std::set<std::string> kFields{
    "campaign_id", "campaign_name", "account_id", "account_currency",   "date_start",
    "date_stop",   "impressions",   "clicks",     "inline_link_clicks", "spend",
    "reach",       "frequency",     "actions",    "action_values",      "video_play_actions"};

HttpReply failure(int status, int code, const std::string& message, int subcode = 0, bool transient = false) {
  std::vector<std::string> members{
      member("message", json_text(message)), member("type", json_text("OAuthException")),
      member("code", std::to_string(code)), member("fbtrace_id", json_text("A1b2C3"))};
  if (subcode) members.push_back(member("error_subcode", std::to_string(subcode)));
  if (transient) members.push_back(member("is_transient", "true"));
  return json_reply(object({member("error", object(members))}), status);
}

struct Wanted {
  rules::DayRange days;
  std::vector<std::string> fields;
  std::size_t limit = 25;
};

std::string split_part(std::string& list) {
  const std::string part = list.substr(0, list.find(','));
  list.erase(0, std::min(part.size() + 1, list.size()));
  return part;
}

// What is wrong, or "".
std::string read_wanted(const Fields& parameters, Wanted& wanted) {
  std::map<std::string, std::string> by_name(parameters.begin(), parameters.end());
  for (const auto& [name, value] : by_name) {
    if (std::find(kParameters.begin(), kParameters.end(), name) == kParameters.end())
      return "unknown parameter " + name;
  }
  if (by_name["level"] != "campaign") return "level is not campaign";
  if (by_name["time_increment"] != "1") return "without time_increment=1 one row covers the whole range";
  for (std::string list = by_name["fields"]; !list.empty();) {
    wanted.fields.push_back(split_part(list));
    if (!kFields.contains(wanted.fields.back())) return "unknown field " + wanted.fields.back();
  }
  boost::system::error_code error;
  const auto range = boost::json::parse(by_name["time_range"], error);
  if (error || !range.is_object()) return "time_range is not JSON";
  const auto* since = range.as_object().if_contains("since");
  const auto* until = range.as_object().if_contains("until");
  if (!since || !until || !since->is_string() || !until->is_string())
    return "time_range lacks since or until";
  const auto first = rules::parse_day(std::string(since->as_string()));
  const auto last = rules::parse_day(std::string(until->as_string()));
  if (!first || !last || *last < *first) return "time_range has no such days";
  wanted.days = {*first, *last};
  if (by_name.contains("limit")) wanted.limit = std::stoul(by_name["limit"]);
  return "";
}

class MetaAds final : public AdVendor {
 public:
  explicit MetaAds(bool asynchronous)
      : AdVendor({.seed = 22, .campaigns = 6, .days = days_around(35), .first_id = 120'200'000'000'000'001}),
        asynchronous_(asynchronous) {}

  VendorFacts facts() const override {
    VendorFacts facts{.name = asynchronous_ ? "meta_ads_asynchronous" : "meta_ads",
                      .connector = "meta_ads",
                      .timezone = "America/New_York",
                      .currency = "USD",
                      .lookback = 28,
                      .least_requests = 5,
                      .page_faults = {PageFault::repeats, PageFault::foreign, PageFault::empty},
                      .with = {{"account_id", std::string(kAccount).substr(4)}, {"access_token", kToken}},
                      .secrets = {kToken}};
    if (asynchronous_) {
      facts.with.emplace_back("asynchronous", "true");
      facts.job_faults = {JobFault::fails, JobFault::skipped, JobFault::slow};
    }
    return facts;
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    static const std::regex kPath(R"(/v\d+\.\d+/([A-Za-z0-9_]+)(/insights)?)");
    std::smatch path;
    if (!std::regex_match(request.path, path, kPath))
      return complain(situation, "no such path",
                      failure(400, 2500, "Unknown path components: " + request.path));
    const std::string token =
        request.bearer().empty() ? request.asked("access_token").value_or("") : request.bearer();
    if (token != kToken) return refused();
    const std::string node = path[1];
    const bool insights = path[2].matched;
    if (node == kAccount && insights) {
      if (request.method == "POST") return submit(request, situation);
      return report(request.query, request, situation);
    }
    const auto job = jobs_.find(node);
    if (job == jobs_.end() || request.method != "GET")
      return complain(situation, "no such object", failure(400, 100, "Unsupported get request.", 33));
    return insights ? job_rows(job->second, request, situation)
                    : job_state(job->first, job->second, situation);
  }

  HttpReply refused() const override {
    return failure(400, 190, "Error validating access token: Session has expired.", 463);
  }
  HttpReply error_in_200(const Request&) const override {
    return failure(200, 2, "An unexpected error has occurred. Please retry your request later.", 0, true);
  }

  std::vector<Throttle> throttles() const override {
    const auto usage = [](HttpReply reply, int minutes) {
      reply.headers.emplace_back(
          "X-Business-Use-Case-Usage",
          R"({"120200000000000009":[{"type":"ads_insights","call_count":100,"total_cputime":15,"total_time":20,"estimated_time_to_regain_access":)" +
              std::to_string(minutes) + "}]}");
      return reply;
    };
    const auto plain = [](int status, int code, int subcode, std::string message) {
      return Throttle{
          "Code" + std::to_string(code),
          [=](const Request&, rules::Timestamp) { return failure(status, code, message, subcode); }, soon};
    };
    return {{"RegainAccess",
             [usage](const Request&, rules::Timestamp) {
               return usage(
                   failure(400, 80000, "There have been too many calls from this ad-account.", 2446079), 7);
             },
             [](rules::Timestamp now) { return now + std::chrono::minutes(7); }},
            plain(400, 4, 0, "Application request limit reached"),
            plain(400, 17, 2446079, "User request limit reached"),
            plain(403, 613, 1487742, "Calls to this api have exceeded the rate limit.")};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"reach", "frequency", "video_views", "leads"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string& name = campaign(key.second).name;
      add_usual(truth, name, key.first, figures);
      truth.add(name, key.first, "reach", figures.reach * kWhole);
      truth.add(name, key.first, "frequency", frequency(figures));
      truth.add(name, key.first, "video_views", figures.video_views * kWhole);
      if (figures.conversions_unknown || figures.leads == 0) {
        truth.absent(name, key.first, "leads");
      } else {
        truth.add(name, key.first, "leads", figures.leads * kWhole);
      }
      // Actions that did not happen are left out.
      if (figures.conversions == 0) {
        truth.figures[{name, key.first, "conversions"}] = std::nullopt;
        truth.figures[{name, key.first, "revenue"}] = std::nullopt;
      }
      if (figures.clicks == 0) truth.figures[{name, key.first, "clicks"}] = std::nullopt;
      if (figures.video_views == 0) truth.figures[{name, key.first, "video_views"}] = std::nullopt;
    }
    return truth;
  }

 private:
  struct Job {
    Fields parameters;
    int asked = 0;
    JobFault fate = JobFault::none;
    rules::Timestamp begun;
  };

  static std::int64_t frequency(const AdFigures& figures) {  // two places
    return figures.impressions * 100 / figures.reach * 10'000;
  }

  std::string row(const std::pair<rules::Day, std::size_t>& key, const AdFigures& figures,
                  const Wanted& wanted) const {
    const std::string day = json_text(rules::to_string(key.first));
    std::vector<std::string> members{member("date_start", day), member("date_stop", day)};
    const auto action = [](const std::string& type, const std::string& value) {
      return object({member("action_type", json_text(type)), member("value", json_text(value))});
    };
    for (const std::string& field : wanted.fields) {
      std::string value;
      if (field == "campaign_id") value = json_text(campaign(key.second).id);
      if (field == "campaign_name") value = json_text(campaign(key.second).name);
      if (field == "account_id") value = json_text(std::string(kAccount).substr(4));
      if (field == "account_currency") value = json_text("USD");
      if (field == "impressions") value = json_text(std::to_string(figures.impressions));
      if (field == "clicks" && figures.clicks > 0) value = json_text(std::to_string(figures.clicks));
      if (field == "inline_link_clicks" && figures.clicks > 0)
        value = json_text(std::to_string(figures.clicks / 2));
      if (field == "spend") value = json_text(decimal(figures.spend));
      if (field == "reach") value = json_text(std::to_string(figures.reach));
      if (field == "frequency") value = json_text(decimal(frequency(figures)));
      if (field == "video_play_actions" && figures.video_views > 0)
        value = array({action("video_view", std::to_string(figures.video_views))});
      const bool told = !figures.conversions_unknown;
      if (field == "actions") {
        std::vector<std::string> actions;
        if (figures.clicks > 0) actions.push_back(action("link_click", std::to_string(figures.clicks / 2)));
        if (told && figures.conversions > 0) {
          for (const char* type : {"omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase"})
            actions.push_back(action(type, decimal(figures.conversions)));
        }
        if (told && figures.leads > 0) actions.push_back(action("lead", std::to_string(figures.leads)));
        if (!actions.empty()) value = array(actions);
      }
      if (field == "action_values" && told && figures.conversions > 0) {
        value = array({action("omni_purchase", decimal(figures.revenue)),
                       action("purchase", decimal(figures.revenue))});
      }
      if (!value.empty()) members.push_back(member(field, value));
    }
    return object(members);
  }

  // A page of the report that these parameters ask for.
  HttpReply report(const Fields& parameters, const Request& request, Situation& situation) const {
    Wanted wanted;
    const std::string wrong = read_wanted(parameters, wanted);
    if (!wrong.empty()) return complain(situation, wrong, failure(400, 100, "(#100) " + wrong));
    std::vector<std::string> rows;
    for (const auto& [key, figures] : account().rows()) {
      if (wanted.days.contains(key.first)) rows.push_back(row(key, figures, wanted));
    }
    std::size_t offset = 0;
    if (const auto after = request.asked("after")) {
      if (!after->starts_with("cursor"))
        return complain(situation, "after", failure(400, 100, "(#100) Invalid cursor"));
      offset = std::stoul(after->substr(6));
    }
    const Page page = page_of(rows.size(), offset, std::min(wanted.limit, kMostRows));
    const bool empty = !page.last && situation.fault(PageFault::empty);
    std::string next;
    if (!page.last) {
      const std::string base =
          situation.fault(PageFault::foreign) ? situation.addresses.foreign : situation.addresses.api;
      const std::size_t to =
          empty || (page.begin > 0 && situation.fault(PageFault::repeats)) ? page.begin : page.end;
      next = base + request.path + '?';
      for (const auto& [name, value] : request.query) {
        if (name != "after" && name != "access_token")
          next += percent_encoded(name) + '=' + percent_encoded(value) + '&';
      }
      next += "after=cursor" + std::to_string(to) + (empty ? "again" : "") + "&access_token=" + kToken;
    }
    const std::string cursors = object({member("before", json_text("cursor" + std::to_string(page.begin))),
                                        member("after", json_text("cursor" + std::to_string(page.end)))});
    std::vector<std::string> paging{member("cursors", cursors)};
    if (!next.empty()) paging.push_back(member("next", json_text(next)));
    std::vector<std::string> part;
    if (!empty)
      part.assign(rows.begin() + static_cast<std::ptrdiff_t>(page.begin),
                  rows.begin() + static_cast<std::ptrdiff_t>(page.end));
    return json_reply(object({member("data", array(part)), member("paging", object(paging))}));
  }

  HttpReply submit(const Request& request, Situation& situation) {
    Fields parameters = request.form.empty() ? request.query : request.form;
    if (request.has_json && request.json.is_object()) {
      for (const auto& entry : request.json.as_object()) {
        if (entry.value().is_string())
          parameters.emplace_back(entry.key(), std::string(entry.value().as_string()));
      }
    }
    Wanted wanted;
    const std::string wrong = read_wanted(parameters, wanted);
    if (!wrong.empty()) return complain(situation, wrong, failure(400, 100, "(#100) " + wrong));
    const std::string id =
        std::to_string(6'000'000'000'000'000'001 + static_cast<std::int64_t>(jobs_.size()));
    Job job{.parameters = std::move(parameters), .begun = situation.now};
    for (const JobFault fate : {JobFault::fails, JobFault::skipped, JobFault::slow}) {
      if (situation.fault(fate)) job.fate = fate;
    }
    jobs_[id] = job;
    return json_reply(object({member("report_run_id", json_text(id))}));
  }

  static bool done(const Job& job, rules::Timestamp now) {
    const rules::Duration needs =
        job.fate == JobFault::slow ? std::chrono::minutes(1) : std::chrono::seconds(3);
    return now >= job.begun + needs;
  }

  static HttpReply job_state(const std::string& id, Job& job, Situation& situation) {
    std::string state = job.asked == 0 ? "Job Not Started" : "Job Running";
    int percent = std::min(99, 30 * job.asked);
    ++job.asked;
    if (done(job, situation.now)) {
      state = job.fate == JobFault::fails     ? "Job Failed"
              : job.fate == JobFault::skipped ? "Job Skipped"
                                              : "Job Completed";
      percent = 100;
      // Completed is said a moment before the last percent.
      if (state == "Job Completed" && job.asked == 2) percent = 97;
    }
    return json_reply(
        object({member("id", json_text(id)), member("account_id", json_text(std::string(kAccount).substr(4))),
                member("async_status", json_text(state)),
                member("async_percent_completion", std::to_string(percent))}));
  }

  HttpReply job_rows(const Job& job, const Request& request, Situation& situation) const {
    const bool good = job.fate == JobFault::none || job.fate == JobFault::slow;
    if (!good || !done(job, situation.now))
      return complain(situation, "the report is not ready", failure(400, 100, "(#100) Job is not completed"));
    Fields parameters = job.parameters;
    if (const auto limit = request.asked("limit")) parameters.emplace_back("limit", *limit);
    return report(parameters, request, situation);
  }

  const bool asynchronous_;
  std::map<std::string, Job> jobs_;
};

}  // namespace

std::unique_ptr<Vendor> make_meta_ads() {
  return std::make_unique<MetaAds>(false);
}

std::unique_ptr<Vendor> make_meta_ads_asynchronous() {
  return std::make_unique<MetaAds>(true);
}

}  // namespace tightrope::vendors
