// A formula's text as tokens. Private to the formula compiler.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/formula.h"

namespace tightrope::rules {

struct Token {
  enum class Kind : std::uint8_t {
    number,
    name,
    window,
    logical_and,
    logical_or,
    logical_not,
    plus,
    minus,
    star,
    slash,
    percent,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    open,
    close,
    comma,
    end,
  };
  Kind kind;
  std::string_view text;  // into the formula's
  std::size_t offset;
  double number = 0;
};

// The tokens, the last of which is `end`; or what cannot begin a token. Windows are words that begin with a
// digit, such as 7d; whether one is right is for the parser to say.
std::variant<std::vector<Token>, FormulaError> tokenize(std::string_view text);

// The bytes of the character at the front for a message: quoted, or by number where it cannot be shown.
std::string show_character(std::string_view text);
// How many bytes that character takes.
std::size_t character_bytes(std::string_view text) noexcept;

}  // namespace tightrope::rules
