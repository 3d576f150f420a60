// What a figure is about: a path of dimension values, such as channel "search", campaign "brand".
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tightrope::rules {

// The order of dimensions, from coarse to fine. It is one for the whole configuration; at most kMost.
struct Dimensions {
  static constexpr std::size_t kMost = 8;
  std::vector<std::string> names{"channel", "campaign", "ad_group", "ad"};

  // The place of a dimension in the path, or names.size() if there is none of that name.
  std::size_t index_of(std::string_view name) const noexcept;
  friend bool operator==(const Dimensions&, const Dimensions&) = default;
};

// Values in the order of Dimensions. A dimension that was not reported is "", and none stands at the end.
// The empty path is the client as a whole.
struct Entity {
  std::vector<std::string> path;

  // Trims trailing "" afterwards. REQUIRES: dimension < Dimensions::kMost.
  void set(std::size_t dimension, std::string value);
  // "" where the path is shorter.
  std::string_view at(std::size_t dimension) const noexcept;
  // The first `depth` values, trailing "" trimmed; a longer depth gives the entity itself.
  Entity prefix(std::size_t depth) const;

  friend auto operator<=>(const Entity&, const Entity&) = default;
};

std::string to_string(const Entity& entity);  // "search/brand"; "" for the client

// `*` stands for any run of characters and `?` for one (of UTF-8, not a byte); everything else for itself,
// case included.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

using EntityIndex = std::uint32_t;

// Gives each entity a dense number, in order of arrival, for good. Not thread-safe.
class EntityTable {
 public:
  EntityTable() = default;
  // Moved and not copied: the numbers point at the keys.
  EntityTable(EntityTable&&) = default;
  EntityTable& operator=(EntityTable&&) = default;

  // The number of the entity, and whether it is new.
  std::pair<EntityIndex, bool> intern(const Entity& entity);
  // size() when it was never interned.
  EntityIndex find(const Entity& entity) const;
  const Entity& operator[](EntityIndex index) const noexcept { return *entities_[index]; }
  EntityIndex size() const noexcept { return static_cast<EntityIndex>(entities_.size()); }

 private:
  struct Hash {
    std::size_t operator()(const Entity& entity) const noexcept;
  };
  std::unordered_map<Entity, EntityIndex, Hash> indices_;
  std::vector<const Entity*> entities_;  // the keys of indices_, whose addresses do not change
};

}  // namespace tightrope::rules
