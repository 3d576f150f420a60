// Typed reading of a YAML tree. Every reader here reports what is wrong, at its place, and goes on. Private
// to config/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/key_table.h"
#include "config/problems.h"
#include "config/secret.h"
#include "config/yaml_tree.h"
#include "rules/calendar.h"
#include "rules/formula.h"
#include "rules/units.h"

namespace tightrope::config {

// What all cursors of one load share. Outlives them.
struct Reading {
  Problems& problems;
  bool environment = true;               // whether ${env:NAME} is replaced
  std::vector<std::string> directories;  // of each file, for `_file` twins
  bool incomplete = false;               // a file could not be read: names may be unknown for that alone
  std::vector<std::string> from_environment = {};  // every value that came from there, in order
};

template <class T>
struct Range {
  T least;
  T most;
};

// One value of the tree and the way to it. Cheap to copy; borrows the tree.
class Cursor {
 public:
  Cursor(Reading& reading, const Node& node, std::string path)
      : reading_(&reading), node_(&node), where_(node.where), path_(std::move(path)) {}

  const Node& node() const noexcept { return *node_; }
  Place place() const noexcept { return where_; }
  // The same value, with errors told at its key: for keys that are names of something.
  Cursor at_key() const {
    Cursor copy = *this;
    copy.where_ = key_.value_or(where_);
    return copy;
  }
  const std::string& path() const noexcept { return path_; }
  Reading& reading() const noexcept { return *reading_; }
  const std::string& directory() const { return reading_->directories[node_->where.file]; }

  void error(std::string problem, std::string hint = "") const;
  void warning(std::string problem, std::string hint = "") const;
  // At a byte of the scalar's text, where that byte can be found in the file.
  void error_at(std::size_t offset, std::string problem, std::string hint = "") const;
  void error(const rules::FormulaError& failure) const;
  // `problem`, and the nearest of the names as a hint.
  void unknown(std::string problem, std::string_view text, std::span<const std::string> names) const;
  // The same for names that the files declare: says nothing when a file is missing that may declare it.
  void unresolved(std::string problem, std::string_view text, std::span<const std::string> names) const;
  // True for that kind; else reports what belongs here.
  bool expect(NodeKind kind) const;

  // Items of a list; nothing for null; reports other kinds.
  std::vector<Cursor> items() const;
  // A single value counts as a list of one.
  std::vector<Cursor> items_or_one() const;
  // Entries of a mapping: the cursor of each value, and its key.
  std::vector<std::pair<std::string, Cursor>> entries() const;
  Cursor child(const Entry& entry) const;

  // Scalars. Nothing when it is none or is of another form, which is then reported.
  std::optional<std::string> raw() const;   // as written
  std::optional<std::string> text() const;  // with ${env:NAME} replaced: not to be quoted in messages
  std::optional<std::string> name() const;
  std::optional<std::string> identifier() const;
  std::optional<double> number() const;
  std::optional<std::int64_t> integer(Range<std::int64_t> range) const;
  std::optional<bool> boolean() const;
  std::optional<rules::Duration> duration(Range<rules::Duration> range) const;
  std::optional<std::uint64_t> size(Range<std::uint64_t> range) const;
  std::optional<double> share(Range<double> range) const;
  std::optional<std::size_t> choice(std::span<const std::string_view> choices) const;  // its place among them
  std::optional<rules::Day> day() const;                                               // YYYY-MM-DD
  std::optional<rules::Window> window() const;  // by name, or a flight in either form
  std::optional<rules::Window> period() const;  // week, month, quarter or a flight
  std::optional<std::string> url() const;
  std::optional<Secret> secret() const;       // the value itself
  std::optional<Secret> secret_file() const;  // the value in the file that is named here

 private:
  Reading* reading_;
  const Node* node_;
  Place where_;
  std::optional<Place> key_;
  std::string path_;
};

// Reads a mapping by its table of keys: reports unknown and missing keys. In debug builds, a key that the
// table lacks or has in another shape, and a key that is never asked for, stop the program.
class MappingReader {
 public:
  MappingReader(const Cursor& at, const KeyTable& table);
  ~MappingReader();
  MappingReader(const MappingReader&) = delete;
  MappingReader& operator=(const MappingReader&) = delete;

  // Whether it is a mapping at all; else every read gives nothing.
  bool readable() const noexcept { return readable_; }
  const Cursor& at() const noexcept { return at_; }
  const KeyTable& table() const noexcept { return table_; }
  // Whether the key stands there, with a value or without.
  bool has(std::string_view key) const noexcept;

  // Of an open table: the entries whose keys it does not have.
  std::vector<std::pair<std::string, Cursor>> others() const;

  // The value of a key; nothing when absent or without a value. A missing required key is reported.
  std::optional<Cursor> get(std::string_view key, Shape shape);

  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> name(std::string_view key);
  std::optional<std::string> identifier(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, Range<std::int64_t> range);
  std::optional<bool> boolean(std::string_view key);
  std::optional<rules::Duration> duration(std::string_view key, Range<rules::Duration> range);
  std::optional<std::uint64_t> size(std::string_view key, Range<std::uint64_t> range);
  std::optional<double> share(std::string_view key, Range<double> range);
  std::optional<std::size_t> choice(std::string_view key);
  std::optional<rules::Window> window(std::string_view key);
  std::optional<rules::Window> period(std::string_view key);
  std::optional<std::string> url(std::string_view key);
  std::optional<Secret> secret(std::string_view key);  // from the key or its `_file` twin
  std::vector<Cursor> mappings(std::string_view key);
  std::vector<Cursor> one_or_more(std::string_view key);
  std::vector<std::string> texts(std::string_view key);

 private:
  const Key& declared(std::string_view key, Shape shape);
  void report_unknown_keys() const;

  Cursor at_;
  const KeyTable& table_;
  bool readable_ = false;
  std::vector<const Key*> asked_;
};

}  // namespace tightrope::config
