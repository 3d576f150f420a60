#include "daemon/http/json.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "daemon/utf8.h"

namespace tightrope::daemon::http {
namespace {

void print_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

void print_to(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object: {
      char before = '{';
      for (const auto& member : value.get_object()) {
        out += before;
        out += json::serialize(member.key());
        out += ':';
        print_to(out, member.value());
        before = ',';
      }
      out += before == '{' ? "{}" : "}";
      return;
    }
    case json::kind::array: {
      char before = '[';
      for (const auto& element : value.get_array()) {
        out += before;
        print_to(out, element);
        before = ',';
      }
      out += before == '[' ? "[]" : "]";
      return;
    }
    case json::kind::double_:
      print_double(out, value.get_double());
      return;
    default:
      out += json::serialize(value);
      return;
  }
}

}  // namespace

json::value number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::value time_value(const std::optional<rules::Timestamp>& time) {
  if (!time) return nullptr;
  return time_value(*time);
}

json::value time_value(rules::Timestamp time) {
  return text(rules::to_rfc3339(time));
}

double seconds(rules::Duration duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

json::string text(std::string_view value) {
  std::string checked;
  append_utf8(checked, value);
  return json::string(json::string_view(checked.data(), checked.size()));
}

std::string print(const json::value& value) {
  std::string out;
  print_to(out, value);
  return out;
}

Response success(json::value data, int status) {
  json::object body;
  body["status"] = "success";
  body["data"] = std::move(data);
  Response response;
  response.status = status;
  response.body = print(body);
  return response;
}

std::string json_error(std::string_view type, std::string_view message) {
  json::object body;
  body["status"] = "error";
  body["errorType"] = text(type);
  body["error"] = text(message);
  return print(body);
}

}  // namespace tightrope::daemon::http
