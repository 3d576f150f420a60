// Which network addresses a source may be read from.
#pragma once

#include <string_view>

struct sockaddr;

namespace tightrope::collectors {

// True for addresses of the public internet. Loopback, private, link-local, unspecified, shared
// (100.64.0.0/10), multicast, documentation and reserved ones are not public, nor is an IPv6 address that
// carries an IPv4 address which is not public. IPv4-mapped IPv6 addresses and every family but IPv4 and IPv6
// are never public.
bool is_public_address(const sockaddr& address) noexcept;
// The same for an address in text: "192.0.2.1", "2001:db8::1". False for what is no address.
bool is_public_address(std::string_view address) noexcept;

}  // namespace tightrope::collectors
