// Keys of sources, and of what each connector takes under `with:` and `secrets:`.
#include <array>

#include "config/key_table.h"
#include "rules/source_finding.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 7> kConnectorNames{"csv",        "http_json", "push",         "sql",
                                                          "prometheus", "icalendar", "google_sheets"};
constexpr std::array<std::string_view, 2> kMethods{"GET", "POST"};
constexpr std::array<std::string_view, 4> kAuthKinds{"none", "bearer", "basic", "header"};
constexpr std::array<std::string_view, 6> kUnits{"number", "count",    "money",
                                                 "ratio",  "duration", "per_money"};

constexpr std::array<std::string_view, 2> kDirections{"per_base", "per_currency"};

constexpr std::array<Key, 17> kSource{{
    {.name = "name", .shape = Shape::name, .about = "Unique among sources", .required = true},
    {.name = "client", .shape = Shape::name, .about = "Whose figures it has; needed but for rates"},
    {.name = "rates",
     .shape = Shape::mapping,
     .about = "It has exchange rates and no figures: for its client, or for all without one",
     .table = &kRatesKeys},
    {.name = "connector",
     .shape = Shape::choice,
     .about = "How to talk to it",
     .choices = kConnectorNames,
     .required = true},
    {.name = "every", .shape = Shape::duration, .about = "Between polls; 15m unless given"},
    {.name = "lookback",
     .shape = Shape::duration,
     .about = "Whole days to read again, today included; 3d unless given, 100d of rates"},
    {.name = "jitter",
     .shape = Shape::share,
     .about = "Share of every by which polls are spread; 10% unless given"},
    {.name = "deadline",
     .shape = Shape::duration,
     .about = "For one poll with all its pages; 2m unless given"},
    {.name = "max_body", .shape = Shape::size, .about = "Of one answer, unpacked; 64MiB unless given"},
    {.name = "retries", .shape = Shape::integer, .about = "Within one poll; 4 unless given"},
    {.name = "stale_after",
     .shape = Shape::duration,
     .about = "Age at which its figures count as old; three times every unless given"},
    {.name = "currency", .shape = Shape::text, .about = "Of its money; the client's unless given"},
    {.name = "timezone", .shape = Shape::text, .about = "Of its days; the client's unless given"},
    {.name = "allow_private_addresses",
     .shape = Shape::boolean,
     .about = "Its URLs may lead to loopback and private networks; false unless given"},
    {.name = "checks",
     .shape = Shape::mapping,
     .about = "What is looked for in its figures when they arrive; everything unless given",
     .table = &kChecksKeys},
    {.name = "with", .shape = Shape::by_connector, .about = "What the connector has to know"},
    {.name = "secrets",
     .shape = Shape::by_connector,
     .about = "What must not be shown; each key has a _file twin"},
}};

constexpr std::array<Key, 1> kChecks{{
    {.name = "ignore",
     .shape = Shape::texts,
     .about = "Findings that are usual here: schema_drift, duplicate_rows, unusual_volume, empty_day, "
              "spend_without_impressions, conversions_stopped",
     .choices = rules::kSourceFindingNames},
}};

constexpr std::array<Key, 2> kRates{{
    {.name = "base",
     .shape = Shape::text,
     .about = "ISO 4217 code of the currency that all rates are against",
     .required = true},
    {.name = "direction",
     .shape = Shape::choice,
     .about =
         "per_base: units of a currency for one of base; per_currency: the other way. per_base unless given",
     .choices = kDirections},
}};

constexpr std::array<Key, 11> kCsv{{
    {.name = "path", .shape = Shape::text, .about = "A file, relative to this one; * and ? in its last part"},
    {.name = "url", .shape = Shape::url, .about = "Or an address; {from} and {to} are the window's days"},
    {.name = "delimiter", .shape = Shape::text, .about = "One character, tab, or auto; a comma unless given"},
    {.name = "header_row", .shape = Shape::integer, .about = "Counted from 1; rows above it are skipped"},
    {.name = "columns",
     .shape = Shape::fields,
     .about =
         "date, dimensions and metrics (of rates: date, currency and rate, or date and rates): the column's "
         "name, or a formula over columns",
     .table = &kColumnKeys,
     .required = true},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all rows"},
    {.name = "date_format",
     .shape = Shape::text,
     .about = "strptime's, or unix, unix_ms, rfc3339; %Y-%m-%d unless given"},
    {.name = "decimal_comma", .shape = Shape::boolean, .about = "1.234,56; false unless given"},
    {.name = "missing", .shape = Shape::texts, .about = "Texts that mean: not reported"},
    {.name = "spread",
     .shape = Shape::mapping,
     .about = "Dates stand in the header, one column each",
     .table = &kSpreadKeys},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};

constexpr std::array<Key, 3> kColumn{{
    {.name = "column", .shape = Shape::text, .about = "The column's name as in the header", .required = true},
    {.name = "scale",
     .shape = Shape::number,
     .about = "The figure is the column times this: 0.01 for cents, 0.000001 for micros"},
    {.name = "unit", .shape = Shape::choice, .about = "Checked against the metric's unit", .choices = kUnits},
}};

constexpr std::array<Key, 2> kSpread{{
    {.name = "metric", .shape = Shape::identifier, .about = "What the dated columns hold", .required = true},
    {.name = "scale", .shape = Shape::number, .about = "The figure is the column times this"},
}};

constexpr std::array<Key, 22> kHttpJson{{
    {.name = "method",
     .shape = Shape::choice,
     .about = "GET unless given, or POST where there is a body",
     .choices = kMethods},
    {.name = "url",
     .shape = Shape::url,
     .about = "{from}, {to}, {from:%Y%m%d} are the window's first and last day",
     .required = true},
    {.name = "query", .shape = Shape::text_map, .about = "Parameters, with the same {from} and {to}"},
    {.name = "headers",
     .shape = Shape::text_map,
     .about = "Headers, likewise; credentials belong under secrets"},
    {.name = "body", .shape = Shape::content, .about = "Text, or a mapping that is sent as JSON; likewise"},
    {.name = "records",
     .shape = Shape::scalar_or_mapping,
     .about = "Path to the list of records: /data/rows, or more about them. The whole answer unless given",
     .table = &kRecordsKeys},
    {.name = "fields",
     .shape = Shape::fields,
     .about =
         "date, dimensions and metrics (of rates: date, currency and rate, or date and rates): a key, a JSON "
         "pointer within the record, or a formula over keys",
     .table = &kFieldKeys,
     .required = true},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all records"},
    {.name = "date_format",
     .shape = Shape::text,
     .about = "strptime's, or unix, unix_ms, rfc3339; %Y-%m-%d unless given"},
    {.name = "decimal_comma", .shape = Shape::boolean, .about = "Figures given as text: 1.234,56"},
    {.name = "missing", .shape = Shape::texts, .about = "Texts that mean: not reported"},
    {.name = "pagination",
     .shape = Shape::mapping,
     .about = "How to come to the next page",
     .table = &kPaginationKeys},
    {.name = "max_pages", .shape = Shape::integer, .about = "More are an error; 1000 unless given"},
    {.name = "max_days", .shape = Shape::integer, .about = "Days of one request; all at once unless given"},
    {.name = "whole_days", .shape = Shape::boolean, .about = "Of instants and hours only the day counts"},
    {.name = "limits",
     .shape = Shape::mapping,
     .about = "What sources of one account may ask together",
     .table = &kRateLimitKeys},
    {.name = "answers",
     .shape = Shape::mappings,
     .about = "What answers mean; the first that holds decides, else the status",
     .table = &kAnswerKeys},
    {.name = "usage",
     .shape = Shape::mappings,
     .about = "What good answers tell about how much is left",
     .table = &kUsageKeys},
    {.name = "auth",
     .shape = Shape::choice,
     .about = "How secrets are sent; bearer when there is a token",
     .choices = kAuthKinds},
    {.name = "user", .shape = Shape::text, .about = "For auth: basic"},
    {.name = "auth_header",
     .shape = Shape::text,
     .about = "For auth: header, the header that carries the token"},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};

constexpr std::array<Key, 2> kHttpSecret{{
    {.name = "token", .shape = Shape::secret, .about = "For auth: bearer and auth: header"},
    {.name = "password", .shape = Shape::secret, .about = "For auth: basic"},
}};

constexpr std::array<std::string_view, 3> kDatabases{"postgresql", "mariadb", "sqlite"};
constexpr std::array<std::string_view, 3> kDatabaseTls{"verify_full", "require", "disable"};

constexpr std::array<Key, 16> kSql{{
    {.name = "database",
     .shape = Shape::choice,
     .about = "What it is read from",
     .choices = kDatabases,
     .required = true},
    {.name = "path", .shape = Shape::text, .about = "sqlite: the file, relative to this one"},
    {.name = "host",
     .shape = Shape::text,
     .about = "The server's name or address; or the folder of PostgreSQL's socket, or MariaDB's socket"},
    {.name = "port", .shape = Shape::integer, .about = "5432 of postgresql, 3306 of mariadb unless given"},
    {.name = "name", .shape = Shape::text, .about = "The database's name"},
    {.name = "user", .shape = Shape::text, .about = "Who reads; one that may read and nothing else is best"},
    {.name = "tls",
     .shape = Shape::choice,
     .about = "verify_full unless given; require does not check who answers; disable is for private networks",
     .choices = kDatabaseTls},
    {.name = "ca_file",
     .shape = Shape::text,
     .about =
         "Certificates (PEM) to trust for verify_full, relative to this file; the system's unless given"},
    {.name = "session_offset",
     .shape = Shape::text,
     .about = "mariadb: time zone of the session, such as +00:00, where the server has no zones by name"},
    {.name = "query",
     .shape = Shape::text_template,
     .about =
         "One SELECT; {from}, {to} (the window's days) and {now} are sent apart from it, so without quotes",
     .required = true},
    {.name = "fields",
     .shape = Shape::fields,
     .about =
         "date, dimensions and metrics (of rates: date, currency and rate, or date and rates): a column of "
         "the result, or a formula over columns",
     .table = &kColumnKeys,
     .required = true},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all rows"},
    {.name = "date_format",
     .shape = Shape::text,
     .about = "Of dates that are text or numbers, as of csv; else the column's type says what they are"},
    {.name = "decimal_comma", .shape = Shape::boolean, .about = "Figures that are text: 1.234,56"},
    {.name = "missing", .shape = Shape::texts, .about = "Texts that mean: not reported, as NULL does"},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};

constexpr std::array<Key, 1> kSqlSecret{{
    {.name = "password", .shape = Shape::secret, .about = "Of the user; not for sqlite"},
}};

}  // namespace

const KeyTable kSourceKeys{"source", kSource};
const KeyTable kRatesKeys{"rates", kRates};
const KeyTable kChecksKeys{"checks", kChecks};
const KeyTable kCsvKeys{"csv", kCsv};
const KeyTable kColumnKeys{"column", kColumn};
const KeyTable kSpreadKeys{"spread", kSpread};
const KeyTable kHttpJsonKeys{"http_json", kHttpJson};
const KeyTable kHttpSecretKeys{"http_secrets", kHttpSecret};
const KeyTable kSqlKeys{"sql", kSql};
const KeyTable kSqlSecretKeys{"sql_secrets", kSqlSecret};
const KeyTable kNoKeys{"nothing", {}};

std::span<const ConnectorKeys> connectors() noexcept {
  static constexpr std::array<ConnectorKeys, 7> kConnectors{{
      {"csv", &kCsvKeys, &kNoKeys, "Tables: files, or addresses that answer with them"},
      {"http_json", &kHttpJsonKeys, &kHttpSecretKeys, "Any API that answers with JSON"},
      {"push", &kNoKeys, &kNoKeys, "Figures that others send to Tightrope"},
      {"sql", &kSqlKeys, &kSqlSecretKeys, "A query on PostgreSQL, MariaDB or SQLite"},
      {"prometheus", &kPrometheusKeys, &kPrometheusSecretKeys, "Queries on Prometheus"},
      {"icalendar", &kIcalendarKeys, &kIcalendarSecretKeys, "Calendars: hours of work, promotions, holidays"},
      {"google_sheets", &kGoogleSheetsKeys, &kGoogleSheetsSecretKeys, "A tab of a Google spreadsheet"},
  }};
  return kConnectors;
}

}  // namespace tightrope::config
