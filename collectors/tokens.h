// Access tokens of OAuth2 (RFC 6749), one for all sources with the same credentials: fetched once however
// many wait for it, ahead of its expiry, and again when a server refuses it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <memory>
#include <optional>
#include <string>

#include "collectors/clock.h"
#include "collectors/collect_error.h"
#include "collectors/transfer.h"
#include "config/secret.h"

namespace tightrope::collectors {

// Where refresh tokens that a vendor has changed are kept. A new one is saved before its access token is
// used, for the old one may be worth nothing from then on.
class TokenStore {
 public:
  virtual ~TokenStore() = default;
  // The newest refresh token under a key, or nothing. Throws std::runtime_error when it cannot be read: the
  // text is for people and has no secret.
  virtual std::optional<config::Secret> load(const std::string& key) = 0;
  // Durable when it returns; throws likewise.
  virtual void save(const std::string& key, const config::Secret& refresh_token) = 0;
};
// Keeps them as long as it lives: for one poll from the command line, and for tests.
std::unique_ptr<TokenStore> make_memory_token_store();

struct TokenRequest {
  std::string token_url;
  std::string client_id;
  config::Secret client_secret;                 // may be empty
  std::optional<config::Secret> refresh_token;  // nothing: client credentials
  std::string scope;                            // may be empty
  bool client_in_header = false;
  bool allow_private_addresses = false;
};

using TokenResult = boost::system::result<config::Secret, CollectError>;

// On one executor's thread.
class Tokens {
 public:
  virtual ~Tokens() = default;
  // An access token that is good for another minute at least. `refused` is one that a server refused: unless
  // somebody has a newer one already, it is fetched again. Errors: the token endpoint cannot be reached
  // (temporary), says wait (throttled), or refuses (unauthorized: names what it said, such as invalid_grant,
  // and what to do). Errors never quote a secret.
  virtual boost::asio::awaitable<TokenResult> access_token(TokenRequest request,
                                                           std::optional<config::Secret> refused) = 0;
  // Returns when nothing is fetched any more: a fetch goes on when nobody waits for it any longer, for it may
  // bring a new refresh token in place of the old one. It takes half a minute at most.
  virtual boost::asio::awaitable<void> idle() { co_return; }
};
// Borrows all three, which outlive it. No awaited call may outlive it. What is still fetched when it is
// destroyed is cancelled.
std::unique_ptr<Tokens> make_tokens(Transfer& transfer, Clock& clock, TokenStore& store);

}  // namespace tightrope::collectors
