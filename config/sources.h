// Where figures come from: one struct per built-in kind of source.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/secret.h"
#include "rules/entity.h"
#include "rules/formula.h"
#include "rules/source_finding.h"
#include "rules/units.h"

namespace tightrope::config {

// How a column or a field becomes a figure.
struct MetricField {
  std::string metric;
  rules::Unit unit = rules::Unit::count;
  bool inverse = false;  // and the figure is one over that: exchange rates per unit of currency
  // Either a field as it stands ...
  std::string field;  // csv: a column; http_json: a JSON pointer relative to the record ("/metrics/spend") or
                      // a bare key
  double scale = 1;   // the figure is the field times this: 0.000001 for micros, 0.01 for cents
  // ... or computed from fields: `clicked * avg_cost_per_click`. The formula's inputs are field names.
  std::optional<rules::Formula> computed;
  friend bool operator==(const MetricField&, const MetricField&) = default;
};

struct FieldMapping {
  std::string bucket_field;  // the field with the day or hour; "" when dates stand in the header (csv)
  std::string date_format = "%Y-%m-%d";  // strptime's; "%d-%m-%Y", "%Y%m%d", "unix", "unix_ms", "rfc3339"
  std::vector<std::pair<std::size_t, std::string>> dimensions;  // dimension -> field
  std::vector<std::pair<std::size_t, std::string>> constants;   // dimension -> fixed value
  std::vector<MetricField> metrics;
  bool decimal_comma = false;  // "1.234,56"
  std::vector<std::string> missing{"",     "-",   "--", "null",
                                   "NULL", "n/a", "N/A"};  // texts that mean: not reported
  // A metric whose field a record lacks says nothing there. False: in a table that is a mistake, and in JSON
  // the figure is missing.
  bool may_lack_metrics = false;
  friend bool operator==(const FieldMapping&, const FieldMapping&) = default;
};

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
  FieldMapping mapping;
  friend bool operator==(const CsvSource&, const CsvSource&) = default;
};

enum class AuthKind { none, bearer, basic, header };
struct HttpAuth {
  AuthKind kind = AuthKind::none;
  std::string user;         // basic
  std::string header_name;  // header
  Secret secret;            // token, password or the header's value
  friend bool operator==(const HttpAuth&, const HttpAuth&) = default;
};

enum class PaginationKind { none, cursor, page, offset, link };
struct Pagination {
  PaginationKind kind = PaginationKind::none;
  std::string cursor_pointer;  // cursor: JSON pointer in the answer to the next cursor (absent, null or ""
                               // ends); link: to the next URL, or "" for the Link header's rel="next"
  std::string parameter;       // cursor, page, offset: the query parameter it is sent in
  std::string size_parameter;  // "" or the query parameter for page_size
  int page_size = 0;
  int first_page = 1;
  int most_pages = 1000;  // beyond it the poll fails: a loop
  friend bool operator==(const Pagination&, const Pagination&) = default;
};

struct HttpJsonSource {
  std::string method = "GET";
  std::string url;  // templates: {from}, {to}, {from:%Y%m%d}; the window's first and last day
  std::vector<std::pair<std::string, std::string>> query;    // values are templates
  std::vector<std::pair<std::string, std::string>> headers;  // likewise
  std::string body;  // likewise; sent as application/json unless a header says else
  HttpAuth auth;
  Pagination pagination;
  std::string records = "";  // JSON pointer to the array of records; "" is the whole document
  FieldMapping mapping;
  friend bool operator==(const HttpJsonSource&, const HttpJsonSource&) = default;
};

struct PushSource {
  friend bool operator==(const PushSource&, const PushSource&) = default;
};

using SourceKind = std::variant<CsvSource, HttpJsonSource, PushSource>;

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
  std::string connector;  // "csv", "http_json", "push"
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
  std::string file_dir;  // of the file it was configured in; relative paths start there
  friend bool operator==(const Source&, const Source&) = default;
};

}  // namespace tightrope::config
