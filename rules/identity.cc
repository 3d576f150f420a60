#include "rules/identity.h"

#include <algorithm>
#include <utility>

#include "rules/name_characters.h"

namespace tightrope::rules {
namespace {

// By length, the longest first, so that "acme eu " is taken off before "acme ".
void longest_first(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
}

bool has_letters(std::string_view pattern) noexcept {
  return std::any_of(pattern.begin(), pattern.end(),
                     [](char c) { return c != '*' && c != '?' && c != ' ' && c != '_'; });
}

std::string_view without_gaps(std::string_view text, char gap) noexcept {
  while (text.starts_with(gap)) text.remove_prefix(1);
  while (text.ends_with(gap)) text.remove_suffix(1);
  return text;
}

}  // namespace

NameFolding::NameFolding(NameRules rules) : rules_(std::move(rules)) {
  for (const std::string& prefix : rules_.prefixes) prefixes_.push_back(fold(prefix, false, true));
  for (const std::string& suffix : rules_.suffixes) suffixes_.push_back(fold(suffix, true, false));
  for (auto* list : {&prefixes_, &suffixes_}) {
    std::erase(*list, "");
    longest_first(*list);
  }
  for (std::size_t i = 0; i < rules_.aliases.size(); ++i) {
    aliases_.push_back({key(rules_.aliases[i].name), i});
    for (const std::string& other : rules_.aliases[i].others) aliases_.push_back({key(other), i});
  }
  std::sort(aliases_.begin(), aliases_.end(), [](const AliasKey& a, const AliasKey& b) {
    return a.key != b.key ? a.key < b.key : a.alias < b.alias;
  });
}

std::string NameFolding::fold(std::string_view text, bool keep_begin, bool keep_end) const {
  std::string composed;
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (!plain) {
    composed = composed_name(text, rules_.ignore_case);
    text = composed;
  }
  // A run of spaces and separators is a space where both are ignored; of separators alone it is one of them.
  std::string result;
  result.reserve(text.size());
  char gap = 0;  // what is owed for the run before
  while (!text.empty()) {
    const NameCharacter next = first_character(text);
    const std::string_view bytes = text.substr(0, next.length);
    text.remove_prefix(next.length);
    const bool ignored = (next.kind == NameCharacter::Kind::space && rules_.ignore_spaces) ||
                         (next.kind == NameCharacter::Kind::separator && rules_.ignore_separators);
    if (ignored) {
      gap = rules_.ignore_spaces ? ' ' : '_';
      continue;
    }
    if (gap != 0 && (!result.empty() || keep_begin)) result += gap;
    gap = 0;
    if (rules_.ignore_case && bytes.front() >= 'A' && bytes.front() <= 'Z') {
      result += static_cast<char>(bytes.front() - 'A' + 'a');
    } else {
      result += bytes;
    }
  }
  if (gap != 0 && keep_end && !result.empty()) result += gap;
  return result;
}

std::string NameFolding::folded(std::string_view name) const {
  return fold(name, false, false);
}

std::string NameFolding::stripped(std::string_view folded) const {
  std::string_view left = folded;
  for (bool any = true; any;) {
    any = false;
    for (const std::string& prefix : prefixes_) {
      if (!left.starts_with(prefix)) continue;
      const std::string_view rest =
          without_gaps(left.substr(prefix.size()), rules_.ignore_spaces ? ' ' : '_');
      if (rest.empty()) continue;
      left = rest;
      any = true;
      break;
    }
    for (const std::string& suffix : suffixes_) {
      if (!left.ends_with(suffix)) continue;
      const std::string_view rest =
          without_gaps(left.substr(0, left.size() - suffix.size()), rules_.ignore_spaces ? ' ' : '_');
      if (rest.empty()) continue;
      left = rest;
      any = true;
      break;
    }
  }
  return std::string(left);
}

std::string NameFolding::key(std::string_view name) const {
  const std::string all = folded(name);
  // No folded name begins so: control characters of that kind are in no name that a collector takes.
  if (all.empty()) return "\x01" + std::string(name);
  return prefixes_.empty() && suffixes_.empty() ? all : stripped(all);
}

const Alias* NameFolding::alias_of(std::string_view key) const noexcept {
  const auto place =
      std::lower_bound(aliases_.begin(), aliases_.end(), key,
                       [](const AliasKey& one, std::string_view wanted) { return one.key < wanted; });
  return place == aliases_.end() || place->key != key ? nullptr : &rules_.aliases[place->alias];
}

bool NameFolding::same(std::string_view a, std::string_view b) const {
  if (a == b) return true;
  const std::string key_a = key(a);
  const std::string key_b = key(b);
  if (key_a == key_b) return true;
  const Alias* alias = alias_of(key_a);
  return alias != nullptr && alias == alias_of(key_b);
}

const NameFolding& NameFolding::loose() {
  static const NameFolding folding{NameRules()};
  return folding;
}

// Of one pattern: as written, folded, and folded without a prefix or suffix where it has letters beside it.
struct FoldedGlobs::State {
  std::shared_ptr<const NameFolding> folding;
  std::vector<std::string> globs, folded, stripped;
  std::vector<std::string> aliases;  // keys of names whose other names match; sorted

  bool match(std::string_view name) const {
    const auto matches = [](const std::vector<std::string>& patterns, std::string_view text) {
      return std::any_of(patterns.begin(), patterns.end(),
                         [text](const std::string& glob) { return glob_match(glob, text); });
    };
    if (matches(globs, name)) return true;
    const std::string all = folding->folded(name);
    if (all.empty()) return false;
    return matches(folded, all) || matches(stripped, folding->stripped(all));
  }
};

FoldedGlobs::FoldedGlobs(std::shared_ptr<const NameFolding> folding, const std::vector<std::string>& globs) {
  auto state = std::make_shared<State>();
  state->folding = std::move(folding);
  state->globs = globs;
  for (const std::string& glob : globs) {
    state->folded.push_back(state->folding->folded(glob));
    // "ACME_*" means the names that begin so, not every name.
    std::string stripped = state->folding->stripped(state->folded.back());
    if (has_letters(stripped)) state->stripped.push_back(std::move(stripped));
  }
  for (const Alias& alias : state->folding->rules().aliases) {
    const bool any = std::any_of(alias.others.begin(), alias.others.end(),
                                 [&state](const std::string& other) { return state->match(other); });
    if (any) state->aliases.push_back(state->folding->key(alias.name));
  }
  std::sort(state->aliases.begin(), state->aliases.end());
  state_ = std::move(state);
}

bool FoldedGlobs::match(std::string_view name) const {
  if (state_->match(name)) return true;
  return !state_->aliases.empty() &&
         std::binary_search(state_->aliases.begin(), state_->aliases.end(), state_->folding->key(name));
}

const std::vector<std::string>& FoldedGlobs::patterns() const noexcept {
  return state_->folded;
}

NameIdentity::NameIdentity(const std::vector<NameRules>& rules) {
  for (const NameRules& one : rules) {
    foldings_.resize(one.dimension + 1);
    foldings_.back() = std::make_shared<const NameFolding>(one);
  }
}

const std::shared_ptr<const NameFolding>& NameIdentity::of(std::size_t dimension) const noexcept {
  static const std::shared_ptr<const NameFolding> kNone;
  return dimension < foldings_.size() ? foldings_[dimension] : kNone;
}

std::vector<NameRules> NameIdentity::rules() const {
  std::vector<NameRules> rules;
  for (const auto& folding : foldings_) {
    if (folding) rules.push_back(folding->rules());
  }
  return rules;
}

bool NameIdentity::same(const Entity& a, const Entity& b) const {
  if (a.path.size() != b.path.size()) return false;
  for (std::size_t i = 0; i < a.path.size(); ++i) {
    if (a.path[i] == b.path[i]) continue;
    const auto& folding = of(i);
    if (!folding || !folding->same(a.path[i], b.path[i])) return false;
  }
  return true;
}

}  // namespace tightrope::rules
