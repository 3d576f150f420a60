#include "collectors/calendar_zones.h"

#include <date/tz.h>

#include <stdexcept>

namespace tightrope::collectors {
namespace {

const date::time_zone* find_zone(std::string_view name) {
  if (name.empty() || name == "localtime") return nullptr;  // that of this machine
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {  // how `date` says that there is none
    return nullptr;
  }
}

}  // namespace

std::optional<WallTime> wall_time(int year, int month, int day,
                                  std::chrono::seconds since_midnight) noexcept {
  constexpr int kFirstYear = 1900;
  constexpr int kLastYear = 2200;
  const std::chrono::year_month_day date = std::chrono::year(year) /
                                           std::chrono::month(static_cast<unsigned>(month)) /
                                           std::chrono::day(static_cast<unsigned>(day));
  if (year < kFirstYear || year > kLastYear || !date.ok()) return std::nullopt;
  return WallTime{std::chrono::sys_days(date).time_since_epoch() + since_midnight};
}

std::optional<NamedZone> NamedZone::find(std::string_view tzid) {
  if (const auto* zone = find_zone(tzid)) return NamedZone(*zone);
  if (!tzid.starts_with('/')) return std::nullopt;
  // The longest ending that is a name: "America/Argentina/Salta" has three parts.
  for (std::size_t slash = 0; slash != std::string_view::npos; slash = tzid.find('/', slash + 1)) {
    const std::string_view name = tzid.substr(slash + 1);
    if (name.find('/') == std::string_view::npos) break;
    if (const auto* zone = find_zone(name)) return NamedZone(*zone);
  }
  return std::nullopt;
}

rules::Timestamp NamedZone::instant(WallTime wall) const {
  const date::local_info info = zone_->get_info(date::local_seconds(wall.since_1970));
  return rules::Timestamp(rules::Duration(wall.since_1970 - info.first.offset));
}

}  // namespace tightrope::collectors
