#include "daemon/receivers/message_text.h"

namespace tightrope::daemon {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The length of the character at the front; 0 when it is not one. REQUIRES: text is not empty.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return 0;
  }
  // Over-long forms, surrogates, and what lies beyond Unicode's end.
  const auto second = static_cast<unsigned char>(text[1]);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    valid += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - kEllipsis.size();
  while (end > 0 && continues(text[end])) --end;
  text.resize(end);
  return text.append(kEllipsis);
}

std::string slack_escaped(std::string_view text, std::size_t most) {
  std::string escaped;
  std::size_t fits = 0;  // how much of it leaves room for the ellipsis
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (piece == "&") piece = "&amp;";
    if (piece == "<") piece = "&lt;";
    if (piece == ">") piece = "&gt;";
    if (escaped.size() + piece.size() > most) return escaped.substr(0, fits).append(kEllipsis);
    escaped += piece;
    if (escaped.size() + kEllipsis.size() <= most) fits = escaped.size();
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

}  // namespace tightrope::daemon
