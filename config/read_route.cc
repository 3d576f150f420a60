// The tree of routes. Children inherit here, so that routing reads each route by itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <variant>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/formula.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;

struct MatcherError {
  std::size_t offset;
  std::string problem;
  std::string hint;
};

// Only what a finite automaton can do: no look-ahead and no references back.
std::string check_regex(const std::string& pattern) {
  constexpr std::size_t kMost = 256;
  if (pattern.size() > kMost) return fmt::format("a pattern has at most {} bytes", kMost);
  if (pattern.find("(?=") != std::string::npos || pattern.find("(?!") != std::string::npos)
    return "look-ahead is not accepted";
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    ++i;
    if (pattern[i] >= '1' && pattern[i] <= '9') return "references back are not accepted";
  }
  try {
    const std::regex compiled(pattern);
    return "";
  } catch (const std::regex_error& failure) {
    using namespace std::regex_constants;
    switch (failure.code()) {
      case error_brack:
        return "a [ has no ]";
      case error_paren:
        return "a ( has no ), or the other way round";
      case error_brace:
        return "a { has no }";
      case error_badrepeat:
        return "*, + or ? has nothing to repeat";
      case error_range:
        return "a range such as [z-a] goes backwards";
      case error_escape:
        return "a backslash has nothing to escape";
      default:
        return "it is not a regular expression";
    }
  }
}

// `severity="page"`, `client=~"acme|beta"`, `channel!=search`: as Alertmanager writes them.
std::variant<Matcher, MatcherError> parse_matcher(std::string_view text) {
  const auto skip = [&text](std::size_t at) {
    return std::min(text.find_first_not_of(" \t", at), text.size());
  };
  const std::size_t begin = skip(0);
  const std::size_t sign = text.find_first_of("=!", begin);
  const std::string example = "such as severity=\"page\" or client=~\"acme|beta\"";
  if (sign == std::string_view::npos)
    return MatcherError{begin, fmt::format("{} has none of = != =~ !~", in_quotes(text)), example};
  std::string_view label = text.substr(begin, sign - begin);
  while (!label.empty() && (label.back() == ' ' || label.back() == '\t')) label.remove_suffix(1);
  if (!is_identifier(label))
    return MatcherError{begin, fmt::format("{} is not the name of a label", in_quotes(label)), example};
  const std::string_view pair = text.substr(sign, 2);
  MatchKind kind = MatchKind::equal;
  if (pair == "=~")
    kind = MatchKind::regex;
  else if (pair == "!~")
    kind = MatchKind::not_regex;
  else if (pair == "!=")
    kind = MatchKind::not_equal;
  else if (pair.front() == '!')
    return MatcherError{sign, "write != or !~ here", example};
  std::size_t at = skip(sign + (kind == MatchKind::equal ? 1 : 2));
  std::string value;
  if (at < text.size() && text[at] == '"') {
    std::size_t i = at + 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
      // As in Alertmanager: \" \\ and \n are escapes, any other backslash stands for itself.
      if (text[i] == '\\' && i + 1 < text.size() &&
          (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == 'n')) {
        ++i;
        value += text[i] == 'n' ? '\n' : text[i];
      } else {
        value += text[i];
      }
    }
    if (i >= text.size()) return MatcherError{at, "a quotation mark has no twin", example};
    if (skip(i + 1) != text.size())
      return MatcherError{skip(i + 1), "something stands behind the value",
                          "write one matcher per item of the list"};
  } else {
    value = text.substr(at);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    const auto odd = value.find_first_of("\"{},");
    if (odd != std::string::npos)
      return MatcherError{at + odd, "a value with \" { } or , in it is quoted", example};
  }
  if (kind == MatchKind::regex || kind == MatchKind::not_regex) {
    const std::string problem = check_regex(value);
    if (!problem.empty())
      return MatcherError{at, fmt::format("{} is not a pattern: {}", in_quotes(value), problem), ""};
  }
  return Matcher{std::string(label), kind, std::move(value)};
}

// What the tree of routes may refer to.
struct Known {
  const std::vector<std::string>& receivers;
  std::vector<std::string> labels;
};

Known known_to_routes(const std::vector<std::string>& receivers, const Scope& scope) {
  Known known{receivers, {kAlertLabels.begin(), kAlertLabels.end()}};
  known.labels.insert(known.labels.end(), scope.dimensions.names.begin(), scope.dimensions.names.end());
  return known;
}

// A warning and no error: configurations with a route for a dimension that is still to come go on loading.
void warn_of_label(const Cursor& at, const std::string& label, const Known& known) {
  const bool alerts_have_it =
      std::find(known.labels.begin(), known.labels.end(), label) != known.labels.end();
  // A file that is missing may declare the dimension.
  if (alerts_have_it || at.reading().incomplete) return;
  std::string hint = did_you_mean(rules::nearest_name(label, known.labels));
  if (hint.empty()) hint = fmt::format("labels are {}", fmt::join(known.labels, ", "));
  at.warning(fmt::format("no alert has a label {}", in_quotes(label)), std::move(hint));
}

void warn_of_severity(const Cursor& at, const Matcher& matcher) {
  const bool exact = matcher.kind == MatchKind::equal || matcher.kind == MatchKind::not_equal;
  if (matcher.label != "severity" || !exact) return;
  using enum rules::Severity;
  std::vector<std::string> severities;
  for (const rules::Severity severity : {page, ticket, digest})
    severities.emplace_back(rules::to_string(severity));
  if (std::find(severities.begin(), severities.end(), matcher.value) != severities.end()) return;
  std::string hint = did_you_mean(rules::nearest_name(matcher.value, severities));
  if (hint.empty()) hint = fmt::format("severities are {}", fmt::join(severities, ", "));
  at.warning(fmt::format("no alert has the severity {}", in_quotes(matcher.value)), std::move(hint));
}

void read_group_by(const Cursor& at, const Known& known, Route& route) {
  route.group_by.clear();
  for (const auto& item : at.items_or_one()) {
    const auto label = item.text();
    if (!label) continue;
    const bool repeated =
        std::find(route.group_by.begin(), route.group_by.end(), *label) != route.group_by.end();
    if (*label != "..." && !is_identifier(*label))
      item.error(fmt::format("{} is not the name of a label", in_quotes(*label)));
    else if (*label != "...")
      warn_of_label(item, *label, known);
    if (repeated) item.error(fmt::format("label {} stands twice", in_quotes(*label)));
    route.group_by.push_back(*label);
  }
  if (route.group_by.size() > 1 &&
      std::find(route.group_by.begin(), route.group_by.end(), "...") != route.group_by.end()) {
    at.error("\"...\" groups by all labels, so it stands alone");
  }
}

void read_intervals(MappingReader& in, Route& route) {
  route.group_wait = in.duration("group_wait", {0s, 24h}).value_or(route.group_wait);
  route.group_interval = in.duration("group_interval", {1s, 24h * 31}).value_or(route.group_interval);
  const auto repeat = in.get("repeat_interval", Shape::duration);
  if (repeat) route.repeat_interval = repeat->duration({1s, 24h * 366}).value_or(route.repeat_interval);
  if (repeat && route.repeat_interval < route.group_interval) {
    repeat->warning(
        fmt::format("groups are looked at every {}, so they are not repeated every {}",
                    format_duration(route.group_interval), format_duration(route.repeat_interval)),
        "make repeat_interval at least group_interval");
  }
}

Route read_node(const Cursor& at, const Route* parent, const Known& known) {
  MappingReader in(at, kRouteKeys);
  Route route;
  if (parent != nullptr) {
    route.receiver = parent->receiver;
    route.group_by = parent->group_by;
    route.group_wait = parent->group_wait;
    route.group_interval = parent->group_interval;
    route.repeat_interval = parent->repeat_interval;
  }
  const auto at_receiver = in.get("receiver", Shape::name);
  if (const auto name = at_receiver ? at_receiver->name() : std::nullopt) {
    route.receiver = *name;
    if (std::find(known.receivers.begin(), known.receivers.end(), *name) == known.receivers.end()) {
      at_receiver->unresolved(fmt::format("unknown receiver {}", in_quotes(*name)), *name, known.receivers);
    }
  } else if (parent == nullptr && in.readable() && !in.has("receiver")) {
    at.error("the first route needs a receiver", "receiver: the name of one under receivers");
  }
  const auto matchers = in.get("matchers", Shape::texts);
  if (matchers) {
    if (parent == nullptr)
      matchers->error("the first route takes every alert, so it has no matchers",
                      "put them into one of its routes");
    for (const auto& item : matchers->items_or_one()) {
      const auto text = item.text();
      if (!text) continue;
      auto parsed = parse_matcher(*text);
      if (auto* failure = std::get_if<MatcherError>(&parsed)) {
        item.error_at(failure->offset, std::move(failure->problem), std::move(failure->hint));
      } else {
        route.matchers.push_back(std::get<Matcher>(std::move(parsed)));
        warn_of_label(item, route.matchers.back().label, known);
        warn_of_severity(item, route.matchers.back());
      }
    }
  }
  if (const auto group_by = in.get("group_by", Shape::texts)) read_group_by(*group_by, known, route);
  read_intervals(in, route);
  const auto at_continue = in.get("continue", Shape::boolean);
  route.continue_matching = at_continue && at_continue->boolean().value_or(false);
  if (parent == nullptr && route.continue_matching)
    at_continue->error("there is nothing after the first route to continue with");
  for (const auto& child : in.mappings("routes")) route.routes.push_back(read_node(child, &route, known));
  return route;
}

}  // namespace

Route read_route(const Cursor& at, const std::vector<std::string>& receivers, const Scope& scope) {
  return read_node(at, nullptr, known_to_routes(receivers, scope));
}

}  // namespace tightrope::config
