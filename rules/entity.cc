#include "rules/entity.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace tightrope::rules {

std::size_t Dimensions::index_of(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

void Entity::set(std::size_t dimension, std::string value) {
  assert(dimension < Dimensions::kMost);
  if (dimension >= path.size()) path.resize(dimension + 1);
  path[dimension] = std::move(value);
  while (!path.empty() && path.back().empty()) path.pop_back();
}

std::string_view Entity::at(std::size_t dimension) const noexcept {
  return dimension < path.size() ? std::string_view(path[dimension]) : std::string_view();
}

Entity Entity::prefix(std::size_t depth) const {
  Entity result;
  result.path.assign(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(std::min(depth, path.size())));
  while (!result.path.empty() && result.path.back().empty()) result.path.pop_back();
  return result;
}

std::string to_string(const Entity& entity) {
  std::string text;
  for (std::size_t i = 0; i < entity.path.size(); ++i) {
    if (i > 0) text += '/';
    text += entity.path[i];
  }
  return text;
}

namespace {

// How many bytes the UTF-8 character at the front takes; 1 where it is none.
std::size_t character_length(std::string_view text) noexcept {
  std::size_t length = 1;
  if (static_cast<unsigned char>(text.front()) >= 0xc0) {
    while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
      ++length;
    }
  }
  return length;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  // Only the last `*` met has to be tried with longer runs: what stands before it has matched as early as it
  // can.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t run_ends = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      run_ends = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_length(text.substr(t));
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      run_ends += character_length(text.substr(run_ends));
      t = run_ends;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::size_t EntityTable::Hash::operator()(const Entity& entity) const noexcept {
  std::size_t hash = entity.path.size();
  for (const std::string& value : entity.path) {
    hash ^= std::hash<std::string>{}(value) + 0x9e3779b97f4a7c15U + (hash << 6) + (hash >> 2);
  }
  return hash;
}

std::pair<EntityIndex, bool> EntityTable::intern(const Entity& entity) {
  const auto [place, is_new] = indices_.try_emplace(entity, size());
  if (is_new) entities_.push_back(&place->first);
  return {place->second, is_new};
}

EntityIndex EntityTable::find(const Entity& entity) const {
  const auto place = indices_.find(entity);
  return place == indices_.end() ? size() : place->second;
}

}  // namespace tightrope::rules
