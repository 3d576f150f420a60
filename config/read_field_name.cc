// One column or field: by its name, by a mapping that says more of it, or as a formula.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/http_readers.h"
#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

// `clicked * avg_cost_per_click` is a formula; `avg cost`, `cost-per-click` and `/metrics/spend` are names.
bool looks_like_formula(std::string_view text, FieldKind kind) {
  if (kind == FieldKind::pointer &&
      (text.starts_with('/') || text.starts_with("^/") || text.starts_with("$/")))
    return false;
  return text.find_first_of("*/+()") != std::string_view::npos || text.find(" - ") != std::string_view::npos;
}

// Names in it are fields, whatever they are called; their units are not known, and fit any metric.
rules::Vocabulary field_vocabulary() {
  return {[](std::string_view) -> std::optional<rules::Name> {
            return rules::Name{rules::Name::Kind::value, rules::Unit::number};
          },
          {}};
}

std::string_view long_key(FieldKind kind) {
  return kind == FieldKind::column ? "column" : "path";
}

std::optional<rules::Formula> read_formula(const Cursor& value, FieldKind kind) {
  const auto text = value.raw();
  if (!text) return std::nullopt;
  auto compiled = rules::compile_formula(*text, field_vocabulary());
  const std::string hint = fmt::format("to name it instead: {{{}: \"{}\"}}", long_key(kind), *text);
  if (const auto* failure = std::get_if<rules::FormulaError>(&compiled)) {
    value.error_at(failure->offset, failure->problem, hint);
    return std::nullopt;
  }
  auto formula = std::get<rules::Formula>(std::move(compiled));
  const auto& inputs = formula.inputs();
  if (inputs.empty()) value.error(kind == FieldKind::column ? "names no column" : "names no field", hint);
  if (std::any_of(inputs.begin(), inputs.end(),
                  [](const rules::Input& input) { return input.over.has_value(); })) {
    value.error("change() has no meaning in a single row");
  }
  if (formula.unit() == rules::Unit::truth) value.error("a figure belongs here, and this is a condition");
  return formula;
}

// What a mapping says besides the column's or field's name.
void read_field_form(MappingReader& in, NamedField& field) {
  const auto at_scale = in.get("scale", Shape::number);
  field.scale = at_scale ? at_scale->number() : std::nullopt;
  if (field.scale == 0.0) at_scale->error("a scale of 0 would make every figure 0");
  const auto unit = in.choice("unit");
  if (unit) field.unit = rules::parse_unit(in.table().find("unit")->choices[*unit]);
}

// Of a mapping of kFieldKeys: where the name stands; nothing where none is needed or given.
std::optional<Cursor> read_http_field(MappingReader& in, NamedField& field) {
  const auto path = in.get("path", Shape::text);
  const auto pointer = in.get("pointer", Shape::text);
  if (path && pointer) pointer->at_key().error("\"path\" and \"pointer\" are the same; keep one");
  read_field_form(in, field);
  field.minor_units = in.boolean("minor_units").value_or(false);
  const auto absent = in.choice("absent");
  field.zero_if_absent = absent == 0u;
  field.empty_if_absent = absent == 1u;
  field.counts_records = in.choice("count").has_value();
  const auto from = in.get("from", Shape::text);
  const auto to = in.get("to", Shape::text);
  if (from || to) field.interval.emplace(read_path(from, PathFrom::record), read_path(to, PathFrom::record));
  if (!in.readable()) return std::nullopt;
  const bool named = in.has("path") || in.has("pointer");
  const std::size_t entries = in.at().node().entries.size();
  if (in.has("count") && entries > 1) in.at().error("\"count\" stands alone");
  if ((in.has("from") || in.has("to")) && (entries > 2 || !in.has("from") || !in.has("to")))
    in.at().error("an interval is {from: ..., to: ...}");
  if (field.minor_units && field.scale)
    in.at().error("\"scale\" and \"minor_units\" are both given; keep one");
  if (!named && !in.has("count") && !in.has("from") && !in.has("to"))
    in.at().error("key \"path\" is missing", fmt::format("path: {}", kFieldKeys.find("path")->about));
  return path ? path : pointer;
}

}  // namespace

std::optional<NamedField> read_field_name(const Cursor& value, FieldKind kind) {
  NamedField field;
  std::optional<Cursor> at_name = value;
  if (value.node().kind == NodeKind::mapping) {
    MappingReader in(value, kind == FieldKind::column ? kColumnKeys : kFieldKeys);
    if (kind == FieldKind::column) {
      at_name = in.get("column", Shape::text);
      read_field_form(in, field);
    } else {
      at_name = read_http_field(in, field);
      if (field.counts_records || field.interval) return field;
    }
  }
  const auto name = at_name ? at_name->text() : std::nullopt;
  if (!name) return std::nullopt;
  if (name->empty()) {
    at_name->error(kind == FieldKind::column ? "names no column" : "names no field");
    return std::nullopt;
  }
  if (kind == FieldKind::pointer) read_path(at_name, PathFrom::record);
  field.name = *name;
  return field;
}

std::optional<MetricField> read_metric_field(const rules::Metric& metric, const Cursor& value,
                                             FieldKind kind) {
  MetricField field;
  field.metric = metric.name;
  field.unit = metric.unit;
  if (value.node().kind == NodeKind::scalar && !value.node().quoted &&
      looks_like_formula(value.node().text, kind)) {
    field.computed = read_formula(value, kind);
    if (!field.computed) return std::nullopt;
    return field;
  }
  const auto named = read_field_name(value, kind);
  if (!named) return std::nullopt;
  field.field = named->name;
  field.scale = named->scale.value_or(1);
  field.minor_units = named->minor_units;
  field.zero_if_absent = named->zero_if_absent;
  field.counts_records = named->counts_records;
  if (named->empty_if_absent) value.error("absent: empty is of dimensions", "absent: zero");
  if (named->minor_units && metric.unit != rules::Unit::money)
    value.error(
        fmt::format("{} is measured in {}; minor_units are money", metric.name, to_string(metric.unit)));
  if (named->counts_records && metric.unit != rules::Unit::count)
    value.error(
        fmt::format("{} is measured in {}; records are counted", metric.name, to_string(metric.unit)));
  if (named->interval) {
    value.error("from and to have no meaning here");
    return std::nullopt;
  }
  if (named->unit && *named->unit != metric.unit) {
    value.error(fmt::format("{} is measured in {}, not in {}", metric.name, to_string(metric.unit),
                            to_string(*named->unit)));
  }
  return field;
}

}  // namespace tightrope::config
