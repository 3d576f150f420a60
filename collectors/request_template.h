// The texts of a request, with the dates of what is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/calendar.h"

namespace tightrope::collectors {

// What the names in a template stand for.
//   {from} {to}      the first and the last day. Formats: strftime's; "unix", "unix_ms", "rfc3339" are the
//   day's first instant
//                    for `from`, and its last second (millisecond for unix_ms) for `to`. Without one:
//                    %Y-%m-%d.
//   {now}            the instant of asking, in UTC. The same formats; without one: rfc3339.
//   {page} {offset} {cursor}   where the pagination stands; the cursor is empty for the first page.
// Everything else in braces stays as it is: bodies are JSON.
struct TemplateValues {
  rules::DayRange days;
  rules::Timestamp now;
  const rules::Calendar* calendar;  // of the source
  std::int64_t page = 1;
  std::int64_t offset = 0;
  std::string cursor;
};

// How a value is written so that it cannot break out of its place.
enum class Escaping : std::uint8_t { none, percent, json };

// Whether a request with this text in it asks for the days from a first one on.
bool asks_for_days(std::string_view text) noexcept;

std::string fill_template(std::string_view text, const TemplateValues& values, Escaping escaping);

}  // namespace tightrope::collectors
