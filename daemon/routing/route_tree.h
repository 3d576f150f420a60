// Which routes an alert takes: Alertmanager's tree, compiled.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/receivers.h"
#include "daemon/routing/matcher.h"
#include "daemon/routing/notification.h"

namespace tightrope::daemon {

// A route with everything it inherits filled in.
struct CompiledRoute {
  std::string receiver;
  std::vector<std::string> group_by;
  bool group_by_all = false;                                             // group_by: ["..."]
  rules::Duration group_wait{0}, group_interval{0}, repeat_interval{0};  // never negative
  bool continue_matching = false;
  std::vector<CompiledMatcher> matchers;
  std::string key;  // matchers from the root down: {}/{severity="page"}
  std::vector<CompiledRoute> routes;
};

class RouteTree {
 public:
  // The first thing wrong with a tree that was read, or nothing: a pattern that does not compile, no receiver
  // at the root.
  static std::optional<std::string> problem(const config::Route& root);

  // REQUIRES: problem(root) is nothing; else std::invalid_argument is thrown. A child's waits and group_by
  // are its own: the configuration's reader has filled in those it inherits, and an empty group_by is one
  // group for all.
  explicit RouteTree(const config::Route& root);

  // In the order of the tree, borrowed from it. The deepest routes that match: children are tried in order
  // until one matches that does not say `continue`; a route none of whose children match takes the alert
  // itself. Empty when not even the root matches.
  std::vector<const CompiledRoute*> match(const Labels& labels) const;

 private:
  std::unique_ptr<const CompiledRoute>
      root_;  // on the heap, so that moving the tree keeps borrowed routes valid
};

// The labels that make an alert's group under a route: those of group_by that it has.
Labels group_labels(const CompiledRoute& route, const Labels& labels);
// Alertmanager's form: {}/{severity="page"}:{client="acme", objective="trials"}
std::string group_key(const CompiledRoute& route, const Labels& group_labels);

}  // namespace tightrope::daemon
