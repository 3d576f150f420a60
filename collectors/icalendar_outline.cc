// Whether a text is a whole calendar. The parser behind it mends what is broken, and a mended calendar has
// fewer events.
#include <fmt/core.h>

#include <vector>

#include "collectors/field_mapping.h"
#include "collectors/icalendar_document.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kMostDepth = 8;
constexpr std::string_view kCalendar = "VCALENDAR";

char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// What follows "BEGIN:" or "END:", in capitals; nothing for other lines.
std::optional<std::string> component(std::string_view line, std::string_view keyword) {
  if (line.size() <= keyword.size()) return std::nullopt;
  for (std::size_t i = 0; i < keyword.size(); ++i) {
    if (upper(line[i]) != keyword[i]) return std::nullopt;
  }
  std::string name;
  for (const char c : trimmed(line.substr(keyword.size()))) name += upper(c);
  return name;
}

}  // namespace

std::optional<std::string> check_calendar_outline(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  if (text.find('\0') != std::string_view::npos) return "it has a byte 0 in it";
  std::vector<std::string> open;
  std::size_t events = 0;
  int number = 0;
  bool any = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    // A line that begins with a space goes on with the one before.
    const bool folded = text.starts_with(' ') || text.starts_with('\t');
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || folded) continue;
    const auto begins = component(line, "BEGIN:");
    const auto ends = component(line, "END:");
    if (open.empty() && begins != kCalendar)
      return any ? fmt::format("line {}: text after END:VCALENDAR", number)
                 : std::string("it does not begin with BEGIN:VCALENDAR");
    any = true;
    if (begins) {
      open.push_back(*begins);
      if (open.size() > kMostDepth) return fmt::format("line {}: parts within parts, too deep", number);
      if (*begins == "VEVENT" && ++events > kMostCalendarEvents)
        return fmt::format("more than {} events", kMostCalendarEvents);
    } else if (ends) {
      if (*ends != open.back())
        return fmt::format("line {}: END:{} where END:{} belongs", number, quoted(*ends), open.back());
      open.pop_back();
    }
  }
  if (!any) return "it is empty";
  if (!open.empty()) return fmt::format("it does not end with END:VCALENDAR: {} is still open", open.back());
  return std::nullopt;
}

}  // namespace tightrope::collectors
