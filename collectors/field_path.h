// Ways into JSON, as configurations write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/json_tree.h"

namespace tightrope::collectors {

// A JSON pointer (RFC 6901) in which a token may also be `*`, every element of an array or member of an
// object, or end in `[key=value]`, the first element of an array whose member `key` has that text. A text
// without a slash in front is the name of one member, whatever it looks like. `^` in front of the slash: not
// of the record, but of what holds the record's list.
class FieldPath {
 public:
  FieldPath() = default;  // the value itself
  // The error says what is wrong with the path.
  static std::variant<FieldPath, std::string> compile(std::string_view text);

  enum class Base : std::uint8_t { record, holder, answer };
  Base base() const noexcept { return base_; }
  bool has_wildcard() const noexcept { return has_wildcard_; }

  // The first value it leads to; none when there is none. `value` may be none.
  JsonValue find(JsonValue value) const;
  // All of them, in the order of the document; and for each the value in which its last `*` was, or none.
  struct Found {
    JsonValue value;
    JsonValue holder;
  };
  std::vector<Found> find_all(JsonValue value) const;
  // Where the path loses its way. Nothing where it leads somewhere, and where what it goes through is null or
  // a list without elements: then there is nothing to be found, rather than a wrong path.
  struct Lost {
    JsonValue place;   // the last value that is there
    std::string way;   // the pointer to it; "" for the whole
    std::string name;  // what it has not, as the path has it
  };
  std::optional<Lost> lost(JsonValue value) const;

 private:
  struct Token {
    enum class Kind : std::uint8_t { member, any, chosen };
    Kind kind = Kind::member;
    std::int32_t index = -1;  // where the name is one
    // Parts of text_: the member's name, or the key and the value of `chosen`.
    std::uint32_t name_at = 0, name_size = 0, value_at = 0, value_size = 0;
  };
  void add(Token::Kind kind, std::string_view name, std::string_view value = {});
  std::string_view name(const Token& token) const noexcept {
    return std::string_view(text_).substr(token.name_at, token.name_size);
  }
  std::string_view value(const Token& token) const noexcept {
    return std::string_view(text_).substr(token.value_at, token.value_size);
  }
  JsonValue step(const Token& token, JsonValue value) const;
  std::optional<Lost> lost_from(std::size_t from, JsonValue value, std::string way) const;
  void collect(std::size_t from, JsonValue value, JsonValue holder, std::vector<Found>& found) const;

  std::string text_;  // unescaped names, one after the other
  std::vector<Token> tokens_;
  Base base_ = Base::record;
  bool has_wildcard_ = false;
};

// The first value at a path that is used too seldom to be kept compiled; none for one that does not compile,
// which a checked configuration rules out. `from` may be none.
JsonValue find_at(JsonValue from, std::string_view path);

}  // namespace tightrope::collectors
