#include "rules/name_characters.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace tightrope::rules {
namespace {

struct Free {
  void operator()(utf8proc_uint8_t* text) const noexcept { std::free(text); }
};

const utf8proc_uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* given = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()),
                                               &given, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(given);
  if (length < 0) return std::string(text);
  return {reinterpret_cast<const char*>(owned.get()), static_cast<std::size_t>(length)};
}

NameCharacter::Kind kind_of(utf8proc_int32_t character) noexcept {
  using enum NameCharacter::Kind;
  if (character < 0x80) {
    const auto c = static_cast<char>(character);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return letter;
    if (c >= '0' && c <= '9') return digit;
    if (c == ' ' || (c >= '\t' && c <= '\r')) return space;
    if (std::string_view("_-|/.:").find(c) != std::string_view::npos) return separator;
    return other;
  }
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      return letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return digit;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return space;
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PC:
      return separator;
    default:
      return other;
  }
}

}  // namespace

NameCharacter first_character(std::string_view text) noexcept {
  utf8proc_int32_t character = text.front();
  if (character >= 0)
    return {.kind = kind_of(character), .length = 1, .code = static_cast<char32_t>(character)};
  const utf8proc_ssize_t length =
      utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &character);
  if (length <= 0) return {};
  return {.kind = kind_of(character),
          .length = static_cast<std::size_t>(length),
          .code = static_cast<char32_t>(character)};
}

std::string composed_name(std::string_view text, bool fold_case) {
  return mapped(text,
                UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_IGNORE | (fold_case ? UTF8PROC_CASEFOLD : 0));
}

std::string unaccented_name(std::string_view text) {
  return mapped(
      text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_IGNORE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
}

}  // namespace tightrope::rules
