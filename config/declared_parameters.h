// What a connector file's users have to give: parameters, secrets, and the two addresses. Private to config/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/connector.h"
#include "config/readers.h"
#include "config/template_names.h"

namespace tightrope::config {

class DeclaredParameters {
 public:
  // Reads `parameters`, `secrets`, `base_url` and `token_url`.
  explicit DeclaredParameters(MappingReader& in);

  // In the order of the file; the addresses, which may name any of the others, at the end.
  const std::vector<Parameter>& all() const noexcept { return all_; }
  TemplateNames& names() noexcept { return names_; }
  // Those that no template named.
  void report_unused() const;

 private:
  struct Declared {
    Cursor at;
    std::string name;
    std::optional<Cursor> otherwise;
  };
  // Whether the name may be used.
  bool declare(const Cursor& at, const std::string& name);
  void read_parameters(MappingReader& in);
  void read_secrets(MappingReader& in);
  void read_url(MappingReader& in, const std::string& key);
  void name_all();
  bool is_secret(std::string_view name) const;

  Names declared_;
  std::vector<Declared> places_;
  std::vector<Parameter> all_;
  TemplateNames names_;
};

}  // namespace tightrope::config
