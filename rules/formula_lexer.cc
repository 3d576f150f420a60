#include "rules/formula_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace tightrope::rules {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 3> kWords{{
    {"and", Kind::logical_and},
    {"or", Kind::logical_or},
    {"not", Kind::logical_not},
}};
constexpr std::array<std::string_view, 5> kFunctions{"min", "max", "abs", "if", "change"};

// The longer symbol of two that begin alike stands first.
constexpr std::array<std::pair<std::string_view, Kind>, 14> kSymbols{{
    {"<=", Kind::less_equal},
    {">=", Kind::greater_equal},
    {"==", Kind::equal},
    {"!=", Kind::not_equal},
    {"<", Kind::less},
    {">", Kind::greater},
    {"+", Kind::plus},
    {"-", Kind::minus},
    {"*", Kind::star},
    {"/", Kind::slash},
    {"%", Kind::percent},
    {"(", Kind::open},
    {")", Kind::close},
    {",", Kind::comma},
}};

// What people write who come from another language.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kForeign{{
    {"&&", "and"},
    {"||", "or"},
    {"=", "=="},
    {"!", "not"},
    {"&", "and"},
    {"|", "or"},
}};

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool begins_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool continues_name(char c) noexcept {
  return begins_name(c) || is_digit(c);
}
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t run_of(std::string_view text, bool (*belongs)(char) noexcept) noexcept {
  std::size_t length = 0;
  while (length < text.size() && belongs(text[length])) ++length;
  return length;
}

FormulaError error_at(std::size_t offset, std::size_t length, std::string problem,
                      std::string suggestion = "") {
  return {offset, length, std::move(problem), std::move(suggestion)};
}

// A number, or a window such as 7d, at the front of `rest`.
std::variant<Token, FormulaError> read_number(std::string_view rest, std::size_t offset) {
  std::size_t length = run_of(rest, is_digit);
  if (length < rest.size() && begins_name(rest[length])) {
    length += run_of(rest.substr(length), continues_name);
    return Token{Kind::window, rest.substr(0, length), offset};
  }
  if (length < rest.size() && rest[length] == '.') {
    const std::size_t decimals = run_of(rest.substr(length + 1), is_digit);
    length += 1 + decimals;
    const std::size_t more =
        run_of(rest.substr(length), [](char c) noexcept { return continues_name(c) || c == '.'; });
    if (decimals == 0 || more > 0) {
      length += more;
      return error_at(offset, length,
                      fmt::format("\"{}\" is not a number; write it as 12 or 0.5", rest.substr(0, length)));
    }
  }
  Token token{Kind::number, rest.substr(0, length), offset};
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + length, token.number, std::chars_format::fixed);
  if (error == std::errc::result_out_of_range) {
    return error_at(offset, length, "the number is beyond what can be calculated with");
  }
  return token;
}

}  // namespace

std::size_t character_bytes(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
  }
  return length;
}

std::string show_character(std::string_view text) {
  const std::size_t length = character_bytes(text);
  const auto lead = static_cast<unsigned char>(text.front());
  if (length == 1 && (lead < 0x20 || lead >= 0x7f)) return fmt::format("byte 0x{:02x}", lead);
  return fmt::format("\"{}\"", text.substr(0, length));
}

bool is_formula_name(std::string_view text) noexcept {
  if (text.empty() || !begins_name(text.front()) || run_of(text, continues_name) != text.size()) return false;
  for (const auto& [word, kind] : kWords) {
    if (text == word) return false;
  }
  return std::find(kFunctions.begin(), kFunctions.end(), text) == kFunctions.end();
}

std::variant<std::vector<Token>, FormulaError> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    at += run_of(text.substr(at), is_space);
    const std::string_view rest = text.substr(at);
    if (rest.empty()) break;
    if (is_digit(rest.front())) {
      std::variant<Token, FormulaError> number = read_number(rest, at);
      if (const auto* error = std::get_if<FormulaError>(&number)) return *error;
      tokens.push_back(std::get<Token>(number));
    } else if (begins_name(rest.front())) {
      Token token{Kind::name, rest.substr(0, run_of(rest, continues_name)), at};
      for (const auto& [word, kind] : kWords) {
        if (token.text == word) token.kind = kind;
      }
      tokens.push_back(token);
    } else {
      const auto symbol = std::find_if(kSymbols.begin(), kSymbols.end(), [rest](const auto& candidate) {
        return rest.starts_with(candidate.first);
      });
      if (symbol != kSymbols.end()) {
        tokens.push_back({symbol->second, rest.substr(0, symbol->first.size()), at});
      } else {
        for (const auto& [foreign, ours] : kForeign) {
          if (!rest.starts_with(foreign)) continue;
          return error_at(at, foreign.size(), fmt::format("\"{}\" is not an operator", foreign),
                          std::string(ours));
        }
        return error_at(at, character_bytes(rest), fmt::format("unexpected {}", show_character(rest)));
      }
    }
    at += tokens.back().text.size();
  }
  tokens.push_back({Kind::end, text.substr(text.size()), text.size()});
  return tokens;
}

}  // namespace tightrope::rules
