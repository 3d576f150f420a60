// A JSON document, read whole, with its numbers as they were written: identifiers of 19 digits stay
// themselves, and decimals become amounts without a detour over doubles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tightrope::collectors {

enum class JsonKind : std::uint8_t { null, truth, number, text, array, object };

class JsonTree;

// A value in a tree; valid as long as the tree. The default one is "there is none".
class JsonValue {
 public:
  JsonValue() = default;
  explicit operator bool() const noexcept { return tree_ != nullptr; }
  // REQUIRES for all below: there is one.
  JsonKind kind() const noexcept;
  bool is_scalar() const noexcept { return kind() != JsonKind::array && kind() != JsonKind::object; }
  // What stands there: a string without its quotes and escapes, a number's digits, "true", "false" or "null";
  // "" for others.
  std::string_view text() const noexcept;
  std::string_view key() const noexcept;  // of a member; "" for others

  // Members or elements in order: `for (auto v = value.first(); v; v = v.next())`.
  JsonValue first() const noexcept;
  JsonValue next() const noexcept;
  // The first member of that name; none when this is no object.
  JsonValue member(std::string_view name) const noexcept;
  // By JSON pointer (RFC 6901): "/metrics/0/value"; "" is the value itself.
  JsonValue at(std::string_view pointer) const;

 private:
  friend class JsonTree;
  JsonValue(const JsonTree* tree, std::uint32_t index, std::uint32_t parent_end)
      : tree_(tree), index_(index), parent_end_(parent_end) {}
  const JsonTree* tree_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t parent_end_ = 0;
};

class JsonTree {
 public:
  static constexpr std::size_t kMostValues = 10'000'000;
  static constexpr int kMostDepth = 64;

  ~JsonTree();
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;

  // The error says what is wrong with the text. It must be an object or an array, in UTF-8.
  static std::variant<std::unique_ptr<JsonTree>, std::string> parse(std::string_view text);
  JsonValue root() const noexcept;

 private:
  friend class JsonValue;
  class Builder;
  struct Node {  // in the order of the text: a container's first child follows it
    const char* key;
    const char* text;
    std::uint32_t key_size;
    std::uint32_t text_size;
    std::uint32_t end;  // of the node after this one and all within it
    JsonKind kind;
  };
  struct Source;  // the bytes and the parser that own all text
  JsonTree();

  std::unique_ptr<Source> source_;
  std::vector<Node> nodes_;
};

// A token of a JSON pointer as the name that it stands for: ~1 is a slash, ~0 a tilde (RFC 6901).
std::string unescaped_token(std::string_view token);

// What peeking found: the text, or why there is none.
struct PeekedText {
  std::optional<std::string> text;
  std::string problem;
};
// A text that is a member of the top-level object, found without building a tree; what follows it is not
// looked at.
PeekedText peek_text(std::string_view json, std::string_view member);

}  // namespace tightrope::collectors
