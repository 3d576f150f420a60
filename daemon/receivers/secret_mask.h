// What a receiver's answer must not bring into the log: errors and debug pages repeat the request.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"

namespace tightrope::daemon {

class SecretMask {
 public:
  // A token: hidden as a whole.
  void hide(const config::Secret& token);
  // An address whose path and query may be the credential: "/services/T0/B0/k3y" of Slack is. Hidden as a
  // whole, each by itself, and each part that may be a key: an answer may say only which token it does not
  // know. Scheme, host and port are no secret.
  void hide_address(const config::Secret& url);

  // The text with "<secret>" in the place of every secret, as it is or with any of its characters escaped as
  // in URLs (%2F), JSON (\/, \u002f) or HTML (&amp;, &#47;). Ends once it has `most` bytes: it may have a few
  // more.
  std::string masked(std::string_view text, std::size_t most) const;

 private:
  void add(std::string_view secret);

  std::vector<std::string> secrets_;  // none empty
};

}  // namespace tightrope::daemon
