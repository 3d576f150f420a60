#include "daemon/http/router.h"

#include <cassert>
#include <optional>
#include <set>
#include <utility>

namespace tightrope::daemon::http {
namespace {

std::vector<std::string> split(std::string_view pattern) {
  assert(pattern.starts_with('/'));
  std::vector<std::string> segments;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const auto slash = pattern.find('/');
    segments.emplace_back(pattern.substr(0, slash));
    pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
  }
  return segments;
}

bool is_variable(const std::string& segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

// The values of the pattern's variables; nothing when the path is another one.
std::optional<Fields> match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  Fields values;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_variable(pattern[i])) {
      if (path[i].empty()) return std::nullopt;
      values.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  return values;
}

bool answers(const std::string& route_method, const std::string& method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

Response method_not_allowed(const std::set<std::string>& methods) {
  std::string allowed;
  for (const std::string& method : methods) {
    if (!allowed.empty()) allowed += ", ";
    allowed += method;
  }
  Response response = error_response(405, ErrorType::bad_data, "this path answers " + allowed + " only");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  patterns_.reserve(routes_.size());
  for (const Route& route : routes_) patterns_.push_back(split(route.pattern));
}

std::variant<const Route*, Response> Router::find(Request& request) const {
  std::set<std::string> methods;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    std::optional<Fields> values = match(patterns_[i], request.segments);
    if (!values) continue;
    if (answers(routes_[i].method, request.method)) {
      request.path_values = std::move(*values);
      return &routes_[i];
    }
    methods.insert(routes_[i].method);
    if (routes_[i].method == "GET") methods.insert("HEAD");
  }
  if (!methods.empty()) return method_not_allowed(methods);
  return not_found("there is nothing at this path");
}

}  // namespace tightrope::daemon::http
