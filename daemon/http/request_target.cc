#include "daemon/http/request_target.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

namespace tightrope::daemon::http {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::variant<RequestTarget, BadTarget> parse_request_target(std::string_view target) {
  const auto parsed = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!parsed)
    return BadTarget{"the request target is not a path with an optional query, or has bad escapes"};
  RequestTarget result;
  if (parsed->encoded_path() != "/") {
    for (std::string segment : parsed->segments()) {
      if (has_control(segment)) return BadTarget{"the path has control characters"};
      if (segment == "." || segment == "..") return BadTarget{"the path has relative segments"};
      result.segments.push_back(std::move(segment));
    }
  }
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& parameter : parsed->params(options)) {
    std::string key = parameter.key;
    std::string value = parameter.has_value ? parameter.value : std::string();
    if (has_control(key) || has_control(value)) return BadTarget{"the query has control characters"};
    if (key.empty()) continue;
    if (result.query.size() == kMostParameters) return BadTarget{"the query has too many parameters"};
    result.query.emplace_back(std::move(key), std::move(value));
  }
  return result;
}

}  // namespace tightrope::daemon::http
