// Names of one dimension that look alike and are kept apart: what a person should look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/identity.h"

namespace tightrope::rules {

// Words are what stands between spaces, separators and other signs; letters are compared without case and
// accents. Names whose numbers differ never look alike.
enum class Likeness : std::uint8_t {
  signs,   // one but for case, accents, spaces, separators and other signs
  order,   // the same words in another order
  letter,  // one word, of 5 letters at least and without digits, has a letter more, less, changed or swapped
           // with the next
  word,    // one word without digits more, at the beginning or the end; 6 letters at least are left
};
std::string_view to_string(Likeness likeness) noexcept;

struct LookAlike {
  std::string name;  // the one that came first
  std::string other;
  Likeness likeness;
  friend bool operator==(const LookAlike&, const LookAlike&) = default;
};

struct LookAlikes {
  std::vector<LookAlike> pairs;  // the likeliest to be one first, at most as many as asked for
  std::size_t left_out = 0;      // further pairs
};

// `names` are different ones, in the order in which they came; `folding` is null for a dimension without
// rules. Prefixes and suffixes that the rules take off are not looked at, and names that the rules make one
// are no pair. Likelier is: Likeness::signs, then ::order; then ::letter by how rare the rarer word is, and
// ::word by how many pairs the same word parts. Of names that are alike in one way, each is told with the
// first. Work grows with the letters of all names, not with their pairs.
LookAlikes look_alikes(std::span<const std::string> names, const NameFolding* folding, std::size_t most);

}  // namespace tightrope::rules
