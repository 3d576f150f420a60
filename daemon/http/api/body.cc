#include "daemon/http/api/body.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "daemon/http/gzip.h"

namespace tightrope::daemon::http {
namespace {

// Of a body that holds a few texts, after decompression.
constexpr std::size_t kMostBytes = 64 << 10;

}  // namespace

std::variant<std::string, Response> decoded_body(const Request& request, std::size_t most_bytes) {
  const std::string* encoding = request.header("content-encoding");
  if (!encoding || encoding->empty() || equal_ignoring_case(*encoding, "identity")) {
    if (request.body.size() > most_bytes)
      return error_response(413, ErrorType::bad_data, "the body is too large");
    return request.body;
  }
  if (!equal_ignoring_case(*encoding, "gzip")) {
    return error_response(415, ErrorType::bad_data, "Content-Encoding can be gzip or identity");
  }
  Gunzipped result = gunzip(request.body, most_bytes);
  if (result.failure == GunzipFailure::too_large) {
    return error_response(413, ErrorType::bad_data, "the body is too large after decompression");
  }
  if (result.failure) return bad_request("the body is not gzip as its Content-Encoding says");
  return std::move(result.bytes);
}

BodyFields::BodyFields(const Request& request, std::initializer_list<std::string_view> known) {
  auto body = decoded_body(request, kMostBytes);
  if (auto* refused = std::get_if<Response>(&body)) {
    refusal_ = std::move(*refused);
    return;
  }
  boost::system::error_code error;
  boost::json::value parsed = boost::json::parse(std::get<std::string>(body), error);
  if (error || !parsed.is_object()) {
    refusal_ = bad_request("the body is not a JSON object");
    return;
  }
  fields_ = std::move(parsed.get_object());
  for (const auto& field : fields_) {
    const std::string_view name(field.key().data(), field.key().size());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const std::string_view one : known) names.append(names.empty() ? "" : ", ").append(one);
    mistake(name, "there is no such field here; there are: " + names);
  }
}

std::string BodyFields::text(std::string_view name) {
  const auto found = fields_.find({name.data(), name.size()});
  if (found == fields_.end() || found->value().is_null()) return "";
  if (!found->value().is_string()) {
    mistake(name, "is not a text");
    return "";
  }
  const boost::json::string& value = found->value().get_string();
  if (value.size() > kLongestText) {
    mistake(name, "is too long");
    return "";
  }
  return {value.data(), value.size()};
}

std::string BodyFields::required(std::string_view name) {
  std::string value = text(name);
  if (value.empty()) mistake(name, "is required");
  return value;
}

std::optional<rules::Timestamp> BodyFields::time(std::string_view name) {
  const std::string value = text(name);
  if (value.empty()) return std::nullopt;
  const std::optional<rules::Timestamp> result = rules::parse_timestamp(value);
  if (!result) mistake(name, "is not a time; write 2026-11-20T08:00:00Z or 2026-11-20");
  return result;
}

void BodyFields::mistake(std::string_view name, std::string_view what) {
  if (!refusal_) refusal_ = bad_request(std::string(name).append(": ").append(what));
}

std::optional<Response> BodyFields::refusal() const {
  return refusal_;
}

}  // namespace tightrope::daemon::http
