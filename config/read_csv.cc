// `with:` of connector csv.
#include <fmt/format.h>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

void read_place(MappingReader& in, CsvSource& csv) {
  const auto at_path = in.get("path", Shape::text);
  const auto at_url = in.get("url", Shape::url);
  if (at_path && at_url) {
    at_url->error("\"path\" and \"url\" are both given; keep one");
  } else if (in.readable() && !in.has("path") && !in.has("url")) {
    in.at().error("key \"path\" or \"url\" is missing");
  }
  if (const auto path = at_path ? at_path->text() : std::nullopt) {
    csv.path = *path;
    const auto slash = path->rfind('/');
    if (path->empty() || slash == path->size() - 1) at_path->error("names no file");
    if (slash != std::string::npos && path->substr(0, slash).find_first_of("*?[") != std::string::npos) {
      at_path->error("* and ? stand in the last part of a path only");
    }
  }
  if (const auto url = at_url ? at_url->url() : std::nullopt) {
    csv.url = *url;
    check_window_template(*at_url, *url);
  }
}

void read_spread(const Cursor& at, const Scope& scope, CsvSource& csv) {
  MappingReader in(at, kSpreadKeys);
  const auto at_metric = in.get("metric", Shape::identifier);
  if (const auto name = at_metric ? at_metric->identifier() : std::nullopt) {
    csv.spread_metric = *name;
    if (const auto* metric = scope.find_metric(*at_metric, *name)) csv.spread_unit = metric->unit;
  }
  const auto at_scale = in.get("scale", Shape::number);
  csv.spread_scale = (at_scale ? at_scale->number() : std::nullopt).value_or(csv.spread_scale);
  if (csv.spread_scale == 0.0) at_scale->error("a scale of 0 would make every figure 0");
}

// Dates stand either in a column or in the header.
void check_columns(const Cursor& columns, const Scope& scope, const CsvSource& csv, bool spread) {
  const auto& mapping = csv.mapping;
  if (!spread) {
    check_fields(columns, scope, "the column with the day, or spread where days stand in the header");
    return;
  }
  if (!mapping.bucket_field.empty())
    columns.error("with spread the dates stand in the header, so there is no date column");
  if (!mapping.metrics.empty()) columns.error("with spread the only metric is that of the dated columns");
}

}  // namespace

std::string read_delimiter(const Cursor& at) {
  const auto text = at.text();
  if (text && (*text == "tab" || *text == "\\t")) return "\t";
  if (text && (*text == "auto" || (text->size() == 1 && text->find_first_of("\"\r\n") == std::string::npos)))
    return *text;
  if (text)
    at.error(fmt::format("{} is not a delimiter", in_quotes(at.node().text)),
             "write one character such as \";\", or tab, or auto");
  return ",";
}

CsvSource read_csv(const Cursor& with, const Scope& scope, Source& source) {
  MappingReader in(with, kCsvKeys);
  CsvSource csv;
  read_place(in, csv);
  if (const auto delimiter = in.get("delimiter", Shape::text)) csv.delimiter = read_delimiter(*delimiter);
  read_table(in, scope, source, csv);
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return csv;
}

void read_table(MappingReader& in, const Scope& scope, const Source& source, CsvSource& csv) {
  csv.header_row = static_cast<int>(in.integer("header_row", {1, 1000}).value_or(csv.header_row));
  const auto columns = in.get("columns", Shape::fields);
  const auto spread = in.get("spread", Shape::mapping);
  const auto constants = in.get("constants", Shape::text_map);
  if (source.rates) {
    if (columns) csv.mapping = read_rate_fields(*columns, FieldKind::column, *source.rates);
    if (spread) spread->at_key().error("spread is for figures, and this source has rates");
    if (constants) constants->at_key().error("constants are dimensions, and rates have none");
  } else {
    if (columns) csv.mapping = read_fields(*columns, FieldKind::column, scope);
    if (spread) read_spread(*spread, scope, csv);
    if (columns && columns->node().kind == NodeKind::mapping)
      check_columns(*columns, scope, csv, spread.has_value());
  }
  read_field_settings({source.rates ? std::nullopt : constants, in.get("date_format", Shape::text),
                       in.get("decimal_comma", Shape::boolean), in.get("missing", Shape::texts)},
                      scope, csv.mapping);
}

}  // namespace tightrope::config
