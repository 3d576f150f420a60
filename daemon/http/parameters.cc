#include "daemon/http/parameters.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace tightrope::daemon::http {
namespace {

const std::string kNothing;

}  // namespace

Parameters::Parameters(const Request& request, std::initializer_list<std::string_view> known, Others others)
    : request_(request) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (is_known && !seen.insert(name).second) mistake(name, "is given twice");
    if (is_known || others == Others::ignored) continue;
    std::string names;
    for (const std::string_view one : known) names.append(names.empty() ? "" : ", ").append(one);
    mistake(name,
            "there is no such parameter here; there are: " + (names.empty() ? std::string("none") : names));
  }
}

const std::string& Parameters::text(std::string_view name) const {
  for (const auto& [key, value] : request_.query) {
    if (key == name) return value;
  }
  return kNothing;
}

const std::string& Parameters::required(std::string_view name) {
  const std::string& value = text(name);
  if (value.empty()) mistake(name, "is required");
  return value;
}

std::size_t Parameters::number(std::string_view name, std::size_t least, std::size_t most,
                               std::size_t otherwise) {
  const std::string& value = text(name);
  if (value.empty()) return otherwise;
  std::size_t result = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), result);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || result < least ||
      result > most) {
    mistake(name, "is not a number from " + std::to_string(least) + " to " + std::to_string(most));
    return otherwise;
  }
  return result;
}

std::optional<rules::Timestamp> Parameters::time(std::string_view name) {
  const std::string& value = text(name);
  if (value.empty()) return std::nullopt;
  const std::optional<rules::Timestamp> result = rules::parse_timestamp(value);
  if (!result) mistake(name, "is not a time; write 2026-11-20T08:00:00Z or 2026-11-20");
  return result;
}

void Parameters::mistake(std::string_view name, std::string_view what) {
  if (!mistake_) mistake_ = std::string(name).append(": ").append(what);
}

std::optional<Response> Parameters::refusal() const {
  if (!mistake_) return std::nullopt;
  return bad_request(*mistake_);
}

}  // namespace tightrope::daemon::http
