// Where figures come from: one struct per built-in kind of source.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/field_mapping.h"
#include "config/http_source.h"
#include "config/icalendar_source.h"
#include "config/prometheus_source.h"
#include "config/sql_source.h"
#include "rules/entity.h"
#include "rules/source_finding.h"
#include "rules/units.h"

namespace tightrope::config {

// A file, or many by a glob, or a URL.
struct CsvSource {
  std::string
      path;  // absolute, or relative to the configuration file; `*`, `?` in the last component; or "" ...
  std::string url;              // ... with a URL here
  std::string delimiter = ",";  // one character, or "auto"
  int header_row = 1;           // counted from 1; rows before it are skipped
  // Dates spread over columns: every column whose header parses by date_format is a day of this metric. ""
  // for the usual shape.
  std::string spread_metric;
  rules::Unit spread_unit = rules::Unit::count;
  double spread_scale = 1;
  // A spreadsheet: cells may hold what a formula could not compute ("#N/A") or has not yet ("Loading...").
  bool spreadsheet = false;
  FieldMapping mapping;
  friend bool operator==(const CsvSource&, const CsvSource&) = default;
};

// One tab of a Google spreadsheet.
struct GoogleSheetsSource {
  std::string base_url = "https://docs.google.com";  // without the slash at its end
  std::string key;         // between /d/ and /edit in its address; of a published one between /d/e/ and /pub
  std::int64_t gid = 0;    // of the tab
  bool published = false;  // to the web, which is another address and about 5 minutes behind
  Secret token;            // an OAuth token; empty for sheets that whoever has the link may see
  CsvSource table;         // path and url are ""
  friend bool operator==(const GoogleSheetsSource&, const GoogleSheetsSource&) = default;
};

struct PushSource {
  friend bool operator==(const PushSource&, const PushSource&) = default;
};

using SourceKind = std::variant<CsvSource, HttpSource, PushSource, SqlSource, PrometheusSource,
                                IcalendarSource, GoogleSheetsSource>;

// What a source of exchange rates says: how much of a currency one unit of `base` buys (per_base), or how
// much of `base` one unit of a currency buys (per_currency).
//
// Its mapping has a day and either of two forms. One row per day and currency: dimension 0 is the currency's
// code, and the one metric is rules::rate_metric(base). One row per day: no dimension, and each metric is
// named by a currency's code.
struct Rates {
  std::string base;  // ISO 4217
  enum class Direction { per_base, per_currency };
  Direction direction = Direction::per_base;
  friend bool operator==(const Rates&, const Rates&) = default;
};

struct Source {
  std::string name;       // unique
  std::string client;     // a client's name; "" for rates that go to all clients
  std::string connector;  // "csv", "http_json", "push", or the name of a connector file
  rules::Duration every{std::chrono::minutes(15)};
  double jitter = 0.1;                                // share of `every` by which polls are spread, 0 to 0.5
  rules::Duration deadline{std::chrono::minutes(2)};  // for one poll, all pages
  rules::Duration lookback{std::chrono::days(3)};     // re-read so many days, today included; of rates 100
  std::uint64_t most_bytes = 64ull << 20;             // of one body, after decompression
  int most_retries = 4;                               // within one poll
  rules::Duration stale_after{0};                     // 0: three times `every`, and at least one minute
  std::string currency;                               // "" is the client's
  std::string timezone;                               // "" is the client's, or UTC where there is none
  std::optional<Rates> rates;                         // nothing: it has figures
  bool allow_private_addresses = false;               // URLs may lead to loopback and private networks
  std::vector<rules::SourceFindingKind> ignored_findings;  // sorted: checks on arrival that are off
  SourceKind kind;
  std::vector<Secret> from_environment;  // what ${env:} brought, wherever it stands: no text may show it
  std::string file_dir;                  // of the file it was configured in; relative paths start there
  friend bool operator==(const Source&, const Source&) = default;
};

}  // namespace tightrope::config
