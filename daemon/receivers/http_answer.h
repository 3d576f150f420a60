// What a receiver's HTTP answer means for the message.
#pragma once

#include <optional>
#include <string_view>

#include "collectors/transfer.h"
#include "daemon/receivers/receiver.h"
#include "daemon/receivers/secret_mask.h"

namespace tightrope::daemon {

// 2xx is delivered. 408, 429, 5xx and a transfer that failed are worth another try, and so is a redirect,
// which nobody follows: it is often a login or a maintenance page, and else the operator has to act. Every
// other status is refused: the same message would be refused again. `mask` hides the secrets of the request.
Delivery judge_answer(const collectors::TransferResult& result, const SecretMask& mask);

// Retry-After in seconds, or as a date, which is read against the answer's own Date, since only the sender
// knows what time it meant. At most 15 minutes, whatever it asks for; nothing when it is neither.
std::optional<rules::Duration> retry_after(const collectors::TransferResponse& response);

// Text from outside for a log line: the first 200 bytes, on one line, valid UTF-8. Secrets are hidden before
// it is cut, so that none is cut in two.
std::string excerpt(std::string_view text, const SecretMask& mask);

}  // namespace tightrope::daemon
