#include "daemon/receivers/http_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/receivers/message_text.h"

namespace tightrope::daemon {
namespace {

using rules::Duration;

// A wait from outside is a wish: whoever asks for a day must not switch the paging off for a day.
constexpr Duration kLongestRetryAfter = std::chrono::minutes(15);

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "Fri, 20 Nov 2026 21:04:00 GMT"; the obsolete forms are no longer sent by anything.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto day = digits(text.substr(5, 2));
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  if (!day || month == kMonths.end() || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

std::optional<Duration> retry_after(const collectors::TransferResponse& response) {
  const std::string* value = response.header("retry-after");
  if (value == nullptr) return std::nullopt;
  Duration wait{0};
  if (const auto seconds = digits(*value)) {
    wait = std::chrono::seconds(*seconds);
  } else {
    const auto until = http_date(*value);
    const std::string* date = response.header("date");
    if (!until || date == nullptr) return std::nullopt;
    const auto sent = http_date(*date);
    if (!sent) return std::nullopt;
    wait = *until - *sent;
  }
  return std::clamp(wait, Duration(0), kLongestRetryAfter);
}

std::string excerpt(std::string_view text, const SecretMask& mask) {
  constexpr std::size_t kMost = 200;
  std::string line = valid_utf8(std::string_view(mask.masked(text, kMost)).substr(0, kMost));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      ' ');
  line.erase(0, line.find_first_not_of(' ') == std::string::npos ? line.size() : line.find_first_not_of(' '));
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Delivery judge_answer(const collectors::TransferResult& result, const SecretMask& mask) {
  if (!result) return {.kind = Delivery::Kind::try_again, .text = result.error().text, .retry_after = {}};
  const collectors::TransferResponse& response = *result;
  if (response.status >= 200 && response.status < 300) {
    return {.kind = Delivery::Kind::delivered, .text = {}, .retry_after = {}};
  }
  std::string text = fmt::format("answered {}", response.status);
  const bool redirect = response.status >= 300 && response.status < 400;
  if (redirect) {
    text += ", a redirect: configure the address it leads to";
    return {.kind = Delivery::Kind::try_again, .text = std::move(text), .retry_after = retry_after(response)};
  }
  if (const std::string body = excerpt(response.body, mask); !body.empty()) text += ": " + body;
  const bool passing = response.status == 408 || response.status == 429 || response.status >= 500;
  if (!passing) return {.kind = Delivery::Kind::refused, .text = std::move(text), .retry_after = {}};
  return {.kind = Delivery::Kind::try_again, .text = std::move(text), .retry_after = retry_after(response)};
}

}  // namespace tightrope::daemon
