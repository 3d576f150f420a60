#include "collectors/field_path.h"

#include <fmt/core.h>

#include <charconv>

#include "collectors/field_mapping.h"

namespace tightrope::collectors {
namespace {

std::int32_t index_of(std::string_view text) noexcept {
  std::int32_t index = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
  return !text.empty() && text.front() != '-' && read.ec == std::errc() &&
                 read.ptr == text.data() + text.size()
             ? index
             : -1;
}

}  // namespace

std::variant<FieldPath, std::string> FieldPath::compile(std::string_view text) {
  FieldPath path;
  std::string_view rest = text;
  if (rest.starts_with("^/") || rest.starts_with("$/")) {
    path.base_ = rest.front() == '^' ? Base::holder : Base::answer;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return path;
  if (!rest.starts_with('/')) {
    path.add(Token::Kind::member, rest);
    return path;
  }
  while (!rest.empty()) {
    rest.remove_prefix(1);
    // A slash within [key=value] parts nothing.
    std::size_t end = 0;
    bool in_brackets = false;
    for (; end < rest.size() && (in_brackets || rest[end] != '/'); ++end) {
      if (rest[end] == '[') in_brackets = true;
      if (rest[end] == ']') in_brackets = false;
    }
    const std::string_view token = rest.substr(0, end);
    rest.remove_prefix(end);
    if (token == "*") {
      path.add(Token::Kind::any, {});
      path.has_wildcard_ = true;
      continue;
    }
    const std::size_t open = token.find('[');
    const std::size_t equals = token.find('=', open == std::string_view::npos ? token.size() : open);
    if (open == std::string_view::npos || !token.ends_with(']') || equals == std::string_view::npos) {
      if (in_brackets) return fmt::format("{} has a [ without its ]", quoted(text));
      path.add(Token::Kind::member, unescaped_token(token));
      continue;
    }
    const std::string_view name = token.substr(0, open);
    if (!name.empty()) path.add(Token::Kind::member, unescaped_token(name));
    path.add(Token::Kind::chosen, token.substr(open + 1, equals - open - 1),
             token.substr(equals + 1, token.size() - equals - 2));
  }
  return path;
}

void FieldPath::add(Token::Kind kind, std::string_view name, std::string_view value) {
  Token token;
  token.kind = kind;
  if (kind == Token::Kind::member) token.index = index_of(name);
  token.name_at = static_cast<std::uint32_t>(text_.size());
  token.name_size = static_cast<std::uint32_t>(name.size());
  text_ += name;
  token.value_at = static_cast<std::uint32_t>(text_.size());
  token.value_size = static_cast<std::uint32_t>(value.size());
  text_ += value;
  tokens_.push_back(token);
}

JsonValue FieldPath::step(const Token& token, JsonValue value) const {
  if (token.kind == Token::Kind::chosen) {
    if (value.kind() != JsonKind::array) return {};
    for (JsonValue element = value.first(); element; element = element.next()) {
      const JsonValue key = element.member(name(token));
      if (key && key.is_scalar() && key.text() == this->value(token)) return element;
    }
    return {};
  }
  if (value.kind() == JsonKind::object) return value.member(name(token));
  if (value.kind() != JsonKind::array || token.index < 0) return {};
  JsonValue element = value.first();
  for (std::int32_t i = token.index; element && i > 0; --i) element = element.next();
  return element;
}

JsonValue FieldPath::find(JsonValue value) const {
  if (has_wildcard_) {
    const auto found = find_all(value);
    return found.empty() ? JsonValue() : found.front().value;
  }
  for (const Token& token : tokens_) {
    if (!value) return {};
    value = step(token, value);
  }
  return value;
}

std::vector<FieldPath::Found> FieldPath::find_all(JsonValue value) const {
  std::vector<Found> found;
  if (value) collect(0, value, JsonValue(), found);
  return found;
}

void FieldPath::collect(std::size_t from, JsonValue value, JsonValue holder,
                        std::vector<Found>& found) const {
  for (std::size_t i = from; i < tokens_.size(); ++i) {
    if (tokens_[i].kind == Token::Kind::any) {
      if (value.is_scalar()) return;
      for (JsonValue each = value.first(); each; each = each.next()) collect(i + 1, each, each, found);
      return;
    }
    value = step(tokens_[i], value);
    if (!value) return;
  }
  found.push_back({value, holder});
}

std::optional<FieldPath::Lost> FieldPath::lost(JsonValue value) const {
  return value ? lost_from(0, value, "") : std::nullopt;
}

std::optional<FieldPath::Lost> FieldPath::lost_from(std::size_t from, JsonValue value,
                                                    std::string way) const {
  for (std::size_t i = from; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (value.kind() == JsonKind::null) return std::nullopt;
    if (token.kind == Token::Kind::any) {
      if (value.is_scalar()) return Lost{value, std::move(way), "*"};
      std::optional<Lost> first;
      std::size_t place = 0;
      for (JsonValue each = value.first(); each; each = each.next(), ++place) {
        const bool member = value.kind() == JsonKind::object;
        auto lost =
            lost_from(i + 1, each, way + '/' + (member ? std::string(each.key()) : std::to_string(place)));
        if (!lost) return std::nullopt;
        if (!first) first = std::move(lost);
      }
      return first;
    }
    const bool chosen = token.kind == Token::Kind::chosen;
    if (chosen && value.kind() == JsonKind::array && !value.first()) return std::nullopt;
    const std::string text =
        chosen ? fmt::format("[{}={}]", name(token), this->value(token)) : std::string(name(token));
    const JsonValue next = step(token, value);
    if (!next) return Lost{value, std::move(way), text};
    way += (chosen ? "" : "/") + text;
    value = next;
  }
  return std::nullopt;
}

JsonValue find_at(JsonValue from, std::string_view path) {
  const auto compiled = FieldPath::compile(path);
  const auto* found = std::get_if<FieldPath>(&compiled);
  return found != nullptr ? found->find(from) : JsonValue();
}

}  // namespace tightrope::collectors
