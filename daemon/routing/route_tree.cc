#include "daemon/routing/route_tree.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace tightrope::daemon {
namespace {

std::optional<std::string> matcher_problem(const config::Route& route) {
  for (const config::Matcher& matcher : route.matchers) {
    if (auto wrong = CompiledMatcher::problem(matcher)) return wrong;
  }
  for (const config::Route& child : route.routes) {
    if (auto wrong = matcher_problem(child)) return wrong;
  }
  return std::nullopt;
}

// Sorted, so that the order in which matchers were written does not change the keys that were remembered.
std::string text_of(std::vector<CompiledMatcher> matchers) {
  std::sort(matchers.begin(), matchers.end(), [](const CompiledMatcher& a, const CompiledMatcher& b) {
    return std::tie(a.source().label, a.source().value, a.source().kind) <
           std::tie(b.source().label, b.source().value, b.source().kind);
  });
  std::string text = "{";
  for (const CompiledMatcher& matcher : matchers) {
    if (text.size() > 1) text += ',';
    text += matcher.text();
  }
  return text + "}";
}

CompiledRoute compile(const config::Route& route, const CompiledRoute* parent) {
  CompiledRoute compiled;
  compiled.receiver = route.receiver.empty() && parent != nullptr ? parent->receiver : route.receiver;
  compiled.group_by_all =
      std::find(route.group_by.begin(), route.group_by.end(), "...") != route.group_by.end();
  compiled.group_by = route.group_by;
  const rules::Duration none{0};
  compiled.group_wait = std::max(route.group_wait, none);
  compiled.group_interval = std::max(route.group_interval, none);
  compiled.repeat_interval = std::max(route.repeat_interval, none);
  compiled.continue_matching = route.continue_matching;
  for (const config::Matcher& matcher : route.matchers) compiled.matchers.emplace_back(matcher);
  compiled.key = (parent != nullptr ? parent->key + "/" : std::string()) + text_of(compiled.matchers);
  compiled.routes.reserve(route.routes.size());
  for (const config::Route& child : route.routes) compiled.routes.push_back(compile(child, &compiled));
  return compiled;
}

bool collect(const CompiledRoute& route, const Labels& labels, std::vector<const CompiledRoute*>& taken) {
  for (const CompiledMatcher& matcher : route.matchers) {
    if (!matcher.matches(labels)) return false;
  }
  bool by_child = false;
  for (const CompiledRoute& child : route.routes) {
    if (!collect(child, labels, taken)) continue;
    by_child = true;
    if (!child.continue_matching) break;
  }
  if (!by_child) taken.push_back(&route);
  return true;
}

}  // namespace

std::optional<std::string> RouteTree::problem(const config::Route& root) {
  if (root.receiver.empty()) return "the root route needs a receiver";
  return matcher_problem(root);
}

RouteTree::RouteTree(const config::Route& root) {
  if (const auto wrong = problem(root)) throw std::invalid_argument(*wrong);
  root_ = std::make_unique<const CompiledRoute>(compile(root, nullptr));
}

std::vector<const CompiledRoute*> RouteTree::match(const Labels& labels) const {
  std::vector<const CompiledRoute*> taken;
  collect(*root_, labels, taken);
  return taken;
}

Labels group_labels(const CompiledRoute& route, const Labels& labels) {
  if (route.group_by_all) return labels;
  Labels group;
  for (const std::string& name : route.group_by) {
    if (const auto found = labels.find(name); found != labels.end()) group.insert(*found);
  }
  return group;
}

std::string group_key(const CompiledRoute& route, const Labels& group_labels) {
  std::string key = route.key + ":{";
  const char* separator = "";
  for (const auto& [name, value] : group_labels) {
    key += separator + name + "=" + quote_label_value(value);
    separator = ", ";
  }
  return key + "}";
}

}  // namespace tightrope::daemon
