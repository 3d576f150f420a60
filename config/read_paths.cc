// Paths, headers, and other texts that lead somewhere in an answer.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "config/http_readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

namespace json = boost::json;

struct PathProblem {
  std::size_t offset = 0;
  std::string text;  // "": there is none
};

// RFC 6901, with `*` and `[key=value]`.
PathProblem problem_of(std::string_view path) {
  std::size_t at = path.starts_with('^') || path.starts_with('$') ? 1 : 0;
  if (!path.substr(at).starts_with('/')) return {};
  while (at < path.size()) {
    std::size_t end = at + 1;
    std::size_t open = std::string_view::npos;
    for (; end < path.size() && (open != std::string_view::npos || path[end] != '/'); ++end) {
      if (path[end] == '[' && open == std::string_view::npos) open = end;
      if (path[end] == ']' && open != std::string_view::npos) {
        const auto inside = path.substr(open + 1, end - open - 1);
        if (inside.find('=') == std::string_view::npos || inside.starts_with('='))
          return {open, "[...] is [key=value]"};
        if (end + 1 < path.size() && path[end + 1] != '/') return {end + 1, "a / follows ]"};
        open = std::string_view::npos;
      } else if (path[end] == '~' && open == std::string_view::npos &&
                 (end + 1 >= path.size() || (path[end + 1] != '0' && path[end + 1] != '1'))) {
        return {end, "~ is written ~0, and a / within a name ~1"};
      }
    }
    if (open != std::string_view::npos) return {open, "has a [ without its ]"};
    at = end;
  }
  return {};
}

}  // namespace

std::string read_path(const std::optional<Cursor>& at, PathFrom from) {
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return "";
  if (from == PathFrom::answer && !text->empty() && !text->starts_with('/')) {
    at->error(fmt::format("{} is not a JSON pointer", in_quotes(at->node().text)),
              fmt::format("did you mean \"/{}\"?", at->node().text));
    return *text;
  }
  const bool outside = text->starts_with('^') || text->starts_with('$');
  if (outside && !text->substr(1).starts_with('/')) {
    at->error(fmt::format("{} is not a path", in_quotes(at->node().text)),
              fmt::format("did you mean \"{}/{}\"?", text->front(), at->node().text.substr(1)));
    return *text;
  }
  const PathProblem problem = problem_of(*text);
  if (!problem.text.empty()) at->error_at(problem.offset, problem.text);
  return *text;
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != std::string_view::npos;
  });
}

std::string read_header_name(const std::optional<Cursor>& at) {
  auto name = at ? at->text() : std::nullopt;
  if (!name) return "";
  if (!is_header_name(*name))
    at->error(fmt::format("{} is not the name of a header", in_quotes(at->node().text)));
  std::transform(name->begin(), name->end(), name->begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return *std::move(name);
}

json::value to_json(const Cursor& at) {
  const Node& node = at.node();
  switch (node.kind) {
    case NodeKind::null:
      return nullptr;
    case NodeKind::sequence: {
      json::array array;
      for (const auto& item : at.items()) array.push_back(to_json(item));
      return array;
    }
    case NodeKind::mapping: {
      json::object object;
      for (const auto& [key, value] : at.entries()) object[key] = to_json(value);
      return object;
    }
    case NodeKind::scalar:
      break;
  }
  const std::string text = at.text().value_or("");
  if (!node.quoted) {
    if (const auto truth = parse_boolean(text)) return *truth;
    if (const auto number = parse_integer(text)) return *number;
    if (const auto number = parse_number(text)) return *number;
  }
  return json::value(text);
}

TextPairs read_pairs(const std::optional<Cursor>& at) {
  TextPairs texts;
  if (!at) return texts;
  for (const auto& [name, value] : at->entries()) {
    if (auto text = value.text()) texts.emplace_back(name, std::move(*text));
  }
  return texts;
}

TextPairs read_headers(const Cursor& at, std::string_view why_no_credentials, std::string_view hint) {
  TextPairs headers;
  for (const auto& [name, value] : at.entries()) {
    auto text = value.text();
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    if (!is_header_name(name))
      value.at_key().error(fmt::format("{} is not the name of a header", in_quotes(name)));
    if (lower == "authorization") value.at_key().error(std::string(why_no_credentials), std::string(hint));
    if (text && text->find_first_of("\r\n") != std::string::npos) value.error("a header's value is one line");
    if (text) headers.emplace_back(name, std::move(*text));
  }
  return headers;
}

}  // namespace tightrope::config
