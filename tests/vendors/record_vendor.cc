#include "tests/vendors/record_vendor.h"

#include <algorithm>
#include <charconv>

namespace tightrope::vendors {

void add_hours(Truth& truth, const std::string& project, const Record& record,
               const rules::Calendar& calendar) {
  rules::Timestamp begin = record.at;
  const rules::Timestamp end = record.at + std::chrono::seconds(record.seconds);
  while (begin < end) {
    const rules::Day day = calendar.day_of(begin);
    const rules::Timestamp until = std::min(end, calendar.start_of(day + 1));
    truth.add(project, day, "hours", (until - begin).count() * 1000 / 3600);
    begin = until;
  }
}

std::optional<std::int64_t> whole_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace tightrope::vendors
