#include "daemon/receivers/secret_mask.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr std::string_view kMask = "<secret>";

// The byte that all of `digits` says to this base; nothing when it is no number or no byte.
std::optional<char> byte_of(std::string_view digits, int base) {
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [read, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || read != end || value > 0xff) return std::nullopt;
  return static_cast<char>(value);
}

// How many bytes of HTML's form of `c` `text` begins with; 0 when it begins with something else.
std::size_t html_form(std::string_view text, char c) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNames{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (const auto& [name, meant] : kNames) {
    if (meant == c && text.starts_with(name)) return name.size();
  }
  if (!text.starts_with("&#")) return 0;
  const auto end = text.substr(0, 8).find(';');
  if (end == std::string_view::npos) return 0;
  std::string_view number = text.substr(2, end - 2);
  const bool hex = number.starts_with('x') || number.starts_with('X');
  if (hex) number.remove_prefix(1);
  return byte_of(number, hex ? 16 : 10) == c ? end + 1 : 0;
}

// The same for JSON, and for what looks like it: "\x2f" is how some servers quote.
std::size_t backslash_form(std::string_view text, char c) {
  if (text.size() < 2 || text[0] != '\\') return 0;
  if (text[1] == c && (c == '/' || c == '\\' || c == '"' || c == '\'')) return 2;
  if (text.starts_with("\\u00") && text.size() >= 6 && byte_of(text.substr(4, 2), 16) == c) return 6;
  if (text[1] == 'x' && text.size() >= 4 && byte_of(text.substr(2, 2), 16) == c) return 4;
  return 0;
}

std::size_t percent_form(std::string_view text, char c) {
  return text.size() >= 3 && text[0] == '%' && byte_of(text.substr(1, 2), 16) == c ? 3 : 0;
}

// How many bytes of the secret, in whatever form, `text` begins with; 0 when it begins with something else.
// Several ways are followed at once, since "%25" is a percent sign escaped, or one followed by 25.
std::size_t secret_at(std::string_view text, std::string_view secret) {
  std::vector<std::size_t> ends{0};
  for (const char c : secret) {
    std::vector<std::size_t> longer;
    for (const std::size_t end : ends) {
      const std::string_view rest = text.substr(end);
      const std::size_t plain = rest.starts_with(c) ? 1 : 0;
      for (const std::size_t form :
           {plain, percent_form(rest, c), backslash_form(rest, c), html_form(rest, c)}) {
        if (form > 0 && std::find(longer.begin(), longer.end(), end + form) == longer.end())
          longer.push_back(end + form);
      }
    }
    if (longer.empty()) return 0;
    ends = std::move(longer);
  }
  return *std::max_element(ends.begin(), ends.end());
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const auto byte = text.size() >= 3 && text[0] == '%' ? byte_of(text.substr(1, 2), 16) : std::nullopt;
    decoded += byte.value_or(text[0]);
    text.remove_prefix(byte ? 3 : 1);
  }
  return decoded;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Not "services" or "webhooks": words that an error needs to be understood.
bool may_be_key(std::string_view segment) {
  const bool word = std::all_of(segment.begin(), segment.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return segment.size() >= (word ? 16 : 8);
}

}  // namespace

void SecretMask::add(std::string_view secret) {
  if (secret.empty()) return;
  secrets_.emplace_back(secret);
  // A server shows what it was asked for as it reads it.
  if (std::string decoded = percent_decoded(secret); decoded != secret)
    secrets_.push_back(std::move(decoded));
}

void SecretMask::hide(const config::Secret& token) {
  if (!token.empty()) secrets_.push_back(token.reveal());
}

void SecretMask::hide_address(const config::Secret& url) {
  std::string_view target = url.reveal();
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos)
    target.remove_prefix(scheme + 3);
  target = target.substr(0, target.find('#'));  // what follows is not sent
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  if (target.size() <= 1) return;
  add(target);
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (path.size() > 1) add(path);
  for (const std::string_view segment : split(path, '/')) {
    if (may_be_key(segment)) add(segment);
  }
  if (question == std::string_view::npos) return;
  const std::string_view query = target.substr(question + 1);
  add(query);
  constexpr std::size_t kShortestValue = 4;  // "1" or "yes" would be hidden in every text
  for (const std::string_view parameter : split(query, '&')) {
    const auto equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? parameter : parameter.substr(equals + 1);
    if (value.size() >= kShortestValue) add(value);
  }
}

std::string SecretMask::masked(std::string_view text, std::size_t most) const {
  std::string shown;
  while (!text.empty() && shown.size() < most) {
    std::size_t hidden = 0;
    for (const std::string& secret : secrets_) hidden = std::max(hidden, secret_at(text, secret));
    if (hidden > 0) {
      shown += kMask;
    } else {
      shown += text[0];
    }
    text.remove_prefix(std::max<std::size_t>(hidden, 1));
  }
  return shown;
}

}  // namespace tightrope::daemon
