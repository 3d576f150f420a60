// Queries with {from}, {to} and {now} in them, which are sent apart from the query's text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/sources.h"

namespace tightrope::config {

struct SqlParameter {
  std::string name;    // "from", "to" or "now"
  std::string format;  // as of templates of addresses: "%Y%m%d", "unix"; "" for the usual one
  friend bool operator==(const SqlParameter&, const SqlParameter&) = default;
};

// texts[0] parameters[0] texts[1] ... : one text more than parameters.
struct SqlTemplate {
  std::vector<std::string> texts;
  std::vector<SqlParameter> parameters;

  // Whether the query asks for the days from a first one on.
  bool asks_for_days() const noexcept;
};

struct SqlTemplateError {
  std::size_t offset;  // into the query
  std::string problem;
  std::string hint;
};

// Parts a query at its parameters. Comments and texts in quotes, as the database knows them, stay as they
// are; a parameter in quotes is an error, for it would be text there. Other braces are the query's own
// ('{1,2}').
std::variant<SqlTemplate, SqlTemplateError> parse_sql_template(std::string_view query, Database database);

}  // namespace tightrope::config
