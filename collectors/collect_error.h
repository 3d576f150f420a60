// Why figures could not be read, and how that is to be answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rules/units.h"

namespace tightrope::collectors {

enum class FailureKind {
  temporary,     // network, 5xx, timeouts: back off and try again
  throttled,     // 429 or a stated wait: not before `retry_after`
  unauthorized,  // 401, 403: trying again does not help until somebody acts
  rejected,      // 4xx: the request is wrong
  bad_data,      // the answer is not what the mapping says: names row and field
};
std::string_view to_string(
    FailureKind kind) noexcept;  // label value `reason` of tightrope_source_errors_total

struct CollectError {
  FailureKind kind;
  std::string text;                            // for people; no secret
  std::optional<rules::Duration> retry_after;  // as the server said
};
inline CollectError failure(FailureKind kind, std::string text) {
  return {kind, std::move(text), std::nullopt};
}

}  // namespace tightrope::collectors
