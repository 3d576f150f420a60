// A request and its answer as handlers see them: plain values, nothing of the HTTP library.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tightrope::daemon::http {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // as sent: "GET"
  std::vector<std::string>
      segments;        // of the path, each decoded: "/api/v1/alerts" is api, v1, alerts; "/" is none
  Fields query;        // decoded, in order
  Fields headers;      // names in lower case
  Fields path_values;  // what stood for {id} in the route's pattern
  std::string body;    // as sent, still compressed where Content-Encoding says so
  std::string peer;    // the other side's address

  // The first of that name, or null. Borrowed.
  const std::string* header(std::string_view lower_case_name) const noexcept;
  // REQUIRES: the route's pattern has {name}.
  const std::string& path_value(std::string_view name) const;
};

// Bytes too many to copy into one string. The parts live as long as the object.
class Pieces {
 public:
  virtual ~Pieces() = default;
  virtual const std::vector<std::string_view>& parts() const noexcept = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Fields headers;  // beside Content-Type, Content-Length and those every answer has
  std::string body;
  std::shared_ptr<const Pieces> pieces;  // when set, the body; `body` is not used

  std::size_t size() const noexcept;  // of the body, bytes
};

// Kinds of errors, named as Prometheus names them.
enum class ErrorType { bad_data, not_found, unauthorized, execution, timeout, unavailable, internal };
std::string_view to_string(ErrorType type) noexcept;

// {"status":"error","errorType":...,"error":text}
Response error_response(int status, ErrorType type, std::string_view text);
// 400, bad_data.
Response bad_request(std::string_view text);
// 404, not_found.
Response not_found(std::string_view text);
// 503, unavailable, with Retry-After.
Response unavailable(std::string_view text, int retry_after_seconds = 5);

std::string_view reason_phrase(int status) noexcept;

// An ASCII letter more or less is all the difference. Never throws.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string lower_case(std::string_view text);
// Without spaces and tabs at both ends. Borrowed.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace tightrope::daemon::http
