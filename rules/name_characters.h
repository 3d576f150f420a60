// The characters of names as people write them. Private to rules/: the Unicode tables are behind this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tightrope::rules {

struct NameCharacter {
  // separator: _ | / . : and dashes of every length; space: every kind of white space.
  enum class Kind : std::uint8_t { letter, digit, space, separator, other };
  Kind kind = Kind::other;
  std::size_t length = 1;  // in bytes
  char32_t code = 0;       // the code point; 0 for a byte that begins none
};

// The character at the front; a byte that begins none is `other`, of one byte. REQUIRES: not empty.
NameCharacter first_character(std::string_view text) noexcept;

// Composed (NFC), without what cannot be seen, and with case folded if asked for; as it stands when it is no
// UTF-8.
std::string composed_name(std::string_view text, bool fold_case);
// The same, case folded and without accents: "Grün" is "grun".
std::string unaccented_name(std::string_view text);

}  // namespace tightrope::rules
