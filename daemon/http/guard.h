// What a request must have before its body is read: the token, an origin that may act, a content type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"
#include "daemon/http/message.h"
#include "daemon/http/router.h"

namespace tightrope::daemon::http {

// Equal in the same time wherever the difference is; only the lengths can be told apart.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

struct GuardSettings {
  config::Secret bearer_token;  // empty: none is asked for
  std::string external_host;    // "tightrope.example.com" or with a port, of --web.external-url; or ""
};

// The answer to a request that is refused, or nothing.
//
// A page of another site that a browser has open must not act here. Browsers say where a POST comes from
// (Origin): its host has to be the host that was asked (Host) or that of --web.external-url. Because a site
// can make its own name point at this machine, the host asked must then be an address, localhost or that of
// --web.external-url. Programs send no Origin and are not bound by this.
std::optional<Response> refuse(const Request& request, const Route& route, const GuardSettings& settings);

// The host and port of an http or https URL in lower case, without user and default port; "" when it has
// none.
std::string host_of(std::string_view url);

}  // namespace tightrope::daemon::http
