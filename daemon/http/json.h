// JSON answers: built with Boost.JSON, printed with figures as people write them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/message.h"
#include "rules/units.h"

namespace tightrope::daemon::http {

namespace json = boost::json;

// JSON has no NaN and no infinity: both become null. "Unknown" is null and never 0.
json::value number(double value);
// RFC 3339, or null.
json::value time_value(const std::optional<rules::Timestamp>& time);
json::value time_value(rules::Timestamp time);
// Seconds.
double seconds(rules::Duration duration) noexcept;
// As UTF-8: bytes that are none become U+FFFD.
json::string text(std::string_view value);

// As json::serialize, but a double is the shortest decimal that reads back the same: 45.1, and not 4.51E1.
std::string print(const json::value& value);

// {"status":"success","data":...}
Response success(json::value data, int status = 200);
std::string json_error(std::string_view type, std::string_view message);

}  // namespace tightrope::daemon::http
