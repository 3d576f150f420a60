// As much of GraphQL as a query for orders needs: variables, arguments, nested selections.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::vendors {

struct Selection {
  std::string name;                              // of the field
  std::string shown;                             // its alias, or its name
  std::map<std::string, std::string> arguments;  // values as written: `100`, `"text"`, `$cursor`
  std::vector<Selection> fields;

  const Selection* find(std::string_view field) const;
};

// The selections of the one operation of a document; nothing when it is not GraphQL that is known here.
std::optional<std::vector<Selection>> parse_graphql(std::string_view document);

}  // namespace tightrope::vendors
