// A request as a vendor's server sees it: path, query, form and JSON body taken apart.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/http_server.h"

namespace tightrope::vendors {

using testing::HttpFault;
using testing::HttpReply;
using testing::HttpRequest;
using Fields = std::vector<std::pair<std::string, std::string>>;

// "%41" and, in forms and queries, "+" undone.
std::string percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text);
// "a=1&b=2", names and values decoded.
Fields parse_fields(std::string_view text);

struct Request {
  explicit Request(const HttpRequest& from);

  std::string method;
  std::string path;       // as it came, before the question mark
  std::string raw_query;  // as it came
  Fields query;           // decoded
  Fields form;            // the body, where it is a form
  bool has_json = false;
  boost::json::value json;  // the body, where it is JSON
  HttpRequest raw;

  std::string header(std::string_view lower_case_name) const { return raw.header(lower_case_name); }
  std::optional<std::string> asked(std::string_view name) const;  // of the query
  std::optional<std::string> sent(std::string_view name) const;   // of the form
  // The token of "Authorization: Bearer ...", or "".
  std::string bearer() const;
  // "user:password" of basic authentication, or "".
  std::string basic() const;
  // Names in the query that are not in the list; "" when all are known.
  std::string unknown_in_query(const std::vector<std::string>& known) const;
};

}  // namespace tightrope::vendors
