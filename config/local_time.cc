#include "config/local_time.h"

#include <chrono>
#include <string>

#include "config/scalars.h"

namespace tightrope::config {
namespace {

// Two digits, at most `most`.
std::optional<int> parse_two_digits(std::string_view text, int most) {
  if (text.size() != 2 || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  return number <= most ? std::optional(number) : std::nullopt;
}

}  // namespace

rules::Timestamp last_moment(rules::Bucket bucket, const rules::Calendar& calendar) noexcept {
  return calendar.end_of(bucket) - rules::Duration(1);
}

std::optional<rules::Timestamp> parse_local_time(std::string_view text, const rules::Calendar& calendar,
                                                 DayMeans day_means) {
  constexpr std::size_t kDay = std::string_view("2026-11-20").size();
  constexpr std::size_t kHour = std::string_view("2026-11-20T21").size();
  constexpr std::size_t kMinute = std::string_view("2026-11-20T21:04").size();
  constexpr std::size_t kSecond = std::string_view("2026-11-20T21:04:30").size();
  if (const auto day = rules::parse_day(text)) {
    return day_means == DayMeans::beginning ? calendar.start_of(*day) : last_moment({*day}, calendar);
  }
  if (text.size() < kMinute || (text[kDay] != 'T' && text[kDay] != ' ') || text[kHour] != ':')
    return std::nullopt;
  std::string written(text);
  written[kDay] = 'T';
  const auto zone = written.find_first_of("Z+-", kMinute);
  if (zone != std::string::npos) {
    if (zone == kMinute) written.insert(kMinute, ":00");
    return rules::parse_timestamp(written);
  }
  const auto hour = calendar.parse_bucket(std::string_view(written).substr(0, kHour));
  const auto minute = parse_two_digits(text.substr(kHour + 1, 2), 59);
  if (!hour || !minute) return std::nullopt;
  int second = 0;
  if (text.size() == kSecond && text[kMinute] == ':') {
    const auto given = parse_two_digits(text.substr(kMinute + 1), 59);
    if (!given) return std::nullopt;
    second = *given;
  } else if (text.size() != kMinute) {
    return std::nullopt;
  }
  return calendar.start_of(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(second);
}

}  // namespace tightrope::config
