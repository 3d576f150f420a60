// A world written down: accounts, campaigns, and incidents staged by schedule. README.md describes the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/simulator/model.h"

namespace tightrope::simulator {

// An instant relative to the start of the simulator: "-36h", "+10m", "-2d" and "0m" count from the start
// itself; "-2d@00:00" is a time of day on the account's calendar, so many days from the day of the start.
struct RelativeTime {
  std::chrono::seconds offset{0};
  std::optional<std::chrono::minutes> time_of_day;  // with it, offset is whole days
  friend bool operator==(const RelativeTime&, const RelativeTime&) = default;
};
std::optional<RelativeTime> parse_relative_time(std::string_view text) noexcept;
// The instant it means for the account, counted from `start`.
Instant resolve(const World& world, const Account& account, const RelativeTime& time, Instant start);

struct ScheduledIncident {
  IncidentKind kind = IncidentKind::cpc_jump;
  std::string account;
  std::string campaign;
  double factor = 1;
  RelativeTime from;
  std::optional<RelativeTime> until;
};

struct Scenario {
  std::vector<Account> accounts;
  std::vector<ScheduledIncident> incidents;
};

// The scenario, or what is wrong with the text, with its line. Names, zones and numbers are checked.
std::variant<Scenario, std::string> parse_scenario(const std::string& yaml);
// Of a file, or of a name in tests/simulator/scenarios.
std::variant<Scenario, std::string> load_scenario(const std::string& file_or_name);

// The world of a scenario that starts at `start` with so many days of history behind it.
World build_world(std::uint64_t seed, const Scenario& scenario, Instant start, std::chrono::days history);

}  // namespace tightrope::simulator
