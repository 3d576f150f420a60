#include "daemon/routing/matcher.h"

#include <re2/re2.h>

#include <stdexcept>

namespace tightrope::daemon {
namespace {

constexpr std::size_t kLongestPattern = 4096;

bool is_regex(config::MatchKind kind) {
  return kind == config::MatchKind::regex || kind == config::MatchKind::not_regex;
}

std::shared_ptr<const re2::RE2> compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);  // `.*` means any value, one with a line break too
  options.set_max_mem(1 << 20);
  return std::make_shared<const re2::RE2>(pattern, options);
}

std::string_view sign(config::MatchKind kind) {
  switch (kind) {
    case config::MatchKind::equal:
      return "=";
    case config::MatchKind::not_equal:
      return "!=";
    case config::MatchKind::regex:
      return "=~";
    case config::MatchKind::not_regex:
      return "!~";
  }
  return "=";
}

}  // namespace

std::optional<std::string> CompiledMatcher::problem(const config::Matcher& matcher) {
  if (matcher.label.empty()) return "a matcher needs a label";
  if (!is_regex(matcher.kind)) return std::nullopt;
  if (matcher.value.size() > kLongestPattern)
    return "the pattern for " + matcher.label + " is longer than 4096 bytes";
  const auto regex = compile(matcher.value);
  if (regex->ok()) return std::nullopt;
  return "the pattern for " + matcher.label + " is not a regular expression: " + regex->error();
}

CompiledMatcher::CompiledMatcher(config::Matcher matcher) : matcher_(std::move(matcher)) {
  if (const auto wrong = problem(matcher_)) throw std::invalid_argument(*wrong);
  if (is_regex(matcher_.kind)) regex_ = compile(matcher_.value);
}

bool CompiledMatcher::matches(const Labels& labels) const {
  static const std::string kMissing;
  const auto found = labels.find(matcher_.label);
  const std::string& value = found == labels.end() ? kMissing : found->second;
  switch (matcher_.kind) {
    case config::MatchKind::equal:
      return value == matcher_.value;
    case config::MatchKind::not_equal:
      return value != matcher_.value;
    case config::MatchKind::regex:
      return re2::RE2::FullMatch(value, *regex_);
    case config::MatchKind::not_regex:
      return !re2::RE2::FullMatch(value, *regex_);
  }
  return false;
}

std::string CompiledMatcher::text() const {
  return matcher_.label + std::string(sign(matcher_.kind)) + quote_label_value(matcher_.value);
}

std::string quote_label_value(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  return out + '"';
}

}  // namespace tightrope::daemon
