#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "rules/formula.h"

namespace tightrope::rules {
namespace {

// Longer texts are not typing errors of anybody's names; the bound keeps the work small on any input.
constexpr std::size_t kLongest = 128;
// Fewer letters begin too many names.
constexpr std::size_t kShortestStart = 3;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Damerau-Levenshtein (optimal string alignment): insertions, deletions, substitutions and swaps of
// neighbours, case aside.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

bool begins_with(std::string_view name, std::string_view start) {
  return name.size() > start.size() && std::equal(start.begin(), start.end(), name.begin(),
                                                  [](char a, char b) { return lower(a) == lower(b); });
}

// The only one that begins so; "" where several do, or none.
std::string_view begun_by(std::string_view start, std::span<const std::string> names) {
  if (start.size() < kShortestStart) return "";
  std::string_view only;
  for (const std::string& name : names) {
    if (!begins_with(name, start) || name == only) continue;
    if (!only.empty()) return "";
    only = name;
  }
  return only;
}

}  // namespace

std::string nearest_name(std::string_view text, std::span<const std::string> names) {
  if (text.empty() || text.size() > kLongest) return "";
  const std::size_t most = std::max<std::size_t>(1, text.size() / 3);
  std::size_t least = most + 1;
  std::string_view nearest;
  for (const std::string& name : names) {
    const std::size_t lengths_apart = std::max(name.size(), text.size()) - std::min(name.size(), text.size());
    if (name.empty() || lengths_apart >= least) continue;
    const std::size_t apart = distance(text, name);
    // Where every letter differs, nothing is near: "x" is not meant by "y".
    if (apart >= least || apart >= std::max(name.size(), text.size())) continue;
    least = apart;
    nearest = name;
  }
  return std::string(nearest.empty() ? begun_by(text, names) : nearest);
}

}  // namespace tightrope::rules
