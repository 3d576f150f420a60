#include "collectors/json_tree.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>

#include "collectors/figure_text.h"

namespace tightrope::collectors {
namespace {

namespace ondemand = simdjson::ondemand;

std::string_view trimmed(std::string_view token) noexcept {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::string unescaped_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

struct JsonTree::Source {
  explicit Source(std::string_view text) : bytes(text) {}
  simdjson::padded_string bytes;
  ondemand::parser parser;
};

// Walks the whole document, so that a mistake anywhere in it is found.
class JsonTree::Builder {
 public:
  explicit Builder(std::vector<Node>& nodes) : nodes_(nodes) {}
  const std::string& problem() const noexcept { return problem_; }

  bool add_document(ondemand::document& document) {
    ondemand::json_type type{};
    if (fails(document.type().get(type))) return false;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      return !fails(document.get_object().get(object)) && add_object({}, object, 1) && at_end(document);
    }
    if (type == ondemand::json_type::array) {
      ondemand::array array;
      return !fails(document.get_array().get(array)) && add_array({}, array, 1) && at_end(document);
    }
    problem_ = "neither an object nor an array";
    return false;
  }

 private:
  bool fails(simdjson::error_code error) {
    if (error != simdjson::SUCCESS) problem_ = simdjson::error_message(error);
    return error != simdjson::SUCCESS;
  }

  bool at_end(ondemand::document& document) {
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return true;
    problem_ = "text after the end of the document";
    return false;
  }

  std::size_t open(std::string_view key, JsonKind kind, std::string_view text) {
    nodes_.push_back({key.data(), text.data(), static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(nodes_.size() + 1),
                      kind});
    return nodes_.size() - 1;
  }

  bool within_bounds(int depth) {
    if (depth > kMostDepth) problem_ = fmt::format("nested deeper than {} levels", kMostDepth);
    if (nodes_.size() >= kMostValues) problem_ = fmt::format("more than {} values", kMostValues);
    return problem_.empty();
  }

  bool add_object(std::string_view key, ondemand::object object, int depth) {
    if (!within_bounds(depth)) return false;
    const std::size_t self = open(key, JsonKind::object, {});
    for (auto member : object) {
      ondemand::field field;
      std::string_view name;
      if (fails(std::move(member).get(field)) || fails(field.unescaped_key().get(name))) return false;
      if (!add_value(name, field.value(), depth)) return false;
    }
    nodes_[self].end = static_cast<std::uint32_t>(nodes_.size());
    return true;
  }

  bool add_array(std::string_view key, ondemand::array array, int depth) {
    if (!within_bounds(depth)) return false;
    const std::size_t self = open(key, JsonKind::array, {});
    for (auto element : array) {
      ondemand::value value;
      if (fails(std::move(element).get(value))) return false;
      if (!add_value({}, value, depth)) return false;
    }
    nodes_[self].end = static_cast<std::uint32_t>(nodes_.size());
    return true;
  }

  bool add_value(std::string_view key, ondemand::value value, int depth) {
    ondemand::json_type type{};
    if (!within_bounds(depth) || fails(value.type().get(type))) return false;
    switch (type) {
      case ondemand::json_type::object: {
        ondemand::object object;
        return !fails(value.get_object().get(object)) && add_object(key, object, depth + 1);
      }
      case ondemand::json_type::array: {
        ondemand::array array;
        return !fails(value.get_array().get(array)) && add_array(key, array, depth + 1);
      }
      case ondemand::json_type::string: {
        std::string_view text;
        if (fails(value.get_string().get(text))) return false;
        open(key, JsonKind::text, text);
        return true;
      }
      case ondemand::json_type::number: {
        const std::string_view token = trimmed(value.raw_json_token());
        if (!parse_json_number(token)) return fail_token(token, "number");
        open(key, JsonKind::number, token);
        return true;
      }
      case ondemand::json_type::boolean: {
        bool truth = false;
        if (fails(value.get_bool().get(truth))) return false;
        open(key, JsonKind::truth, truth ? "true" : "false");
        return true;
      }
      case ondemand::json_type::null: {
        const std::string_view token = trimmed(value.raw_json_token());
        if (token != "null") return fail_token(token, "null");
        open(key, JsonKind::null, "null");
        return true;
      }
    }
    return false;
  }

  bool fail_token(std::string_view token, const char* expected) {
    problem_ = fmt::format("\"{}\" is not a {}", token.substr(0, 40), expected);
    return false;
  }

  std::vector<Node>& nodes_;
  std::string problem_;
};

JsonTree::JsonTree() = default;
JsonTree::~JsonTree() = default;

std::variant<std::unique_ptr<JsonTree>, std::string> JsonTree::parse(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "empty";
  std::unique_ptr<JsonTree> tree(new JsonTree());
  tree->source_ = std::make_unique<Source>(text);
  ondemand::document document;
  const auto error = tree->source_->parser.iterate(tree->source_->bytes).get(document);
  if (error != simdjson::SUCCESS) return std::string(simdjson::error_message(error));
  Builder builder(tree->nodes_);
  if (!builder.add_document(document)) return builder.problem();
  return tree;
}

JsonValue JsonTree::root() const noexcept {
  return JsonValue(this, 0, static_cast<std::uint32_t>(nodes_.size()));
}

JsonKind JsonValue::kind() const noexcept {
  return tree_->nodes_[index_].kind;
}

std::string_view JsonValue::text() const noexcept {
  const auto& node = tree_->nodes_[index_];
  return {node.text, node.text_size};
}

std::string_view JsonValue::key() const noexcept {
  const auto& node = tree_->nodes_[index_];
  return {node.key, node.key_size};
}

JsonValue JsonValue::first() const noexcept {
  const auto& node = tree_->nodes_[index_];
  if (node.end == index_ + 1) return {};
  return JsonValue(tree_, index_ + 1, node.end);
}

JsonValue JsonValue::next() const noexcept {
  const std::uint32_t after = tree_->nodes_[index_].end;
  if (after == parent_end_) return {};
  return JsonValue(tree_, after, parent_end_);
}

JsonValue JsonValue::member(std::string_view name) const noexcept {
  if (kind() != JsonKind::object) return {};
  for (JsonValue value = first(); value; value = value.next()) {
    if (value.key() == name) return value;
  }
  return {};
}

JsonValue JsonValue::at(std::string_view pointer) const {
  JsonValue value = *this;
  while (value && pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (value.kind() != JsonKind::array) {
      value = token.find('~') == std::string_view::npos ? value.member(token)
                                                        : value.member(unescaped_token(token));
      continue;
    }
    std::size_t index = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), index);
    if (token.empty() || read.ec != std::errc() || read.ptr != token.data() + token.size()) return {};
    value = value.first();
    for (; value && index > 0; --index) value = value.next();
  }
  return pointer.empty() ? value : JsonValue();
}

PeekedText peek_text(std::string_view json, std::string_view member) {
  const simdjson::padded_string bytes(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  auto error = parser.iterate(bytes).get(document);
  if (error == simdjson::SUCCESS) error = document.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) return {std::nullopt, "not a JSON object"};
  if (error != simdjson::SUCCESS)
    return {std::nullopt, fmt::format("not JSON: {}", simdjson::error_message(error))};
  std::string_view text;
  error = object.find_field_unordered(member).get_string().get(text);
  if (error == simdjson::SUCCESS) return {std::string(text), ""};
  if (error == simdjson::NO_SUCH_FIELD) return {std::nullopt, fmt::format("\"{}\" is missing", member)};
  if (error == simdjson::INCORRECT_TYPE) return {std::nullopt, fmt::format("{}: not a text", member)};
  return {std::nullopt, fmt::format("not JSON: {}", simdjson::error_message(error))};
}

}  // namespace tightrope::collectors
