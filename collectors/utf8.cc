#include "collectors/utf8.h"

#include <simdjson.h>

namespace tightrope::collectors {
namespace {

// The length of the well-formed character in front; 0 when there is none.
std::size_t character_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return text.size() >= length && is_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (out.size() + (length == 0 ? 1 : length) > most_bytes) return out + "...";
    const auto first = static_cast<unsigned char>(text[0]);
    const bool space = first == ' ' || (first >= '\t' && first <= '\r');
    // U+0080 to U+009F are control characters too.
    const bool second_control = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (space) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (length == 0 || first < 0x20 || first == 0x7f || second_control) {
      out += '?';
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace tightrope::collectors
