// How columns of a table, or fields of a record, become dates, dimensions and figures.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

// `clicked * avg_cost_per_click` is a formula; `avg cost`, `cost-per-click` and `/metrics/spend` are names.
bool looks_like_formula(std::string_view text, FieldKind kind) {
  if (kind == FieldKind::pointer && text.starts_with('/')) return false;
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
  return kind == FieldKind::column ? "column" : "pointer";
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

class FieldsReader {
 public:
  FieldsReader(FieldKind kind, const Scope& scope) : kind_(kind), scope_(scope) {}

  FieldMapping read(const Cursor& at) {
    for (const auto& [name, value] : at.entries()) read_one(name, value);
    return std::move(mapping_);
  }

 private:
  void read_one(const std::string& name, const Cursor& value) {
    const auto dimension = scope_.dimensions.index_of(name);
    const bool is_dimension = dimension < scope_.dimensions.names.size();
    if (name == "date" || is_dimension) {
      const auto field = read_field_name(value, kind_);
      if (!field) return;
      if (field->scale || field->unit) value.error("scale and unit belong to metrics");
      if (is_dimension) {
        mapping_.dimensions.emplace_back(dimension, field->name);
      } else {
        mapping_.bucket_field = field->name;
      }
      return;
    }
    const auto* metric = scope_.library.find_metric(name);
    if (metric == nullptr) {
      report_unknown(name, value);
      return;
    }
    if (auto field = read_metric_field(*metric, value, kind_)) mapping_.metrics.push_back(std::move(*field));
  }

  void report_unknown(const std::string& name, const Cursor& value) const {
    if (scope_.broken.count(name) > 0 || value.reading().incomplete) return;
    std::vector<std::string> names = scope_.metric_names();
    names.insert(names.end(), scope_.dimensions.names.begin(), scope_.dimensions.names.end());
    names.emplace_back("date");
    const bool kpi = scope_.library.find_kpi(name) != nullptr;
    const std::string hint = did_you_mean(rules::nearest_name(name, names));
    value.at_key().error(
        kpi ? fmt::format("{} is a KPI; sources have the metrics it is made of", in_quotes(name))
            : fmt::format("{} is neither date, a dimension nor a metric", in_quotes(name)),
        hint.empty() && !kpi ? "a metric of your own is declared under metrics" : hint);
  }

  FieldKind kind_;
  const Scope& scope_;
  FieldMapping mapping_;
};

void read_constants(const Cursor& at, const Scope& scope, FieldMapping& mapping) {
  for (const auto& [name, value] : at.entries()) {
    const auto dimension = scope.find_dimension(value.at_key(), name);
    const auto text = value.text();
    if (!dimension || !text) continue;
    const bool mapped = std::any_of(mapping.dimensions.begin(), mapping.dimensions.end(),
                                    [&dimension](const auto& d) { return d.first == *dimension; });
    if (mapped) value.error(fmt::format("{} is read from the data already; keep one", name));
    if (text->empty()) value.error("is empty");
    mapping.constants.emplace_back(*dimension, *text);
  }
}

}  // namespace

std::optional<NamedField> read_field_name(const Cursor& value, FieldKind kind) {
  NamedField field;
  std::optional<Cursor> at_name = value;
  if (value.node().kind == NodeKind::mapping) {
    const KeyTable& table = kind == FieldKind::column ? kColumnKeys : kFieldKeys;
    MappingReader in(value, table);
    at_name = in.get(long_key(kind), Shape::text);
    const auto at_scale = in.get("scale", Shape::number);
    field.scale = at_scale ? at_scale->number() : std::nullopt;
    if (field.scale == 0.0) at_scale->error("a scale of 0 would make every figure 0");
    const auto unit = in.choice("unit");
    if (unit) field.unit = rules::parse_unit(table.find("unit")->choices[*unit]);
  }
  const auto name = at_name ? at_name->text() : std::nullopt;
  if (!name) return std::nullopt;
  if (name->empty()) {
    at_name->error(kind == FieldKind::column ? "names no column" : "names no field");
    return std::nullopt;
  }
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
  if (named->unit && *named->unit != metric.unit) {
    value.error(fmt::format("{} is measured in {}, not in {}", metric.name, to_string(metric.unit),
                            to_string(*named->unit)));
  }
  return field;
}

FieldMapping read_fields(const Cursor& at, FieldKind kind, const Scope& scope) {
  return FieldsReader(kind, scope).read(at);
}

void check_fields(const Cursor& at, const Scope& scope, std::string_view about_date) {
  if (at.node().kind != NodeKind::mapping) return;
  if (at.node().find("date") == nullptr)
    at.error("key \"date\" is missing", fmt::format("date: {}", about_date));
  // Keys that name neither date nor a dimension are metrics, or were reported.
  const auto& entries = at.node().entries;
  const bool any_metric = std::any_of(entries.begin(), entries.end(), [&scope](const Entry& entry) {
    return entry.key != "date" && scope.dimensions.index_of(entry.key) == scope.dimensions.names.size();
  });
  if (!any_metric) at.error("names no metric", "such as spend: cost");
}

void read_field_settings(const FieldSettings& settings, const Scope& scope, FieldMapping& mapping) {
  if (settings.constants) read_constants(*settings.constants, scope, mapping);
  if (settings.date_format) {
    if (const auto format = settings.date_format->text()) {
      const std::string problem = check_date_format(*format);
      if (!problem.empty())
        settings.date_format->error(
            fmt::format("{} {}", in_quotes(settings.date_format->node().text), problem),
            "such as %Y-%m-%d or %d.%m.%Y");
      mapping.date_format = *format;
    }
  }
  if (settings.decimal_comma) mapping.decimal_comma = settings.decimal_comma->boolean().value_or(false);
  if (settings.missing) {
    mapping.missing.clear();
    for (const auto& item : settings.missing->items_or_one()) {
      if (auto text = item.text()) mapping.missing.push_back(std::move(*text));
    }
  }
}

}  // namespace tightrope::config
