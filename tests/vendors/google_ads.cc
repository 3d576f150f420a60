// Google Ads, REST: search and searchStream.
#include <algorithm>
#include <boost/json/object.hpp>
#include <map>
#include <regex>

#include "tests/vendors/ad_vendor.h"
#include "tests/vendors/json_text.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

constexpr std::size_t kPageSize = 20;  // of the vendor's choosing; really 10 000

struct Query {
  std::vector<std::string> fields;
  rules::DayRange days;
  std::string wrong;  // "" or an error code of queryError
};

bool known(const std::string& field) {
  static const std::set<std::string> kFields{"campaign.id",
                                             "campaign.name",
                                             "campaign.status",
                                             "campaign.resource_name",
                                             "customer.id",
                                             "customer.currency_code",
                                             "customer.time_zone",
                                             "segments.date",
                                             "metrics.cost_micros",
                                             "metrics.impressions",
                                             "metrics.clicks",
                                             "metrics.conversions",
                                             "metrics.conversions_value",
                                             "metrics.video_views",
                                             "metrics.video_trueview_views"};
  return kFields.contains(field);
}

Query parse_query(const std::string& text) {
  Query query;
  static const std::regex kShape(
      R"(\s*SELECT\s+(.+?)\s+FROM\s+campaign(?:\s+WHERE\s+(.+?))?(?:\s+ORDER\s+BY\s+.+)?\s*)",
      std::regex::icase);
  std::smatch parts;
  std::string one_line = text;
  for (char& c : one_line) c = c == '\n' || c == '\t' ? ' ' : c;
  if (!std::regex_match(one_line, parts, kShape)) {
    query.wrong = "UNEXPECTED_INPUT";
    return query;
  }
  static const std::regex kComma(R"(\s*,\s*)");
  const std::string list = parts[1];
  for (std::sregex_token_iterator it(list.begin(), list.end(), kComma, -1), end; it != end; ++it) {
    query.fields.push_back(it->str());
    if (!known(query.fields.back())) query.wrong = "UNRECOGNIZED_FIELD";
  }
  std::optional<rules::Day> first, last;
  std::string conditions = parts[2];
  static const std::regex kBetween(R"(segments\.date\s+BETWEEN\s+'([^']*)'\s+AND\s+'([^']*)')",
                                   std::regex::icase);
  std::smatch between;
  if (std::regex_search(conditions, between, kBetween)) {
    first = rules::parse_day(between[1].str());
    last = rules::parse_day(between[2].str());
    conditions = std::regex_replace(conditions, kBetween, "");
  }
  static const std::regex kAnd(R"(\s*\bAND\b\s*)", std::regex::icase);
  for (std::sregex_token_iterator it(conditions.begin(), conditions.end(), kAnd, -1), end; it != end; ++it) {
    const std::string condition = it->str();
    static const std::regex kFrom(R"(\s*segments\.date\s*>=\s*'([^']*)'\s*)"),
        kTo(R"(\s*segments\.date\s*<=\s*'([^']*)'\s*)"),
        kHarmless(R"(\s*|\s*campaign\.status\s*!=\s*'REMOVED'\s*|\s*metrics\.impressions\s*>\s*0\s*)");
    std::smatch found;
    if (std::regex_match(condition, found, kFrom)) {
      first = rules::parse_day(found[1].str());
    } else if (std::regex_match(condition, found, kTo)) {
      last = rules::parse_day(found[1].str());
    } else if (!std::regex_match(condition, kHarmless)) {
      query.wrong = "BAD_FIELD_NAME";
    }
  }
  const bool dated =
      std::find(query.fields.begin(), query.fields.end(), "segments.date") != query.fields.end();
  if (dated && (!first || !last)) query.wrong = "MISALIGNED_DATE_FOR_FILTER";
  query.days = {first.value_or(kToday), last.value_or(kToday)};
  return query;
}

std::string camel_case(const std::string& snake) {
  std::string out;
  for (std::size_t i = 0; i < snake.size(); ++i) {
    if (snake[i] == '_') continue;
    const bool up = i > 0 && snake[i - 1] == '_';
    out += up ? static_cast<char>(snake[i] - 'a' + 'A') : snake[i];
  }
  return out;
}

class GoogleAds final : public AdVendor {
 public:
  GoogleAds()
      : AdVendor({.seed = 11,
                  .campaigns = 7,
                  .days = days_around(20),
                  .money_step = 10,
                  .conversion_step = 10'000}) {}

  VendorFacts facts() const override {
    return {.name = "google_ads",
            .connector = "google_ads",
            .timezone = "Europe/Vienna",
            .lookback = 14,
            .oauth = true,
            // Only a stream can carry half a page and an error; pages are asked for.
            .page_faults = {PageFault::repeats, PageFault::empty},
            .with = {{"customer_id", "1112223334"},
                     {"login_customer_id", "9998887776"},
                     {"developer_token", "dev-token-1"}},
            .secrets = {"dev-token-1"}};
  }

  HttpReply answer(const Request& request, Situation& situation) override {
    static const std::regex kPath(R"(/v\d+/customers/1112223334/googleAds:(search|searchStream))");
    std::smatch path;
    if (!std::regex_match(request.path, path, kPath) || request.method != "POST")
      return complain(situation, "no such path", html_reply(404, "Error 404 (Not Found)!!1"));
    const bool stream = path[1] == "searchStream";
    if (!situation.tokens.accepts(request.bearer(), situation.now)) return wrapped(refused(), stream);
    if (request.header("developer-token") != "dev-token-1") {
      return complain(
          situation, "no developer-token",
          wrapped(failure(401, "UNAUTHENTICATED", "authenticationError", "DEVELOPER_TOKEN_INVALID"), stream));
    }
    if (request.header("login-customer-id") != "9998887776") {
      return complain(
          situation, "no login-customer-id",
          wrapped(failure(403, "PERMISSION_DENIED", "authorizationError", "USER_PERMISSION_DENIED"), stream));
    }
    if (!request.has_json || !request.json.is_object())
      return complain(situation, "the body is no JSON object",
                      wrapped(invalid("requestError", "INVALID_INPUT"), stream));
    const boost::json::object& body = request.json.as_object();
    for (const auto& entry : body) {
      if (entry.key() == "pageSize")
        return complain(situation, "pageSize",
                        wrapped(invalid("requestError", "PAGE_SIZE_NOT_SUPPORTED"), stream));
      if (entry.key() != "query" && (stream || entry.key() != "pageToken"))
        return complain(situation, "unknown name " + std::string(entry.key()),
                        wrapped(invalid("requestError", "UNKNOWN"), stream));
    }
    const auto* text = body.if_contains("query");
    if (!text || !text->is_string())
      return complain(situation, "no query", wrapped(invalid("queryError", "QUERY_NOT_ENOUGH"), stream));
    const Query query = parse_query(std::string(text->as_string()));
    if (!query.wrong.empty())
      return complain(situation, query.wrong, wrapped(invalid("queryError", query.wrong), stream));
    const std::vector<std::string> rows = rows_of(query);
    return stream ? streamed(rows, situation) : paged(rows, body, situation);
  }

  HttpReply refused() const override {
    return json_reply(google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
                      401);
  }
  HttpReply error_in_200(const Request& request) const override {
    HttpReply reply = json_reply(google_error(500, "INTERNAL", "Internal error encountered."));
    return wrapped(std::move(reply), request.path.ends_with("Stream"));
  }

  std::vector<Throttle> throttles() const override {
    const auto saying = [](std::string error, std::string delay, rules::Duration wait) {
      return Throttle{error,
                      [error, delay](const Request& request, rules::Timestamp) {
                        HttpReply reply = quota(error, delay);
                        return wrapped(std::move(reply), request.path.ends_with("Stream"));
                      },
                      [wait](rules::Timestamp now) { return now + wait; }};
    };
    return {saying("RESOURCE_TEMPORARILY_EXHAUSTED", "30s", std::chrono::seconds(30)),
            saying("RESOURCE_EXHAUSTED", "7200s", std::chrono::hours(2)),
            saying("EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", "", std::chrono::milliseconds(500))};
  }

  Truth truth(rules::Timestamp) const override {
    Truth truth;
    truth.optional_metrics = {"video_views"};
    for (const auto& [key, figures] : account().rows()) {
      const std::string& name = campaign(key.second).name;
      add_usual(truth, name, key.first, figures);
      truth.add(name, key.first, "video_views", figures.video_views * kWhole);
    }
    return truth;
  }

 private:
  static HttpReply quota(const std::string& error, const std::string& delay) {
    std::string details =
        R"({"quotaErrorDetails":{"rateScope":"ACCOUNT","rateName":"Requests per hour","retryDelay":")" +
        delay + "\"}}";
    const std::string one = object({member("errorCode", object({member("quotaError", json_text(error))})),
                                    member("message", json_text("Too many requests.")),
                                    delay.empty() ? member("trigger", "{}") : member("details", details)});
    return json_reply(
        google_error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).",
                     array({failure_details(one)})),
        429);
  }
  static std::string failure_details(const std::string& error) {
    return object(
        {member("@type", json_text("type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure")),
         member("errors", array({error})), member("requestId", json_text("req-1"))});
  }
  static HttpReply failure(int code, const std::string& status, const std::string& group,
                           const std::string& error) {
    const std::string one = object({member("errorCode", object({member(group, json_text(error))})),
                                    member("message", json_text(error))});
    return json_reply(
        google_error(code, status, "Request contains an invalid argument.", array({failure_details(one)})),
        code);
  }
  static HttpReply invalid(const std::string& group, const std::string& error) {
    return failure(400, "INVALID_ARGUMENT", group, error);
  }
  // Errors of a stream are elements of its array.
  static HttpReply wrapped(HttpReply reply, bool stream) {
    if (stream) reply.body = '[' + reply.body + ']';
    return reply;
  }

  std::string field(const std::string& name, const std::pair<rules::Day, std::size_t>& key,
                    const AdFigures& figures) const {
    if (name == "campaign.id") return json_text(campaign(key.second).id);
    if (name == "campaign.name") return json_text(campaign(key.second).name);
    if (name == "campaign.status") return json_text("ENABLED");
    if (name == "customer.id") return json_text("1112223334");
    if (name == "customer.currency_code") return json_text("EUR");
    if (name == "customer.time_zone") return json_text("Europe/Vienna");
    if (name == "segments.date") return json_text(rules::to_string(key.first));
    if (name == "metrics.cost_micros") return json_text(std::to_string(figures.spend));
    if (name == "metrics.impressions") return json_text(std::to_string(figures.impressions));
    if (name == "metrics.clicks") return json_text(std::to_string(figures.clicks));
    if (name == "metrics.conversions") return figures.conversions_unknown ? "" : decimal(figures.conversions);
    if (name == "metrics.conversions_value")
      return figures.conversions_unknown ? "" : decimal(figures.revenue);
    if (name.starts_with("metrics.video")) return json_text(std::to_string(figures.video_views));
    return "";
  }

  std::vector<std::string> rows_of(const Query& query) const {
    std::vector<std::string> rows;
    for (const auto& [key, figures] : account().rows()) {
      if (!query.days.contains(key.first)) continue;
      std::map<std::string, std::vector<std::string>> groups;
      groups["campaign"].push_back(
          member("resourceName", json_text("customers/1112223334/campaigns/" + campaign(key.second).id)));
      for (const std::string& name : query.fields) {
        const std::string value = field(name, key, figures);
        const std::size_t dot = name.find('.');
        if (!value.empty())
          groups[name.substr(0, dot)].push_back(member(camel_case(name.substr(dot + 1)), value));
      }
      std::vector<std::string> members;
      for (const auto& [group, fields] : groups) members.push_back(member(group, object(fields)));
      rows.push_back(object(members));
    }
    return rows;
  }

  static HttpReply paged(std::vector<std::string> rows, const boost::json::object& body,
                         Situation& situation) {
    std::size_t offset = 0;
    if (const auto* token = body.if_contains("pageToken");
        token && token->is_string() && !token->as_string().empty()) {
      const std::string text(token->as_string());
      if (!text.starts_with("page-"))
        return complain(situation, "pageToken", invalid("requestError", "INVALID_PAGE_TOKEN"));
      offset = std::stoul(text.substr(5));
    }
    const Page page = page_of(rows.size(), offset, kPageSize);
    std::vector<std::string> members;
    std::size_t next = page.end;
    if (!page.last && page.begin > 0 && situation.fault(PageFault::repeats)) next = offset;
    const bool empty = !page.last && situation.fault(PageFault::empty);
    if (empty) next = page.begin;
    if (!empty)
      members.push_back(member("results", array({rows.begin() + static_cast<std::ptrdiff_t>(page.begin),
                                                 rows.begin() + static_cast<std::ptrdiff_t>(page.end)})));
    members.push_back(member("fieldMask", json_text("campaign.id")));
    if (!page.last)
      members.push_back(
          member("nextPageToken", json_text("page-" + std::to_string(next) + (empty ? "-again" : ""))));
    return json_reply(object(members));
  }

  HttpReply streamed(std::vector<std::string> rows, Situation& situation) const {
    std::vector<std::string> batches;
    const bool half = situation.fault(PageFault::half);
    if (half) rows.resize(rows.size() / 2);
    for (std::size_t at = 0; at < rows.size(); at += kPageSize) {
      const Page page = page_of(rows.size(), at, kPageSize);
      batches.push_back(
          object({member("results", array({rows.begin() + static_cast<std::ptrdiff_t>(page.begin),
                                           rows.begin() + static_cast<std::ptrdiff_t>(page.end)})),
                  member("fieldMask", json_text("campaign.id")), member("requestId", json_text("req-1"))}));
    }
    if (half) batches.push_back(google_error(500, "INTERNAL", "Internal error encountered."));
    return json_reply(array(batches));
  }
};

}  // namespace

std::unique_ptr<Vendor> make_google_ads() {
  return std::make_unique<GoogleAds>();
}

}  // namespace tightrope::vendors
