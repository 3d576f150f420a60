#include "rules/match_overlap.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace tightrope::rules {
namespace {

constexpr std::string_view kStar = "*";
constexpr std::string_view kAny = "?";
// Stands where any character does.
constexpr std::string_view kSample = "x";

std::vector<std::string_view> characters(std::string_view glob) {
  std::vector<std::string_view> result;
  while (!glob.empty()) {
    std::size_t length = 1;
    if (static_cast<unsigned char>(glob.front()) >= 0xc0) {
      while (length < glob.size() && length < 4 &&
             (static_cast<unsigned char>(glob[length]) & 0xc0) == 0x80) {
        ++length;
      }
    }
    result.push_back(glob.substr(0, length));
    glob.remove_prefix(length);
  }
  return result;
}

// How far both globs have been used up.
using Position = std::pair<std::size_t, std::size_t>;

// The character that both take next: one that is spelt out, if either does.
std::optional<std::string_view> common(std::string_view a, std::string_view b) {
  const bool a_any = a == kStar || a == kAny;
  const bool b_any = b == kStar || b == kAny;
  if (a_any) return b_any ? kSample : b;
  if (b_any || a == b) return a;
  return std::nullopt;
}

std::optional<std::string> shared_value(const std::vector<std::string>& a,
                                        const std::vector<std::string>& b) {
  // A real value is rather one that is spelt out.
  std::optional<std::string> found;
  for (const std::string& one : a) {
    for (const std::string& other : b) {
      std::optional<std::string> value = glob_overlap(one, other);
      if (value && !value->empty()) return value;
      if (value) found = std::move(value);
    }
  }
  return found;
}

const std::vector<std::string>& globs_of(const std::vector<DimensionMatch>& match, std::size_t dimension) {
  static const std::vector<std::string> kEverything{"*"};
  const auto place = std::find_if(match.begin(), match.end(), [dimension](const DimensionMatch& one) {
    return one.dimension == dimension;
  });
  if (place == match.end()) return kEverything;
  // Two spellings of one pattern have as much in common as two equal ones.
  return place->folded.compiled() ? place->folded.patterns() : place->globs;
}

}  // namespace

std::optional<std::string> glob_overlap(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> left = characters(a);
  const std::vector<std::string_view> right = characters(b);
  // Breadth first, so that the first text found is a shortest one. Steps that take no character go in front.
  std::map<Position, std::string> seen;
  std::deque<std::pair<Position, std::string>> open{{{0, 0}, ""}};
  while (!open.empty()) {
    auto [at, text] = std::move(open.front());
    open.pop_front();
    if (!seen.emplace(at, text).second) continue;
    const auto [i, j] = at;
    if (i == left.size() && j == right.size()) return text;
    const bool left_star = i < left.size() && left[i] == kStar;
    const bool right_star = j < right.size() && right[j] == kStar;
    if (left_star) open.emplace_front(Position{i + 1, j}, text);
    if (right_star) open.emplace_front(Position{i, j + 1}, text);
    if (i == left.size() || j == right.size() || (left_star && right_star)) continue;
    if (const auto next = common(left[i], right[j])) {
      open.emplace_back(Position{left_star ? i : i + 1, right_star ? j : j + 1}, text + std::string(*next));
    }
  }
  return std::nullopt;
}

std::optional<Entity> match_overlap(const std::vector<DimensionMatch>& a,
                                    const std::vector<DimensionMatch>& b) {
  Entity entity;
  for (const auto* match : {&a, &b}) {
    for (const DimensionMatch& one : *match) {
      std::optional<std::string> value = shared_value(globs_of(a, one.dimension), globs_of(b, one.dimension));
      if (!value) return std::nullopt;
      entity.set(one.dimension, std::move(*value));
    }
  }
  return entity;
}

}  // namespace tightrope::rules
