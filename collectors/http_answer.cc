#include "collectors/http_answer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "collectors/field_mapping.h"
#include "collectors/json_tree.h"
#include "collectors/utf8.h"
#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kMostShown = 200;
constexpr std::size_t kMostLookedAt = 64 << 10;

// Where APIs put the sentence for people.
constexpr std::array<const char*, 11> kMessages{"/error/message",
                                                "/0/error/message",
                                                "/error/errors/0/message",
                                                "/errors/0/message",
                                                "/errors/0/detail",
                                                "/error_description",
                                                "/message",
                                                "/error",
                                                "/detail",
                                                "/errors/0",
                                                "/title"};

std::string message_of(std::string_view body) {
  const auto parsed = JsonTree::parse(body);
  const auto* tree = std::get_if<std::unique_ptr<JsonTree>>(&parsed);
  if (tree == nullptr) return {};
  for (const char* pointer : kMessages) {
    const JsonValue value = (*tree)->root().at(pointer);
    if (value && value.kind() == JsonKind::text && !value.text().empty()) return std::string(value.text());
  }
  return {};
}

bool content_type_has(const TransferResponse& response, std::string_view word) noexcept {
  const std::string* type = response.header("content-type");
  return type != nullptr && type->find(word) != std::string::npos;
}

std::string shown_message(const TransferResponse& response, std::span<const std::string> secrets) {
  const std::string_view body = std::string_view(response.body).substr(0, kMostLookedAt);
  const bool leaks = std::any_of(secrets.begin(), secrets.end(), [body](const std::string& secret) {
    return secret.size() >= 4 && body.find(secret) != std::string_view::npos;
  });
  if (leaks || is_html(response)) return {};
  std::string message = message_of(body);
  if (message.empty() && (content_type_has(response, "text/") || content_type_has(response, "json")))
    message = body;
  // A secret may have been escaped in the JSON around it.
  for (const std::string& secret : secrets) {
    if (secret.size() >= 4 && message.find(secret) != std::string::npos) return {};
  }
  return printable(message, kMostShown);
}

FailureKind kind_of(const TransferResponse& response) noexcept {
  const int status = response.status;
  if (status == 429 || (status == 503 && response.header("retry-after") != nullptr))
    return FailureKind::throttled;
  if (status == 401 || status == 403) return FailureKind::unauthorized;
  // 408: the server gave up waiting; 425: too early; 202: it has begun. All ask for another try.
  if (status >= 500 || status == 408 || status == 425 || status == kAccepted) return FailureKind::temporary;
  return FailureKind::rejected;
}

}  // namespace

std::string answer_text(const TransferResponse& response, std::span<const std::string> secrets) {
  std::string text = fmt::format("HTTP {}", response.status);
  if (const auto address = parse_web_address(response.url)) text += " from " + address->place();
  const std::string message = shown_message(response, secrets);
  return message.empty() ? text : text + ": " + message;
}

std::optional<CollectError> answer_error(const TransferResponse& response,
                                         std::span<const std::string> secrets, rules::Timestamp now) {
  const bool accepted = response.status == kAccepted;
  if (response.status >= 200 && response.status < 300 && !accepted) return std::nullopt;
  CollectError error{kind_of(response), answer_text(response, secrets), std::nullopt};
  if (accepted) error.text += fmt::format("; {}", kNotReady);
  const std::string* retry_after = response.header("retry-after");
  if (retry_after != nullptr) error.retry_after = parse_retry_after(*retry_after, now);
  return error;
}

CollectError transfer_failure(const TransferError& error) {
  switch (error.kind) {
    case TransferFailure::bad_url:
    case TransferFailure::refused_address:
    case TransferFailure::too_many_redirects:
      return {FailureKind::rejected, error.text, std::nullopt};
    case TransferFailure::too_large:
      return {FailureKind::bad_data, error.text, std::nullopt};
    case TransferFailure::resolve:
    case TransferFailure::connect:
    case TransferFailure::tls:
    case TransferFailure::timeout:
    case TransferFailure::broken:
    case TransferFailure::cancelled:
      break;
  }
  return {FailureKind::temporary, error.text, std::nullopt};
}

std::optional<rules::Duration> parse_retry_after(std::string_view value, rules::Timestamp now) {
  constexpr std::int64_t kMostSeconds = 24 * 60 * 60;
  value = trimmed(value);
  std::int64_t seconds = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (read.ec == std::errc() && read.ptr == value.data() + value.size()) {
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMostSeconds));
  }
  // "2.0": some give a decimal.
  double decimal = 0;
  const auto read_decimal = std::from_chars(value.data(), value.data() + value.size(), decimal);
  if (read_decimal.ec == std::errc() && read_decimal.ptr == value.data() + value.size()) {
    const double most = static_cast<double>(kMostSeconds);
    if (!(decimal < most)) return std::chrono::seconds(kMostSeconds);
    return rules::Duration(static_cast<std::int64_t>(std::ceil(std::max(decimal, 0.0) * 1000)));
  }
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  const std::size_t comma = value.find(',');
  if (comma == std::string_view::npos || !value.ends_with(" GMT")) return std::nullopt;
  static const auto kFormat = std::get<DateFormat>(DateFormat::compile("%d %b %Y"));
  static const auto kUtc = rules::Calendar::open("UTC", std::chrono::Monday);
  const std::string_view rest = trimmed(value.substr(comma + 1, value.size() - comma - 5));
  const std::size_t space = rest.rfind(' ');
  if (space == std::string_view::npos || !kUtc) return std::nullopt;
  const auto day = kFormat.parse(rest.substr(0, space), *kUtc);
  const auto time = rules::parse_timestamp(
      day ? fmt::format("{}T{}Z", rules::to_string(day->day), rest.substr(space + 1)) : std::string());
  if (!time) return std::nullopt;
  return std::clamp<rules::Duration>(*time - now, rules::Duration(0), std::chrono::seconds(kMostSeconds));
}

bool is_html(const TransferResponse& response) noexcept {
  if (content_type_has(response, "text/html") || content_type_has(response, "application/xhtml")) return true;
  const std::string_view start = trimmed(std::string_view(response.body).substr(0, 200));
  return start.starts_with("<!DOCTYPE html") || start.starts_with("<!doctype html") ||
         start.starts_with("<html");
}

}  // namespace tightrope::collectors
