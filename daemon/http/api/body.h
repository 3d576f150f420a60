// The bodies of POST requests.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/http/message.h"
#include "rules/units.h"

namespace tightrope::daemon::http {

// The body, decompressed where Content-Encoding says gzip; or the answer when it is another encoding (415),
// broken (400) or larger than `most_bytes` (413).
std::variant<std::string, Response> decoded_body(const Request& request, std::size_t most_bytes);

// A JSON object of a few texts. What is wrong is remembered, and the first mistake is the answer.
class BodyFields {
 public:
  static constexpr std::size_t kLongestText = 2000;  // bytes of one field

  // Keys that are not known are mistakes.
  BodyFields(const Request& request, std::initializer_list<std::string_view> known);

  std::string text(std::string_view name);      // "" when missing or null
  std::string required(std::string_view name);  // a mistake when missing or empty
  std::optional<rules::Timestamp> time(std::string_view name);
  void mistake(std::string_view name, std::string_view what);
  std::optional<Response> refusal() const;

 private:
  boost::json::object fields_;
  std::optional<Response> refusal_;
};

}  // namespace tightrope::daemon::http
