#include "tests/vendors/request.h"

#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/json/parse.hpp>

namespace tightrope::vendors {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0) {
      out += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::string> find_in(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  return decoded(text, false);
}

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Fields parse_fields(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    fields.emplace_back(decoded(part.substr(0, equals), true), equals == std::string_view::npos
                                                                   ? std::string()
                                                                   : decoded(part.substr(equals + 1), true));
  }
  return fields;
}

Request::Request(const HttpRequest& from) : method(from.method), path(from.path()), raw(from) {
  const std::size_t mark = from.target.find('?');
  if (mark != std::string::npos) raw_query = from.target.substr(mark + 1);
  query = parse_fields(raw_query);
  const std::string type = from.header("content-type");
  if (type.starts_with("application/x-www-form-urlencoded")) {
    form = parse_fields(from.body);
  } else if (type.starts_with("application/json") || type.starts_with("application/vnd.api+json")) {
    boost::system::error_code error;
    json = boost::json::parse(from.body, error);
    has_json = !error;
  }
}

std::optional<std::string> Request::asked(std::string_view name) const {
  return find_in(query, name);
}

std::optional<std::string> Request::sent(std::string_view name) const {
  return find_in(form, name);
}

std::string Request::bearer() const {
  const std::string value = header("authorization");
  return value.starts_with("Bearer ") ? value.substr(7) : std::string();
}

std::string Request::basic() const {
  const std::string value = header("authorization");
  if (!value.starts_with("Basic ")) return {};
  namespace base64 = boost::beast::detail::base64;
  std::string plain(base64::decoded_size(value.size()), '\0');
  const auto size = base64::decode(plain.data(), value.data() + 6, value.size() - 6).first;
  plain.resize(size);
  return plain;
}

std::string Request::unknown_in_query(const std::vector<std::string>& known) const {
  for (const auto& [name, value] : query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return name;
  }
  return {};
}

}  // namespace tightrope::vendors
