// Names that are spelt in several ways and mean one thing: "EU | Spring Sale" on one platform is
// "eu-spring_sale" on the next.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/entity.h"

namespace tightrope::rules {

// Other names of the same thing, which no folding shows: ids of a platform, an earlier name.
struct Alias {
  std::string name;  // the one that is kept
  std::vector<std::string> others;
  friend bool operator==(const Alias&, const Alias&) = default;
};

// When two names of a dimension are one, as configured.
struct NameRules {
  std::size_t dimension = 0;
  bool ignore_case = true;
  bool ignore_spaces = true;
  bool ignore_separators = true;
  std::vector<std::string> prefixes;  // without meaning, where a name begins with one
  std::vector<std::string> suffixes;
  std::vector<Alias> aliases;
  friend bool operator==(const NameRules&, const NameRules&) = default;
};

// Rules at work. Letters are compared by Unicode's full case folding after composition (NFC), so "STRASSE" is
// "Straße", and an umlaut is one whether it was written as one character or as two; what cannot be seen, such
// as a soft hyphen, never counts. Separators are _ | / . : and dashes of every length. Where both are
// ignored, a run of spaces and separators is one space; where one is, a run of it is one; none counts at
// either end. Digits always count. Bytes that are no UTF-8 stand for themselves.
class NameFolding {
 public:
  explicit NameFolding(NameRules rules);

  const NameRules& rules() const noexcept { return rules_; }
  // With all that is ignored left out, but prefixes and suffixes.
  std::string folded(std::string_view name) const;
  // What `folded` is without prefixes and suffixes, each taken off where something is left, the longest
  // first, until none is there any more.
  std::string stripped(std::string_view folded) const;
  // Two names with one key are one. A name of which nothing is left keeps itself.
  std::string key(std::string_view name) const;
  // The alias that holds a name of this key, as its `name` or among its `others`; or null. When several do,
  // which a checked configuration rules out, the first.
  const Alias* alias_of(std::string_view key) const noexcept;
  // Whether two names are one.
  bool same(std::string_view a, std::string_view b) const;

  // Everything ignored that can be, and nothing else: what rules could make one.
  static const NameFolding& loose();

 private:
  std::string fold(std::string_view text, bool keep_begin, bool keep_end) const;

  NameRules rules_;
  std::vector<std::string> prefixes_, suffixes_;  // folded, the longest first
  struct AliasKey {
    std::string key;
    std::size_t alias;
  };
  std::vector<AliasKey> aliases_;  // by key
};

// Globs of a dimension whose names have rules. A pattern matches a name when it does as written, when both do
// once folded, or when it matches one of the other names that an alias gives to that name. A value: copies
// share what was compiled.
class FoldedGlobs {
 public:
  FoldedGlobs() = default;  // of a dimension without rules
  FoldedGlobs(std::shared_ptr<const NameFolding> folding, const std::vector<std::string>& globs);

  bool compiled() const noexcept { return state_ != nullptr; }
  // REQUIRES: compiled().
  bool match(std::string_view name) const;
  const std::vector<std::string>& patterns() const noexcept;  // folded, in the order given

  // What was compiled follows from what stands beside it, which is compared.
  friend bool operator==(const FoldedGlobs&, const FoldedGlobs&) noexcept { return true; }

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// The rules of all dimensions of a client. A value: copies share what was compiled, and two are equal when
// their rules are.
class NameIdentity {
 public:
  NameIdentity() = default;  // names are taken as they are
  // REQUIRES: one entry for a dimension, by dimension, ascending.
  explicit NameIdentity(const std::vector<NameRules>& rules);

  bool empty() const noexcept { return foldings_.empty(); }
  // Null for a dimension without rules.
  const std::shared_ptr<const NameFolding>& of(std::size_t dimension) const noexcept;
  std::vector<NameRules> rules() const;
  // Whether the values of both paths are one, dimension by dimension.
  bool same(const Entity& a, const Entity& b) const;

  friend bool operator==(const NameIdentity& a, const NameIdentity& b) { return a.rules() == b.rules(); }

 private:
  std::vector<std::shared_ptr<const NameFolding>> foldings_;  // by dimension; null where there are none
};

}  // namespace tightrope::rules
