#include "collectors/web_address.h"

#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <charconv>

namespace tightrope::collectors {
namespace {

namespace urls = boost::urls;

constexpr std::size_t kLongestUrl = 16 << 10;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

void append_encoded(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encode_illegal(std::string_view url) {
  constexpr std::string_view kIllegal = " \"<>\\^`{|}";
  std::string out;
  out.reserve(url.size());
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x7e || kIllegal.find(c) != std::string_view::npos) {
      append_encoded(out, c);
    } else {
      out += c;  // control characters stay, and are refused by the parser
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<WebAddress> from_url(urls::url url) {
  WebAddress address;
  address.scheme = lower(std::string(url.scheme()));
  if (address.scheme != "http" && address.scheme != "https") return std::nullopt;
  if (url.encoded_host().empty()) return std::nullopt;
  url.remove_fragment();
  address.host = lower(std::string(url.encoded_host()));
  address.port = address.scheme == "https" ? 443 : 80;
  if (address.host.find('%') != std::string::npos)
    return std::nullopt;  // a space in a name, or a scope of link-local IPv6
  if (url.has_port() && !url.port().empty()) {
    const std::string digits(url.port());
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (read.ec != std::errc() || address.port == 0) return std::nullopt;
  }
  if (url.encoded_path().empty()) url.set_path_absolute(true);
  address.url = std::string(url.buffer());
  return address;
}

}  // namespace

std::string WebAddress::place() const {
  return host + ':' + std::to_string(port);
}

std::string WebAddress::shown() const {
  const bool standard = port == (scheme == "https" ? 443 : 80);
  const std::size_t authority = url.find("//") + 2;
  const std::size_t path = url.find_first_of("/?", authority);
  std::string out = scheme + "://" + (standard ? host : place());
  if (path != std::string::npos) out += url.substr(path, url.find('?') - path);
  return out;
}

bool WebAddress::same_origin(const WebAddress& other) const noexcept {
  return scheme == other.scheme && host == other.host && port == other.port;
}

std::optional<WebAddress> parse_web_address(std::string_view url) {
  if (url.size() > kLongestUrl) return std::nullopt;
  const std::string legal = encode_illegal(url);
  const auto parsed = urls::parse_uri(legal);
  if (!parsed) return std::nullopt;
  return from_url(urls::url(*parsed));
}

std::optional<WebAddress> resolve_reference(const WebAddress& base, std::string_view reference) {
  if (reference.size() > kLongestUrl) return std::nullopt;
  const std::string legal = encode_illegal(reference);
  const auto from = urls::parse_uri(base.url);
  const auto parsed = urls::parse_uri_reference(legal);
  if (!from || !parsed) return std::nullopt;
  urls::url resolved;
  if (!urls::resolve(*from, *parsed, resolved)) return std::nullopt;
  auto address = from_url(resolved);
  if (address && !address->same_origin(base)) {
    resolved.remove_userinfo();
    address = from_url(resolved);
  }
  return address;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::array<unsigned, 3> group{};
    for (std::size_t k = 0; k < count; ++k) group[k] = static_cast<unsigned char>(bytes[i + k]);
    const unsigned bits = (group[0] << 16) | (group[1] << 8) | group[2];
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? kAlphabet[(bits >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

}  // namespace tightrope::collectors
