// The connector files of one load: those beside the configuration, and what comes with Tightrope, read when a
// source names it, with the metrics and dimensions of this configuration. Private to config/.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/connector.h"
#include "config/readers.h"

namespace tightrope::config {

// A file that was built into the program.
struct ShippedFile {
  std::string_view name;  // "google_ads.yaml"
  std::string_view text;
};
std::span<const ShippedFile> shipped_files() noexcept;

// What a connector file says. It is of use only when nothing was reported.
Connector read_connector(const Cursor& top, const Scope& scope);

class ConnectorFiles {
 public:
  // Reads the files beside `configuration_file`, "" for none. Borrows both; one thread.
  ConnectorFiles(Problems& problems, const Scope& scope, const std::string& configuration_file);

  // Null when there is none of that name, which is then reported, or when there are mistakes in it, which
  // were.
  const Connector* find(const Cursor& at, const std::string& name);
  // Everything that there is, by name; without those that have mistakes.
  std::vector<Connector> take_all() &&;
  std::vector<std::string> names() const;
  // Those beside the configuration.
  const std::vector<std::string>& files() const noexcept { return files_; }

 private:
  void read_beside(const std::string& file);
  void read_shipped(const ShippedFile& file);

  Problems& problems_;
  const Scope& scope_;
  std::vector<std::string> files_;
  std::map<std::string, Connector, std::less<>> read_;
  std::map<std::string, std::string, std::less<>> declared_;  // by name, the file that has it
};

// Of `with:` and `secrets:` of a source, by what its connector declares. Either may be absent.
HttpSource read_connector_source(MappingReader& source_in, const std::optional<Cursor>& with,
                                 const std::optional<Cursor>& secrets, const Connector& connector,
                                 const Scope& scope, Source& source);

// The secrets that a way to send them takes; each once, in the order of the file.
std::vector<std::string> secrets_of(const HttpAuth& auth, const Connector& connector);

// The keys of `with:` and `secrets:` of a connector's sources. Borrows the connector.
class ConnectorTables {
 public:
  explicit ConnectorTables(const Connector& connector);
  ConnectorTables(const ConnectorTables&) = delete;
  ConnectorTables& operator=(const ConnectorTables&) = delete;
  const KeyTable& with() const noexcept { return with_; }
  const KeyTable& secrets() const noexcept { return secrets_; }

 private:
  std::string with_title_, secrets_title_;
  std::vector<std::vector<std::string_view>> choices_;
  std::vector<Key> with_keys_, secret_keys_;
  KeyTable with_, secrets_;
};

}  // namespace tightrope::config
