// The path and query of a request, as sent and decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/http/message.h"

namespace tightrope::daemon::http {

struct RequestTarget {
  std::vector<std::string> segments;  // decoded; "/" has none; a slash at the end makes a last, empty one
  Fields query;                       // decoded, `+` is a space; in order
};

// Reads the origin form ("/api/v1/alerts?state=firing"). Anything else is an error for people: another form,
// bad escapes, a NUL or another control character, a "." or ".." segment, more than kMostParameters
// parameters.
constexpr std::size_t kMostParameters = 64;
struct BadTarget {
  std::string text;
};
std::variant<RequestTarget, BadTarget> parse_request_target(std::string_view target);

}  // namespace tightrope::daemon::http
