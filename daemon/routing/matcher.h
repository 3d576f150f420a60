// A condition on one label, compiled once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/receivers.h"
#include "daemon/routing/notification.h"

namespace re2 {
class RE2;
}

namespace tightrope::daemon {

// Immutable; copies share the compiled pattern. Regexes are RE2's, as Alertmanager's are: they match the
// whole value, in time linear in its length, whatever the pattern.
class CompiledMatcher {
 public:
  // Why a matcher cannot be compiled, or nothing. Patterns of more than 4096 bytes are refused.
  static std::optional<std::string> problem(const config::Matcher& matcher);

  // REQUIRES: problem(matcher) is nothing; else std::invalid_argument is thrown.
  explicit CompiledMatcher(config::Matcher matcher);

  // A label that is missing has the value "".
  bool matches(const Labels& labels) const;
  // As Alertmanager writes it: severity="page".
  std::string text() const;
  const config::Matcher& source() const noexcept { return matcher_; }

 private:
  config::Matcher matcher_;
  std::shared_ptr<const re2::RE2> regex_;  // null unless it is a regex
};

// Go's %q for the characters that matter in labels: quotes, backslashes and line breaks escaped.
std::string quote_label_value(std::string_view text);

}  // namespace tightrope::daemon
