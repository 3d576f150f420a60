#include "daemon/http/message.h"

#include <algorithm>
#include <cassert>

#include "daemon/http/json.h"

namespace tightrope::daemon::http {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

const std::string* Request::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

const std::string& Request::path_value(std::string_view name) const {
  const auto found = std::find_if(path_values.begin(), path_values.end(),
                                  [&](const auto& value) { return value.first == name; });
  assert(found != path_values.end());
  return found->second;
}

std::size_t Response::size() const noexcept {
  if (!pieces) return body.size();
  std::size_t total = 0;
  for (const std::string_view part : pieces->parts()) total += part.size();
  return total;
}

std::string_view to_string(ErrorType type) noexcept {
  switch (type) {
    case ErrorType::bad_data:
      return "bad_data";
    case ErrorType::not_found:
      return "not_found";
    case ErrorType::unauthorized:
      return "unauthorized";
    case ErrorType::execution:
      return "execution";
    case ErrorType::timeout:
      return "timeout";
    case ErrorType::unavailable:
      return "unavailable";
    case ErrorType::internal:
      return "internal";
  }
  return "internal";
}

Response error_response(int status, ErrorType type, std::string_view text) {
  Response response;
  response.status = status;
  response.body = json_error(to_string(type), text);
  return response;
}

Response bad_request(std::string_view text) {
  return error_response(400, ErrorType::bad_data, text);
}

Response not_found(std::string_view text) {
  return error_response(404, ErrorType::not_found, text);
}

Response unavailable(std::string_view text, int retry_after_seconds) {
  Response response = error_response(503, ErrorType::unavailable, text);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace tightrope::daemon::http
