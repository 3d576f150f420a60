// What an answer that is no success means for the poll.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collectors/collector.h"

namespace tightrope::collectors {

// What was asked for is being made (RFC 9110, 15.3.3), and how errors say so.
inline constexpr int kAccepted = 202;
inline constexpr std::string_view kNotReady = "not ready yet";

// Nothing for a 2xx but 202, which is temporary: what was asked for is being made (RFC 9110, 15.3.3). The
// text quotes the message of a text or JSON answer, at most 200 bytes of it, and only if none of the
// `secrets` occurs anywhere in it; secrets shorter than four bytes are not looked for. 429, and 503 with a
// Retry-After, is throttled.
std::optional<CollectError> answer_error(const TransferResponse& response,
                                         std::span<const std::string> secrets, rules::Timestamp now);

// "HTTP 403 from api.example.com:443: No access to this account", on the same terms.
std::string answer_text(const TransferResponse& response, std::span<const std::string> secrets);

CollectError transfer_failure(const TransferError& error);

// Retry-After in seconds or as an HTTP date; nothing when it is neither. A time that has passed is 0; at most
// a day.
std::optional<rules::Duration> parse_retry_after(std::string_view value, rules::Timestamp now);

// True for an HTML page, by its content type or its beginning.
bool is_html(const TransferResponse& response) noexcept;

}  // namespace tightrope::collectors
