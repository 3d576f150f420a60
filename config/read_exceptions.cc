// What ties a target to entities and to other targets: `except:` and `guards:`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/readers.h"

namespace tightrope::config {
namespace {

using enum rules::BoundKind;
constexpr std::array<rules::BoundKind, 3> kKinds{at_most, at_least, between};

std::optional<rules::BoundKind> bound_kind(std::string_view key) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [key](rules::BoundKind kind) { return to_string(kind) == key; });
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

// "objective", or the dimension's name.
std::string level_name(rules::Level level, const Scope& scope) {
  if (level.depth == rules::Level::kObjective) return "objective";
  return scope.dimensions.names[static_cast<std::size_t>(level.depth) - 1];
}

class ExceptionReader {
 public:
  ExceptionReader(const Scope& scope, const rules::Kpi* kpi, const rules::Target& target)
      : scope_(scope), kpi_(kpi), target_(target) {}

  std::optional<rules::BoundException> read(const Cursor& at) const {
    if (at.node().kind != NodeKind::mapping) {
      at.expect(NodeKind::mapping);
      return std::nullopt;
    }
    rules::BoundException exception;
    bool any_bound = false;
    bool any_match = false;
    for (const auto& [key, value] : at.entries()) {
      if (const auto kind = bound_kind(key)) {
        any_bound = true;
        read_bound(*kind, value, exception);
      } else {
        any_match = true;
        read_match(key, value, exception);
      }
    }
    if (!any_match) {
      at.error("names no entity", fmt::format("such as {}: a name, or a part of it with *",
                                              level_name({std::max(target_.per.depth, 1)}, scope_)));
    }
    if (!any_bound)
      at.error("has no bound", fmt::format("give {}, as the target does", to_string(target_.kind)));
    if (exception.match.empty() || exception.bounds.empty()) return std::nullopt;
    add_former_bounds(exception.bounds);
    // In the order of dimensions, so that the order of writing makes no difference.
    std::sort(exception.match.begin(), exception.match.end(),
              [](const auto& a, const auto& b) { return a.dimension < b.dimension; });
    return exception;
  }

 private:
  // Until its own first day, what holds for all others holds for it too.
  void add_former_bounds(std::vector<rules::Bound>& bounds) const {
    const auto end =
        std::find_if(target_.bounds.begin(), target_.bounds.end(),
                     [&](const rules::Bound& bound) { return bound.from >= bounds.front().from; });
    bounds.insert(bounds.begin(), target_.bounds.begin(), end);
  }

  void read_bound(rules::BoundKind kind, const Cursor& value, rules::BoundException& exception) const {
    if (!target_.bounds.empty() && kind != target_.kind) {
      value.at_key().error(
          fmt::format("the target is {}, and an exception is of the same kind", to_string(target_.kind)),
          fmt::format("write {}, or a target of its own", to_string(target_.kind)));
      return;
    }
    if (value.node().kind == NodeKind::null) {
      value.error("has no value");
      return;
    }
    exception.bounds = read_bounds(value, kind, kpi_);
  }

  void read_match(const std::string& key, const Cursor& value, rules::BoundException& exception) const {
    const auto dimension = scope_.dimensions.index_of(key);
    auto globs = read_globs(value);
    if (dimension == scope_.dimensions.names.size()) {
      std::vector<std::string> names = scope_.dimensions.names;
      for (const rules::BoundKind kind : kKinds) names.emplace_back(to_string(kind));
      value.at_key().unresolved(fmt::format("{} is neither a dimension nor a bound", in_quotes(key)), key,
                                names);
      return;
    }
    if (static_cast<int>(dimension) >= target_.per.depth) {
      const std::string level = level_name(target_.per, scope_);
      value.at_key().error(fmt::format("the target is checked per {}, and {} lies deeper", level, key),
                           fmt::format("write per: {} on the target", key));
      return;
    }
    exception.match.push_back({dimension, std::move(globs)});
  }

  const Scope& scope_;
  const rules::Kpi* kpi_;
  const rules::Target& target_;
};

}  // namespace

std::vector<std::string> read_globs(const Cursor& at) {
  std::vector<std::string> globs;
  if (at.node().kind == NodeKind::null) at.error("has no value", "write a name, or \"*\" for any");
  for (const auto& item : at.items_or_one()) {
    auto glob = item.text();
    if (glob && glob->empty()) item.error("an empty text matches nothing", "write a name, or \"*\" for any");
    if (glob) globs.push_back(std::move(*glob));
  }
  if (at.node().kind == NodeKind::sequence && globs.empty()) at.error("an empty list matches nothing");
  return globs;
}

std::vector<rules::BoundException> read_exceptions(const Cursor& at, const Scope& scope,
                                                   const rules::Kpi* kpi, const rules::Target& target) {
  std::vector<rules::BoundException> exceptions;
  const ExceptionReader reader(scope, kpi, target);
  for (const auto& item : at.items()) {
    if (auto exception = reader.read(item)) exceptions.push_back(std::move(*exception));
  }
  return exceptions;
}

void check_guards(const std::vector<Cursor>& at, const std::vector<rules::Target>& targets,
                  const Scope& scope) {
  std::vector<std::string> names;
  for (const auto& target : targets) names.push_back(target.name);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Entry* entry = at[i].node().find("guards");
    const NodeKind kind = entry == nullptr ? NodeKind::null : entry->value.kind;
    if (kind != NodeKind::scalar && kind != NodeKind::sequence) continue;  // other kinds were reported
    std::vector<std::string> seen;
    for (const auto& item : at[i].child(*entry).items_or_one()) {
      if (item.node().kind != NodeKind::scalar) continue;
      const std::string& name = item.node().text;
      const std::string shown = in_quotes(name);
      const auto guard = std::find_if(targets.begin(), targets.end(),
                                      [&name](const rules::Target& target) { return target.name == name; });
      if (guard == targets.end()) {
        item.unknown(fmt::format("no target of this objective is called {}", shown), name, names);
      } else if (name == targets[i].name) {
        item.error("a target cannot guard itself");
      } else if (guard->per != targets[i].per) {
        item.error(fmt::format("{} is checked per {}, and this target per {}", shown,
                               level_name(guard->per, scope), level_name(targets[i].per, scope)),
                   "both need the same per");
      } else if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        item.error(fmt::format("{} is named twice", shown));
      }
      seen.push_back(name);
    }
  }
}

}  // namespace tightrope::config
