// A YAML file as a tree of values with places. Private to config/.
//
// It is built from the parser's events: aliases are refused before anything is expanded, duplicate keys are
// seen, and every value keeps its line and column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace tightrope::config {

struct Entry;

enum class NodeKind { null, scalar, sequence, mapping };

struct Node {
  NodeKind kind = NodeKind::null;
  Place where;
  std::string text;            // of a scalar, unquoted
  bool quoted = false;         // '...', "...", | or >
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a mapping, as written; keys are distinct

  const Entry* find(std::string_view key) const noexcept;
};

struct Entry {
  std::string key;
  Place where;
  Node value;
};

struct YamlLimits {
  static constexpr int kMostDepth = 64;
  static constexpr std::size_t kMostNodes = 200'000;
};

// The one document of a file; a null node for an empty one. Nothing when it cannot be read, which is then
// reported. REQUIRES: `text` is UTF-8 without NUL and without a byte-order mark.
std::optional<Node> parse_yaml(std::size_t file, const std::string& text, Problems& problems);

// Hides the values of keys that hold secrets by their name or place, whether or not a reader will ever come
// to them.
void hide_secrets(const Node& root, Problems& problems);
// The same on the text alone, for a file that cannot be parsed.
void hide_secrets_by_line(std::size_t file, Problems& problems);
// By its name: such keys never hold anything else, whatever mapping they stand in.
bool is_secret_name(std::string_view key);
// Hides one value, however many lines it has.
void hide_value(const Entry& entry, Problems& problems);

// Where in `text` bytes that are not UTF-8, or are NUL, begin; npos when there are none.
std::size_t find_illegal_byte(std::string_view text) noexcept;

}  // namespace tightrope::config
