// What goes to a token endpoint, and what its answer means: pure decisions, apart from who waits for it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/collect_error.h"
#include "collectors/tokens.h"
#include "collectors/transfer.h"
#include "config/secret.h"
#include "rules/units.h"

namespace tightrope::collectors {

// RFC 6749, 4.4.2 and 6. Redirects are not followed: the form holds secrets.
TransferRequest token_request(const TokenRequest& wanted, const std::optional<config::Secret>& refresh_token);

struct TokenAnswer {
  config::Secret access_token;
  // As the server says; an hour where it says nothing that can be.
  rules::Duration life;
  std::optional<config::Secret> refresh_token;  // a new one, or the same again
};
struct TokenRefusal {
  CollectError error;
  bool of_refresh_token = false;  // such as invalid_grant: another one may be good
};

// What may occur in an answer and must not be shown: the client's secret and the refresh tokens, as they are
// and as they are sent. Those shorter than four bytes are left out.
std::vector<std::string> token_secrets(const TokenRequest& wanted,
                                       const std::vector<config::Secret>& refresh_tokens);

// Of an answer of any status. No text holds any of `secrets`, or a token of the answer.
std::variant<TokenAnswer, TokenRefusal> read_token_answer(const TransferResponse& response,
                                                          const std::vector<std::string>& secrets,
                                                          rules::Timestamp now);
TokenRefusal token_transfer_failure(const TransferError& error);

// How long before its expiry a token of that life is no longer given out: a tenth of its life, at least a
// minute, but never more than half of it.
rules::Duration renewed_before_expiry(rules::Duration life);

// The key of a TokenStore: a SHA-256 in hex over token URL, client and configured refresh token, so that
// one that is newly configured takes the place of what was kept of the one before.
std::string token_store_key(const TokenRequest& wanted);
// The same over all that tells one access token from another.
std::string access_token_key(const TokenRequest& wanted);

}  // namespace tightrope::collectors
