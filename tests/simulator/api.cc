#include "tests/simulator/api.h"

#include <date/date.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "tests/simulator/scenario.h"

namespace tightrope::simulator {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t kUsualPage = 100;
constexpr std::size_t kMostOfAPage = 10'000;

Reply json_reply(const json::value& value, int status = 200) {
  Reply reply;
  reply.status = status;
  reply.body = json::serialize(value) + "\n";
  return reply;
}

Reply problem(int status, std::string_view text) {
  return json_reply({{"error", {{"code", status}, {"message", text}}}}, status);
}

std::string day_text(Day day) {
  const std::chrono::year_month_day ymd(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::string instant_text(Instant time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(seconds(time.time_since_epoch()).count()));
}

std::optional<int> number(std::string_view text) noexcept {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

std::optional<Day> parse_day(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day ymd{std::chrono::year(*year),
                                        std::chrono::month(static_cast<unsigned>(*month)),
                                        std::chrono::day(static_cast<unsigned>(*day))};
  if (!ymd.ok()) return std::nullopt;
  return Day(ymd);
}

// "2026-11-20T08:00:00Z", to the second and in UTC.
std::optional<Instant> parse_instant(std::string_view text) noexcept {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
    return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const auto hour = number(text.substr(11, 2));
  const auto minute = number(text.substr(14, 2));
  const auto second = number(text.substr(17, 2));
  if (!day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return *day + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

// Of micros, exactly, with two places at least: 12.50, 0.004321.
std::string money_text(std::int64_t micros, char point = '.') {
  std::string text = fmt::format("{}{}{:06}", micros / 1'000'000, point, micros % 1'000'000);
  while (text.back() == '0' && text[text.size() - 3] != point) text.pop_back();
  return text;
}

std::string bucket_text(const Record& record) {
  const std::string day = day_text(record.day);
  return record.hour ? fmt::format("{}T{:02}", day, *record.hour) : day;
}

json::object record_json(const Record& record) {
  return {{"date", bucket_text(record)},
          {"channel", record.campaign->channel},
          {"campaign", record.campaign->name},
          {"impressions", record.figures.impressions},
          {"clicks", record.figures.clicks},
          {"spend_micros", std::to_string(record.figures.spend_micros)},
          {"conversions", record.figures.conversions},
          {"revenue_micros", std::to_string(record.figures.revenue_micros)}};
}

// The object a POST carries, or nothing.
std::optional<json::object> parse_object(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string string_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

// The number, what stands for it when it is absent, or nothing when it is none or outside [low, high].
std::optional<double> number_of(const json::object& object, std::string_view key, double otherwise,
                                double low, double high) {
  const json::value* value = object.if_contains(key);
  if (!value) return otherwise;
  if (!value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  if (!(number >= low && number <= high)) return std::nullopt;
  return number;
}

}  // namespace

struct Api::Slice {
  const Account* account;
  Day first;
  Day last;
  Granularity granularity;
};

Api::Api(World& world, ApiSettings settings) : world_(world), settings_(std::move(settings)) {}

Reply Api::handle(const Request& request, Instant now) {
  const auto url = boost::urls::parse_origin_form(request.target);
  if (!url) return problem(400, "the request target cannot be read");
  Query query;
  for (const auto& parameter : url->params()) query.insert_or_assign(parameter.key, parameter.value);
  const std::string path(url->encoded_path());
  const bool get = request.method == "GET";

  if (path == "/v1/report" && get) return with_fault(report(request, query, now));
  if (path == "/v1/export.csv" && get) return with_fault(csv(request, query, now));
  if (path == "/v1/accounts" && get) return accounts();
  if (path == "/truth" && get) return truth(query);
  if (path == "/incidents") return incidents(request, now);
  if (path == "/faults") return faults(request);
  if (path == "/clock") return clock(request, now);
  if (path == "/sink" || path.starts_with("/sink/")) return sink(request, path, now);
  if (path == "/-/healthy" && get) return json_reply({{"status", "ok"}});
  if (path == "/" && get) {
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.body =
        "A simulated advertising platform.\n"
        "GET  /v1/report?account=&from=&to=   figures as reported now (bearer token)\n"
        "GET  /v1/export.csv?account=&key=    the same as CSV\n"
        "GET  /v1/accounts                    accounts and campaigns\n"
        "GET  /truth?account=&from=&to=       figures as they will be in the end\n"
        "GET, POST /incidents                 what goes wrong in campaigns\n"
        "GET, POST, DELETE /faults            what goes wrong with this service\n"
        "GET, POST /clock                     the simulated instant\n"
        "GET, POST, DELETE /sink              messages received here\n";
    return reply;
  }
  return problem(404, "there is nothing at " + path);
}

Reply Api::with_fault(Reply reply) {
  const std::optional<Fault> fault = faults_.take();
  if (!fault) return reply;
  switch (fault->kind) {
    case FaultKind::server_error:
      return problem(500, "staged: internal error");
    case FaultKind::expired_token:
      return problem(401, "staged: the token has expired");
    case FaultKind::throttled: {
      Reply throttled = problem(429, "staged: too many requests");
      const auto wait = std::chrono::ceil<seconds>(fault->wait).count();
      throttled.headers.emplace_back("Retry-After", std::to_string(wait));
      return throttled;
    }
    case FaultKind::slow:
      reply.delay = fault->wait;
      return reply;
    case FaultKind::truncate:
      reply.truncated = true;
      return reply;
    case FaultKind::malformed:
      reply.body.resize(reply.body.size() / 2);
      return reply;
  }
  return reply;
}

namespace {

// The slice a query asks for, or what is wrong with it. Without `from` and `to`: the last 30 days.
template <class Slice, class Query>
std::variant<Slice, Reply> slice_of(const World& world, const Query& query, Instant now) {
  const auto parameter = [&](std::string_view name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  const Account* account = world.find_account(parameter("account"));
  if (!account) return problem(404, "there is no such account");
  const Day today = world.day_of(*account, now);
  Slice slice{account, today - days(29), today, Granularity::day};
  if (const std::string from = parameter("from"); !from.empty()) {
    const auto day = parse_day(from);
    if (!day) return problem(400, "\"from\" is not a date such as 2026-11-20");
    slice.first = *day;
  }
  if (const std::string to = parameter("to"); !to.empty()) {
    const auto day = parse_day(to);
    if (!day) return problem(400, "\"to\" is not a date such as 2026-11-20");
    slice.last = *day;
  }
  if (slice.last < slice.first) return problem(400, "\"to\" lies before \"from\"");
  if (slice.last - slice.first >= days(Api::kMostDays)) {
    return problem(400, fmt::format("more than {} days at once", Api::kMostDays));
  }
  const std::string granularity = parameter("granularity");
  if (granularity == "hour") {
    slice.granularity = Granularity::hour;
  } else if (!granularity.empty() && granularity != "day") {
    return problem(400, "\"granularity\" is day or hour");
  }
  return slice;
}

}  // namespace

Reply Api::report(const Request& request, const Query& query, Instant now) {
  if (request.authorization != "Bearer " + settings_.token)
    return problem(401, "a valid bearer token is required");
  auto sliced = slice_of<Slice>(world_, query, now);
  if (auto* reply = std::get_if<Reply>(&sliced)) return std::move(*reply);
  const Slice& slice = std::get<Slice>(sliced);

  std::size_t page_size = kUsualPage;
  if (const auto size = query.find("page_size"); size != query.end()) {
    const auto value = number(size->second);
    if (!value || *value < 1 || static_cast<std::size_t>(*value) > kMostOfAPage) {
      return problem(400, fmt::format("\"page_size\" is a number from 1 to {}", kMostOfAPage));
    }
    page_size = static_cast<std::size_t>(*value);
  }
  // A cursor is "<place>.<instant>": all its pages show the figures of one instant, or a report read while
  // they change would mix two.
  std::size_t place = 0;
  Instant as_of = now;
  if (const auto cursor = query.find("cursor"); cursor != query.end() && !cursor->second.empty()) {
    const std::string_view text = cursor->second;
    const auto dot = text.find('.');
    const auto start = number(text.substr(0, dot));
    std::int64_t instant = 0;
    const std::string_view rest = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), instant);
    if (!start || rest.empty() || error != std::errc() || end != rest.data() + rest.size() ||
        Instant(seconds(instant)) > now) {
      return problem(400, "the cursor is not one of this service");
    }
    place = static_cast<std::size_t>(*start);
    as_of = Instant(seconds(instant));
  } else if (const auto page = query.find("page"); page != query.end()) {
    const auto value = number(page->second);
    if (!value || *value < 1) return problem(400, "\"page\" is a number from 1");
    place = (static_cast<std::size_t>(*value) - 1) * page_size;
  } else if (const auto offset = query.find("offset"); offset != query.end()) {
    const auto value = number(offset->second);
    if (!value) return problem(400, "\"offset\" is a number from 0");
    place = static_cast<std::size_t>(*value);
  }

  const std::vector<Record> records =
      world_.report(*slice.account, slice.first, slice.last, slice.granularity, as_of);
  const std::size_t begin = std::min(place, records.size());
  const std::size_t end = std::min(records.size() - begin, page_size) + begin;
  json::array page;
  for (std::size_t i = begin; i < end; ++i) page.push_back(record_json(records[i]));
  json::value next = nullptr;
  if (end < records.size()) next = fmt::format("{}.{}", end, as_of.time_since_epoch().count());
  return json_reply({{"account", slice.account->id},
                     {"currency", slice.account->currency},
                     {"timezone", slice.account->timezone},
                     {"as_of", instant_text(as_of)},
                     {"records", std::move(page)},
                     {"total_records", records.size()},
                     {"next_cursor", std::move(next)}});
}

Reply Api::csv(const Request& request, const Query& query, Instant now) {
  const auto key = query.find("key");
  const bool by_link = key != query.end() && key->second == settings_.export_key;
  if (!by_link && request.authorization != "Bearer " + settings_.token)
    return problem(401, "the link's key is wrong");
  auto sliced = slice_of<Slice>(world_, query, now);
  if (auto* reply = std::get_if<Reply>(&sliced)) return std::move(*reply);
  const Slice& slice = std::get<Slice>(sliced);
  // As a spreadsheet of most of Europe writes it: 20.11.2026;"12,50".
  const auto dialect = query.find("dialect");
  const bool european = dialect != query.end() && dialect->second == "eu";
  const char comma = european ? ';' : ',';
  const char point = european ? ',' : '.';
  std::string text = "Date,Channel,Campaign,Impressions,Clicks,Cost,Conversions,Revenue\r\n";
  if (european) std::replace(text.begin(), text.end(), ',', ';');
  for (const Record& record :
       world_.report(*slice.account, slice.first, slice.last, slice.granularity, now)) {
    std::string bucket = bucket_text(record);
    if (european) {
      bucket = fmt::format("{}.{}.{}{}", bucket.substr(8, 2), bucket.substr(5, 2), bucket.substr(0, 4),
                           bucket.substr(10));
    }
    text += fmt::format("{1}{0}{2}{0}{3}{0}{4}{0}{5}{0}{6}{0}{7}{0}{8}\r\n", comma, bucket,
                        record.campaign->channel, record.campaign->name, record.figures.impressions,
                        record.figures.clicks, money_text(record.figures.spend_micros, point),
                        record.figures.conversions, money_text(record.figures.revenue_micros, point));
  }
  Reply reply;
  reply.content_type = "text/csv; charset=utf-8";
  reply.body = std::move(text);
  return reply;
}

Reply Api::truth(const Query& query) {
  if (!query.contains("from") || !query.contains("to")) return problem(400, "\"from\" and \"to\" are needed");
  auto sliced = slice_of<Slice>(world_, query, Instant());
  if (auto* reply = std::get_if<Reply>(&sliced)) return std::move(*reply);
  const Slice& slice = std::get<Slice>(sliced);
  json::array records;
  for (const Record& record :
       world_.report(*slice.account, slice.first, slice.last, slice.granularity, kInTheEnd)) {
    records.push_back(record_json(record));
  }
  return json_reply({{"account", slice.account->id}, {"records", std::move(records)}});
}

Reply Api::accounts() const {
  json::array accounts;
  for (const Account& account : world_.accounts()) {
    json::array campaigns;
    for (const Campaign& campaign : account.campaigns) {
      campaigns.push_back({{"channel", campaign.channel}, {"campaign", campaign.name}});
    }
    accounts.push_back({{"account", account.id},
                        {"currency", account.currency},
                        {"timezone", account.timezone},
                        {"campaigns", std::move(campaigns)}});
  }
  return json_reply({{"accounts", std::move(accounts)}});
}

Reply Api::incidents(const Request& request, Instant now) {
  if (request.method == "GET") {
    json::array list;
    for (const Incident& incident : world_.incidents().all()) {
      list.push_back(
          {{"id", incident.id},
           {"kind", to_string(incident.kind)},
           {"account", incident.account},
           {"campaign", incident.campaign},
           {"factor", incident.factor},
           {"from", instant_text(incident.from)},
           {"until", incident.until ? json::value(instant_text(*incident.until)) : json::value(nullptr)}});
    }
    return json_reply({{"incidents", std::move(list)}});
  }
  if (request.method != "POST") return problem(405, "GET or POST");
  const auto object = parse_object(request.body);
  if (!object) return problem(400, "the body is not a JSON object");

  // The campaign alone will do where only one account has one of that name.
  const std::string wanted_account = string_of(*object, "account");
  const std::string campaign = string_of(*object, "campaign");
  std::vector<const Account*> having;
  for (const Account& account : world_.accounts()) {
    if (!wanted_account.empty() && account.id != wanted_account) continue;
    for (const Campaign& candidate : account.campaigns) {
      if (candidate.name == campaign) having.push_back(&account);
    }
  }
  if (having.empty()) return problem(404, "there is no such campaign");
  if (having.size() > 1)
    return problem(400, "several accounts have a campaign of that name: add \"account\"");

  Instant from = now;
  if (const std::string text = string_of(*object, "from"); !text.empty()) {
    const auto relative = parse_relative_time(text);
    const auto instant = relative ? resolve(world_, *having.front(), *relative, now) : parse_instant(text);
    if (!instant) {
      return problem(400,
                     "\"from\" is neither an instant such as 2026-11-20T08:00:00Z nor a time from now "
                     "such as -3d, -36h, +10m or -2d@09:00");
    }
    from = *instant;
  }
  const std::string kind_text = string_of(*object, "kind");
  if (kind_text == "recover") {
    return json_reply({{"ended", world_.incidents().recover(having.front()->id, campaign, from)}});
  }
  const auto kind = parse_incident_kind(kind_text);
  if (!kind)
    return problem(400, "\"kind\" is one of cpc_jump, cvr_drop, tracking_break, spend_stop, recover");
  const auto factor = number_of(*object, "factor", usual_factor(*kind), 0, 1000);
  if (!factor) return problem(400, "\"factor\" is a number from 0 to 1000");
  const int id = world_.incidents().add({.id = 0,
                                         .kind = *kind,
                                         .account = having.front()->id,
                                         .campaign = campaign,
                                         .factor = *factor,
                                         .from = from,
                                         .until = std::nullopt});
  return json_reply({{"id", id}}, 201);
}

Reply Api::faults(const Request& request) {
  if (request.method == "GET") return json_reply({{"waiting", faults_.waiting()}});
  if (request.method == "DELETE") {
    faults_.clear();
    return json_reply({{"waiting", 0}});
  }
  if (request.method != "POST") return problem(405, "GET, POST or DELETE");
  const auto object = parse_object(request.body);
  if (!object) return problem(400, "the body is not a JSON object");
  const auto kind = parse_fault_kind(string_of(*object, "kind"));
  if (!kind) return problem(400, "\"kind\" is one of 500, 429, slow, truncate, expired_token, malformed");
  const auto count = number_of(*object, "count", 1, 1, static_cast<double>(Faults::kMost));
  const auto wait = number_of(*object, "seconds", 1, 0, 600);
  if (!count || !wait) return problem(400, "\"count\" or \"seconds\" is out of range");
  const Fault fault{*kind, std::chrono::milliseconds(static_cast<std::int64_t>(*wait * 1000))};
  if (!faults_.add(fault, static_cast<std::size_t>(*count)))
    return problem(400, "too many faults wait already");
  return json_reply({{"waiting", faults_.waiting()}}, 201);
}

Reply Api::sink(const Request& request, std::string_view path, Instant now) {
  if (request.method == "GET") {
    json::array messages;
    for (const Sunk& sunk : sunk_) {
      boost::system::error_code error;
      json::value body = json::parse(sunk.body, error);
      if (error) body = json::string(sunk.body);
      messages.push_back({{"at", instant_text(sunk.at)}, {"path", sunk.path}, {"body", std::move(body)}});
    }
    return json_reply({{"messages", std::move(messages)}});
  }
  if (request.method == "DELETE") {
    sunk_.clear();
    return json_reply({{"messages", json::array()}});
  }
  if (request.method != "POST") return problem(405, "GET, POST or DELETE");
  if (sunk_.size() == kMostSunk) sunk_.pop_front();
  sunk_.push_back({now, std::string(path), request.body});
  return json_reply({{"status", "received"}});
}

Reply Api::clock(const Request& request, Instant now) {
  if (request.method == "POST") {
    const auto object = parse_object(request.body);
    const auto advance = object ? number_of(*object, "advance_seconds", 0, 0, 400.0 * 86'400) : std::nullopt;
    if (!advance) return problem(400, "\"advance_seconds\" is a number from 0 to 34560000");
    const seconds step(static_cast<std::int64_t>(*advance));
    advanced_ += step;
    now += step;
  } else if (request.method != "GET") {
    return problem(405, "GET or POST");
  }
  return json_reply({{"now", instant_text(now)}});
}

}  // namespace tightrope::simulator
