// `identity:` of a client: when two names of a dimension are one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "config/readers.h"

namespace tightrope::config {
namespace {

std::string place_text(const Cursor& at) {
  return fmt::format("{}:{}", at.reading().problems.file_name(at.place().file), at.place().line);
}

void read_ignored(const Cursor& at, rules::NameRules& rules) {
  const auto words = kIdentityKeys.find("ignore")->choices;
  const std::vector<bool*> flags{&rules.ignore_case, &rules.ignore_spaces, &rules.ignore_separators};
  for (bool* flag : flags) *flag = false;
  for (const auto& item : at.items()) {
    const auto word = item.choice(words);
    if (!word) continue;
    if (*flags[*word]) item.error(fmt::format("{} is listed twice", words[*word]), "keep one");
    *flags[*word] = true;
  }
}

// Prefixes or suffixes: texts that leave something to compare.
std::vector<std::string> read_ends(const std::optional<Cursor>& at, const rules::NameFolding& folding) {
  std::vector<std::string> ends;
  if (!at) return ends;
  for (const auto& item : at->items_or_one()) {
    auto text = item.text();
    if (!text) continue;
    if (folding.folded(*text).empty()) {
      item.error(fmt::format("nothing of {} is compared", in_quotes(item.node().text)),
                 "write the words that names begin or end with");
    } else if (std::find(ends.begin(), ends.end(), *text) != ends.end()) {
      item.error(fmt::format("{} is listed twice", in_quotes(item.node().text)), "keep one");
    }
    ends.push_back(std::move(*text));
  }
  return ends;
}

// Each name stands in one alias, as its name or among the others.
class AliasReader {
 public:
  explicit AliasReader(const rules::NameFolding& folding) : folding_(folding) {}

  std::vector<rules::Alias> read(const Cursor& at) {
    const auto entries = at.entries();
    std::vector<rules::Alias> aliases;
    for (const auto& [name, others] : entries) claim_name(name, others.at_key());
    for (const auto& [name, others] : entries) {
      rules::Alias alias{.name = name, .others = {}};
      for (const auto& item : others.items_or_one()) {
        auto other = item.text();
        if (!other || !claim_other(*other, name, item)) continue;
        alias.others.push_back(std::move(*other));
      }
      if (others.node().kind == NodeKind::null ||
          (others.node().kind == NodeKind::sequence && others.items().empty()))
        others.at_key().error(fmt::format("{} has no other names", in_quotes(name)), "name some, or drop it");
      aliases.push_back(std::move(alias));
    }
    // In the order of names, so that the order of writing makes no difference.
    std::sort(aliases.begin(), aliases.end(),
              [](const rules::Alias& a, const rules::Alias& b) { return a.name < b.name; });
    return aliases;
  }

 private:
  struct Held {
    std::string name;
    std::string where;
  };

  void claim_name(const std::string& name, const Cursor& at) {
    if (name.empty()) {
      at.error("an empty name names nothing");
      return;
    }
    const auto [held, is_new] = names_.try_emplace(folding_.key(name), Held{name, place_text(at)});
    if (is_new) return;
    at.error(fmt::format("{} and {} are one name under these rules: {}", in_quotes(name),
                         in_quotes(held->second.name), held->second.where),
             "put their other names into one list");
  }

  bool claim_other(const std::string& other, const std::string& name, const Cursor& at) {
    if (other.empty()) {
      at.error("an empty name names nothing");
      return false;
    }
    const std::string key = folding_.key(other);
    const std::string own = folding_.key(name);
    if (const auto held = names_.find(key); held != names_.end() && key != own) {
      at.error(
          fmt::format("{} is the name of an alias itself: {}", in_quotes(at.node().text), held->second.where),
          fmt::format("give its other names to {}, and drop it", in_quotes(name)));
      return false;
    }
    const auto [held, is_new] = others_.try_emplace(key, Held{name, place_text(at)});
    if (is_new) return true;
    if (held->second.name == name) {
      at.error(fmt::format("{} is listed already: {}", in_quotes(at.node().text), held->second.where),
               "keep one");
    } else {
      at.error(fmt::format("{} is another name of {} already: {}", in_quotes(at.node().text),
                           in_quotes(held->second.name), held->second.where),
               "a name can mean one thing");
    }
    return false;
  }

  const rules::NameFolding& folding_;
  std::map<std::string, Held> names_;   // by key
  std::map<std::string, Held> others_;  // by key; with the name of the alias that has it
};

std::optional<rules::NameRules> read_rules(const Cursor& at, const Scope& scope,
                                           std::map<std::size_t, std::string>& taken) {
  MappingReader in(at, kIdentityKeys);
  rules::NameRules rules;
  const auto at_dimension = in.get("dimension", Shape::name);
  const auto name = at_dimension ? at_dimension->name() : std::nullopt;
  const auto dimension = name ? scope.find_dimension(*at_dimension, *name) : std::nullopt;
  if (const auto ignored = in.get("ignore", Shape::choices)) read_ignored(*ignored, rules);
  const rules::NameFolding plain(rules);
  rules.prefixes = read_ends(in.get("prefixes", Shape::texts), plain);
  rules.suffixes = read_ends(in.get("suffixes", Shape::texts), plain);
  const rules::NameFolding folding(rules);
  if (const auto aliases = in.get("aliases", Shape::other_names))
    rules.aliases = AliasReader(folding).read(*aliases);
  if (!dimension) return std::nullopt;
  rules.dimension = *dimension;
  if (rules == rules::NameRules{.dimension = *dimension,
                                .ignore_case = false,
                                .ignore_spaces = false,
                                .ignore_separators = false,
                                .prefixes = {},
                                .suffixes = {},
                                .aliases = {}}) {
    at.error("it makes no two names one", "say what to ignore, or drop it");
  }
  const auto [first, is_new] = taken.try_emplace(*dimension, place_text(*at_dimension));
  if (!is_new) {
    at_dimension->error(fmt::format("{} has rules already: {}", in_quotes(*name), first->second),
                        "put both into one");
    return std::nullopt;
  }
  return rules;
}

}  // namespace

rules::NameIdentity read_identity(const std::vector<Cursor>& at, const Scope& scope) {
  std::vector<rules::NameRules> all;
  std::map<std::size_t, std::string> taken;  // dimensions, with their places
  for (const auto& entry : at) {
    if (auto rules = read_rules(entry, scope, taken)) all.push_back(std::move(*rules));
  }
  std::sort(all.begin(), all.end(),
            [](const rules::NameRules& a, const rules::NameRules& b) { return a.dimension < b.dimension; });
  return rules::NameIdentity(all);
}

}  // namespace tightrope::config
