#include "tests/vendors/graphql.h"

namespace tightrope::vendors {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<std::vector<Selection>> document() {
    skip();
    if (peek() != '{') {
      if (word() != "query") return std::nullopt;
      word();  // its name, where it has one
      if (peek() == '(') balanced();
    }
    auto fields = selections();
    skip();
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return fields;
  }

 private:
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip() {
    while (at_ < text_.size() && (std::string_view(" \t\r\n,").find(text_[at_]) != std::string_view::npos))
      ++at_;
  }
  static bool part_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  std::string word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && part_of_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  // "(...)", "[...]" or "{...}" with what is nested in it, texts skipped.
  std::string balanced() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      if (at_ >= text_.size()) {
        failed_ = true;
        break;
      }
      const char c = text_[at_];
      if (c == '"') {
        quoted();
        continue;
      }
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      ++at_;
    } while (depth > 0);
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string quoted() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string value() {
    const char c = peek();
    if (c == '"') return quoted();
    if (c == '[' || c == '{') return balanced();
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (part_of_word(text_[at_]) || text_[at_] == '$' || text_[at_] == '-' || text_[at_] == '.'))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::vector<Selection> selections() {
    std::vector<Selection> fields;
    if (peek() != '{') {
      failed_ = true;
      return fields;
    }
    ++at_;
    while (!failed_ && peek() != '}') {
      Selection field;
      field.name = field.shown = word();
      if (field.name.empty()) failed_ = true;
      if (peek() == ':') {
        ++at_;
        field.name = word();
      }
      if (peek() == '(') arguments(field);
      if (peek() == '{') field.fields = selections();
      fields.push_back(std::move(field));
    }
    ++at_;
    return fields;
  }
  void arguments(Selection& field) {
    ++at_;
    while (!failed_ && peek() != ')') {
      const std::string name = word();
      if (name.empty() || peek() != ':') {
        failed_ = true;
        return;
      }
      ++at_;
      field.arguments[name] = value();
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

const Selection* Selection::find(std::string_view field) const {
  for (const Selection& one : fields) {
    if (one.name == field) return &one;
  }
  return nullptr;
}

std::optional<std::vector<Selection>> parse_graphql(std::string_view document) {
  return Parser(document).document();
}

}  // namespace tightrope::vendors
