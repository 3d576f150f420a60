// One reader for each section of a configuration. Private to config/.
//
// Each reads what it can, reports the rest, and returns what it has: cross-references are checked although
// something else is wrong, so that one run shows everything there is to fix. The result is used only when
// nothing was reported.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/configuration.h"
#include "config/yaml_cursor.h"
#include "rules/kpi.h"

namespace tightrope::config {

class ConnectorFiles;
class TemplateNames;

// Every section of all files, in their order.
struct Sections {
  std::vector<Cursor> dimensions, metrics, kpis, sources, clients, playbooks, receivers, exports;
  std::vector<Cursor> routes, journals, https;  // at most one each; more were reported
};

// What names mean, once metrics and KPIs are read.
struct Scope {
  rules::Dimensions dimensions;
  rules::KpiLibrary library;
  // Declared, but wrong: what refers to them is not reported again.
  std::set<std::string, std::less<>> broken;

  std::vector<std::string> kpi_names() const;
  std::vector<std::string> metric_names() const;
  // The KPI, or nothing after reporting that there is none.
  const rules::Kpi* find_kpi(const Cursor& at, std::string_view name) const;
  const rules::Metric* find_metric(const Cursor& at, std::string_view name) const;
  // The dimension's place, or nothing after reporting that there is none.
  std::optional<std::size_t> find_dimension(const Cursor& at, std::string_view name) const;
  // `objective`, or a dimension's name.
  std::optional<rules::Level> find_level(const Cursor& at, std::string_view name) const;
  // Reports the failure, unless its cause was reported where the name is declared.
  void report(const Cursor& at, std::string_view formula, const rules::FormulaError& failure) const;
};

// Names that must differ, each with the place of its first use.
class Names {
 public:
  explicit Names(std::string_view what) : what_(what) {}
  // False, and reported, when the name is taken.
  bool claim(const Cursor& at, const std::string& name);
  bool contains(std::string_view name) const { return places_.find(name) != places_.end(); }
  std::vector<std::string> all() const;

 private:
  std::string what_;
  std::map<std::string, Place, std::less<>> places_;
};

// The names in `name:` of each, without reporting anything: what may be referred to.
std::vector<std::string> names_of(const std::vector<Cursor>& mappings);

Scope read_scope(const Sections& sections);
std::vector<rules::Playbook> read_playbooks(const std::vector<Cursor>& at, const Scope& scope);
// Strategies without metrics, KPIs and playbooks, which are the same for all.
std::vector<rules::Strategy> read_clients(const std::vector<Cursor>& at, const Scope& scope);
// `identity:` of a client.
rules::NameIdentity read_identity(const std::vector<Cursor>& at, const Scope& scope);
// Complete strategies of all clients: metrics, KPIs and playbooks, then clients.
std::vector<rules::Strategy> read_strategies(const Sections& sections);
// What a dimension is matched with: a text or a list of texts; reports empty ones.
std::vector<std::string> read_globs(const Cursor& at);
rules::Target read_target(const Cursor& at, const Scope& scope, Names& names);
// `pace:`, once the rest of the target is read. `kpi` may be null.
void read_pace(MappingReader& in, const rules::Kpi* kpi, rules::Target& target);
// `except:`, likewise.
std::vector<rules::BoundException> read_exceptions(const Cursor& at, const Scope& scope,
                                                   const rules::Kpi* kpi, const rules::Target& target);
// `guards:` of an objective's targets, once all of them are read. Both lists are in one order.
void check_guards(const std::vector<Cursor>& at, const std::vector<rules::Target>& targets,
                  const Scope& scope);
// Bounds of `at_most`, `at_least` (Shape::bound) and `between` (Shape::range), by date. `kpi` may be null.
std::vector<rules::Bound> read_bounds(const Cursor& at, rules::BoundKind kind, const rules::Kpi* kpi);

std::vector<Source> read_sources(const std::vector<Cursor>& at, const Scope& scope,
                                 const std::vector<std::string>& clients, ConnectorFiles& files);
CsvSource read_csv(const Cursor& with, const Scope& scope, Source& source);
// One character, or "auto".
std::string read_delimiter(const Cursor& at);
HttpSource read_http_json(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                          Source& source);
SqlSource read_sql(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                   Source& source);

PrometheusSource read_prometheus(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                                 Source& source);
IcalendarSource read_icalendar(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                               Source& source);
GoogleSheetsSource read_google_sheets(const Cursor& with, const std::optional<Cursor>& secrets,
                                      const Scope& scope, Source& source);
// `header_row:`, `columns:` and all else that says how a table is read. REQUIRES: the keys are in in.table().
void read_table(MappingReader& in, const Scope& scope, const Source& source, CsvSource& csv);
// `base_url:`, without a slash at its end; reports a query.
std::optional<std::string> read_base_url(MappingReader& in);
// `user:` under `with:`, with the token and the password that were given under `secrets:`.
Login read_login(MappingReader& in, const std::optional<Secret>& token,
                 const std::optional<Secret>& password);

enum class FieldKind { column, pointer };
struct NamedField {
  std::string name;
  std::optional<double> scale;
  std::optional<rules::Unit> unit;
  // Of pointers.
  bool minor_units = false, zero_if_absent = false, empty_if_absent = false, counts_records = false;
  std::optional<std::pair<std::string, std::string>> interval;  // paths to its ends

  // Only a name: what dates and dimensions have.
  bool is_plain() const {
    return !scale && !unit && !minor_units && !zero_if_absent && !empty_if_absent && !counts_records &&
           !interval;
  }
};
// A column or field by its name, or by a mapping that says more of it.
std::optional<NamedField> read_field_name(const Cursor& value, FieldKind kind);
// The same for what becomes a figure, which may be a formula over fields as well.
std::optional<MetricField> read_metric_field(const rules::Metric& metric, const Cursor& value,
                                             FieldKind kind);
// `columns:` of csv, `fields:` of sql.
FieldMapping read_fields(const Cursor& at, FieldKind kind, const Scope& scope);
// The same of answers of HTTP, with the record's currency and with hours between two instants.
struct HttpFields {
  FieldMapping mapping;
  std::optional<IntervalField> interval;
};
struct HttpFieldRules {
  TemplateNames* names = nullptr;  // null: braces have no meaning
  // Dimensions that an installation may lack; nothing where every name must be known.
  std::optional<std::vector<std::string>> optional_dimensions = {};
  bool asked_day = false;     // date may be "{from}"
  bool metrics_only = false;  // what a source adds to those of its connector
};
HttpFields read_http_fields(const Cursor& at, const Scope& scope, const HttpFieldRules& rules);
// Reports that they have no date, or no metric.
void check_fields(const Cursor& at, const Scope& scope, std::string_view about_date);
// `rates:` of a source.
Rates read_rates(const Cursor& at);
// `columns:` of csv and `fields:` of http_json in a source of rates: date with currency and rate, or with
// rates.
FieldMapping read_rate_fields(const Cursor& at, FieldKind kind, const Rates& rates);
// What stands beside them in both connectors.
struct FieldSettings {
  std::optional<Cursor> constants, date_format, decimal_comma, missing;
  const HttpFieldRules* rules = nullptr;  // of a connector file: constants are templates
};
void read_field_settings(const FieldSettings& settings, const Scope& scope, FieldMapping& mapping);
// Reports {names} in a templated address that are not the window's days.
void check_window_template(const Cursor& at, std::string_view text);

std::vector<Receiver> read_receivers(const std::vector<Cursor>& at);
Route read_route(const Cursor& at, const std::vector<std::string>& receivers, const Scope& scope);
std::vector<ExportRule> read_exports(const std::vector<Cursor>& at, const Scope& scope);
JournalSettings read_journal(const Cursor& at);
HttpSettings read_http(const Cursor& at);

// The canonical YAML that read_strategy() reads again: equal strategies give equal bytes.
std::string write_document(const rules::Strategy& strategy);

// Where everything stands that a strategy names. For what follows from all of it: check --lint.
SourcePlaces find_places(const Sections& sections, const Problems& problems);

// The files that a configuration is made of, parsed; and the sections in them.
struct FileSet {
  std::deque<Node> roots;  // in Place::file's order, null where a file cannot be parsed; cursors borrow them
  std::vector<std::string> names;
};
FileSet read_files(const std::string& file, Reading& reading);
// Files that match, in the order of their bytes.
std::vector<std::string> expand_glob(const std::string& pattern);
// A file's text, once it has been read. Nothing when it cannot be parsed, which is then reported.
std::optional<Node> parse_text(const std::string& name, std::string text, Reading& reading);
// One file without those that it includes. Nothing when it cannot be read, which is then reported.
std::optional<Node> read_single_file(const std::string& file, Reading& reading);
// The files that an `include:` names, with all that they include.
FileSet read_included(const Cursor& include, Reading& reading);
// Adds the sections of one mapping of kTopKeys.
void add_sections(const Cursor& top, Sections& sections);
Sections find_sections(const FileSet& files, Reading& reading);

}  // namespace tightrope::config
