// URLs as transfers need them: checked, resolved, compared, and shown without what is nobody's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tightrope::collectors {

// An absolute http or https URL with a host. Characters that a URL may not hold (spaces, umlauts) are
// percent-encoded, for that is what people paste; the fragment is dropped.
struct WebAddress {
  std::string url;     // whole, ready to be sent; may hold user info
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; IPv6 in brackets
  std::uint16_t port = 0;

  std::string place() const;  // "api.example.com:443": for errors
  std::string shown() const;  // without user info and query: for logs
  bool has_query() const noexcept { return url.find('?') != std::string::npos; }
  // Scheme, host and port alike: credentials of one may be sent to the other.
  bool same_origin(const WebAddress& other) const noexcept;
};

// Nothing when it is no such URL, or longer than 16 KiB.
std::optional<WebAddress> parse_web_address(std::string_view url);
// `reference` as seen from `base`: "/next?page=2", "?page=2", "https://other/". User info in a reference to
// another origin is dropped. Nothing when the outcome is no web address.
std::optional<WebAddress> resolve_reference(const WebAddress& base, std::string_view reference);

// Everything but letters, digits and -._~ as %XX.
std::string percent_encode(std::string_view text);
// Standard base64 with padding, for basic authentication.
std::string base64(std::string_view bytes);

}  // namespace tightrope::collectors
