// A whole configuration: what `tightrope run --config.file` reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/error.h"
#include "config/places.h"
#include "config/receivers.h"
#include "config/sources.h"
#include "rules/target.h"

namespace tightrope::config {

// One client: its strategy, and the document the strategy can be read from again.
struct Client {
  rules::Strategy strategy;
  std::string
      document;  // canonical YAML of kpis, metrics, dimensions, playbooks and this client; holds no secret
};

// Which levels of which KPIs become series of tightrope_kpi_*: cardinality is a decision.
struct ExportRule {
  std::string kpi = "*";  // a KPI's name or glob
  std::vector<rules::Level> levels;
};

struct JournalSettings {
  rules::Duration retention{
      std::chrono::days(400)};  // events older than this are dropped once a snapshot covers them
  rules::Duration snapshot_every{std::chrono::minutes(5)};
  std::uint64_t most_queued_bytes = 64ull << 20;  // beyond it pushes are answered 503
};

struct HttpSettings {
  std::uint64_t most_body_bytes = 16ull << 20;
  std::uint32_t most_connections = 512;
  rules::Duration request_timeout{std::chrono::seconds(30)};
  // Empty: no authentication (loopback by default). Else every path but /-/healthy and /-/ready wants it as a
  // bearer.
  Secret bearer_token;
};

struct Configuration {
  rules::Dimensions dimensions;
  std::vector<Client> clients;
  std::vector<Source> sources;
  std::vector<Receiver> receivers;
  std::optional<Route> route;       // none: alerts are shown and logged, and sent nowhere
  std::vector<ExportRule> exports;  // empty: the level of each target
  JournalSettings journal;
  HttpSettings http;
  std::vector<std::string> files;  // all that were read, the first being the one named

  const Client* find_client(std::string_view name) const noexcept;
  const Source* find_source(std::string_view name) const noexcept;
};

// Everything that can be wrong is checked: the errors of every file at once, in the order of files and lines.
// Warnings come beside a good configuration. Reads files (includes, `_file` twins) and the environment;
// blocking.
struct Loaded {
  std::optional<Configuration> configuration;  // empty when there is an error
  Errors errors;                               // errors and warnings
  SourcePlaces places;                         // only when they were asked for
};
enum class Keep { configuration, places_too };
Loaded load(const std::string& file, Keep keep = Keep::configuration);

// Reads a strategy back from Client::document. Errors only when the document was made by another version.
std::variant<rules::Strategy, Errors> read_strategy(const std::string& document);

// JSON Schema (draft 2020-12) of the configuration, for editors.
std::string schema();

}  // namespace tightrope::config
