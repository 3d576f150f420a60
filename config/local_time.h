// Times as people write them in tests of rules: in the client's zone. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "rules/calendar.h"
#include "rules/units.h"

namespace tightrope::config {

// What a day stands for where a time belongs.
enum class DayMeans { beginning, last_moment };

// "2026-11-20", "2026-11-20T21:04", "2026-11-20T21:04:30", "2026-11-20 21:04", with the time of the zone's
// clocks; or with an offset of its own, "...T21:04Z" and "...T21:04-05:00". Where clocks show a time twice,
// the first of the two. Nothing for other texts, and for times that the zone leaves out.
std::optional<rules::Timestamp> parse_local_time(std::string_view text, const rules::Calendar& calendar,
                                                 DayMeans day_means);

// The last moment of a bucket: where its figures are complete and it is still the present one.
rules::Timestamp last_moment(rules::Bucket bucket, const rules::Calendar& calendar) noexcept;

}  // namespace tightrope::config
