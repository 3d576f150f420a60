#include "collectors/sql_arguments.h"

#include <fmt/core.h>

#include "collectors/request_template.h"

namespace tightrope::collectors {
namespace {

bool is_instant(std::string_view format) noexcept {
  return format == "unix" || format == "unix_ms" || format == "rfc3339";
}

// The time as if what its wall clock shows were UTC: formats then tell the wall clock.
rules::Timestamp wall_clock(rules::Timestamp time, const rules::Calendar& calendar) {
  const rules::Bucket hour = calendar.hour_of(time);
  const std::string text = calendar.format(hour);  // "2026-11-20T08", with an offset where it comes twice
  const auto day = rules::parse_day(text.substr(0, 10));
  if (!day) return time;
  const int shown = (text[11] - '0') * 10 + (text[12] - '0');
  return rules::Timestamp(std::chrono::days(day->number)) + std::chrono::hours(shown) +
         (time - calendar.start_of(hour));
}

// Of "+01:00".
rules::Duration duration_of(std::string_view offset) {
  const auto two = [offset](std::size_t at) { return (offset[at] - '0') * 10 + (offset[at + 1] - '0'); };
  const std::chrono::minutes size(two(1) * 60 + two(4));
  return offset[0] == '-' ? -size : size;
}

}  // namespace

std::vector<SqlArgument> sql_arguments(const config::SqlTemplate& query, const CollectRequest& request,
                                       const rules::Calendar& calendar, std::string_view offset) {
  std::vector<SqlArgument> arguments;
  for (const config::SqlParameter& parameter : query.parameters) {
    const bool now = parameter.name == "now";
    const std::string format = now && parameter.format.empty() ? "%Y-%m-%d %H:%M:%S" : parameter.format;
    TemplateValues values{request.days, request.now, &calendar, 1, 0, ""};
    if (now && !is_instant(format))
      values.now = offset.empty() ? wall_clock(request.now, calendar) : request.now + duration_of(offset);
    const std::string written = format.empty() ? fmt::format("{{{}}}", parameter.name)
                                               : fmt::format("{{{}:{}}}", parameter.name, format);
    arguments.push_back(
        {fill_template(written, values, Escaping::none), format == "unix" || format == "unix_ms"});
  }
  return arguments;
}

}  // namespace tightrope::collectors
