// Times as wall clocks show them, in the zones that calendars name.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "rules/units.h"

namespace date {
class time_zone;
}

namespace tightrope::collectors {

// What a wall clock shows, as a count of seconds from what it would show as 1970-01-01 00:00:00.
struct WallTime {
  std::chrono::seconds since_1970{0};

  rules::Day day() const noexcept {
    return {static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(since_1970).count())};
  }
  friend constexpr auto operator<=>(WallTime, WallTime) noexcept = default;
};

// Nothing for a date that does not exist, and for years that no calendar is about: before 1900, after 2200.
std::optional<WallTime> wall_time(int year, int month, int day, std::chrono::seconds since_midnight) noexcept;

// A zone of the system's database, by the name that a calendar gives it.
class NamedZone {
 public:
  // "Europe/Vienna"; and with what some programs put before it, "/mozilla.org/20050126_1/Europe/Vienna".
  // Nothing for other names.
  static std::optional<NamedZone> find(std::string_view tzid);

  // When a clock of the zone shows the time. Of two such times the first; of none, where clocks are put
  // forward, that of a clock which was not (RFC 5545, 3.3.5).
  rules::Timestamp instant(WallTime wall) const;

 private:
  explicit NamedZone(const date::time_zone& zone) : zone_(&zone) {}
  const date::time_zone* zone_;  // of the database, which stays
};

}  // namespace tightrope::collectors
