#include "daemon/http/negotiation.h"

#include <algorithm>
#include <charconv>

#include "daemon/http/message.h"

namespace tightrope::daemon::http {
namespace {

// The text up to the separator, which is taken off `rest` with it.
std::string_view next(std::string_view& rest, char separator) noexcept {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trimmed(part);
}

struct Choice {
  std::string_view name;     // "text/plain", "gzip"
  std::string_view version;  // of its parameters; "" when there is none
  double quality = 1;
};

Choice parse_choice(std::string_view text) noexcept {
  Choice choice;
  choice.name = next(text, ';');
  while (!text.empty()) {
    std::string_view parameter = next(text, ';');
    const std::string_view name = next(parameter, '=');
    std::string_view value = trimmed(parameter);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (equal_ignoring_case(name, "version")) choice.version = value;
    if (!equal_ignoring_case(name, "q")) continue;
    double quality = 0;
    const auto parsed =
        std::from_chars(value.data(), value.data() + value.size(), quality, std::chars_format::fixed);
    const bool good =
        parsed.ec == std::errc() && parsed.ptr == value.data() + value.size() && quality >= 0 && quality <= 1;
    choice.quality = good ? quality : 0;
  }
  return choice;
}

}  // namespace

MetricsFormat choose_metrics_format(std::string_view accept) noexcept {
  double text = -1;
  double openmetrics = -1;
  double any = -1;
  while (!accept.empty()) {
    const Choice choice = parse_choice(next(accept, ','));
    if (equal_ignoring_case(choice.name, "application/openmetrics-text")) {
      if (choice.version.empty() || choice.version == "1.0.0")
        openmetrics = std::max(openmetrics, choice.quality);
    } else if (equal_ignoring_case(choice.name, "text/plain")) {
      text = std::max(text, choice.quality);
    } else if (choice.name == "*/*" || equal_ignoring_case(choice.name, "text/*")) {
      any = std::max(any, choice.quality);
    }
  }
  if (text < 0) text = any;
  return openmetrics > 0 && openmetrics > text ? MetricsFormat::openmetrics : MetricsFormat::text;
}

std::string_view content_type(MetricsFormat format) noexcept {
  return format == MetricsFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8";
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  double gzip = -1;
  double any = -1;
  while (!accept_encoding.empty()) {
    const Choice choice = parse_choice(next(accept_encoding, ','));
    if (equal_ignoring_case(choice.name, "gzip") || equal_ignoring_case(choice.name, "x-gzip"))
      gzip = choice.quality;
    if (choice.name == "*") any = choice.quality;
  }
  return (gzip < 0 ? any : gzip) > 0;
}

}  // namespace tightrope::daemon::http
