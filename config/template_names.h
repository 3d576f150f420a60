// The names in braces that templates of a connector file may use. Private to config/.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/http_source.h"
#include "config/yaml_cursor.h"

namespace tightrope::config {

// A name in braces: `{from:%Y}` is "from" with the format "%Y". Braces around anything that is no name, as in
// GraphQL and JSON, are text.
struct NameInBraces {
  std::size_t offset = 0;  // of the name in the text
  std::string_view name;
  std::string_view format;
  bool has_format = false;
  bool is_all = false;  // the text is this and nothing else
};
std::vector<NameInBraces> names_in_braces(std::string_view text);

class TemplateNames {
 public:
  TemplateNames() = default;
  TemplateNames(std::vector<std::string> parameters, std::vector<std::string> secrets)
      : parameters_(std::move(parameters)), secrets_(std::move(secrets)) {}

  // What a template may name besides parameters.
  struct May {
    bool secrets = false;
    bool days = false;                             // {from} {to} {now}
    bool job = false;                              // {job}
    bool numbers = false;                          // {name:number}
    PaginationKind paging = PaginationKind::none;  // {cursor}, {page} or {offset}
  };
  // Reports every name that it may not use, and remembers the others.
  void check(const Cursor& at, std::string_view text, May may);

  void use(std::string name) { used_.insert(std::move(name)); }
  bool is_used(std::string_view name) const { return used_.find(name) != used_.end(); }
  // The secrets among the names of a template.
  std::vector<std::string> secrets_in(std::string_view text) const;

 private:
  void check_name(const Cursor& at, const NameInBraces& found, May may);

  std::vector<std::string> parameters_, secrets_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace tightrope::config
