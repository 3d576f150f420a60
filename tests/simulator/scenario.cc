#include "tests/simulator/scenario.h"

#include <date/tz.h>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

namespace tightrope::simulator {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kMostImpressionsPerDay = 5e7;

// Carries a mistake out of the depths of a file; caught in parse_scenario.
struct Mistake : std::runtime_error {
  Mistake(const YAML::Node& node, const std::string& what)
      : std::runtime_error(fmt::format("line {}: {}", node.Mark().line + 1, what)) {}
};

void allow_keys(const YAML::Node& map, std::initializer_list<std::string_view> names) {
  if (!map.IsMap()) throw Mistake(map, "a mapping is wanted here");
  for (const auto& entry : map) {
    const auto key = entry.first.as<std::string>();
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      throw Mistake(entry.first, fmt::format("\"{}\" is not a known key", key));
    }
  }
}

std::string text(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node) throw Mistake(map, fmt::format("\"{}\" is missing", key));
  if (!node.IsScalar() || node.Scalar().empty())
    throw Mistake(node, fmt::format("\"{}\" is not a text", key));
  return node.Scalar();
}

double number(const YAML::Node& map, const char* key, double otherwise, double low, double high) {
  const YAML::Node node = map[key];
  if (!node) return otherwise;
  double value = 0;
  if (!YAML::convert<double>::decode(node, value) || !(value >= low && value <= high)) {
    throw Mistake(node, fmt::format("\"{}\" is not a number from {} to {}", key, low, high));
  }
  return value;
}

RelativeTime relative_time(const YAML::Node& map, const char* key) {
  const auto time = parse_relative_time(text(map, key));
  if (!time)
    throw Mistake(map[key], fmt::format("\"{}\" is not a time such as -36h, +10m or -2d@00:00", key));
  return *time;
}

seconds span(const YAML::Node& map, const char* key, seconds otherwise) {
  if (!map[key]) return otherwise;
  const auto time = parse_relative_time(text(map, key));
  if (!time || time->time_of_day || time->offset <= seconds(0)) {
    throw Mistake(map[key], fmt::format("\"{}\" is not a span such as 30h or 14d", key));
  }
  return time->offset;
}

Campaign read_campaign(const YAML::Node& node) {
  allow_keys(node, {"name", "channel", "impressions_per_day", "weekday", "curve", "ctr", "cpc", "cpm", "cvr",
                    "aov", "late_share", "late_mean", "late_longest", "invalid_share", "invalid_after"});
  Campaign campaign;
  campaign.name = text(node, "name");
  campaign.channel = text(node, "channel");
  campaign.impressions_per_day = number(node, "impressions_per_day", 0, 0, kMostImpressionsPerDay);
  campaign.ctr = number(node, "ctr", 0, 0, 1);
  campaign.cpc = number(node, "cpc", 0, 0, 10'000);
  campaign.cpm = number(node, "cpm", 0, 0, 10'000);
  campaign.cvr = number(node, "cvr", 0, 0, 1);
  campaign.aov = number(node, "aov", 0, 0, 1'000'000);
  campaign.late_share = number(node, "late_share", campaign.late_share, 0, 1);
  campaign.late_mean = span(node, "late_mean", campaign.late_mean);
  campaign.late_longest = span(node, "late_longest", campaign.late_longest);
  campaign.invalid_share = number(node, "invalid_share", campaign.invalid_share, 0, 1);
  campaign.invalid_after = span(node, "invalid_after", campaign.invalid_after);
  if (node["curve"]) {
    const auto curve = parse_day_curve(text(node, "curve"));
    if (!curve) throw Mistake(node["curve"], "\"curve\" is one of flat, office, evening, morning");
    campaign.curve = *curve;
  }
  if (const YAML::Node profile = node["weekday"]) {
    if (!profile.IsSequence() || profile.size() != 7)
      throw Mistake(profile, "\"weekday\" is seven numbers, Monday first");
    double sum = 0;
    for (std::size_t i = 0; i < 7; ++i) {
      if (!YAML::convert<double>::decode(profile[i], campaign.weekday[i]) ||
          !(campaign.weekday[i] >= 0 && campaign.weekday[i] <= 100)) {
        throw Mistake(profile[i], "a weekday's weight is a number from 0 to 100");
      }
      sum += campaign.weekday[i];
    }
    if (sum == 0) throw Mistake(profile, "\"weekday\" has no day with a weight");
  }
  return campaign;
}

Account read_account(const YAML::Node& node) {
  allow_keys(node, {"id", "currency", "timezone", "campaigns"});
  Account account{.id = text(node, "id"),
                  .currency = text(node, "currency"),
                  .timezone = text(node, "timezone"),
                  .campaigns = {}};
  try {
    date::locate_zone(account.timezone);
  } catch (const std::runtime_error&) {
    throw Mistake(node["timezone"], fmt::format("\"{}\" is not a known time zone", account.timezone));
  }
  std::set<std::string> names;
  for (const YAML::Node& campaign : node["campaigns"]) {
    account.campaigns.push_back(read_campaign(campaign));
    if (!names.insert(account.campaigns.back().name).second) {
      throw Mistake(campaign, fmt::format("campaign \"{}\" is there twice", account.campaigns.back().name));
    }
  }
  return account;
}

ScheduledIncident read_incident(const YAML::Node& node, const std::vector<Account>& accounts) {
  allow_keys(node, {"kind", "account", "campaign", "factor", "from", "until"});
  const auto kind = parse_incident_kind(text(node, "kind"));
  if (!kind) throw Mistake(node["kind"], "\"kind\" is one of cpc_jump, cvr_drop, tracking_break, spend_stop");
  ScheduledIncident incident{.kind = *kind,
                             .account = text(node, "account"),
                             .campaign = text(node, "campaign"),
                             .factor = number(node, "factor", usual_factor(*kind), 0, 1000),
                             .from = relative_time(node, "from"),
                             .until = std::nullopt};
  if (node["until"]) incident.until = relative_time(node, "until");
  const auto account = std::find_if(accounts.begin(), accounts.end(),
                                    [&](const Account& a) { return a.id == incident.account; });
  const bool known = account != accounts.end() &&
                     std::any_of(account->campaigns.begin(), account->campaigns.end(),
                                 [&](const Campaign& c) { return c.name == incident.campaign; });
  if (!known) {
    throw Mistake(node, fmt::format("there is no campaign \"{}\" in an account \"{}\"", incident.campaign,
                                    incident.account));
  }
  return incident;
}

// Digits only, so that signs stay where the caller looked for them.
std::optional<int> whole_number(std::string_view digits) noexcept {
  int value = 0;
  if (digits.empty() || digits.size() > 6 || digits.front() < '0' || digits.front() > '9')
    return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

Instant resolve(const World& world, const Account& account, const RelativeTime& time, Instant start) {
  if (!time.time_of_day) return start + time.offset;
  const Day day = world.day_of(account, start) + std::chrono::duration_cast<days>(time.offset);
  return world.start_of(account, day) + *time.time_of_day;
}

std::optional<RelativeTime> parse_relative_time(std::string_view text) noexcept {
  RelativeTime time;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    const std::string_view clock = text.substr(at + 1);
    if (clock.size() != 5 || clock[2] != ':') return std::nullopt;
    const auto hour = whole_number(clock.substr(0, 2));
    const auto minute = whole_number(clock.substr(3));
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    time.time_of_day = hours(*hour) + minutes(*minute);
    text = text.substr(0, at);
  }
  int sign = 1;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  const char unit = text.back();
  const auto count = whole_number(text.substr(0, text.size() - 1));
  if (!count || (time.time_of_day && unit != 'd')) return std::nullopt;
  switch (unit) {
    case 'd':
      time.offset = sign * days(*count);
      return time;
    case 'h':
      time.offset = sign * hours(*count);
      return time;
    case 'm':
      time.offset = sign * minutes(*count);
      return time;
    case 's':
      time.offset = sign * seconds(*count);
      return time;
    default:
      return std::nullopt;
  }
}

std::variant<Scenario, std::string> parse_scenario(const std::string& yaml) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    allow_keys(root, {"accounts", "incidents"});
    Scenario scenario;
    std::set<std::string> ids;
    for (const YAML::Node& node : root["accounts"]) {
      scenario.accounts.push_back(read_account(node));
      if (!ids.insert(scenario.accounts.back().id).second) {
        throw Mistake(node, fmt::format("account \"{}\" is there twice", scenario.accounts.back().id));
      }
    }
    if (scenario.accounts.empty()) throw Mistake(root, "there is no account");
    for (const YAML::Node& node : root["incidents"]) {
      scenario.incidents.push_back(read_incident(node, scenario.accounts));
    }
    return scenario;
  } catch (const Mistake& mistake) {
    return std::string(mistake.what());
  } catch (const YAML::Exception& broken) {
    return fmt::format("line {}: {}", broken.mark.line + 1, broken.msg);
  }
}

std::variant<Scenario, std::string> load_scenario(const std::string& file_or_name) {
  const bool name = file_or_name.find_first_of("/.") == std::string::npos;
  const std::string file =
      name ? std::string(TIGHTROPE_SOURCE_DIR "/tests/simulator/scenarios/") + file_or_name + ".yaml"
           : file_or_name;
  std::ifstream in(file, std::ios::binary);
  if (!in) return fmt::format("{}: cannot be read", file);
  auto scenario = parse_scenario(std::string(std::istreambuf_iterator<char>(in), {}));
  if (const auto* problem = std::get_if<std::string>(&scenario)) return fmt::format("{}: {}", file, *problem);
  return scenario;
}

World build_world(std::uint64_t seed, const Scenario& scenario, Instant start, days history) {
  World world(seed, scenario.accounts, start - history);
  for (const ScheduledIncident& scheduled : scenario.incidents) {
    const Account& account = *world.find_account(scheduled.account);
    Incident incident{.id = 0,
                      .kind = scheduled.kind,
                      .account = scheduled.account,
                      .campaign = scheduled.campaign,
                      .factor = scheduled.factor,
                      .from = resolve(world, account, scheduled.from, start),
                      .until = std::nullopt};
    if (scheduled.until) incident.until = resolve(world, account, *scheduled.until, start);
    world.incidents().add(std::move(incident));
  }
  return world;
}

}  // namespace tightrope::simulator
