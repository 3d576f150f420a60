// The query's parameters, read by name. What is wrong is remembered, and the first mistake is the answer.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/message.h"
#include "rules/units.h"

namespace tightrope::daemon::http {

// Borrows the request. One coroutine.
class Parameters {
 public:
  enum class Others { refused, ignored };
  // A parameter given twice is a mistake, and so is one of another name where `others` are refused.
  Parameters(const Request& request, std::initializer_list<std::string_view> known,
             Others others = Others::refused);

  // "" when it was not given.
  const std::string& text(std::string_view name) const;
  // A mistake when missing or empty.
  const std::string& required(std::string_view name);
  // Within the range, both ends included; `otherwise` when not given.
  std::size_t number(std::string_view name, std::size_t least, std::size_t most, std::size_t otherwise);
  std::optional<rules::Timestamp> time(std::string_view name);  // RFC 3339, or a date

  // `<name>: <what>`; only the first counts.
  void mistake(std::string_view name, std::string_view what);
  // 400, once there was a mistake.
  std::optional<Response> refusal() const;

 private:
  const Request& request_;
  std::optional<std::string> mistake_;
};

}  // namespace tightrope::daemon::http
