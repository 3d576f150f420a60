// Ways into JSON, as configurations write them.
#pragma once

#include <cstdint>
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

 private:
  struct Token {
    enum class Kind : std::uint8_t { member, any, chosen };
    Kind kind = Kind::member;
    std::string name;         // of the member; of `chosen` that of the array, or "" for the value itself
    std::int64_t index = -1;  // where the name is one
    std::string key, value;   // of `chosen`
  };
  static JsonValue step(const Token& token, JsonValue value);
  void collect(std::size_t from, JsonValue value, JsonValue holder, std::vector<Found>& found) const;

  std::vector<Token> tokens_;
  Base base_ = Base::record;
  bool has_wildcard_ = false;
};

}  // namespace tightrope::collectors
