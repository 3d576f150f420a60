// A vendor as a file: what a connector file says, and what its users have to give.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"
#include "config/http_source.h"

namespace tightrope::config {

enum class ParameterType : std::uint8_t { text, digits, integer, boolean, choice, url };

struct Parameter {
  std::string name;
  std::string about;  // one line for people
  ParameterType type = ParameterType::text;
  std::vector<std::string> choices;  // choice
  bool required = false;
  std::string otherwise;  // what it is unless given; a template over parameters before it. Empty: ""
  bool secret = false;    // given under `secrets:`
  std::string strip;      // characters that are taken out of what people paste: "-" of 123-456-7890
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

// One report of a vendor. `source.parameters` and `.secrets` are empty.
struct ConnectorReport {
  std::string name;  // "" in a file with one report
  std::string about;
  HttpSource source;
  std::vector<HttpAuth> auths;  // the first whose secrets are all given is used; source.auth is not
  // What a source has unless it says else.
  std::optional<rules::Duration> every, lookback, deadline;
  std::string timezone, currency;
};

struct Connector {
  std::string name;
  std::string about;
  std::string documentation;             // URL of the vendor's own
  std::vector<Parameter> parameters;     // those of all reports; base_url and token_url among them
  std::vector<ConnectorReport> reports;  // at least one; the first is used unless `report:` names another
  std::string text;                      // the file
  std::string file;  // its name: "google_ads.yaml" of one that comes with Tightrope, else a path

  const Parameter* find_parameter(std::string_view name) const noexcept;
};

// A kind of source that is built in, with the keys of its sources; `about` of each is one line.
struct KindKey {
  std::string name;
  std::string about;
  bool required = false;
  bool secret = false;  // under `secrets:`, with a twin `<name>_file`; else under `with:`
};
struct BuiltInKind {
  std::string name;
  std::string about;
  std::vector<KindKey> keys;
};
std::vector<BuiltInKind> built_in_kinds();

// Those that come with Tightrope, by name. Parsed once; any thread. They are correct: a test reads them all.
const std::vector<Connector>& shipped_connectors();

struct ConnectorsRead {
  std::vector<Connector> connectors;  // by name: files beside the configuration first, then what is shipped
  Errors errors;
};
// What is shipped, and `connectors/*.yaml` beside `configuration_file` ("" for none); a file there takes the
// place of what is shipped under its name.
ConnectorsRead read_connectors(const std::string& configuration_file);

// One connector file, for `tightrope check FILE`. Errors only when something is wrong.
Errors check_connector_file(const std::string& file);
// The same of a text that was read already; `file` is its name in errors.
Errors check_connector_text(const std::string& file, std::string text);
// Whether the text of a file looks like a connector file: its first key is `connector`.
bool is_connector_file(const std::string& file);

// A source of this report in YAML, with a place for everything that has to be given: secrets in files, a
// client "CLIENT"; what may be left out stands in comments. `report` is one of the connector's.
std::string example_source(const Connector& connector, const ConnectorReport& report);

// JSON Schema (draft 2020-12) of connector files, for editors.
std::string connector_schema();

}  // namespace tightrope::config
